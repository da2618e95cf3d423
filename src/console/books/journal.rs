//! The journal: whole entries, a page at a time, and as a file.

use std::sync::Arc;

use serde_json::{Value, json};

use super::lines::{Page, Sums};
use super::question::{Asked, Question};
use super::report::{as_fields, as_of, downloads, file_format};
use super::words::Words;
use super::{file, lines};
use crate::console::codes;
use crate::console::grid::{Cell, Grid, address};
use crate::console::layout::{Area, Shell};
use crate::console::orders;
use crate::console::reply::{self, Answered};
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::report::Table;
use crate::report::journal::{self as reading, JournalLine};

/// Entries of a page.
const ENTRIES: usize = 60;

pub(super) async fn show(site: &Arc<Site>, visit: &Visit) -> Answered {
    if let Some(format) = file_format(visit)? {
        return file::journal(site, visit, format).await;
    }
    let asked = Asked::of(visit);
    let read = site.read(move |connection| {
        let question = Question::read(connection, &asked, true)?;
        let Some(source) = question.sources.single().map(str::to_owned) else {
            return Ok((question, String::new(), Vec::new(), None));
        };
        let after = lines::place(&asked)?.map(|(month, (entry_no, _))| (month, entry_no));
        let selection = question.selection(connection, &source)?;
        let (lines, next) = reading::page(connection, &selection, &source, after, ENTRIES)?;
        Ok((question, source, lines, next))
    });
    let (question, source, lines, next) = read.await?;
    // A journal is that of one source: each counts its entries.
    if let (true, Some(first)) = (source.is_empty(), question.sources.known.first()) {
        let address = format!("/books/journal?{}", visit.query.with("source", &first.name).query());
        return Ok(reply::see_other(&address));
    }
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Books, words.journal)
        .with_command(format!("ticketledger report journal{}", question.options()));
    let base = visit.query.with("after", "");
    let page = Page {
        title: words.journal,
        path: "/books/journal",
        picker: question.picker(true),
        kept: Vec::new(),
        facts: Vec::new(),
        as_of: as_of(site, &shell, words, &question),
        grid: entries(&shell, words, &source, &lines),
        more: None,
        sums: Sums::default(),
        downloads: downloads(&base),
        first: visit.query.get("after").map(|_| base.query()),
        next: next.map(|(month, entry)| base.with("after", &format!("{month}.{entry}.0")).query()),
        told: told(&question, lines),
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// The lines of the page with the columns of the file.
fn told(question: &Question, lines: Vec<JournalLine>) -> Value {
    json!({ "question": question.told(), "rows": as_fields(&Table::of(lines)) })
}

/// Lines of entries; what is of the entry stands with its first line.
fn entries(shell: &Shell, words: &Words, source: &str, lines: &[JournalLine]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(words.journal, common.none)
        .texts([("entry_no", words.entry), ("booking_date", words.booked_on), ("event_type", words.what)])
        .texts([("order", common.order), ("account", words.account), ("currency", common.currency)])
        .numbers([("debit_minor", words.debit), ("credit_minor", words.credit)])
        .grouped();
    let mut before = None;
    for line in lines {
        let number = line.entry_no.to_string();
        let is_first = before.replace(line.entry_no) != Some(line.entry_no);
        let order = line.order_id.as_deref().unwrap_or_default();
        let amount = |minor: i64| {
            Cell::number(if minor == 0 { String::new() } else { shell.language.amount(minor, &line.currency) })
        };
        let once = |text: String| Cell::text(if is_first { text } else { String::new() });
        grid.row(vec![
            Cell::code(if is_first { &number } else { "" }).to(address(&["books", "entry", source, &number])),
            once(line.booking_date.to_string()).of("day"),
            once(codes::entry(shell.language, &line.kind, &line.event_type)).titled(&line.event_type),
            Cell::code(if is_first { line.order_code.as_deref().unwrap_or(order) } else { "" })
                .to(orders::address_of(source, order)),
            Cell::code(&line.account),
            Cell::text(&line.currency).of("quiet"),
            amount(line.debit_minor),
            amount(line.credit_minor),
        ]);
    }
    grid
}
