//! The lines behind a figure, with their sum.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::columns::Columns;
use super::file::{self, Rows};
use super::question::{Asked, Picker, Question};
use super::report::{as_fields, as_of, downloads, file_format};
use super::store;
use super::sum::{self, Sum};
use super::words::Words;
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid, address};
use crate::console::layout::{Area, Shell};
use crate::console::orders;
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::visit::{Fields, Visit};
use crate::console::words::{Table as _, fill};
use crate::console::wrong::{Allowed, missing, wrong};
use crate::db::Connection;
use crate::ledger::book::Month;
use crate::ledger::totals::{Counted, Line, LinePlace, OfRow, Period, Selection, kept_months, lines_behind};
use crate::money::format_percent;
use crate::report::Table;
use crate::report::format::printable;

/// Lines of a page.
pub(super) const PAGE: usize = 200;
/// Lines of a file that are read together.
const TOGETHER: usize = 5_000;

#[derive(Template)]
#[template(path = "lines.html", config = "src/console/askama.toml")]
pub(super) struct Page {
    pub(super) shell: Shell,
    pub(super) words: &'static Words,
    pub(super) title: &'static str,
    pub(super) path: &'static str,
    pub(super) picker: Picker,
    /// What was chosen and is kept by the form.
    pub(super) kept: Vec<(String, String)>,
    /// The row that the figure stands in.
    pub(super) facts: Vec<(String, String)>,
    pub(super) as_of: String,
    pub(super) sums: Sums,
    pub(super) grid: Grid,
    pub(super) more: Option<(&'static str, Grid)>,
    pub(super) downloads: Vec<(&'static str, String)>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    /// What programs get, but for where it goes on.
    pub(super) told: Value,
}

/// What the lines add up to, in words.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) sentence: Option<String>,
    /// It is not what the report says.
    pub(super) differs: bool,
    /// Adds up all lines, where that takes a while.
    pub(super) all: Option<String>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let mut told = self.told.clone();
        if let Some(fields) = told.as_object_mut() {
            fields.insert("next".to_owned(), reply::next(self.path, self.next.as_ref()));
        }
        told
    }
}

/// The row of a report, as the address names it.
pub(super) struct Behind {
    pub(super) counted: Counted,
    pub(super) currency: Option<String>,
    pub(super) rate: Option<Option<i32>>,
    pub(super) event_id: Option<Option<String>>,
    pub(super) event: Option<Option<String>>,
    pub(super) method: Option<Option<String>>,
    pub(super) basis: Option<&'static str>,
}

/// The reports whose figures are added up from lines.
const COUNTED: [&str; 3] = ["revenue", "vat", "payments"];

/// What only some of them can be narrowed by.
const OF: [(&str, &str); 5] =
    [("rate", "revenue, vat"), ("event_id", "revenue"), ("event", "revenue"), ("method", "payments"), ("basis", "vat")];

