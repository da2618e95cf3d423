//! The story of an order, step by step: what came, what was read for it, and which entries it led to.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::words::Words;
use crate::clock::Timestamp;
use crate::console::codes;
use crate::console::grid::{address, address_with};
use crate::console::inbox;
use crate::console::layout::{Shell, When};
use crate::console::words::fill;
use crate::inbox::Origin;
use crate::ledger::reading::trace::{Bytes, DocumentTraced, EntryTraced, EventTraced, Trace};
use crate::report::format::printable;

/// Steps that a page shows; an order that has more is told by the command.
pub(super) const STEPS: usize = 60;
/// Entries that a step shows.
const ENTRIES: usize = 40;

/// One step.
pub(super) struct Step {
    /// Absent for what a person entered, which has only a day.
    pub(super) at: Option<When>,
    pub(super) title: String,
    pub(super) address: Option<String>,
    /// State and its word, of a webhook.
    pub(super) state: Option<String>,
    /// Kind and reason of a webhook, for programs.
    kind: Option<String>,
    origin: Option<Origin>,
    reason: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) entries: Vec<EntryStep>,
    /// Entries that are not shown.
    pub(super) more: usize,
}

/// An entry with its lines, as they are read.
pub(super) struct EntryStep {
    pub(super) number: i64,
    pub(super) address: String,
    pub(super) day: String,
    pub(super) what: String,
    event_type: String,
    currency: String,
    pub(super) takes_back: Option<String>,
    pub(super) lines: Vec<LineStep>,
}

impl Step {
    /// For programs; a webhook's state is its stored word.
    pub(super) fn told(&self) -> Value {
        let line = |line: &LineStep| json!({ "account": line.account, "amount_minor": line.minor });
        let entry = |entry: &EntryStep| {
            json!({
                "entry_no": entry.number, "event_type": entry.event_type, "booking_date": entry.day,
                "currency": entry.currency, "lines": entry.lines.iter().map(line).collect::<Vec<_>>(),
                "href": entry.address,
            })
        };
        json!({
            "at": self.at.as_ref().map(|at| at.at), "href": self.address, "kind": self.kind, "state": self.state,
            "origin": self.origin, "reason": self.reason,
            "entries": self.entries.iter().map(entry).collect::<Vec<_>>(), "more_entries": self.more,
        })
    }
}

pub(super) struct LineStep {
    minor: i64,
    pub(super) account: String,
    pub(super) address: String,
    pub(super) debit: String,
    pub(super) credit: String,
}

/// What a step is told from.
enum Cause<'t> {
    Event(&'t EventTraced, Vec<&'t DocumentTraced>),
    Hand,
}

/// The newest steps of the orders in a trace, the oldest of them first, and whether there are more.
pub(super) fn steps(trace: &Trace, shell: &Shell, zone: Tz) -> (Vec<Step>, bool) {
    let mut entries: BTreeMap<Option<i64>, Vec<&EntryTraced>> = BTreeMap::new();
    for entry in &trace.entries {
        entries.entry(entry.inbox_event_id).or_default().push(entry);
    }
    let mut told: Vec<(Timestamp, Step)> = Vec::new();
    for event in &trace.events {
        let own = entries.remove(&Some(event.id)).unwrap_or_default();
        let of_event = |document: &&DocumentTraced| {
            trace
                .snapshots
                .iter()
                .any(|snapshot| snapshot.inbox_event_id == event.id && snapshot.document_id == Some(document.id))
        };
        let documents = trace.documents.iter().filter(of_event).collect();
        told.push((event.received_at, step(&Cause::Event(event, documents), &own, shell, zone)));
    }
    told.sort_by_key(|(at, _)| *at);
    let mut steps: Vec<Step> = told.into_iter().map(|(_, step)| step).collect();
    for own in entries.into_values() {
        steps.push(step(&Cause::Hand, &own, shell, zone));
    }
    let more = steps.len() > STEPS;
    (steps.split_off(steps.len().saturating_sub(STEPS)), more)
}

fn step(cause: &Cause<'_>, entries: &[&EntryTraced], shell: &Shell, zone: Tz) -> Step {
    let words = Words::of(shell.language);
    let mut step = Step {
        at: None,
        title: words.by_hand.to_owned(),
        address: None,
        state: None,
        kind: None,
        origin: None,
        reason: None,
        notes: Vec::new(),
        entries: entries.iter().take(ENTRIES).map(|entry| of_entry(entry, shell)).collect(),
        more: entries.len().saturating_sub(ENTRIES),
    };
    let Cause::Event(event, documents) = cause else { return step };
    let number = event.id.to_string();
    step.at = Some(shell.when(event.received_at, Some(zone)));
    step.title = match event.origin {
        Origin::Import => fill(words.import, &[("id", &number)]),
        _ => inbox::came(shell.language, event.id, &event.origin, zone),
    };
    step.origin = Some(event.origin.clone());
    step.address = Some(address(&["inbox", &number]));
    step.state = Some(event.state.to_string());
    step.kind = Some(event.kind.clone());
    step.reason.clone_from(&event.reason);
    step.notes.push(shell.kind_name(&event.kind));
    step.notes.extend(event.reason.as_ref().map(|reason| codes::parked(shell.language, reason)));
    step.notes.push(match entries.len() {
        0 => words.caused_nothing.to_owned(),
        1 => words.caused_entry.to_owned(),
        many => fill(words.caused_entries, &[("n", &many.to_string())]),
    });
    step.notes.extend(match event.bytes {
        Bytes::Intact => None,
        Bytes::Pruned => Some(words.bytes_pruned.to_owned()),
        Bytes::Altered => Some(words.bytes_altered.to_owned()),
    });
    step.notes.extend(documents.iter().map(|document| fill(words.fetched, &[("id", &document.id.to_string())])));
    step
}

fn of_entry(entry: &EntryTraced, shell: &Shell) -> EntryStep {
    let words = Words::of(shell.language);
    let number = entry.entry_no.to_string();
    let month = entry.booking_date.format("%Y-%m").to_string();
    let line = |(account, minor): &(String, i64)| {
        let amount = shell.money(&minor.saturating_abs(), &entry.currency);
        let query = [("source", entry.source.as_str()), ("period", &month), ("account", account)];
        LineStep {
            minor: *minor,
            account: printable(account),
            address: address_with(
                &["books", "account"],
                &[query.as_slice(), &[("currency", &entry.currency)]].concat(),
            ),
            debit: if *minor >= 0 { amount.clone() } else { String::new() },
            credit: if *minor < 0 { amount } else { String::new() },
        }
    };
    EntryStep {
        number: entry.entry_no,
        address: address(&["books", "entry", &entry.source, &number]),
        day: entry.booking_date.to_string(),
        what: codes::entry(shell.language, &entry.kind, &entry.event_type),
        currency: entry.currency.clone(),
        event_type: entry.event_type.clone(),
        takes_back: entry.reverses_no.map(|no| fill(words.takes_back, &[("no", &no.to_string())])),
        lines: entry.lines.iter().map(line).collect(),
    }
}
