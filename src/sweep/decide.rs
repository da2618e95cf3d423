//! Late or missed: what was found is late when its webhook comes within the grace, and missed otherwise.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::compare::same;
use super::facts;
use super::page::key_in;
use super::record::{entity_of, order_of};
use super::store::{self, Beside, Undecided};
use super::words::Decision;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::inbox::State;
use crate::ledger;
use crate::ledger::batch::known_orders;
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason, Severity};
use crate::ledger::reading::{Caused, caused};
use crate::money::Currency;
use crate::order::{Payment, Provider};
use crate::provider::payments_in;

/// Rows of one transaction.
const STEP: i64 = 100;
/// Later events of an order that are looked at.
const LATER: i64 = 50;

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
    let later = store::events(connection, &source.name, &entity, Beside::After(row.event_id - 1), LATER)?;
    let key = later.first().filter(|own| own.id == row.event_id).and_then(|own| key_in(&own.headers));
    // Found once more after other webhooks came, the order was as it was found all the time: they were older.
    let again = later.iter().rposition(|event| !event.is_webhook() && key.is_some() && key_in(&event.headers) == key);
    let is_newer = |place: usize| source.provider == Provider::Ticketpark || again.is_none_or(|again| place > again);
    let webhooks: Vec<_> = later
        .iter()
        .enumerate()
        // What came after the grace changes nothing any more, whenever it is looked at.
        .filter(|(_, event)| event.is_webhook() && event.received_at <= row.decide_at)
        .collect();
    let parked_body = body.clone().filter(|_| state == State::Parked);
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
        let known_since = store::created_at(connection, &source.name)?;
        let mut finding = missed(row, state, &entries, source.timezone, known_since);
        if entries.is_empty() && state == State::Parked {
            let told = parked_body.and_then(|body| payments_in(source, &body)).unwrap_or_default();
            finding = unbooked(connection, row, finding, &told)?;
        }
        outside::raise(connection, &source.name, Some(&row.order_id), &finding, now)?;
    }
    Ok(())
}

/// What was missed, with its money, and for how long.
fn missed(row: &Undecided, state: State, entries: &[Caused], zone: Tz, known_since: Option<Timestamp>) -> Finding {
    let found = row.found_at.local_minute_named(zone);
    let since = match row.since {
        Some(since) => format!("between {} and {found}", since.local_minute_named(zone)),
        None => format!("before {found}"),
    };
    let what = match (facts::in_words(entries), state) {
        (None, State::Parked) => "it is parked, so it is not booked".to_owned(),
        (None, _) => "nothing was booked because of it".to_owned(),
        (Some(facts), _) => format!("booked since: {facts}"),
    };
    let evidence = format!("no webhook came of a change {since}; event {} tells it; {what}", row.event_id);
    let finding = Finding::new(FindingReason::MissedWebhook, format!("event:{}", row.event_id), evidence);
    match money(entries, known_since) {
        Some((currency, sum)) => finding.with_amounts(Currency::parse(currency), sum, 0),
        None if state == State::Parked => finding,
        None => finding.of_severity(Severity::Info),
    }
}

/// What was missed, in the currency of most of it: what was paid or given back, if anything was, for an order that is
/// sold and paid moves its price twice. A fact that was only booked anew counts with what it comes to more or less, and
/// what happened before the source was known here was not missed.
fn money(entries: &[Caused], known_since: Option<Timestamp>) -> Option<(&str, i64)> {
    let mut facts: BTreeMap<(&str, &str), (i64, bool)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind != "opening") {
        let is_undone = entry.kind == "reverse";
        let amount = if is_undone { entry.amount_minor.saturating_neg() } else { entry.amount_minor };
        let is_past = known_since.zip(entry.effective_at).is_some_and(|(since, effective)| effective < since);
        let (sum, counts) = facts.entry((&entry.currency, &entry.atom_key)).or_default();
        *sum = sum.saturating_add(amount);
        // What is booked anew was known before, whatever date it has.
        *counts |= is_undone || !is_past;
    }
    let is_money = |entry: &Caused| entry.event_type.ends_with("payment") || entry.event_type.ends_with("refund");
    let paid: BTreeSet<&str> = entries.iter().filter(|entry| is_money(entry)).map(|entry| &*entry.atom_key).collect();
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for ((currency, atom), (sum, _)) in facts.into_iter().filter(|(_, (_, counts))| *counts) {
        if paid.is_empty() || paid.contains(atom) {
            let total = sums.entry(currency).or_default();
            *total = total.saturating_add(sum.saturating_abs());
        }
    }
    sums.into_iter().filter(|(_, sum)| *sum > 0).max_by_key(|(_, sum)| *sum)
}

/// The finding of what is parked: with what it tells of payments, and what is booked of the order.
fn unbooked(connection: &mut Connection, row: &Undecided, finding: Finding, told: &[Payment]) -> Result<Finding> {
    let event = row.event_id;
    let finding = finding.to_be_done(format!(
        "`ticketledger inbox show {event}` says why it is parked; mend that, and book it with `ticketledger inbox \
         replay {event}`"
    ));
    let Some(currency) = told.first().map(|payment| payment.currency) else { return Ok(finding) };
    let sum = |payments: &[Payment]| {
        let own = payments.iter().filter(|payment| payment.currency == currency);
        own.fold(0, |sum: i64, payment| sum.saturating_add(payment.amount_minor))
    };
    let booked = match known_orders(connection, &row.source, &[row.order_id.as_str()]) {
        Ok(known) => known.get(&row.order_id).and_then(|(order, _)| order.payments.as_deref()).map_or(0, sum),
        Err(ledger::Error::Database(error)) => return Err(error),
        // What is booked cannot be read, so nothing is said of money.
        Err(_) => return Ok(finding),
    };
    Ok(finding.with_amounts(Some(currency), sum(told), booked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, event_type: &str, atom: &str, amount_minor: i64, day: &str) -> Caused {
        Caused {
            entry_no: 1,
            kind: kind.to_owned(),
            event_type: event_type.to_owned(),
            atom_key: atom.to_owned(),
            currency: "EUR".to_owned(),
            amount_minor,
            effective_at: Timestamp::parse(&format!("{day}T00:00:00Z")),
        }
    }

    #[test]
    fn what_was_missed_is_what_happened_since_and_not_what_is_booked_anew() {
        let since = Timestamp::parse("2026-11-30T00:00:00Z");
        let (old, new) = ("2026-09-10", "2026-12-01");
        let missed = |entries: &[Caused]| money(entries, since).map(|(_, sum)| sum);
        // Sold and paid before the start, a part given back since; the book opens with the first two, or has them.
        for kind in ["opening", "post"] {
            let sale = entry(kind, "sale.ticket", "ticket:1", 35_600, old);
            let paid = entry(kind, "payment", "payment:1", 35_600, old);
            assert_eq!(missed(&[sale, paid, entry("post", "refund", "payment:2", 10_000, new)]), Some(10_000));
        }
        // Only dates change.
        let undone = entry("reverse", "payment", "payment:1", 10_000, old);
        let booked = entry("post", "payment", "payment:1", 10_000, new);
        assert_eq!(missed(&[undone.clone(), booked]), None);
        // The amount does, and of a payment that is gone all of it.
        assert_eq!(missed(&[undone.clone(), entry("post", "payment", "payment:1", 11_000, old)]), Some(1_000));
        assert_eq!(missed(&[undone]), Some(10_000));
        assert_eq!(missed(&[entry("post", "sale.ticket", "ticket:1", 500, new)]), Some(500));
        assert_eq!(missed(&[]), None);
    }
}
