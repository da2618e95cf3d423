//! The list of Ticketpark's bookings, with the filter of their changes.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use hyper::header::{DATE, HeaderName, HeaderValue};
use hyper::{StatusCode, Uri};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::resources::remove_what_nobody_asked_for;
use super::state::{Booking, Records};
use crate::clock::{Clock, Timestamp};

/// A change that happens right before a page of bookings is read.
#[derive(Clone, Debug)]
pub enum BookingMove {
    /// A booking is made or changed.
    Put(String, Value),
    /// A booking is deleted.
    Remove(String),
}

/// The order of a list that nobody has asked to be sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    #[default]
    ByPid,
    ByChange,
    /// Another one for each page.
    Shuffled,
}

/// One reading of what Ticketpark's documentation leaves open.
#[derive(Clone, Debug)]
pub struct TicketparkReadings {
    /// The zone of the times in a filter.
    pub zone: Tz,
    /// Whether a time that no clock of that zone shows is answered 500; otherwise it counts as an hour later.
    pub refuses_gaps: bool,
    /// Whether bookings can be filtered by `updated`; otherwise the answer is 409.
    pub filters_updated: bool,
    pub listing: Listing,
    /// Whether the number of bookings is in `x-count`.
    pub counts: bool,
    /// A change is listed only this long after it happened.
    pub lag_milliseconds: i64,
    /// How far the `Date` header is ahead of the time.
    pub date_ahead_milliseconds: i64,
    /// Whether there is a `Date` header.
    pub dated: bool,
    /// The longest page, whatever `maxResults` says.
    pub longest_page: usize,
    /// Whether listed bookings show when they were made and changed.
    pub shows_times: bool,
}

impl Default for TicketparkReadings {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            refuses_gaps: false,
            filters_updated: true,
            listing: Listing::default(),
            counts: true,
            lag_milliseconds: 0,
            date_ahead_milliseconds: 0,
            dated: true,
            longest_page: 100_000,
            shows_times: false,
        }
    }
}

impl TicketparkReadings {
    pub(super) fn date(&self, clock: &Clock, answer: &mut Answer) {
        let now = clock.now().plus_milliseconds(self.date_ahead_milliseconds).utc();
        if let Ok(date) = HeaderValue::from_str(&now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            && self.dated
        {
            answer.headers_mut().insert(DATE, date);
        }
    }

    /// The instant of a time without a zone.
    fn instant(&self, text: &str) -> Result<Timestamp, Box<Answer>> {
        let Ok(local) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S") else {
            return Err(Box::new(answer::json(StatusCode::CONFLICT, &json!({ "error": "not a time" }))));
        };
        let known = |local: NaiveDateTime| self.zone.from_local_datetime(&local).earliest();
        let later = || if self.refuses_gaps { None } else { known(local.checked_add_signed(TimeDelta::hours(1))?) };
        let instant = known(local).or_else(later).map(|instant| Timestamp::new(instant.with_timezone(&Utc)));
        let refusal = || answer::json(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "no such time" }));
        instant.ok_or_else(|| Box::new(refusal()))
    }
}

/// A condition on a time of a booking.
struct Condition {
    field: String,
    comparison: String,
    value: Timestamp,
}

impl Condition {
    fn holds(&self, booking: &Booking) -> bool {
        let time = if self.field == "created" { booking.created } else { booking.updated };
        // A database that keeps seconds.
        let (time, value) = (time.utc().timestamp(), self.value.utc().timestamp());
        match self.comparison.as_str() {
            "gt" => time > value,
            "gte" => time >= value,
            "lt" => time < value,
            "lte" => time <= value,
            "neq" => time != value,
            _ => time == value,
        }
    }
}

pub(super) fn list(records: &mut Records, uri: &Uri, now: Timestamp) -> Answer {
    if let Some(moves) = records.moves.pop_front() {
        records.apply(moves, now);
    }
    let query: BTreeMap<String, String> =
        serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let conditions = match conditions(&query, &records.readings) {
        Ok(conditions) => conditions,
        Err(refusal) => return *refusal,
    };
    let number = |name: &str, otherwise: usize| query.get(name).map_or(Some(otherwise), |text| text.parse().ok());
    let (Some(page), Some(size)) = (number("page", 0), number("maxResults", usize::MAX)) else {
        return answer::json(StatusCode::CONFLICT, &json!({ "error": "not a number" }));
    };
    let readings = &records.readings;
    let visible = now.plus_milliseconds(-readings.lag_milliseconds);
    let listed =
        |booking: &Booking| booking.updated <= visible && conditions.iter().all(|condition| condition.holds(booking));
    let mut rows: Vec<(&String, &Booking)> = records.bookings.iter().filter(|(_, booking)| listed(booking)).collect();
    let by_change = query.get("orderBy[updated]").map(String::as_str);
    if readings.listing == Listing::ByChange || by_change.is_some() {
        rows.sort_by_key(|(pid, booking)| (booking.updated, *pid));
    } else if readings.listing == Listing::Shuffled {
        let middle = rows.len() / 2;
        rows.rotate_left(if page % 2 == 0 { 0 } else { middle });
    }
    if by_change == Some("desc") {
        rows.reverse();
    }
    let count = rows.len();
    let size = size.min(readings.longest_page);
    let rows = rows.into_iter().skip(page.saturating_mul(size)).take(size);
    let bookings: Vec<Value> = rows.map(|(_, booking)| shown(booking, uri, readings)).collect();
    let mut answer = answer::json(StatusCode::OK, &Value::Array(bookings));
    if readings.counts {
        answer.headers_mut().insert(HeaderName::from_static("x-count"), HeaderValue::from(count));
    }
    answer
}

/// The conditions of the query: `filters[updated][_comp]`, or several as `filters[updated][0][_comp]`.
fn conditions(query: &BTreeMap<String, String>, readings: &TicketparkReadings) -> Result<Vec<Condition>, Box<Answer>> {
    let mut found = Vec::new();
    for (name, text) in query {
        let Some(inside) = name.strip_prefix("filters[") else { continue };
        let parts: Vec<&str> = inside.trim_end_matches(']').split("][").collect();
        let (field, place) = match parts.as_slice() {
            [field] | [field, "_value"] => (*field, format!("filters[{field}]")),
            [field, number, "_value"] => (*field, format!("filters[{field}][{number}]")),
            _ => continue,
        };
        if !["updated", "created"].contains(&field) || !readings.filters_updated {
            let text = format!("{field} cannot be filtered");
            return Err(Box::new(answer::json(StatusCode::CONFLICT, &json!({ "error": text }))));
        }
        let comparison = query.get(&format!("{place}[_comp]")).map_or("eq", String::as_str).to_owned();
        found.push(Condition { field: field.to_owned(), comparison, value: readings.instant(text)? });
    }
    Ok(found)
}

/// A booking as it is listed.
fn shown(booking: &Booking, uri: &Uri, readings: &TicketparkReadings) -> Value {
    let mut value = booking.value.clone();
    remove_what_nobody_asked_for(&mut value, uri);
    if let Some(members) = value.as_object_mut()
        && readings.shows_times
    {
        for (name, time) in [("created", booking.created), ("updated", booking.updated)] {
            let local = time.utc().with_timezone(&Tz::Europe__Zurich);
            members.insert(name.to_owned(), json!(local.format("%Y-%m-%dT%H:%M:%S%z").to_string()));
        }
    }
    value
}
