//! The lines behind a figure, and the journal.

use std::sync::Arc;

use askama::Template;
use warp::http::StatusCode;

use super::question::{Asked, Picker, Question};
use super::report::as_of;
use super::store;
use super::words::Words;
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid, address};
use crate::console::layout::{Area, Shell};
use crate::console::orders;
use crate::console::reply::{self, Answered};
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::db::Connection;
use crate::ledger::book::Month;
use crate::ledger::totals::{Counted, LineBehind, LinePlace, OfRow, Period, kept_months, lines_behind};
use crate::report::format::printable;
use crate::report::journal::{self, JournalLine};

/// Lines of a page.
pub(super) const PAGE: usize = 200;
/// Entries of a page of the journal.
const ENTRIES: usize = 60;

#[derive(Template)]
#[template(path = "lines.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: &'static str,
    path: &'static str,
    picker: Picker,
    /// What was chosen and is kept by the form.
    kept: Vec<(String, String)>,
    /// The row that the figure stands in.
    facts: Vec<(String, String)>,
    as_of: String,
    grid: Grid,
    more: Option<(&'static str, Grid)>,
    first: Option<String>,
    next: Option<String>,
}

/// The row of a report, as the address names it.
struct Behind {
    counted: Counted,
    currency: Option<String>,
    rate: Option<Option<i32>>,
    event_id: Option<Option<String>>,
    event: Option<Option<String>>,
    method: Option<Option<String>>,
    basis: Option<&'static str>,
}

impl Behind {
    fn of(asked: &Asked) -> Result<Self, Fault> {
        let none: Vec<String> = asked.query.all("none").map(str::to_owned).collect();
        let is_none = |name: &str| none.iter().any(|none| none == name);
        let text = |name: &str| match (asked.get(name), is_none(name)) {
            (Some(text), _) => Some(Some(text.to_owned())),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let rate = match text("rate") {
            Some(Some(rate)) => Some(Some(rate.parse().map_err(|_| Fault::NotFound)?)),
            Some(None) => Some(None),
            None => None,
        };
        Ok(Self {
            counted: match asked.get("of") {
                Some("revenue") => Counted::Revenue,
                Some("vat") => Counted::Vat,
                Some("payments") => Counted::Payments,
                _ => return Err(Fault::NotFound),
            },
            currency: asked.get("currency").map(str::to_owned),
            rate,
            event_id: text("event_id"),
            event: text("event"),
            method: text("method"),
            basis: match asked.get("basis") {
                Some("payment") => Some("payment"),
                Some("service") => Some("service"),
                _ => None,
            },
        })
    }

    fn row(&self) -> OfRow<'_> {
        OfRow {
            currency: self.currency.as_deref(),
            account: None,
            vat_bp: self.rate,
            event_id: self.event_id.as_ref().map(Option::as_deref),
            event_title: self.event.as_ref().map(Option::as_deref),
            payment_method: self.method.as_ref().map(Option::as_deref),
        }
    }
}

/// Where a page begins: after a line of a month.
type PagePlace = (Month, LinePlace);

fn place(asked: &Asked) -> Option<PagePlace> {
    let mut parts = asked.get("after")?.split('.');
    let month = Month::parse(parts.next()?)?;
    Some((month, (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)))
}

pub(super) async fn behind(site: &Arc<Site>, visit: &Visit) -> Answered {
    let asked = Asked::of(visit);
    let read = site.read(move |connection| {
        let question = Question::read(connection, &asked, true)?;
        let behind = Behind::of(&asked)?;
        let Some(source) = question.sources.single().map(str::to_owned) else { return Err(Fault::NotFound) };
        let (lines, next) = page_of(connection, &question, &source, &behind, place(&asked))?;
        let shifts = match (behind.basis, question.period.and_then(Period::month), &behind.currency) {
            (Some(basis), Some(month), Some(currency)) => {
                let of = (source.as_str(), currency.as_str(), basis);
                store::shifts(connection, of, month, behind.rate.flatten(), i64::try_from(PAGE).unwrap_or(i64::MAX))?
            }
            _ => Vec::new(),
        };
        Ok((question, behind, source, lines, next, shifts))
    });
    let (question, behind, source, lines, next, shifts) = read.await?;
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Books, words.lines)
        .with_command(format!("ticketledger report journal{}", question.options()));
    let base = visit.query.with("after", "");
    let facts = facts(&shell, &behind);
    let kept = ["of", "currency", "rate", "event_id", "event", "method", "basis"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), visit.query.get(name)?.to_owned())))
        .chain(visit.query.all("none").map(|none| ("none".to_owned(), none.to_owned())));
    let currency = behind.currency.clone().unwrap_or_default();
    let page = Page {
        title: words.lines,
        path: "/books/lines",
        picker: question.picker(true),
        kept: kept.collect(),
        facts,
        as_of: as_of(site, &shell, words, &question),
        grid: grid(&shell, words, &source, &lines),
        more: (!shifts.is_empty()).then(|| (words.shifts, shifted(&shell, words, (&source, &currency), &shifts))),
        first: visit.query.get("after").map(|_| base.query()),
        next: next.map(|(month, (entry, line))| base.with("after", &format!("{month}.{entry}.{line}")).query()),
        words,
        shell,
    };
    reply::page(StatusCode::OK, &page)
}

