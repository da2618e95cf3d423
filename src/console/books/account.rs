//! The sheet of an account: every line with the balance after it.

use std::sync::Arc;

use askama::Template;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::file;
use super::lines::PAGE;
use super::question::{Asked, Picker, Question};
use super::report::{as_fields, as_of, downloads, file_format};
use super::words::Words;
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid, address};
use crate::console::layout::{Area, Shell};
use crate::console::orders;
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::console::wrong::{Allowed, wrong};
use crate::db::{Connection, Error};
use crate::ledger::totals::{
    Accounts, Line, Place, Selection, SheetOf, TrialBalance, account_codes, sheet_balance, sheet_page,
};
use crate::report::Table;

#[derive(Template)]
#[template(path = "account.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    picker: Picker,
    accounts: Vec<(String, bool)>,
    currencies: Vec<(String, bool)>,
    as_of: String,
    grid: Option<Grid>,
    downloads: Vec<(&'static str, String)>,
    first: Option<String>,
    next: Option<String>,
    question: Question,
    sheet: Option<Sheet>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let codes = self.accounts.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>();
        let sheet = |sheet: &Sheet| {
            let line = |(mut fields, (_, balance)): (Map<String, Value>, &(Line, i64))| {
                fields.insert("balance_minor".to_owned(), (*balance).into());
                fields
            };
            let lines = sheet.lines.iter().map(|(line, _)| line.clone()).collect();
            let lines = as_fields(&Table::of(lines)).into_iter().zip(&sheet.lines).map(line);
            json!({
                "source": sheet.source, "currency": sheet.currency, "opening_minor": sheet.before,
                "closing_minor": sheet.after(), "is_last_page": !sheet.more, "rows": lines.collect::<Vec<_>>(),
            })
        };
        json!({
            "question": self.question.told(), "accounts": codes, "sheet": self.sheet.as_ref().map(sheet),
            "next": reply::next("/books/account", self.next.as_ref()),
        })
    }
}

/// What is read of a sheet.
struct Sheet {
    source: String,
    currency: String,
    before: i64,
    /// Lines with the balance after them.
    lines: Vec<(Line, i64)>,
    more: bool,
}

impl Sheet {
    /// The balance after the last line.
    fn after(&self) -> i64 {
        self.lines.last().map_or(self.before, |(_, after)| *after)
    }
}

