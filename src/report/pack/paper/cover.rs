//! Page 1, and the pages that are about all currencies: exceptions and exports.

use chrono_tz::Tz;

use super::document::{Block, Cell, Fact, Look, Page, Table};
use super::words::Words;
use super::writer::Writer;
use crate::report::pack::{Check, Freshness, Outcome, Pack, View};

/// Characters of a hash that tell it from others.
const SHORT_HASH: usize = 16;

fn short(hash: &str) -> String {
    hash.chars().take(SHORT_HASH).collect()
}

/// `data_sha256` is the hash of the JSON that the pages were written from.
pub(super) fn page(pack: &Pack, write: &Writer<'_>, zone: Tz, data_sha256: &str) -> Page {
    let words = write.words;
    Page {
        number: 1,
        anchor: "p1".to_owned(),
        title: words.cover.to_owned(),
        currency: None,
        ties_to: None,
        blocks: vec![
            Block::Facts(facts(pack, write, zone, data_sha256)),
            status(pack, write, zone).into(),
            freshness(&pack.cover.freshness, write, zone).into(),
            checks(&pack.checks, write).into(),
            Block::Facts(vec![Writer::fact(words.signed_by, ""), Writer::fact(words.signed_on, "")]),
        ],
        breaks: false,
    }
}

fn facts(pack: &Pack, write: &Writer<'_>, zone: Tz, data_sha256: &str) -> Vec<Fact> {
    let words = write.words;
    let currencies: Vec<&str> = pack.currencies.iter().map(|section| section.currency.as_str()).collect();
    let shown = match pack.view {
        View::AsKnown => words.as_known,
        View::AsClosed => words.as_closed,
    };
    let entries = &pack.cover.entries;
    let numbers = entries.first_no.zip(entries.last_no).map(|(first, last)| format!(" ({first} – {last})"));
    let head = pack
        .cover
        .head
        .as_ref()
        .map_or_else(|| words.none.to_owned(), |head| format!("{} {}", head.entry_no, head.entry_hash));
    let policies: Vec<String> =
        pack.cover.policies.iter().map(|used| format!("{} ({})", used.policy_id, short(&used.doc_sha256))).collect();
    vec![
        Writer::fact(words.source, &*pack.source),
        Writer::fact(words.period, format!("{} – {}", pack.first_day, pack.last_day)),
        Writer::fact(words.currencies, none_or(currencies.join(", "), words.none)),
        Writer::fact(words.view, shown),
        Writer::fact(words.made_at, pack.made_at.local_minute_named(zone)),
        Writer::fact(words.made_by, &*pack.made_by),
        Writer::fact(words.entries, format!("{}{}", write.language.count(entries.count), numbers.unwrap_or_default())),
        Writer::fact(words.account_numbers, chart(pack, words)),
        Writer::fact(words.policies, none_or(policies.join(", "), words.none)),
        Writer::code(words.chain, head),
        Writer::code(words.data_hash, data_sha256),
    ]
}

fn chart(pack: &Pack, words: &Words) -> String {
    match pack.chart.as_deref() {
        None => words.not_mapped.to_owned(),
        Some("none") => words.mapped.to_owned(),
        Some(chart) => format!("{}, {}", chart.to_uppercase(), words.mapped),
    }
}

fn none_or(text: String, none: &str) -> String {
    if text.is_empty() { none.to_owned() } else { text }
}

fn status(pack: &Pack, write: &Writer<'_>, zone: Tz) -> Table {
    let words = write.words;
    let mut table =
        Table::new(&[words.month, words.status, words.closed_on, words.closed_by, words.manifest], &[words.late_since])
            .titled(words.status);
    for month in &pack.cover.months {
        table.row(vec![
            Cell::text(&*month.month),
            Cell::text(words.status(&month.status)),
            Cell::maybe(month.closed_at.map(|at| at.local_minute_named(zone))),
            Writer::foreign(month.closed_by.as_deref().unwrap_or_default()),
            Cell::code(month.manifest_sha256.as_deref().map(short).unwrap_or_default()),
            write.count(month.late_entries),
        ]);
    }
    table
}

fn freshness(fresh: &Freshness, write: &Writer<'_>, zone: Tz) -> Table {
    let words = write.words;
    let mut table = Table::new(&[words.freshness, ""], &[]);
    let mut row = |name: &str, value: String| table.row(vec![Cell::text(name), Cell::text(value)]);
    let time = |at: Option<crate::clock::Timestamp>, absent: &str| {
        at.map_or_else(|| absent.to_owned(), |at| at.local_minute_named(zone))
    };
    row(words.complete_up_to, time(fresh.complete_up_to, words.unknown));
    let result = fresh.last_result.as_deref().map_or_else(String::new, |result| format!(" ({})", words.swept(result)));
    row(words.last_sweep, time(fresh.last_sweep, words.never) + &result);
    let missed = fresh.missed_found.map_or_else(|| words.unknown.to_owned(), |missed| write.language.count(missed));
    row(words.missed_found, missed);
    row(words.last_received, time(fresh.last_received_at, words.none));
    let states: Vec<String> = fresh
        .received
        .iter()
        .map(|(state, events)| format!("{} {}", words.state(state), write.language.count(*events)))
        .collect();
    row(words.received, none_or(states.join(", "), words.none));
    let parked = &fresh.parked;
    let mut text = format!(
        "{} {}, {} {}",
        write.language.count(parked.in_period),
        words.in_period,
        write.language.count(parked.in_all),
        words.in_all
    );
    for told in &parked.told {
        let amount = write.language.amount(told.amount_minor, &told.currency);
        text += &format!("; {} {} {amount}", words.told, told.currency);
    }
    if parked.without_sum > 0 {
        text += &format!("; {} {}", write.language.count(parked.without_sum), words.without_sum);
    }
    row(words.parked, text);
    table
}

