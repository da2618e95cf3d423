//! The reports of `ticketledger report`, as pages and as downloads.

use std::sync::Arc;

use askama::Template;
use serde_json::{Map, Value, json};

use super::columns::Columns;
use super::file;
use super::links::{self, Named};
use super::question::{Asked, Picker, Question};
use super::read::{Read, read};
use super::words::Words;
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::grid::{Cell as Shown, Grid};
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::visit::{Fields, Visit};
use crate::console::words::{Table as _, fill};
use crate::ledger::book::Month;
use crate::ledger::totals::Period;
use crate::money::format_percent;
use crate::policy::VatReportBasis;
use crate::report::format::{printable, render};
use crate::report::pack::paper::Language;
use crate::report::{Cell, Column, Format, Shown as Holds, Table};

/// Rows that a page shows; a download has all.
const ROWS: usize = 1000;

/// A report by its name in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    TrialBalance,
    Revenue,
    Vat,
    Bridge,
    Payments,
    Balances,
    Vouchers,
}

impl Report {
    pub(super) const ALL: [Self; 7] =
        [Self::TrialBalance, Self::Revenue, Self::Vat, Self::Bridge, Self::Payments, Self::Balances, Self::Vouchers];

    /// As the command and the address call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TrialBalance => "trial-balance",
            Self::Revenue => "revenue",
            Self::Vat => "vat",
            Self::Bridge => "bridge",
            Self::Payments => "payments",
            Self::Balances => "balances",
            Self::Vouchers => "vouchers",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }

    pub(super) const fn title(self, words: &Words) -> &'static str {
        match self {
            Self::TrialBalance => words.trial_balance,
            Self::Revenue => words.revenue,
            Self::Vat => words.vat,
            Self::Bridge => words.bridge,
            Self::Payments => words.payments,
            Self::Balances => words.balances,
            Self::Vouchers => words.vouchers,
        }
    }

    /// Whether its rows belong to a period; else they are what is there at one point.
    pub(super) const fn has_period(self) -> bool {
        !matches!(self, Self::Balances | Self::Vouchers)
    }

    /// A column that only programs need: people see it in the sign, or in the order of the rows.
    const fn hides(self) -> Option<&'static str> {
        match self {
            Self::TrialBalance => Some("balance_minor"),
            Self::Bridge => Some("position"),
            _ => None,
        }
    }

    /// Whether its rows have a month of their own.
    pub(super) const fn has_months(self) -> bool {
        matches!(self, Self::Revenue | Self::Vat | Self::Bridge | Self::Payments)
    }
}

#[derive(Template)]
#[template(path = "report.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: &'static str,
    action: String,
    picker: Picker,
    by_month: Option<bool>,
    /// Word, text and whether chosen, of VAT.
    bases: Vec<(&'static str, &'static str, bool)>,
    as_of: String,
    notes: Vec<String>,
    grid: Grid,
    more: Option<Grid>,
    cut: Option<String>,
    next: Option<String>,
    downloads: Vec<(&'static str, String)>,
    read: Read,
    /// When it was read.
    now: crate::clock::Timestamp,
}

