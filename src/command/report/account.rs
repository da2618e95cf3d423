//! `ticketledger report account`.

use std::fmt::Write as _;

use clap::Args;

use super::Scope;
use crate::command::as_of::{CutOptions, PeriodOptions};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::totals::{Accounts, Line, Period, Selection, TrialBalance};
use crate::money::{Currency, format_minor};
use crate::report::Stream;
use crate::report::format::printable;
use crate::report::sheet::{self, Part};

#[derive(Debug, Args)]
pub(super) struct Account {
    /// Code of the account, such as assets:receivable; one that ends in a colon, such as assets:clearing:, stands for
    /// all accounts that begin with it, and each has a sheet of its own
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    period: PeriodOptions,
    #[command(flatten)]
    cut: CutOptions,
    #[command(flatten)]
    scope: Scope,
}

/// Writes page after page, whatever the size of the account.
pub(super) fn run(config: &Config, options: &Account) -> anyhow::Result<Outcome> {
    let source = options.scope.checked(config)?;
    let selection = Selection { source, period: options.period.period()?, as_of: options.cut.as_of() };
    let database = settings::open(config)?;
    let accounts = Accounts::new(&options.code);
    sheet::known(&database, source, &accounts)??;
    let out = &options.scope.output;
    match Stream::new(sheet::columns(), out.format, out.amounts()?) {
        Some(mut stream) => {
            output::print(stream.head()?)?;
            sheet::read(&database, &selection, &accounts, |part| output::print(stream.rows(&part.into_rows())?))?;
            output::print(stream.end())?;
        }
        None => {
            let mut sheets = 0;
            sheet::read(&database, &selection, &accounts, |part| {
                let gap = if sheets > 0 && matches!(part, Part::Opening(_)) { "\n" } else { "" };
                sheets += 1;
                output::print(format!("{gap}{}", for_people(&part, &selection)))
            })?;
            if sheets == 0 {
                output::print("(no lines in this period, and nothing before it)\n")?;
            }
        }
    }
    Ok(Outcome::Fine)
}

fn for_people(part: &Part<'_>, selection: &Selection<'_>) -> String {
    let exponent = |sheet: &TrialBalance| Currency::parse(&sheet.currency).map_or(0, Currency::exponent);
    match part {
        Part::Opening(sheet) => {
            let opening = format_minor(sheet.opening_minor, exponent(sheet));
            let day = selection.period.and_then(Period::first_day).map(|day| day.to_string()).unwrap_or_default();
            let heading = format!("{}  {}  {}\n", sheet.source, sheet.account, sheet.currency);
            heading
                + &row(["day", "entry", "what", "order", "debit", "credit", "balance"])
                + &row([day.as_str(), "", "opening balance", "", "", "", &opening])
        }
        Part::Lines(sheet, lines) => lines.iter().fold(String::new(), |mut text, (line, balance)| {
            text += &line_for_people(line, *balance, exponent(sheet));
            text
        }),
        Part::Closing(sheet) => {
            let amount = |minor| format_minor(minor, exponent(sheet));
            let [debit, credit, closing] = [sheet.debit_minor, sheet.credit_minor, sheet.closing_minor].map(amount);
            let day = selection.last_day().map(|day| day.to_string()).unwrap_or_default();
            row([day.as_str(), "", "closing balance", "", &debit, &credit, &closing])
        }
    }
}

fn line_for_people(line: &Line, balance: i64, exponent: u32) -> String {
    let amount = format_minor(line.amount_minor.saturating_abs(), exponent);
    let (debit, credit) = if line.amount_minor > 0 { (amount.as_str(), "") } else { ("", amount.as_str()) };
    let order = line.order_code.as_ref().or(line.order_id.as_ref()).map(|order| printable(order)).unwrap_or_default();
    let what = if line.kind == "reverse" { format!("reversed {}", line.event_type) } else { line.event_type.clone() };
    let (day, entry, balance) =
        (line.booking_date.to_string(), line.entry_no.to_string(), format_minor(balance, exponent));
    row([&day, &entry, &what, &order, debit, credit, &balance])
}

/// Columns of fixed width, because the next page is not known yet.
fn row([day, entry, what, order, debit, credit, balance]: [&str; 7]) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = write!(text, "  {day:<10}  {entry:>8}  {what:<26}  {order:<14}{debit:>14}{credit:>14}{balance:>14}");
    text.trim_end().to_owned() + "\n"
}
