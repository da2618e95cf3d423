//! beancount: a ledger that stands on its own, with the balances before it, and assertions at both ends.
//!
//! `balance` holds at the start of its day, so the end of a month is asserted on the first day of the next; and without
//! a tolerance of 0.00 a cent too much would pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Error;
use super::file::{Finished, OutFile};
use super::hledger::{accounts, currencies, remarks};
use super::rows::{Balance, Entry};
use super::text::{amount, one_line, only};
use super::writer::{Context, Writer};
use crate::hash;
use crate::ledger::book::Month;
use crate::money::format_percent;

pub(super) struct Beancount<'a> {
    out: OutFile,
    context: Context<'a>,
    names: BTreeMap<String, String>,
    rows: u64,
}

impl<'a> Beancount<'a> {
    pub(super) fn new(context: Context<'a>) -> Result<Self, Error> {
        let out = OutFile::create(context.folder, &format!("{}.beancount", context.stem()))?;
        let codes = accounts(&context.balances);
        let names: BTreeMap<String, String> = codes.iter().map(|code| ((*code).to_owned(), name(code))).collect();
        if names.values().collect::<BTreeSet<_>>().len() != names.len() {
            return Err(Error::Format(format!("two accounts have the same name in beancount: {names:?}")));
        }
        let mut ledger = Self { out, context, names, rows: 0 };
        let head = ledger.head();
        ledger.out.put(head.as_bytes())?;
        Ok(ledger)
    }

    fn name(&self, code: &str) -> String {
        self.names.get(code).cloned().unwrap_or_else(|| name(code))
    }

    fn head(&self) -> String {
        let Self { context, .. } = self;
        let batch = &context.scope.batch;
        let first = batch.month.first_day();
        let day = first.pred_opt().unwrap_or(first);
        let mut text = String::new();
        // Writing to a string cannot fail.
        for remark in remarks(context) {
            let _ = writeln!(text, "; {remark}");
        }
        let _ = writeln!(text, "\noption \"title\" \"{} {}\"", batch.source, batch.month);
        for currency in currencies(&context.balances) {
            let _ = writeln!(text, "option \"operating_currency\" \"{currency}\"\n{day} commodity {currency}");
        }
        for code in accounts(&context.balances) {
            let of_it = context.balances.iter().filter(|balance| balance.account == code);
            let used: Vec<&str> = of_it.map(|balance| balance.currency.as_str()).collect();
            let _ = writeln!(text, "{day} open {} {}\n  code: \"{code}\"", self.name(code), used.join(", "));
        }
        let opening: Vec<&Balance> = context.balances.iter().filter(|balance| balance.opening_minor != 0).collect();
        if !opening.is_empty() {
            let _ = writeln!(text, "\n{day} * \"opening {}\" \"balances before\"", batch.month);
            for balance in opening {
                let Balance { account, currency, opening_minor, .. } = balance;
                let _ = writeln!(text, "  {}  {} {currency}", self.name(account), amount(*opening_minor, currency));
            }
        }
        self.assertions(&mut text, batch.month, |balance| balance.opening_minor);
        text
    }

    /// What every account has when a month begins.
    fn assertions(&self, text: &mut String, month: Month, balance_of: impl Fn(&Balance) -> i64) {
        text.push('\n');
        for balance in &self.context.balances {
            let (currency, day) = (&balance.currency, month.first_day());
            let minor = amount(balance_of(balance), currency);
            let tolerance = amount(0, currency);
            let name = self.name(&balance.account);
            let _ = writeln!(text, "{day} balance {name}  {minor} ~ {tolerance} {currency}");
        }
    }

    fn transaction(&self, entry: &Entry) -> String {
        let head = &entry.head;
        let narration = quoted(entry.title().unwrap_or_default());
        let mut text = format!("\n{} * {} {narration}", head.booking_date, quoted(&head.event_type));
        if let Some(order) = entry.order() {
            let _ = write!(text, " ^order-{}", only(order, "-_/."));
        }
        let _ = write!(text, "\n  entry: \"{}\"\n  reason: {}\n", entry.name(), quoted(&head.reason_code));
        if let Some(number) = head.reverses_no {
            let _ = writeln!(text, "  reverses: \"{}/{number}\"", head.source);
        }
        if let Some(day) = entry.service_date() {
            let _ = writeln!(text, "  service: {day}");
        }
        for line in &entry.lines {
            let row = &line.row;
            let minor = amount(row.amount_minor, &row.currency);
            let _ = writeln!(text, "  {}  {minor} {}", self.name(&row.account_code), row.currency);
            if let Some(bp) = row.vat_bp {
                let _ = writeln!(text, "    rate: \"{}\"", format_percent(bp.into()));
            }
        }
        text
    }
}

/// A string of beancount.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name of an account. It depends on the code alone, so it is the same in every month.
fn name(code: &str) -> String {
    let mut parts = code.split(':');
    let root = match parts.next().unwrap_or_default() {
        "liabilities" => "Liabilities",
        "equity" => "Equity",
        "income" => "Income",
        "expenses" => "Expenses",
        "suspense" => "Assets:Suspense",
        _ => "Assets",
    };
    if let Some(method) = code.strip_prefix("assets:clearing:") {
        return format!("Assets:Clearing:{}", of_method(method));
    }
    parts.fold(root.to_owned(), |name, part| {
        let words: Vec<String> = part.split('_').map(capital).collect();
        format!("{name}:{}", words.join("-"))
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// A payment method: as it is if beancount takes it, else with what it does not take replaced and a piece of its hash,
/// so that two methods never meet.
fn of_method(method: &str) -> String {
    let begins = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let fine = method.starts_with(begins) && method.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if fine {
        return method.to_owned();
    }
    if method.is_empty() {
        return "Unnamed".to_owned();
    }
    let mut name = capital(&only(method, "-"));
    if !name.starts_with(begins) {
        name.insert(0, 'X');
    }
    let mut hash = hash::sha256(method.as_bytes());
    hash.truncate(4);
    format!("{name}-{hash}")
}

impl Writer for Beancount<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for entry in entries {
            self.rows += entry.lines.len() as u64;
            let text = self.transaction(entry);
            self.out.put(text.as_bytes())?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Finished>, Error> {
        let mut text = String::new();
        self.assertions(&mut text, self.context.scope.batch.month.next(), |balance| balance.closing_minor);
        self.out.put(text.as_bytes())?;
        Ok(vec![self.out.finish(self.rows)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_never_meet() {
        for (code, expected) in [
            ("assets:receivable", "Assets:Receivable"),
            ("assets:voucher_refund_unallocated", "Assets:Voucher-Refund-Unallocated"),
            ("liabilities:vat:1900", "Liabilities:Vat:1900"),
            ("liabilities:voucher:spv:700", "Liabilities:Voucher:Spv:700"),
            ("suspense:vat_undetermined", "Assets:Suspense:Vat-Undetermined"),
            ("expenses:bad_debt", "Expenses:Bad-Debt"),
            ("assets:clearing:StripeBankWire", "Assets:Clearing:StripeBankWire"),
            ("assets:clearing:1-click", "Assets:Clearing:1-click"),
            ("assets:clearing:", "Assets:Clearing:Unnamed"),
        ] {
            assert_eq!(name(code), expected);
        }
        let odd = ["paypal.express", "paypal_express", "stripe", "-x", "_x", "a"];
        let names: BTreeSet<String> = odd.iter().chain(&["Stripe"]).map(|method| of_method(method)).collect();
        assert_eq!(names.len(), 7, "{names:?}");
        assert!(names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_uppercase())), "{names:?}");
    }
}
