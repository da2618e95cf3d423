//! Shows what a replay would do: replays in a transaction, reads the changes, and rolls back.

mod store;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::Clock;
use crate::db::{Connection, Database};
use crate::inbox::operator::{Classify, Reason, Selection, opening, record, replay_step, store as operator};
use crate::inbox::{EventId, store as inbox};
use crate::ledger::Error;
use crate::ledger::posting::Severity;

/// Default number of events: during a dry run nothing else can write to SQLite, so deliveries wait until it ends.
pub const USUAL: i64 = 5_000;
/// Largest number of events: their numbers go into one statement, and SQLite takes 32,766 values.
pub const MOST: i64 = 30_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Events examined: the first of the selected ones.
    pub events: i64,
    /// Selected events that were not examined, because there are too many for one run.
    pub left_out: i64,
    /// Number of the last event examined, if later ones were left out.
    pub looked_at_until: Option<EventId>,
    /// Number of events by resulting state.
    pub outcomes: Vec<Outcome>,
    /// Events that would not be settled, with the reason.
    pub stuck: Vec<Stuck>,
    /// Bookings read from the archive; a replay fetches them again and may get another answer.
    pub from_archive: i64,
    pub orders: Vec<OrderTouched>,
    /// Entries that would be written, in order.
    pub entries: Vec<Entry>,
    /// Net change by account and currency.
    pub accounts: Vec<AccountMovement>,
    pub findings_opened: Vec<FindingChange>,
    pub findings_closed: Vec<FindingChange>,
}

/// The number of events that would end in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub source: String,
    pub state: String,
    /// Reason code; `None` if the event would be settled.
    pub reason: Option<String>,
    pub events: i64,
}

/// An event that would not be settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Stuck {
    pub event_id: EventId,
    pub source: String,
    /// `parked`, or `pending` if it would be tried again.
    pub state: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
}

/// An order that would change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, diesel::Queryable)]
pub struct OrderTouched {
    pub source: String,
    pub order_id: String,
}

/// An entry that would be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Entry {
    pub source: String,
    /// The number that it would get.
    pub entry_no: i64,
    /// `post`, `opening` or `reverse`.
    pub kind: String,
    /// What happened, such as `sale.ticket`.
    pub event_type: String,
    pub order_id: Option<String>,
    pub booking_date: chrono::NaiveDate,
    pub currency: String,
    /// Number of the entry that it would reverse.
    pub reverses_no: Option<i64>,
    /// The hash that it would get.
    pub entry_hash: String,
}

/// The net change of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountMovement {
    pub source: String,
    pub account: String,
    pub currency: String,
    /// Minor units; debit positive.
    pub amount_minor: i64,
}

/// A finding that would open or close.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, diesel::Queryable)]
pub struct FindingChange {
    pub source: String,
    pub order_id: Option<String>,
    pub reason: String,
    pub severity: String,
    pub evidence: String,
    #[serde(skip)]
    fingerprint: String,
}

/// Replays the first `at_most` of the selected events, processes them with `work`, returns the changes, and rolls
/// everything back. `work` returns how many bookings it read from the archive.
///
/// # Errors
/// When a statement fails.
pub fn effect(
    database: &Database,
    clock: &Clock,
    classify: &Classify<'_>,
    selection: &Selection,
    at_most: i64,
    work: impl FnOnce(&mut Connection) -> Result<i64, Error>,
) -> Result<Effect, Error> {
    let last = operator::last_id(&mut database.reader()?)?;
    database.dry_run(|connection| {
        let now = clock.now();
        let chosen = operator::choose(connection, selection, 0, last, at_most.min(MOST))?;
        let ids: Vec<EventId> = chosen.iter().map(|(id, _)| *id).collect();
        let all: i64 = operator::count(connection, selection)?.iter().map(|count| count.events).sum();
        let heads = store::heads(connection)?;
        let findings = store::open_findings(connection)?;
        let reason = Reason { actor: "nobody".to_owned(), why: "dry run".to_owned() };
        let action = record(connection, &opening(now, &reason, "dry run"))?;
        replay_step(connection, now, classify, &chosen, action)?;
        // Other waiting events have nothing to do with this replay.
        inbox::postpone_others(connection, &ids, now.plus_milliseconds(365 * 86_400_000))?;
        let from_archive = work(connection)?;
        let events = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let left_out = all - events;
        let looked_at_until = ids.last().copied().filter(|_| left_out > 0);
        let mut effect = Effect { events, left_out, looked_at_until, from_archive, ..Effect::default() };
        (effect.outcomes, effect.stuck) = outcomes(store::states(connection, &ids)?);
        for (source, (entry_no, snapshot_no)) in heads {
            effect.orders.extend(store::orders_after(connection, &source, snapshot_no)?);
            effect.entries.extend(store::entries_after(connection, &source, entry_no)?);
            effect.accounts.extend(movements(&source, store::lines_after(connection, &source, entry_no)?)?);
        }
        let findings_after = store::open_findings(connection)?;
        let missing_in = |those: &BTreeMap<String, FindingChange>, these: &BTreeMap<String, FindingChange>| {
            let mut missing: Vec<FindingChange> =
                these.iter().filter(|(key, _)| !those.contains_key(*key)).map(|(_, finding)| finding.clone()).collect();
            missing.sort();
            // The worst first.
            missing.sort_by_key(|finding| Severity::parse(&finding.severity));
            missing
        };
        effect.findings_opened = missing_in(&findings, &findings_after);
        effect.findings_closed = missing_in(&findings_after, &findings);
        Ok(effect)
    })
}

fn outcomes(states: Vec<Stuck>) -> (Vec<Outcome>, Vec<Stuck>) {
    let mut sums: BTreeMap<(String, String, Option<String>), i64> = BTreeMap::new();
    let mut stuck = Vec::new();
    for event in states {
        *sums.entry((event.source.clone(), event.state.clone(), event.reason.clone())).or_default() += 1;
        if event.state == "parked" || event.state == "pending" {
            stuck.push(event);
        }
    }
    let outcome = |((source, state, reason), events)| Outcome { source, state, reason, events };
    (sums.into_iter().map(outcome).collect(), stuck)
}

fn movements(source: &str, lines: Vec<store::Moved>) -> Result<Vec<AccountMovement>, Error> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for store::Moved { account, currency, amount_minor, order_id } in lines {
        let sum = sums.entry((account, currency)).or_default();
        *sum = sum.checked_add(amount_minor).ok_or_else(|| Error::Overflow {
            order_id: order_id.unwrap_or_default(),
            overflow: crate::money::Overflow,
        })?;
    }
    let movement = |((account, currency), amount_minor)| AccountMovement {
        source: source.to_owned(),
        account,
        currency,
        amount_minor,
    };
    Ok(sums.into_iter().filter(|(_, minor)| *minor != 0).map(movement).collect())
}