impl Told for Page {
    /// The names are those of the files; only what is open is told a page at a time.
    fn told(&self) -> Value {
        let bases = self.read.bases.iter().map(|(source, basis)| (source.clone(), Value::from(word_of(*basis))));
        let totals = Table { columns: self.read.table.columns.clone(), rows: self.read.totals.clone() };
        json!({
            "as_of": self.read.question.as_of.recorded_until.unwrap_or(self.now),
            "question": self.read.question.told(),
            "rows": as_fields(&self.read.table),
            "totals": as_fields(&totals),
            "vat_by": bases.collect::<Map<_, _>>(),
            "not_due": self.read.not_due.as_ref().map(as_fields),
            "next": reply::next(&self.action, self.next.as_ref()),
        })
    }
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit, report: Report) -> Answered {
    let asked = Asked::of(visit);
    let format = file_format(visit)?;
    if let Some(format) = format.filter(|_| report == Report::Balances) {
        return file::balances(site, visit, format).await;
    }
    let read = site.work(move |database| read(database, &asked, report, format.is_some())).await?;
    if let Some(format) = format {
        return download(report, &read, format);
    }
    let words = Words::of(visit.language);
    let title = report.title(words);
    let by = visit.query.get("basis").map(|basis| format!(" --basis {}", printable(basis))).unwrap_or_default();
    let command = format!("ticketledger report {}{by}{}", report.name(), read.question.options());
    let shell = Shell::new(site, visit, Area::Books, title).with_command(command);
    let base = visit.query.with("format", "");
    let basis = visit.query.get("basis").unwrap_or_default().to_owned();
    let by = read.bases.first().map(|(_, basis)| word_of(*basis)).filter(|word| *word != "booking");
    let not_due = read.not_due.as_ref().filter(|table| !table.rows.is_empty());
    let page = Page {
        title,
        action: format!("/books/{}", report.name()),
        picker: read.question.picker(report.has_period()),
        by_month: (report.has_months() && read.question.period.and_then(Period::month).is_none())
            .then(|| visit.query.get("months").is_some()),
        bases: if report == Report::Vat { bases(words, &basis) } else { Vec::new() },
        as_of: as_of(site, &shell, words, &read.question),
        notes: notes(words, &read),
        grid: grid(&shell, report, (&read.question, by), &read.table, &read.totals),
        more: not_due.map(|table| grid(&shell, report, (&read.question, None), table, &read.totals_not_due)),
        cut: (read.table.rows.len() > ROWS)
            .then(|| fill(words.rows_cut, &[("n", &shell.language.count(i64::try_from(ROWS).unwrap_or(0)))])),
        next: read.next.as_ref().map(|after| base.with("after", after).query()),
        downloads: downloads(&base),
        now: visit.now,
        read,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// `format=` of an address that leads to a file.
pub(in crate::console) fn file_format(visit: &Visit) -> Result<Option<Format>, Fault> {
    let format = visit.query.one_of("format", &["csv", "json"])?;
    Ok(format.map(|format| if format == "csv" { Format::Csv } else { Format::Json }))
}

/// The files of a page: what they are called, and their queries.
pub(in crate::console) fn downloads(query: &Fields) -> Vec<(&'static str, String)> {
    let file = |(name, format)| (name, query.with("after", "").with("format", format).query());
    [("CSV", "csv"), ("JSON", "json")].map(file).into()
}

/// What a word that an address can have is called.
pub(in crate::console) fn choice(language: Language, field: &str, word: &str) -> String {
    let words = Words::of(language);
    let text = match (field, word) {
        ("of", "revenue") => words.revenue,
        ("of", "vat") => words.vat,
        ("of", "payments") => words.payments,
        ("view", "closed") => words.view_closed,
        ("basis", _) => {
            bases(words, word).into_iter().find(|(known, ..)| *known == word).map_or(word, |(_, text, _)| text)
        }
        _ => word,
    };
    text.to_owned()
}

fn bases(words: &Words, chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    let all = [
        ("", words.basis_default),
        ("booking", words.by_booking),
        ("payment", words.by_payment),
        ("service", words.by_service),
    ];
    all.map(|(word, text)| (word, text, word == chosen)).into()
}

const fn word_of(basis: VatReportBasis) -> &'static str {
    match basis {
        VatReportBasis::Booking => "booking",
        VatReportBasis::Payment => "payment",
        VatReportBasis::Service => "service",
    }
}

fn notes(words: &Words, read: &Read) -> Vec<String> {
    read.bases
        .iter()
        .map(|(source, basis)| {
            let by = match basis {
                VatReportBasis::Booking => words.by_booking,
                VatReportBasis::Payment => words.by_payment,
                VatReportBasis::Service => words.by_service,
            };
            format!("{source}: {by}")
        })
        .collect()
}

/// Which state of the books it is.
pub(super) fn as_of(site: &Arc<Site>, shell: &Shell, words: &Words, question: &Question) -> String {
    let zone = question.sources.single().map(|source| question.sources.zone(source));
    let at = question.as_of.recorded_until.unwrap_or_else(|| site.clock.now());
    let of = question.sources.single().map(|source| format!("{source} · ")).unwrap_or_default();
    if let Some(month) = question.closed_month() {
        return format!("{of}{} {month}", words.view_closed);
    }
    let mut text = of + &fill(words.as_of, &[("time", &shell.when(at, zone).local)]);
    if let Some(day) = question.as_of.booked_until {
        text += &format!(", {} {day}", words.booked_until);
    }
    text
}

/// A title of a column.
fn title(shell: &Shell, column: &Column) -> String {
    let name = column.name;
    let known = Columns::named(shell.language, name);
    known.map_or_else(|| name.trim_end_matches("_minor").replace('_', " "), str::to_owned)
}

fn grid(
    shell: &Shell,
    report: Report,
    (question, basis): (&Question, Option<&str>),
    table: &Table,
    totals: &[Vec<Cell>],
) -> Grid {
    let mut grid = Grid::new(report.title(Words::of(shell.language)), shell.words.none);
    let shown = Shows { table, source: question.sources.single().is_none(), hides: report.hides() };
    for column in table.columns.iter().filter(|column| shown.has(column)) {
        // A quarter or a year stands there, too, when their months are not asked for.
        let is_month = |row: &Vec<Cell>| Named::new(table, row).text("period").and_then(Month::parse).is_some();
        let title = match column.name {
            "period" if !table.rows.iter().all(is_month) => Words::of(shell.language).period.to_owned(),
            _ => title(shell, column),
        };
        grid.column(column.name, title, column.shown != Holds::Text);
    }
    for row in table.rows.iter().take(ROWS) {
        let to = links::of_row(report, question, basis, &Named::new(table, row));
        grid.row(cells(shell, &shown, row, to.as_deref()));
    }
    let words = Words::of(shell.language);
    let word = if report == Report::Balances && question.as_of.is_everything() && !question.as_closed {
        words.total_of_pages
    } else {
        words.total
    };
    for row in totals.iter().filter(|_| !table.rows.is_empty()) {
        grid.total(cells(shell, &shown, &worded(&shown, row, word), None));
    }
    grid
}

/// A table, and whether it says which source a row is of.
struct Shows<'t> {
    table: &'t Table,
    source: bool,
    hides: Option<&'static str>,
}

