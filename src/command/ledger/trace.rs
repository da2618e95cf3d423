//! `ticketledger ledger trace`.

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;

use crate::command::options::{DetailFormat, SourceOption};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::inbox::{EventId, Origin};
use crate::ledger::reading::trace::{Start, Trace as Traced, trace};
use crate::money::{Currency, format_minor};
use crate::report::format::printable;

#[derive(Debug, Args)]
pub(in crate::command) struct Trace {
    /// Start: `entry:12`, `event:7` (a webhook, or what a sweep found), or `order:ID` (id or code)
    #[arg(value_name = "ENTRY|EVENT|ORDER", value_parser = start)]
    start: Start,
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

fn start(text: &str) -> Result<Start, String> {
    let advice = || "write entry:12, event:7 or order:ID".to_owned();
    let (kind, name) = text.split_once(':').ok_or_else(advice)?;
    match kind {
        "entry" => name.parse().map(Start::Entry).map_err(|_| advice()),
        "event" => name.parse().map(Start::Event).map_err(|_| advice()),
        "order" if !name.is_empty() => Ok(Start::Order(name.to_owned())),
        _ => Err(advice()),
    }
}

/// Follows the links from one thing to everything connected with it.
pub(super) fn run(config: &Config, options: &Trace) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let traced = trace(&settings::open(config)?, source, &options.start)?;
    if traced == Traced::default() {
        bail!("there is no such entry, event or order");
    }
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&traced)? + "\n",
        DetailFormat::Table => in_words(&traced),
    })?;
    Ok(Outcome::Fine)
}

/// `webhook 7`, or `event 7` of what was not sent by a provider.
fn named(trace: &Traced, id: EventId) -> String {
    let origin = trace.events.iter().find(|event| event.id == id).map(|event| &event.origin);
    let what = if origin.is_none_or(|origin| *origin == Origin::Webhook) { "webhook" } else { "event" };
    format!("{what} {id}")
}

fn in_words(trace: &Traced) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for entry in &trace.entries {
        let order = entry.order_id.as_ref().map_or_else(String::new, |order| format!(", order {}", printable(order)));
        let undone = entry.reverses_no.map_or_else(String::new, |no| format!(" of entry {no}"));
        let from = match (entry.snapshot_no, entry.inbox_event_id) {
            (Some(snapshot), Some(event)) => format!("from snapshot {snapshot}, {}", named(trace, event)),
            _ => "posted by a person or a command".to_owned(),
        };
        let (source, entry_no, date) = (&entry.source, entry.entry_no, entry.booking_date);
        let (kind, what) = (&entry.kind, &entry.event_type);
        let _ = writeln!(text, "Entry {entry_no} of {source}, {date}: {kind} {what}{undone}{order}; {from}");
        let exponent = Currency::parse(&entry.currency).map_or(0, Currency::exponent);
        for (account, minor) in &entry.lines {
            let _ = writeln!(text, "    {:>12} {} {account}", format_minor(*minor, exponent), entry.currency);
        }
        let _ = writeln!(text, "    hash {}", entry.entry_hash);
    }
    for snapshot in &trace.snapshots {
        let document = snapshot.document_id.map_or_else(String::new, |id| format!(", document {id}"));
        let (source, no, order) = (&snapshot.source, snapshot.snapshot_no, printable(&snapshot.order_id));
        let (cause, event) = (printable(&snapshot.cause), named(trace, snapshot.inbox_event_id));
        let _ = writeln!(text, "Snapshot {no} of {source}, order {order}: {cause}; from {event}{document}");
        let _ = writeln!(text, "    sha256 {}", snapshot.doc_sha256);
    }
    for event in &trace.events {
        let reason = event.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let (id, source, at, state) = (event.id, &event.source, event.received_at, &event.state);
        let came = match &event.origin {
            Origin::Webhook => format!("Webhook {id} of {source}, received {at}"),
            origin => format!("Event {id} of {source}, {}, stored {at}", origin.in_short(|at| at.to_string())),
        };
        let _ = writeln!(text, "{came}: {state}{reason}; {}", event.outcome);
        let _ = writeln!(text, "    sha256 {}; its {}", event.body_sha256, event.bytes.as_str());
    }
    for document in &trace.documents {
        let (id, entity, at) = (document.id, printable(&document.entity), document.started_at);
        let status = document.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
        let _ = writeln!(text, "Document {id}, {entity}, fetched {at}: {status}");
        if let Some(sha256) = &document.body_sha256 {
            let _ = writeln!(text, "    sha256 {sha256}; its {}", document.bytes.as_str());
        }
    }
    text
}
