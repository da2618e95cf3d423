//! Which policies of the settings the book does not know yet.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;

use crate::clock::Timestamp;
use crate::db::{Error, Result};
use crate::policy::{DatedPolicy, Policy};

/// First instant and JSON of every policy to be stored, in the order of their days. `known` are number, first instant
/// and JSON of those that are stored.
///
/// From one instant on the newest of its policies holds. So a policy that was changed, or taken out of the settings, is
/// stored anew under its old instant, for the orders that are still to come in.
pub(in crate::ledger) fn missing(
    policies: &[DatedPolicy],
    zone: Tz,
    known: &[(i32, Timestamp, String)],
) -> Result<Vec<(Timestamp, String)>> {
    let wanted = wanted(policies, zone)?;
    // Numbers rise, so that the newest of an instant stays.
    let known: BTreeMap<Timestamp, &String> = known.iter().map(|(_, from, doc)| (*from, doc)).collect();
    let mut instants: Vec<Timestamp> = wanted.keys().chain(known.keys()).copied().collect();
    instants.sort_unstable();
    instants.dedup();
    let mut missing = Vec::new();
    for from in instants {
        let in_force = wanted.range(..=from).next_back().map(|(_, doc)| doc);
        let Some(in_force) = in_force.filter(|doc| known.get(&from) != Some(doc)) else { continue };
        missing.push((from, in_force.clone()));
    }
    Ok(missing)
}

/// The policies of the settings by their first instant. The first one holds for all that came before it as well.
fn wanted(policies: &[DatedPolicy], zone: Tz) -> Result<BTreeMap<Timestamp, String>> {
    let beginning = Timestamp::new(DateTime::UNIX_EPOCH);
    let mut wanted = BTreeMap::new();
    if policies.is_empty() {
        wanted.insert(beginning, doc(&Policy::default())?);
    }
    for dated in policies {
        let from = match dated.from {
            Some(day) if !wanted.is_empty() => midnight(day, zone),
            _ => beginning,
        };
        wanted.insert(from, doc(&dated.policy)?);
    }
    Ok(wanted)
}

fn doc(policy: &Policy) -> Result<String> {
    serde_json::to_string(policy).map_err(|error| Error::Inconsistent(error.to_string()))
}

/// The first instant of a local day. Where the clocks are put forward at midnight, that is a little later; a day that a
/// zone left out altogether begins as in UTC.
pub(super) fn midnight(day: NaiveDate, zone: Tz) -> Timestamp {
    let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let first = hours.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    Timestamp::new(first.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |first| first.to_utc()))
}
