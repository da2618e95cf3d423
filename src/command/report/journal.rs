//! `ticketledger report journal`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;

use super::Scope;
use crate::command::as_of::{CutOptions, PeriodOptions};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::totals::{Accounts, Row as _, Selection};
use crate::money::{Currency, format_minor};
use crate::report::journal::{self, JournalLine, Wanted};
use crate::report::{Column, Stream, sheet};

#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(flatten)]
    period: PeriodOptions,
    /// Only entries with a line on this account, such as assets:receivable, or assets:clearing: for all of them
    #[arg(long, value_name = "CODE")]
    account: Option<String>,
    /// Only entries about this order, by its id or code
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    #[command(flatten)]
    cut: CutOptions,
    #[command(flatten)]
    scope: Scope,
}

/// Writes page after page, whatever the size of the book.
pub(super) fn run(config: &Config, options: &Journal) -> anyhow::Result<Outcome> {
    let source = options.scope.checked(config)?;
    let selection = Selection { source, period: options.period.period()?, as_of: options.cut.as_of() };
    let database = settings::open(config)?;
    let accounts = options.account.as_deref().map(Accounts::new);
    if let Some(accounts) = &accounts {
        sheet::known(&database, source, accounts)??;
    }
    let orders = options.order.as_deref().map(|name| journal::orders(&database, source, name)).transpose()?;
    if let (Some(name), Some([])) = (&options.order, orders.as_deref()) {
        bail!("there is no order with the id or code {name}; `ticketledger report balances` lists all orders");
    }
    let wanted = Wanted { selection, accounts, orders };
    let columns: Vec<Column> = JournalLine::COLUMNS.iter().map(Column::from).collect();
    let out = &options.scope.output;
    match Stream::new(columns, out.format, out.amounts()?) {
        Some(mut stream) => {
            output::print(stream.head()?)?;
            journal::read(&database, &wanted, |lines| {
                let rows: Vec<Vec<_>> = lines.into_iter().map(JournalLine::into_values).collect();
                output::print(stream.rows(&rows)?)
            })?;
            output::print(stream.end())?;
        }
        None => {
            let mut sums = Sums::default();
            journal::read(&database, &wanted, |lines| output::print(sums.entries(&lines)))?;
            output::print(sums.end())?;
        }
    }
    Ok(Outcome::Fine)
}

/// What was printed so far.
#[derive(Default)]
struct Sums {
    entries: u64,
    /// Debit and credit by currency. Sums of 64-bit numbers cannot leave 128 bits.
    by_currency: BTreeMap<String, (i128, i128)>,
}

impl Sums {
    /// Whole entries for people: a line that says what it is, and a line for each account.
    fn entries(&mut self, lines: &[JournalLine]) -> String {
        let mut text = String::new();
        for entry in lines.chunk_by(|a, b| (&a.source, a.entry_no) == (&b.source, b.entry_no)) {
            self.entries += 1;
            if let Some(first) = entry.first() {
                text += &title(first);
            }
            for line in entry {
                let exponent = Currency::parse(&line.currency).map_or(0, Currency::exponent);
                let amount = |minor| if minor == 0 { String::new() } else { format_minor(minor, exponent) };
                let (debit, credit) = (amount(line.debit_minor), amount(line.credit_minor));
                // Writing to a `String` cannot fail.
                let _ = writeln!(text, "  {:<44}{debit:>14}{credit:>14}", line.account);
                let sums = self.by_currency.entry(line.currency.clone()).or_default();
                sums.0 += i128::from(line.debit_minor);
                sums.1 += i128::from(line.credit_minor);
            }
        }
        // Without the spaces that an empty credit leaves.
        text.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }

    fn end(&self) -> String {
        if self.entries == 0 {
            return "(no entries)\n".to_owned();
        }
        let mut text = format!("\n{} {}\n", self.entries, if self.entries == 1 { "entry" } else { "entries" });
        for (currency, (debit, credit)) in &self.by_currency {
            let exponent = Currency::parse(currency).map_or(0, Currency::exponent);
            let amount = |minor: &i128| match i64::try_from(*minor) {
                Ok(minor) => format_minor(minor, exponent),
                Err(_) => format!("{minor} minor units"),
            };
            let _ = writeln!(text, "  {:<44}{:>14}{:>14}", format!("total {currency}"), amount(debit), amount(credit));
        }
        text
    }
}

/// Number, day, what happened, to which order, and why if there is more to say.
fn title(line: &JournalLine) -> String {
    let mut text = format!("{} {}  {}  {}", line.source, line.entry_no, line.booking_date, line.event_type);
    if let Some(order) = line.order_code.as_ref().or(line.order_id.as_ref()) {
        let _ = write!(text, "  order {}", crate::report::format::printable(order));
    }
    let _ = write!(text, "  {}", line.currency);
    if let Some(reversed) = line.reverses_no {
        let _ = write!(text, "  reverses {reversed}");
    }
    if line.reason != "new" {
        let _ = write!(text, "  ({})", line.reason.replace('_', " "));
    }
    text + "\n"
}
