//! hledger: a journal that stands on its own. It begins with the balances before it, and asserts every balance at both
//! ends.
//!
//! The syntax has traps for foreign texts: `;` begins a comment, `[2025-12-01]` in the comment of a posting moves it to
//! another month, two blanks end the name of an account. So titles stand in the first line only, behind status and
//! code.

use std::fmt::Write as _;

use super::Error;
use super::file::{Finished, OutFile};
use super::rows::{Balance, Entry};
use super::text::{amount, one_line, only};
use super::writer::{Context, Writer};
use crate::money::{Currency, format_percent};

pub(super) struct Hledger<'a> {
    out: OutFile,
    context: Context<'a>,
    rows: u64,
}

impl<'a> Hledger<'a> {
    pub(super) fn new(context: Context<'a>) -> Result<Self, Error> {
        let mut out = OutFile::create(context.folder, &format!("{}.journal", context.stem()))?;
        out.put(head(&context).as_bytes())?;
        Ok(Self { out, context, rows: 0 })
    }
}

fn head(context: &Context<'_>) -> String {
    let batch = &context.scope.batch;
    let mut text = String::new();
    // Writing to a string cannot fail.
    for line in remarks(context) {
        let _ = writeln!(text, "; {line}");
    }
    text.push_str("\ndecimal-mark .\n");
    for currency in currencies(&context.balances) {
        let decimals = match Currency::parse(currency).map_or(2, Currency::exponent) {
            0 => String::new(),
            decimals => "0".repeat(usize::try_from(decimals).unwrap_or(2)),
        };
        let _ = writeln!(text, "commodity 1000.{decimals} {currency}");
    }
    for account in accounts(&context.balances) {
        let _ = writeln!(text, "account {}  ; type: {}", name(account), kind(account));
    }
    let first = batch.month.first_day();
    let day = first.pred_opt().unwrap_or(first);
    if context.balances.iter().any(|balance| balance.opening_minor != 0) {
        let _ = writeln!(text, "\n{day} * ({}/opening {}) balances before", batch.source, batch.month);
        for balance in context.balances.iter().filter(|balance| balance.opening_minor != 0) {
            let opening = amount(balance.opening_minor, &balance.currency);
            let _ = writeln!(text, "    {}  {opening} {}", name(&balance.account), balance.currency);
        }
    }
    assertions(&mut text, context, &day.to_string(), "before", |balance| balance.opening_minor);
    text
}

/// What the file is, for people.
pub(super) fn remarks(context: &Context<'_>) -> Vec<String> {
    let batch = &context.scope.batch;
    let mut remarks = vec![
        format!("ticketledger {}: {} of {}, batch {batch}", context.version, batch.month, batch.source),
        format!(
            "entries {} to {}, last hash {}, written {}",
            context.scope.after_no + 1,
            context.scope.until_no,
            context.head_hash,
            context.created_at
        ),
    ];
    remarks.extend(context.parameters.freshness.clone());
    if context.scope.after_no > 0 {
        remarks.push("What of this month went out in earlier batches is among the balances before.".to_owned());
    }
    remarks
}

pub(super) fn currencies(balances: &[Balance]) -> Vec<&str> {
    let mut currencies: Vec<&str> = balances.iter().map(|balance| balance.currency.as_str()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    currencies
}

pub(super) fn accounts(balances: &[Balance]) -> Vec<&str> {
    let mut accounts: Vec<&str> = balances.iter().map(|balance| balance.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// Our codes are names as they are; one that ends with the colon has no method behind it.
fn name(account: &str) -> String {
    if account.ends_with(':') { format!("{account}unnamed") } else { account.to_owned() }
}

/// The type, because hledger knows no root named `suspense`.
fn kind(account: &str) -> &'static str {
    match account.split(':').next().unwrap_or_default() {
        "liabilities" => "L",
        "equity" => "E",
        "income" => "R",
        "expenses" => "X",
        _ => "A",
    }
}

fn assertions(text: &mut String, context: &Context<'_>, day: &str, which: &str, balance_of: impl Fn(&Balance) -> i64) {
    let batch = &context.scope.batch;
    let _ = writeln!(text, "\n{day} * ({}/check {}) balances {which}, asserted", batch.source, batch.month);
    for balance in &context.balances {
        let (zero, minor) = (amount(0, &balance.currency), amount(balance_of(balance), &balance.currency));
        let currency = &balance.currency;
        let _ = writeln!(text, "    {}  {zero} {currency} = {minor} {currency}", name(&balance.account));
    }
}

fn transaction(entry: &Entry) -> String {
    let head = &entry.head;
    let mut text = format!("\n{} * ({}) {}", head.booking_date, entry.name(), head.event_type);
    if let Some(title) = entry.title() {
        let _ = write!(text, " | {}", harmless(title));
    }
    let mut tags = Vec::new();
    if let Some(order) = entry.order() {
        tags.push(format!("order: {}", only(order, "-_/.")));
    }
    if let Some(day) = entry.service_date() {
        tags.push(format!("service: {day}"));
    }
    if let Some(number) = head.reverses_no {
        tags.push(format!("reverses: {}/{number}", head.source));
    }
    tags.push(format!("reason: {}", head.reason_code));
    let _ = write!(text, "\n    ; {}\n", tags.join(", "));
    for line in &entry.lines {
        let row = &line.row;
        let _ = write!(
            text,
            "    {}  {} {}",
            name(&row.account_code),
            amount(row.amount_minor, &row.currency),
            row.currency
        );
        if let Some(bp) = row.vat_bp {
            let _ = write!(text, "  ; rate: {}", format_percent(bp.into()));
        }
        text.push('\n');
    }
    text
}

/// A title that cannot be taken for a comment, a date or a second payee.
fn harmless(title: &str) -> String {
    one_line(title).replace(';', ",").replace('[', "(").replace(']', ")").replace('|', "/")
}

impl Writer for Hledger<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for entry in entries {
            self.rows += entry.lines.len() as u64;
            self.out.put(transaction(entry).as_bytes())?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Finished>, Error> {
        let mut text = String::new();
        let day = self.context.scope.batch.month.last_day().to_string();
        assertions(&mut text, &self.context, &day, "at the end", |balance| balance.closing_minor);
        self.out.put(text.as_bytes())?;
        Ok(vec![self.out.finish(self.rows)?])
    }
}
