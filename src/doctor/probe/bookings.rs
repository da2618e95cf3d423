//! Ticketpark's list of bookings.

use chrono::DateTime;
use serde_json::Value;

use super::{Check, found, headers, open, seconds_later, set};
use crate::clock::{Clock, Timestamp};
use crate::provider::{Failure, Fetched};
use crate::session::Access;

/// Fields that may say when a booking changed, the better ones first.
const FIELDS: [&str; 2] = ["updated", "created"];
/// Bookings of a page, where one is enough.
const PAGE: usize = 100;
/// How far back the first question goes.
const BACK_SECONDS: i64 = 30 * 86_400;
/// A zone ahead of UTC lists what changed within its offset, less this, when asked for what is to come.
const AHEAD_SECONDS: i64 = 600;

/// Asks for everything that the documentation leaves open.
pub(super) async fn probe(access: &Access, clock: &Clock) -> Result<Vec<Check>, Failure> {
    let now = clock.now();
    let mut checks = Vec::new();
    let mut known = None;
    for field in FIELDS {
        if let Some(answer) =
            answered(access.get_path(&filtered(field, seconds_later(now, -BACK_SECONDS), 0, PAGE)).await)?
        {
            known = Some((field, answer));
            break;
        }
    }
    let Some((field, answer)) = known else {
        let to_do = "ask Ticketpark by which field bookings can be filtered, and set [sources.sweep] changed_field";
        let text = "bookings cannot be filtered by `updated` or `created`, so a sweep cannot ask what changed";
        return Ok(vec![Check::failed("probe", text, to_do)]);
    };
    checks.push(match field {
        "updated" => found("bookings can be filtered by `updated`"),
        _ => set(
            "bookings can be filtered by `created` only: changes of older bookings are not seen",
            &format!("changed_field = \"{field}\""),
        ),
    });
    checks.extend(headers(&answer, now));
    checks.push(match answer.total {
        Some(total) => found(format!("x-count tells the number of bookings ({total} in 30 days)")),
        None => found("x-count is missing; pages are walked until one is short"),
    });
    checks.push(zone(access, field, &answer, now).await?);
    checks.push(order(access, field, now).await?);
    Ok(checks)
}

fn filtered(field: &str, since: Timestamp, page: usize, size: usize) -> String {
    let filter = format!("filters%5B{field}%5D");
    let since = since.utc().format("%Y-%m-%d%%20%H:%M:%S");
    format!("bookings/?{filter}%5B_comp%5D=gte&{filter}%5B_value%5D={since}&page={page}&maxResults={size}")
}

/// An answer of 200; `None` when the filter is refused.
fn answered(answer: Result<Fetched, Failure>) -> Result<Option<Fetched>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer).filter(|answer| answer.status == 200)),
        Err(Failure::Permanent { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn rows(answer: &Fetched) -> Vec<Value> {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// In which zone the time of a filter is read.
async fn zone(access: &Access, field: &str, shown: &Fetched, now: Timestamp) -> Result<Check, Failure> {
    let ask = async |since: Timestamp| {
        Ok::<_, Failure>(answered(access.get_path(&filtered(field, since, 0, PAGE)).await)?.map(|answer| rows(&answer)))
    };
    let to_come = ask(seconds_later(now, AHEAD_SECONDS)).await?;
    if to_come.is_some_and(|rows| !rows.is_empty()) {
        return Ok(set(
            "the time of a filter is read as local time: what is to come in UTC lists what just changed",
            "overlap = \"3h\"",
        ));
    }
    // A booking that says itself when it changed tells whether a UTC time finds its very second.
    let told = rows(shown).iter().find_map(|row| {
        let text = row.get(field)?.as_str()?;
        let at = Timestamp::parse(text).or_else(|| {
            DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z").ok().map(|at| Timestamp::new(at.to_utc()))
        })?;
        Some((row.get("pid")?.clone(), at))
    });
    let Some((pid, changed)) = told else {
        return Ok(open(
            "nothing tells the zone of a filter: no booking shows when it changed, and none is \
             listed for what is to come",
        ));
    };
    let finds = async |since| {
        let rows = ask(since).await?.unwrap_or_default();
        Ok::<_, Failure>(rows.iter().any(|row| row.get("pid") == Some(&pid)))
    };
    Ok(match (finds(changed).await?, finds(seconds_later(changed, 1)).await?) {
        (true, false) => set("the time of a filter is read as UTC, and includes its second", "overlap = \"30m\""),
        (false, false) => set("the time of a filter is read as UTC, without its second", "overlap = \"30m\""),
        _ => set("the time of a filter is not read as UTC", "overlap = \"3h\""),
    })
}

/// Whether two questions bring the same pages.
async fn order(access: &Access, field: &str, now: Timestamp) -> Result<Check, Failure> {
    let since = seconds_later(now, -BACK_SECONDS);
    let mut pages = Vec::new();
    for page in [0, 1, 0, 1] {
        let answer = answered(access.get_path(&filtered(field, since, page, 2)).await)?;
        let rows = answer.as_ref().map(rows).unwrap_or_default();
        pages.push(rows.iter().filter_map(|row| row.get("pid").cloned()).collect::<Vec<_>>());
    }
    let [first, second, first_again, second_again] = pages.as_slice() else {
        return Ok(open("pages were not answered"));
    };
    if second.is_empty() {
        return Ok(open("there are too few bookings to see whether pages are the same when asked for again"));
    }
    let distinct = first.iter().all(|pid| !second.contains(pid));
    Ok(match distinct && first == first_again && second == second_again {
        true => found("pages are the same when asked for again, and share no booking"),
        false => found("pages change places; sweeps walk them again until two walks agree"),
    })
}