impl Shows<'_> {
    /// What is the same in all rows is said once, above them.
    fn has(&self, column: &Column) -> bool {
        (self.source || column.name != "source") && self.hides != Some(column.name)
    }
}

/// A row of sums with a word for it, where the other rows have what names them.
fn worded(shows: &Shows<'_>, row: &[Cell], word: &str) -> Vec<Cell> {
    let mut row = row.to_vec();
    let columns = shows.table.columns.iter().zip(row.iter_mut()).filter(|(column, _)| shows.has(column));
    let empty = columns.map(|(_, cell)| cell).find(|cell| matches!(cell, Cell::Text(None)));
    if let Some(cell) = empty {
        *cell = Cell::Text(Some(word.to_owned()));
    }
    row
}

/// The cells of a row; amounts, and what names the row, lead to what is behind it.
fn cells(shell: &Shell, shows: &Shows<'_>, row: &[Cell], to: Option<&str>) -> Vec<Shown> {
    let (table, words) = (shows.table, Words::of(shell.language));
    let named = Named::new(table, row);
    let currency = named.text("currency").unwrap_or_default();
    let leads = |column: &Column| match column.name {
        // Lines are posted; what is due, and what is left, are no sums of lines.
        "due_minor" => false,
        "opening_minor" | "closing_minor" if named.text("basis").is_some() => false,
        "account" | "order_code" | "order_id" | "voucher_id" => true,
        _ => column.shown == Holds::Amount,
    };
    let cell = |(column, cell): (&Column, &Cell)| {
        let shown = match (column.shown, cell) {
            (Holds::Amount, Cell::Number(Some(minor))) => Shown::money(shell.language, *minor, currency),
            (Holds::Rate, Cell::Number(Some(rate))) => Shown::number(format!("{} %", format_percent(*rate))),
            (Holds::Rate, Cell::Number(None)) => Shown::number(words.undetermined),
            (_, Cell::Number(Some(number))) => Shown::number(shell.language.count(*number)),
            (_, Cell::Number(None)) => Shown::number(""),
            (_, Cell::Text(Some(text))) if column.name == "step" => Shown::text(shell.language.step(text)),
            (_, Cell::Text(Some(text))) if matches!(column.name, "status" | "kind") => {
                Shown::text(codes::status(shell.language, text)).titled(text)
            }
            (_, Cell::Text(Some(text))) if column.name == "basis" => {
                let named = bases(words, text).into_iter().find(|(code, ..)| code == text);
                Shown::text(named.map_or(text.as_str(), |(_, name, _)| name)).titled(text)
            }
            (_, Cell::Text(Some(text))) if column.name == "account" => Shown::code(text),
            (_, Cell::Text(Some(text))) if column.name == "period" => Shown::day(text),
            (_, Cell::Text(text)) => Shown::maybe(text.as_deref()),
        };
        match to {
            Some(to) if leads(column) => shown.to(to),
            _ => shown,
        }
    };
    table.columns.iter().zip(row).filter(|(column, _)| shows.has(column)).map(cell).collect()
}

fn download(report: Report, read: &Read, format: Format) -> Answered {
    // As the command has it: CSV is for people, who see what is left out in the sign or in the order of the rows.
    let hidden = report.hides().filter(|_| format == Format::Csv);
    let table = hidden.map(|name| read.table.clone().without(name));
    let text = render(table.as_ref().unwrap_or(&read.table), format).map_err(|error| Fault::Failed(error.into()))?;
    let (name, kind) = file_name(&read.question, report.name(), format);
    Ok(reply::download(&name, kind, text))
}

/// Name and type of a file of the books.
pub(super) fn file_name(question: &Question, of: &str, format: Format) -> (String, &'static str) {
    let period = question.period.map(|period| format!("-{period}")).unwrap_or_default();
    let source = question.sources.chosen.as_deref().map(|source| format!("{source}-")).unwrap_or_default();
    let (ending, kind) = kind_of(format);
    (printable(&format!("{source}{of}{}.{ending}", period.replace(' ', "-"))), kind)
}

/// Ending and type of a file.
pub(in crate::console) const fn kind_of(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Json => ("json", "application/json"),
        _ => ("csv", "text/csv; charset=utf-8"),
    }
}

/// Rows for programs.
pub(super) fn as_fields(table: &Table) -> Vec<Map<String, Value>> {
    let value = |cell: &Cell| match cell {
        Cell::Text(text) => Value::from(text.clone()),
        Cell::Number(number) => Value::from(*number),
    };
    let row = |row: &Vec<Cell>| {
        table.columns.iter().zip(row).map(|(column, cell)| (column.name.to_owned(), value(cell))).collect()
    };
    table.rows.iter().map(row).collect()
}