/// A check of several currencies is one line if it has passed everywhere.
fn checks(checks: &[Check], write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::new(&[words.section, words.what_is_checked, words.outcome], &[]).titled(words.checks);
    // A reader who signs has them all in view.
    table.is_kept = true;
    for (place, check) in checks.iter().enumerate() {
        let passed = check.outcome == Outcome::Passed;
        let alike = |other: &&Check| other.code == check.code && other.outcome == Outcome::Passed;
        if passed && checks.iter().take(place).any(|other| alike(&other)) {
            continue;
        }
        let of_currency = |check: &Check| check.currency.clone().unwrap_or_default();
        let currencies: Vec<String> = match passed {
            true => checks.iter().filter(alike).map(of_currency).collect(),
            false => vec![of_currency(check)],
        };
        let currencies = currencies.join(", ");
        let what = match currencies.is_empty() {
            true => words.tie(check.code).to_owned(),
            false => format!("{} ({currencies})", words.tie(check.code)),
        };
        table.row(vec![Cell::text(check.page.to_string()), Cell::text(what), outcome(check, write)]);
    }
    table
}

fn outcome(check: &Check, write: &Writer<'_>) -> Cell {
    let words = write.words;
    let (mark, look) = match check.outcome {
        Outcome::Passed => ("✓", Look::Passed),
        Outcome::Failed => ("✗", Look::Failed),
        Outcome::NotChecked => ("?", Look::NotChecked),
    };
    let mut text = format!("{mark} {}", words.outcome(check.outcome));
    if let Some(count) = check.count.filter(|count| *count > 0) {
        text += &format!(" ({}: {})", words.found, write.language.count(count));
    }
    let currency = check.currency.as_deref().unwrap_or_default();
    for difference in &check.differences {
        text += &format!(
            "; {}: {} {}, {} {}",
            difference.about,
            words.expected,
            write.language.amount(difference.expected_minor, currency),
            words.actual,
            write.language.amount(difference.actual_minor, currency)
        );
    }
    Cell { text, look }
}

/// Page 12: what is not settled, and the accounts that should be empty.
pub(super) fn exceptions(pack: &Pack, write: &Writer<'_>) -> Page {
    let words = write.words;
    let mut open = Table::new(&[words.severity, words.reason, words.currency], &[words.findings, words.difference])
        .titled(words.findings_open);
    let amount = |minor: i64, currency: Option<&String>| {
        // A finding without money has no currency.
        Cell::number(currency.map(|currency| write.language.amount(minor, currency)).unwrap_or_default())
    };
    for row in &pack.exceptions.open {
        open.row(vec![
            Cell::text(words.severity(&row.severity)),
            Cell::code(&*row.reason),
            Cell::maybe(row.currency.clone()),
            write.count(row.findings),
            amount(row.difference_minor, row.currency.as_ref()),
        ]);
    }
    let mut known = Table::new(&[words.severity, words.reason, words.order, words.currency], &[words.difference])
        .and_words(&[words.by_whom, words.why])
        .titled(words.findings_known);
    for row in &pack.exceptions.acknowledged {
        known.row(vec![
            Cell::text(words.severity(&row.severity)),
            Cell::code(&*row.reason),
            Writer::foreign(row.order_code.as_deref().unwrap_or_default()),
            Cell::maybe(row.currency.clone()),
            amount(row.difference_minor.unwrap_or_default(), row.currency.as_ref()),
            Writer::foreign(row.by.as_deref().unwrap_or_default()),
            Writer::foreign(row.why.as_deref().unwrap_or_default()),
        ]);
    }
    let mut suspense =
        Table::new(&[words.account, words.currency], &[words.closing, words.explained_by]).titled(words.suspense);
    for section in &pack.currencies {
        for row in &section.suspense {
            suspense.row(vec![
                Cell::code(&*row.account),
                Cell::text(&*section.currency),
                amount(row.closing_minor, Some(&section.currency)),
                write.count(row.explained_by),
            ]);
        }
    }
    let mut blocks: Vec<Block> = vec![open.into(), known.into()];
    if pack.exceptions.more_acknowledged > 0 {
        let more = write.language.count(pack.exceptions.more_acknowledged);
        blocks.push(Block::Note(format!("… {} {more}", words.more)));
    }
    if !pack.exceptions.open.is_empty() {
        let command = format!("ticketledger findings list --source {}", pack.source);
        blocks.insert(1, Block::Note(format!("{} {command}", words.findings_note)));
    }
    blocks.push(suspense.into());
    Page {
        number: 12,
        anchor: "p12".to_owned(),
        title: words.exceptions_page.to_owned(),
        currency: None,
        ties_to: Some(words.tie_suspense),
        blocks,
        // Of several currencies, no page goes on on that of the last.
        breaks: pack.currencies.len() > 1,
    }
}

/// Page 13: what was handed to other programs, and where the journal is.
pub(super) fn exports(pack: &Pack, write: &Writer<'_>) -> Page {
    let words = write.words;
    // The name of a batch begins with its target.
    let mut table = Table::new(&[words.batch, "SHA-256"], &[words.rows]);
    for export in &pack.exports {
        table.row(vec![Cell::text(&*export.batch), Cell::code(&*export.sha256), write.count(export.rows)]);
    }
    let command = format!(
        "{} ticketledger report journal --source {} --period {} --format csv",
        words.journal_note, pack.source, pack.period
    );
    Page {
        number: 13,
        anchor: "p13".to_owned(),
        title: words.exports_page.to_owned(),
        currency: None,
        ties_to: None,
        blocks: vec![table.into(), Block::Note(command)],
        breaks: false,
    }
}
