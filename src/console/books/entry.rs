//! The page of an entry: its lines, the webhook that caused it, and its place in the chain.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::report::{downloads, file_format};
use super::words::Words;
use super::{file, store};
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid, address, address_with};
use crate::console::inbox;
use crate::console::layout::{Area, Shell, When};
use crate::console::orders;
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::sources::Sources;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::inbox::Origin;
use crate::ledger::reading::trace::{Bytes, EntryTraced, EventTraced, Start, trace};
use crate::report::format::printable;

#[derive(Template)]
#[template(path = "entry.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    entry: EntryTraced,
    order: Option<(String, String)>,
    effective: When,
    recorded: When,
    reason: String,
    reason_code: String,
    what: String,
    taken_back_by: Option<i64>,
    prev_hash: String,
    lines: Grid,
    cause: Option<Cause>,
    downloads: Vec<(&'static str, String)>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let line = |(account, minor): &(String, i64)| json!({ "account": account, "amount_minor": minor });
        let cause = |cause: &Cause| {
            let document = |(id, at): &(i64, When)| json!({ "id": id, "started_at": at.at });
            let snapshot = cause.snapshot.as_ref().map(|(no, sha256)| json!({ "snapshot_no": no, "sha256": sha256 }));
            json!({
                "webhook": cause.event, "documents": cause.documents.iter().map(document).collect::<Vec<_>>(),
                "snapshot": snapshot,
            })
        };
        json!({
            "source": self.entry.source, "entry_no": self.entry.entry_no, "kind": self.entry.kind,
            "event_type": self.entry.event_type, "fact": self.entry.atom_key, "order_id": self.entry.order_id,
            "booking_date": self.entry.booking_date, "effective_at": self.effective.at,
            "recorded_at": self.recorded.at, "reason": self.reason_code, "currency": self.entry.currency,
            "lines": self.entry.lines.iter().map(line).collect::<Vec<_>>(), "reverses_no": self.entry.reverses_no,
            "reversed_by_no": self.taken_back_by, "entry_hash": self.entry.entry_hash, "prev_hash": self.prev_hash,
            "cause": self.cause.as_ref().map(cause),
        })
    }
}

/// What led to the entry.
struct Cause {
    event: EventTraced,
    /// What it is, and its number.
    label: &'static str,
    name: String,
    received: When,
    bytes: &'static str,
    documents: Vec<(i64, When)>,
    snapshot: Option<(i64, String)>,
}

impl Page {
    fn entry_address(&self, number: &i64) -> String {
        address(&["books", "entry", &self.entry.source, &number.to_string()])
    }

    fn previous_address(&self) -> String {
        self.entry_address(&self.entry.entry_no.saturating_sub(1))
    }

    fn previous(&self) -> String {
        fill(self.words.previous, &[("n", &self.entry.entry_no.saturating_sub(1).to_string())])
    }
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit, source: &str, number: &str) -> Answered {
    let number: i64 = number.parse().map_err(|_| Fault::NotFound)?;
    if let Some(format) = file_format(visit)? {
        return file::entry(site, (source, number), format).await;
    }
    let of = source.to_owned();
    let traced = site.work(move |database| Ok(trace(database, Some(&of), &Start::Entry(number))?)).await?;
    let of = source.to_owned();
    let (sources, facts, taken_back_by) = site
        .read(move |connection| {
            let sources = Sources::of(connection, &of)?;
            let facts = store::entry_facts(connection, &of, number)?.ok_or(Fault::NotFound)?;
            Ok((sources, facts, store::taken_back_by(connection, &of, number)?))
        })
        .await?;
    let entry = traced.entries.into_iter().next().ok_or(Fault::NotFound)?;
    let words = Words::of(visit.language);
    let title = fill(words.entry_title, &[("n", &number.to_string()), ("source", source)]);
    let shell = Shell::new(site, visit, Area::Books, &title)
        .with_command(format!("ticketledger ledger trace entry:{number} --source {source}"));
    let zone = Some(sources.zone(source));
    let snapshot = traced.snapshots.first().map(|snapshot| (snapshot.snapshot_no, snapshot.doc_sha256.clone()));
    let cause = traced.events.into_iter().next().map(|event| Cause {
        name: match event.origin {
            Origin::Webhook => event.id.to_string(),
            _ => inbox::came(visit.language, event.id, &event.origin, sources.zone(source)),
        },
        label: if event.origin == Origin::Webhook { words.webhook } else { words.came_from },
        received: shell.when(event.received_at, zone),
        bytes: match event.bytes {
            Bytes::Intact => words.bytes_intact,
            Bytes::Pruned => words.bytes_pruned,
            Bytes::Altered => words.bytes_altered,
        },
        documents: traced
            .documents
            .iter()
            .map(|document| (document.id, shell.when(document.started_at, zone)))
            .collect(),
        snapshot,
        event,
    });
    let page = Page {
        order: entry.order_id.as_ref().map(|order| (printable(order), orders::address_of(source, order))),
        effective: shell.when(facts.effective_at, zone),
        recorded: shell.when(facts.recorded_at, zone),
        reason: codes::entry_reason(visit.language, &facts.reason_code),
        reason_code: facts.reason_code,
        what: codes::entry(visit.language, &entry.kind, &entry.event_type),
        prev_hash: facts.prev_hash,
        taken_back_by,
        downloads: downloads(&visit.query),
        lines: lines(&shell, words, &entry),
        cause,
        entry,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn lines(shell: &Shell, words: &Words, entry: &EntryTraced) -> Grid {
    let grid = Grid::new(words.entry, shell.words.none).texts([("account", words.account)]);
    let mut grid = grid.numbers([("debit_minor", words.debit), ("credit_minor", words.credit)]);
    let month = entry.booking_date.format("%Y-%m").to_string();
    let mut sum = 0_i64;
    for (account, minor) in &entry.lines {
        let query = [
            ("source", entry.source.as_str()),
            ("period", &month),
            ("account", account),
            ("currency", &entry.currency),
        ];
        let amount = Cell::money(shell.language, minor.saturating_abs(), &entry.currency);
        sum = sum.saturating_add((*minor).max(0));
        let (debit, credit) = if *minor >= 0 { (amount, Cell::number("")) } else { (Cell::number(""), amount) };
        grid.row(vec![Cell::code(account).to(address_with(&["books", "account"], &query)), debit, credit]);
    }
    let sum = || Cell::money(shell.language, sum, &entry.currency);
    grid.total(vec![Cell::text(&entry.currency), sum(), sum()]);
    grid
}