impl Behind {
    fn of(asked: &Asked) -> Result<Self, Fault> {
        let none: Vec<String> = asked.query.all("none").map(str::to_owned).collect();
        let is_none = |name: &str| none.iter().any(|none| none == name);
        let text = |name: &str| match (asked.get(name), is_none(name)) {
            (Some(text), _) => Some(Some(text.to_owned())),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let read = |rate: &str| rate.parse().ok().filter(|rate| (0..=10_000).contains(rate));
        let rate = match (asked.query.read("rate", Allowed::Rate, read)?, is_none("rate")) {
            (Some(rate), _) => Some(Some(rate)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let of = asked.query.one_of("of", &COUNTED)?.ok_or_else(|| missing("of", Allowed::one_of(COUNTED)))?;
        // A filter that the figure does not have would be left aside.
        for (name, only) in OF {
            let given = asked.get(name).or_else(|| none.iter().find(|none| none.as_str() == name).map(|_| "none"));
            if let Some(value) = given.filter(|_| !only.split(", ").any(|counted| counted == of)) {
                return Err(wrong(name, value, Allowed::LinesOf(only)));
            }
        }
        Ok(Self {
            counted: match of {
                "revenue" => Counted::Revenue,
                "vat" => Counted::Vat,
                _ => Counted::Payments,
            },
            currency: asked.get("currency").map(str::to_owned),
            rate,
            event_id: text("event_id"),
            event: text("event"),
            method: text("method"),
            basis: asked.query.one_of("basis", &["payment", "service"])?,
        })
    }

    pub(super) fn row(&self) -> OfRow<'_> {
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

/// # Errors
/// When `after` is no place.
pub(super) fn place(asked: &Asked) -> Result<Option<PagePlace>, Fault> {
    asked.query.read("after", Allowed::Place, |text| {
        let mut parts = text.split('.');
        let month = Month::parse(parts.next()?)?;
        Some((month, (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)))
    })
}

pub(super) async fn behind(site: &Arc<Site>, visit: &Visit) -> Answered {
    if let Some(format) = file_format(visit)? {
        let what = ("lines".to_owned(), file::columns::<Line>(), format);
        return file::send(site, visit, what, true, all).await;
    }
    let asked = Asked::of(visit);
    // All lines of a large book are added up for one reader at a time, and only if he asks.
    let is_asked_for = visit.query.one_of("sum", &["yes"])?.is_some();
    let _turn = match is_asked_for {
        true => Some(super::HEAVY.acquire().await.map_err(|_| Fault::Busy)?),
        false => None,
    };
    let read = site.read(move |connection| {
        let question = Question::read(connection, &asked, true)?;
        let behind = Behind::of(&asked)?;
        let source = question.one_source()?.to_owned();
        let (lines, next) = page_of(connection, &question, &source, &behind, place(&asked)?)?;
        let shifts = match (behind.basis, question.period.and_then(Period::month), &behind.currency) {
            (Some(basis), Some(month), Some(currency)) => {
                let of = (source.as_str(), currency.as_str(), basis);
                store::shifts(connection, of, month, behind.rate.flatten(), i64::try_from(PAGE).unwrap_or(i64::MAX))?
            }
            _ => Vec::new(),
        };
        let sum = sum::read(connection, &question, &source, &behind, is_asked_for)?;
        Ok((question, behind, source, (lines, next), shifts, sum))
    });
    let (question, behind, source, (lines, next), shifts, sum) = read.await?;
    let words = Words::of(visit.language);
    // No command lists the same.
    let shell = Shell::new(site, visit, Area::Books, words.lines);
    let base = visit.query.with("after", "").with("sum", "");
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
        sums: sum.as_ref().map(|sum| sums(&shell, words, sum, &base)).unwrap_or_default(),
        downloads: downloads(&base),
        more: (!shifts.is_empty()).then(|| (words.shifts, shifted(&shell, words, (&source, &currency), &shifts))),
        first: visit.query.get("after").map(|_| base.query()),
        next: next.map(|(month, (entry, line))| base.with("after", &format!("{month}.{entry}.{line}")).query()),
        told: json!({
            "question": question.told(), "sum": sum.as_ref().map(Sum::told), "rows": as_fields(&Table::of(lines)),
        }),
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// All lines behind the figure, for a file.
fn all(database: &crate::db::Database, question: &Question, asked: &Asked, rows: &mut Rows) -> Result<(), Fault> {
    let behind = Behind::of(asked)?;
    let source = question.one_source()?;
    let mut after = None;
    loop {
        let (lines, next) =
            database.read(|connection| next_lines(connection, question, source, &behind, after, TOGETHER))?;
        rows.write(&lines.into_iter().map(crate::ledger::totals::Row::into_values).collect::<Vec<_>>())?;
        let Some(next) = next else { return Ok(()) };
        after = Some(next);
    }
}

/// What the lines come to, how that becomes the figure of the report, and of which parts that is.
fn sums(shell: &Shell, words: &Words, sum: &Sum, base: &Fields) -> Sums {
    let number = |minor: i64| shell.language.amount(minor, &sum.currency);
    let amount = |minor: i64| format!("{} {}", number(minor), sum.currency);
    let name = |name: &str| Columns::named(shell.language, name).unwrap_or_default();
    let part = |(column, minor): &(&'static str, i64)| match *minor {
        ..0 => format!("{} ({})", name(column), number(*minor)),
        _ => format!("{} {}", name(column), number(*minor)),
    };
    let parts = sum.figure.parts.iter().map(part).collect::<Vec<_>>().join(" + ");
    let values = [
        ("n", shell.language.count(sum.lines)),
        ("sum", amount(sum.lines_minor)),
        ("moved", amount(sum.moved_minor)),
        ("parts", format!("{parts} = {} {}", name(sum.figure.whole), amount(sum.figure.minor))),
    ];
    let mut texts = Vec::new();
    if sum.is_absent() {
        texts.push(words.sum_absent);
    } else if sum.is_whole {
        texts.push(words.sum_lines);
        texts.extend((sum.is_turned && sum.lines_minor != 0).then_some(words.sum_turned));
        let moved = if sum.is_of_vouchers { words.sum_vouchers } else { words.sum_moved };
        texts.extend((sum.moved_minor != 0).then_some(moved));
        texts.push(if sum.agrees() { words.sum_agrees } else { words.sum_differs });
    } else {
        texts.push(words.sum_partly);
    }
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    Sums {
        sentence: Some(fill(&texts.join(" "), &values)),
        differs: sum.is_whole && !sum.is_absent() && !sum.agrees(),
        all: (!sum.is_whole).then(|| base.with("sum", "yes").query()),
    }
}

/// A page of lines, month by month, and where the next one begins.
fn page_of(
    connection: &mut Connection,
    question: &Question,
    source: &str,
    behind: &Behind,
    after: Option<PagePlace>,
) -> Result<(Vec<Line>, Option<PagePlace>), Fault> {
    next_lines(connection, question, source, behind, after, PAGE)
}

/// The months of a selection that have entries, from first to last.
pub(super) fn months_of(
    connection: &mut Connection,
    selection: &Selection<'_>,
    source: &str,
) -> Result<Vec<Month>, Fault> {
    let (first, last) =
        (selection.period.and_then(Period::first_day).map(Month::of), selection.last_day().map(Month::of));
    let mut months: Vec<Month> = kept_months(connection, Some(source))?.into_iter().map(|(_, month)| month).collect();
    months.retain(|month| first.is_none_or(|first| first <= *month) && last.is_none_or(|last| *month <= last));
    months.sort_unstable();
    Ok(months)
}

fn next_lines(
    connection: &mut Connection,
    question: &Question,
    source: &str,
    behind: &Behind,
    after: Option<PagePlace>,
    most: usize,
) -> Result<(Vec<Line>, Option<PagePlace>), Fault> {
    let selection = question.selection(connection, source)?;
    let mut months = months_of(connection, &selection, source)?;
    months.retain(|month| after.is_none_or(|(begun, _)| begun <= *month));
    let (mut lines, mut next) = (Vec::new(), None);
    for month in months {
        let begin = after.filter(|(begun, _)| *begun == month).map(|(_, place)| place);
        let left = most.saturating_sub(lines.len()).saturating_add(1);
        let row = behind.row();
        let found = lines_behind(connection, source, &selection, month, (behind.counted, &row), begin, left)?;
        for line in found {
            if lines.len() == most {
                return Ok((lines, next));
            }
            next = Some((month, (line.entry_no, line.line_no)));
            lines.push(line);
        }
    }
    Ok((lines, None))
}

fn facts(shell: &Shell, behind: &Behind) -> Vec<(String, String)> {
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

fn grid(shell: &Shell, words: &Words, source: &str, lines: &[Line]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(words.lines, common.none)
        .texts([("booking_date", words.booked_on), ("entry_no", words.entry), ("event_type", words.what)])
        .texts([("order", common.order), ("account", words.account)])
        .numbers([("amount_minor", common.amount)]);
    for line in lines {
        let order = line.order_id.as_deref().unwrap_or_default();
        let number = line.entry_no.to_string();
        grid.row(vec![
            Cell::day(line.booking_date.to_string()),
            Cell::code(&number).to(address(&["books", "entry", source, &number])),
            Cell::text(codes::entry(shell.language, &line.kind, &line.event_type)).titled(&line.event_type),
            Cell::code(line.order_code.as_deref().unwrap_or(order)).to(orders::address_of(source, order)),
            Cell::code(&line.account),
            Cell::amount(shell.language, Some((line.amount_minor, line.currency.as_str()))),
        ]);
    }
    grid
}

fn shifted(shell: &Shell, words: &Words, (source, currency): (&str, &str), shifts: &[store::Shift]) -> Grid {
    let mut grid = Grid::new(words.shifts, shell.words.none)
        .texts([("booking_date", words.booked_on), ("entry_no", words.entry), ("order_id", shell.words.order)])
        .numbers([("net_minor", shell.words.amount), ("vat_minor", words.vat)]);
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
