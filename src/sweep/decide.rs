//! Late or missed: what was found is late when its webhook comes within the grace, and missed otherwise.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::compare::same;
use super::page::key_in;
use super::record::{entity_of, order_of};
use super::store::{self, Undecided};
use super::words::Decision;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::inbox::State;
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason, Severity};
use crate::ledger::reading::{Caused, caused};
use crate::money::{Currency, format_minor};
use crate::order::Provider;

/// Rows of one transaction.
const STEP: i64 = 100;
/// Later events of an order that are looked at.
const LATER: i64 = 50;
/// Facts that a finding lists.
const LISTED: usize = 6;

/// Decides what can be decided by now.
pub(super) fn decide(database: &Database, source: &Source, now: Timestamp) -> Result<()> {
    let mut after = 0;
    loop {
        let last = database.transaction("sweep", |connection| {
            let rows = store::undecided(connection, &source.name, after, STEP)?;
            for row in &rows {
                decide_one(connection, source, row, now)?;
            }
            Ok::<_, crate::db::Error>(rows.last().map(|row| row.event_id))
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

fn decide_one(connection: &mut Connection, source: &Source, row: &Undecided, now: Timestamp) -> Result<()> {
    let Some((state, body)) = store::settled(connection, row.event_id)? else { return Ok(()) };
    let entity = entity_of(source.provider, &row.order_id).to_string();
    let later = store::events_after(connection, &source.name, &entity, row.event_id - 1, LATER)?;
    let key = later.first().filter(|own| own.id == row.event_id).and_then(|own| key_in(&own.headers));
    // Found once more after other webhooks came, the order was as it was found all the time: they were older.
    let again = later.iter().rposition(|event| !event.is_webhook() && key.is_some() && key_in(&event.headers) == key);
    let is_newer = |place: usize| source.provider == Provider::Ticketpark || again.is_none_or(|again| place > again);
    let webhooks: Vec<_> = later.iter().enumerate().filter(|(_, event)| event.is_webhook()).collect();
    let found = body.and_then(|body| order_of(source, &body));
    let is_it = |body: &Option<Vec<u8>>| {
        // A pointer tells only that something happened, which the sweep has found already.
        source.provider == Provider::Ticketpark
            || found
                .as_ref()
                .zip(body.as_ref().and_then(|body| order_of(source, body)))
                .is_some_and(|(found, said)| same(source.provider, &said, found))
    };
    let decision = if webhooks.iter().any(|(_, event)| is_it(&event.body)) {
        Decision::Late
    } else if row.decide_at > now {
        return Ok(());
    } else if !webhooks.iter().any(|(place, _)| is_newer(*place)) {
        Decision::Missed
    } else {
        Decision::Replaced
    };
    if decision == Decision::Missed && state == State::Pending {
        // What it means is known when it is settled.
        return Ok(());
    }
    let entries = match decision {
        Decision::Missed => caused(connection, &source.name, &row.order_id, row.event_id)?,
        Decision::Late | Decision::Replaced => Vec::new(),
    };
    let atoms = serde_json::to_string(&entries).ok().filter(|_| decision == Decision::Missed);
    if !store::decide(connection, row.event_id, decision, atoms.as_deref(), now)? {
        return Ok(());
    }
    store::note_decided(connection, row.run_id, decision)?;
    if decision != Decision::Replaced {
        store::add(connection, &source.name, decision.as_str(), 1)?;
    }
    if decision == Decision::Missed {
        let finding = missed(row, state, &entries, source.timezone);
        outside::raise(connection, &source.name, Some(&row.order_id), &finding, now)?;
    }
    Ok(())
}

/// What was missed, with its money, and for how long.
fn missed(row: &Undecided, state: State, entries: &[Caused], zone: Tz) -> Finding {
    let found = row.found_at.local_minute_named(zone);
    let since = match row.since {
        Some(since) => format!("between {} and {found}", since.local_minute_named(zone)),
        None => format!("before {found}"),
    };
    let facts: Vec<String> = entries.iter().take(LISTED).map(fact).collect();
    let what = match (entries.len(), state) {
        (0, State::Parked) => "it could not be booked (`ticketledger inbox list --state parked`)".to_owned(),
        (0, _) => "nothing was booked because of it".to_owned(),
        (count, _) if count > LISTED => format!("booked since: {} and {} more", facts.join(", "), count - LISTED),
        (_, _) => format!("booked since: {}", facts.join(", ")),
    };
    let evidence = format!("no webhook came of a change {since}; event {} tells it; {what}", row.event_id);
    let finding = Finding::new(FindingReason::MissedWebhook, format!("event:{}", row.event_id), evidence);
    // An order that is sold and paid moves its price twice: what was paid tells it.
    let is_money = |entry: &&Caused| entry.event_type.ends_with("payment") || entry.event_type.ends_with("refund");
    let only_money = entries.iter().any(|entry| is_money(&entry));
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !only_money || is_money(entry)) {
        let sum = sums.entry(&entry.currency).or_default();
        *sum = sum.saturating_add(entry.amount_minor);
    }
    match sums.into_iter().max_by_key(|(_, sum)| *sum) {
        Some((currency, sum)) => finding.with_amounts(Currency::parse(currency), sum, 0),
        None if state == State::Parked => finding,
        None => finding.of_severity(Severity::Info),
    }
}

fn fact(entry: &Caused) -> String {
    let digits = Currency::parse(&entry.currency).map_or(2, Currency::exponent);
    let undone = if entry.kind == "reverse" { "reversed " } else { "" };
    let what = entry.event_type.replace(['.', '_'], " ");
    format!("{undone}{what} {} {}", format_minor(entry.amount_minor, digits), entry.currency)
}
