//! The filters of the inbox, as they stand in the address.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::super::fault::Fault;
use super::super::said::Said;
use super::super::visit::{Fields, Visit};
use super::super::wrong::{Allowed, missing_as, wrong};
use super::store::{Key, Range};
use super::words::Words;
use crate::clock::Timestamp;
use crate::config::{Config, Role};
use crate::inbox::operator::Filter;
use crate::inbox::{KINDS, ParkReason, State};

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) filter: Filter,
    /// What an event may be about, as it is stored.
    pub(super) entities: Vec<String>,
    /// A text in the body.
    pub(super) text: Option<String>,
    pub(super) before: Option<Key>,
}

impl Search {
    /// # Errors
    /// When a value makes no sense.
    pub(super) fn of(visit: &Visit, fields: &Fields, config: &Config) -> Result<Self, Fault> {
        let source = fields.get("source").map(str::to_owned);
        let known = || config.sources.iter().map(|source| source.name.clone());
        if let Some(unknown) = source.as_ref().filter(|name| config.source(name).is_none()) {
            return Err(wrong("source", unknown, Allowed::one_of(known())));
        }
        if let Some(unknown) = fields.get("reason").filter(|word| ParkReason::parse(word).is_none()) {
            return Err(wrong("reason", unknown, Allowed::one_of(ParkReason::ALL.iter().map(|word| word.as_str()))));
        }
        let zone = source.as_ref().and_then(|name| config.source(name)).or(config.sources.first());
        let zone = zone.map_or(Tz::UTC, |source| source.timezone);
        let mut states = Vec::new();
        for word in fields.all("state") {
            let allowed = || Allowed::one_of(State::ALL.iter().map(|state| state.as_str()));
            states.push(State::parse(word).ok_or_else(|| wrong("state", word, allowed()))?);
        }
        let since = fields.read("since", Allowed::Instant, |text| instant(text, zone, false))?;
        let until = fields.read("until", Allowed::Instant, |text| instant(text, zone, true))?;
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(wrong("since", fields.get("since").unwrap_or_default(), Allowed::NotAfter("until")));
        }
        let text = fields.get("text").map(str::to_owned);
        // Whether a body has a text tells what is in it, letter by letter.
        if text.is_some() {
            visit.needs(Role::Finance)?;
        }
        if text.is_some() && since.is_none() {
            return Err(missing_as(
                "since",
                Allowed::Instant,
                Said::of(|language| Words::of(language).text_needs_time),
            ));
        }
        let entities = fields.get("order").map(entities).unwrap_or_default();
        Ok(Self {
            filter: Filter {
                source,
                states: (!states.is_empty()).then_some(states),
                kind: fields.one_of("kind", &KINDS)?.map(str::to_owned),
                entity: entities.first().filter(|_| entities.len() == 1).cloned(),
                reason: fields.get("reason").map(str::to_owned),
                since,
                until,
            },
            entities,
            text,
            before: fields.read("before", Allowed::Place, key)?,
        })
    }

    pub(super) fn range(&self) -> Range {
        Range { since: self.filter.since, until: self.filter.until }
    }

    /// The states that it is about.
    pub(super) fn states(&self) -> Vec<State> {
        self.filter.states.clone().unwrap_or_else(|| State::ALL.to_vec())
    }

    /// Whether rows of a state must be looked at one by one.
    pub(super) fn looks_closer(&self) -> bool {
        self.filter.kind.is_some() || self.filter.reason.is_some() || self.text.is_some()
    }
}

/// Midnight of a day, or an instant as it is; the end of a range includes its day.
fn instant(text: &str, zone: Tz, is_end: bool) -> Option<Timestamp> {
    let Ok(day) = text.parse::<NaiveDate>() else { return Timestamp::parse(text).or_else(|| local(text, zone)) };
    let day = if is_end { day.succ_opt()? } else { day };
    let noon = Timestamp::noon_of(day, zone)?;
    // The day begins at the first instant that its date has there, whatever the clocks do.
    let midnight = day.and_hms_opt(0, 0, 0)?;
    let local = chrono::TimeZone::from_local_datetime(&zone, &midnight).earliest();
    Some(local.map_or_else(|| noon.plus_milliseconds(-12 * 3_600_000), |local| Timestamp::new(local.to_utc())))
}

/// The field of a form that keeps a day or an instant as it is: a browser empties one that it does not take.
pub(in crate::console) fn field_type(text: &str) -> &'static str {
    if text.is_empty() || text.parse::<NaiveDate>().is_ok() {
        "date"
    } else if local(text, Tz::UTC).is_some() {
        "datetime-local"
    } else {
        "text"
    }
}

/// A local time of a zone.
pub(in crate::console) fn local(text: &str, zone: Tz) -> Option<Timestamp> {
    let mut forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].into_iter();
    let local = forms.find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(Timestamp::new(local.and_local_timezone(zone).latest()?.to_utc()))
}

/// What is meant by an id: as it stands, or of either provider.
pub(super) fn entities(text: &str) -> Vec<String> {
    if text.contains(':') {
        return vec![text.to_owned()];
    }
    ["order", "booking", "payment"].map(|kind| format!("{kind}:{text}")).into()
}

/// The end of a page, as it stands in an address.
pub(super) fn key(text: &str) -> Option<Key> {
    let (at, id) = text.rsplit_once('_')?;
    Some((Timestamp::parse(at)?, id.parse().ok()?))
}

pub(super) fn key_text((at, id): Key) -> String {
    format!("{at}_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_source() {
        let zone = chrono_tz::Europe::Berlin;
        let of = |text, is_end| instant(text, zone, is_end).map(|instant| instant.to_string());
        assert_eq!(of("2025-11-11", false).as_deref(), Some("2025-11-10T23:00:00Z"));
        assert_eq!(of("2025-11-11", true).as_deref(), Some("2025-11-11T23:00:00Z"));
        assert_eq!(of("2025-11-11T10:00:00+01:00", true).as_deref(), Some("2025-11-11T09:00:00Z"));
        assert_eq!(of("yesterday", false), None);
    }

    #[test]
    fn the_field_suits_what_is_in_it() {
        for (text, kind) in [
            ("", "date"),
            ("2025-11-11", "date"),
            ("2025-11-11T18:00", "datetime-local"),
            ("2025-11-11T18:00:30", "datetime-local"),
            ("2025-11-11T18:00:00Z", "text"),
            ("2025-11-11T18:00+01:00", "text"),
        ] {
            assert_eq!(field_type(text), kind, "{text}");
        }
    }

    #[test]
    fn the_end_of_a_page_goes_round() {
        let end = (Timestamp::parse("2025-11-11T10:00:00.123456Z").unwrap(), 17);
        assert_eq!(key(&key_text(end)), Some(end));
        assert_eq!(key("17"), None);
    }
}