/// Where a page begins: after a line of a day.
fn place(asked: &Asked) -> Result<Option<Place>, Fault> {
    asked.query.read("after", Allowed::Place, |text| {
        let mut parts = text.split('.');
        let day: NaiveDate = parts.next()?.parse().ok()?;
        Some((day, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

fn read(
    connection: &mut Connection,
    question: &Question,
    asked: &Asked,
) -> Result<Option<(Sheet, Vec<String>)>, Fault> {
    let (Some(source), Some(account)) = (question.sources.single(), asked.get("account")) else { return Ok(None) };
    let everything = Selection { source: Some(source), ..Selection::default() };
    let rows = TrialBalance::of_accounts(connection, &everything, Some(&Accounts::new(account)))?;
    let currencies: Vec<String> = rows.into_iter().map(|row| row.currency).collect();
    if let Some(currency) = asked.get("currency").filter(|asked| !currencies.iter().any(|known| known == asked)) {
        return Err(wrong("currency", currency, Allowed::Currency));
    }
    let wanted = asked.get("currency").map(str::to_owned).or_else(|| currencies.first().cloned());
    let Some(currency) = wanted else { return Ok(None) };
    let selection = question.selection(connection, source)?;
    let sheet = SheetOf { source, account, currency: &currency, selection };
    let after = place(asked)?;
    let before = sheet_balance(connection, &sheet, after)?;
    let most = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
    let mut lines = sheet_page(connection, &sheet, after, most)?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let mut balance = before;
    let mut with_balance = Vec::with_capacity(lines.len());
    for line in lines {
        balance = balance
            .checked_add(line.amount_minor)
            .ok_or_else(|| Error::Inconsistent(format!("the balance of {account} leaves the range of 64 bits")))?;
        with_balance.push((line, balance));
    }
    let source = source.to_owned();
    Ok(Some((Sheet { source, currency, before, lines: with_balance, more }, currencies)))
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit) -> Answered {
    let format = file_format(visit)?;
    if let (Some(format), Some(code)) = (format, visit.query.get("account")) {
        return file::account(site, visit, code, format).await;
    }
    let asked = Asked::of(visit);
    let (question, sheet, codes) = site
        .read(move |connection| {
            let question = Question::read(connection, &asked, true)?;
            let codes = account_codes(connection, question.sources.single())?;
            if let Some(code) = asked.get("account").filter(|asked| !codes.iter().any(|code| code == asked)) {
                return Err(wrong("account", code, Allowed::Account));
            }
            let sheet = read(connection, &question, &asked)?;
            Ok((question, sheet, codes))
        })
        .await?;
    let words = Words::of(visit.language);
    let chosen = visit.query.get("account").unwrap_or_default();
    let title = if chosen.is_empty() {
        words.account.to_owned()
    } else {
        format!("{} {}", words.account, crate::report::format::printable(chosen))
    };
    let shell = Shell::new(site, visit, Area::Books, &title).with_command(format!(
        "ticketledger report account {}{}",
        if chosen.is_empty() { "CODE" } else { chosen },
        question.options()
    ));
    let base = visit.query.with("after", "");
    let last = sheet.as_ref().filter(|(sheet, _)| sheet.more).and_then(|(sheet, _)| sheet.lines.last());
    let page = Page {
        picker: question.picker(true),
        accounts: codes.into_iter().map(|code| (code.clone(), code == chosen)).collect(),
        currencies: sheet
            .as_ref()
            .map(|(sheet, all)| all.iter().map(|code| (code.clone(), *code == sheet.currency)).collect())
            .unwrap_or_default(),
        as_of: as_of(site, &shell, words, &question),
        downloads: if sheet.is_some() { downloads(&base) } else { Vec::new() },
        first: visit.query.get("after").map(|_| base.query()),
        next: last.map(|(line, _)| {
            base.with("after", &format!("{}.{}.{}", line.booking_date, line.entry_no, line.line_no)).query()
        }),
        grid: sheet.as_ref().map(|(sheet, _)| grid(&shell, words, sheet, visit.query.get("after").is_some())),
        sheet: sheet.map(|(sheet, _)| sheet),
        question,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn grid(shell: &Shell, words: &Words, sheet: &Sheet, goes_on: bool) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(words.account, common.none)
        .texts([("booking_date", words.booked_on), ("entry_no", words.entry), ("event_type", words.what)])
        .texts([("order", common.order)])
        .numbers([("debit_minor", words.debit), ("credit_minor", words.credit), ("balance_minor", words.balance)]);
    let amount = |minor: i64| Cell::money(shell.language, minor, &sheet.currency);
    let balance = |name: &str, minor: i64| {
        let mut cells = vec![Cell::text(name)];
        cells.extend((0..3).map(|_| Cell::text("")));
        cells.extend([Cell::number(""), Cell::number(""), amount(minor)]);
        cells
    };
    grid.total(balance(if goes_on { words.brought_forward } else { words.opening }, sheet.before));
    for (line, after) in &sheet.lines {
        let number = line.entry_no.to_string();
        let order = line.order_id.as_deref().unwrap_or_default();
        let side = |shown: bool| {
            if shown { amount(line.amount_minor.saturating_abs()) } else { Cell::number("") }
        };
        grid.row(vec![
            Cell::day(line.booking_date.to_string()),
            Cell::code(&number).to(address(&["books", "entry", &sheet.source, &number])),
            Cell::text(codes::entry(shell.language, &line.kind, &line.event_type))
                .titled(&line.event_type)
                .told(format!("{} {}", line.kind, line.event_type)),
            Cell::code(line.order_code.as_deref().unwrap_or(order)).to(orders::address_of(&sheet.source, order)),
            side(line.amount_minor >= 0),
            side(line.amount_minor < 0),
            amount(*after),
        ]);
    }
    grid.total(balance(if sheet.more { words.carried_forward } else { words.closing }, sheet.after()));
    grid
}