/// A page of lines, month by month, and where the next one begins.
fn page_of(
    connection: &mut Connection,
    question: &Question,
    source: &str,
    behind: &Behind,
    after: Option<PagePlace>,
) -> Result<(Vec<LineBehind>, Option<PagePlace>), Fault> {
    let selection = question.selection(connection, source)?;
    let (first, last) =
        (selection.period.and_then(Period::first_day).map(Month::of), selection.last_day().map(Month::of));
    let mut months: Vec<Month> = kept_months(connection, Some(source))?.into_iter().map(|(_, month)| month).collect();
    months.retain(|month| {
        first.is_none_or(|first| first <= *month)
            && last.is_none_or(|last| *month <= last)
            && after.is_none_or(|(begun, _)| begun <= *month)
    });
    months.sort_unstable();
    let (mut lines, mut next) = (Vec::new(), None);
    for month in months {
        let begin = after.filter(|(begun, _)| *begun == month).map(|(_, place)| place);
        let left = PAGE.saturating_sub(lines.len()).saturating_add(1);
        let row = behind.row();
        let found = lines_behind(connection, source, &selection, month, (behind.counted, &row), begin, left)?;
        for line in found {
            if lines.len() == PAGE {
                return Ok((lines, next));
            }
            next = Some((month, (line.entry_no, line.line_no)));
            lines.push(line);
        }
    }
    Ok((lines, None))
}

fn facts(shell: &Shell, behind: &Behind) -> Vec<(String, String)> {
    use super::columns::Columns;
    use crate::console::words::Table as _;
    use crate::money::format_percent;

    let name = |name: &str| Columns::named(shell.language, name).unwrap_or_default().to_owned();
    let nothing = || "–".to_owned();
    let text = |text: &Option<String>| text.as_deref().map_or_else(nothing, printable);
    let mut facts = Vec::new();
    facts.extend(behind.currency.as_ref().map(|currency| (name("currency"), printable(currency))));
    facts.extend(behind.rate.map(|rate| {
        let rate = rate.map_or_else(nothing, |bp| format!("{} %", format_percent(i64::from(bp))));
        (name("vat_bp"), rate)
    }));
    facts.extend(behind.event.as_ref().map(|event| (name("event_title"), text(event))));
    facts.extend(behind.event_id.as_ref().map(|id| (name("event_id"), text(id))));
    facts.extend(behind.method.as_ref().map(|method| (name("payment_method"), text(method))));
    facts
}

fn grid(shell: &Shell, words: &Words, source: &str, lines: &[LineBehind]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(words.lines, common.none)
        .texts([words.booked_on, words.entry, words.what, common.order, words.account])
        .numbers([common.amount]);
    for line in lines {
        let order = line.order_id.as_deref().unwrap_or_default();
        let number = line.entry_no.to_string();
        grid.row(vec![
            Cell::day(line.booking_date.to_string()),
            Cell::code(&number).to(address(&["books", "entry", source, &number])),
            Cell::text(format!("{} {}", line.kind, line.event_type)),
            Cell::code(line.order_code.as_deref().unwrap_or(order)).to(orders::address_of(source, order)),
            Cell::code(&line.account),
            Cell::number(format!("{} {}", shell.language.amount(line.amount_minor, &line.currency), line.currency)),
        ]);
    }
    grid
}

fn shifted(shell: &Shell, words: &Words, (source, currency): (&str, &str), shifts: &[store::Shift]) -> Grid {
    let mut grid = Grid::new(words.shifts, shell.words.none)
        .texts([words.booked_on, words.entry, shell.words.order])
        .numbers([shell.words.amount, words.vat]);
    for (order, entry_no, day, net, vat) in shifts {
        let number = entry_no.to_string();
        grid.row(vec![
            Cell::day(day.to_string()),
            Cell::code(&number).to(address(&["books", "entry", source, &number])),
            Cell::code(order).to(orders::address_of(source, order)),
            Cell::money(shell.language, *net, currency),
            Cell::money(shell.language, *vat, currency),
        ]);
    }
    grid
}

/// The journal: whole entries.
pub(super) async fn journal(site: &Arc<Site>, visit: &Visit) -> Answered {
    let asked = Asked::of(visit);
    let read = site.read(move |connection| {
        let question = Question::read(connection, &asked, true)?;
        let Some(source) = question.sources.single().map(str::to_owned) else {
            return Ok((question, String::new(), Vec::new(), None));
        };
        let after = place(&asked).map(|(month, (entry_no, _))| (month, entry_no));
        let selection = question.selection(connection, &source)?;
        let (lines, next) = journal::page(connection, &selection, &source, after, ENTRIES)?;
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
        first: visit.query.get("after").map(|_| base.query()),
        next: next.map(|(month, entry)| base.with("after", &format!("{month}.{entry}.0")).query()),
        words,
        shell,
    };
    reply::page(StatusCode::OK, &page)
}

/// Lines of entries; what is of the entry stands with its first line.
pub(super) fn entries(shell: &Shell, words: &Words, source: &str, lines: &[JournalLine]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(words.journal, common.none)
        .texts([words.entry, words.booked_on, words.what, common.order, words.account, common.currency])
        .numbers([words.debit, words.credit])
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
            once(format!("{} {}", line.kind, line.event_type)),
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
