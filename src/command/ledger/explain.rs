//! `ticketledger ledger explain`.

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use crate::command::options::{DetailFormat, SourceOption};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::reading::explain::{Balance, Chapter, Length, VoucherStory, explain, explain_voucher};
use crate::money::{Currency, format_minor};
use crate::report::format::printable;

#[derive(Debug, Args)]
pub(in crate::command) struct Explain {
    /// Order id, or the code the customer was given
    #[arg(value_name = "ORDER", required_unless_present = "voucher", conflicts_with = "voucher")]
    order: Option<String>,
    /// Explain this voucher or flex ticket instead: its sale, its uses, and what is left of it
    #[arg(long, value_name = "ID")]
    voucher: Option<String>,
    /// Print every line and whole ids, also where many lines are alike
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: SourceOption,
    /// Output format; JSON has every line
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Explain) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let database = settings::open(config)?;
    let summary = options.format == DetailFormat::Table && !options.all;
    let length = if summary { Length::Summary } else { Length::Whole };
    if let Some(id) = &options.voucher {
        let stories = explain_voucher(&database, source, id, length)?;
        if stories.is_empty() {
            bail!(
                "there is no voucher and no flex ticket with the id {}; `ticketledger vouchers list --all` lists them",
                printable(id)
            );
        }
        let told = |story: &VoucherStory| in_words(&story.introduction, &story.chapters, &story.balances);
        return print(&stories, told, options.format);
    }
    let order = options.order.as_deref().unwrap_or_default();
    let stories = explain(&database, source, order, length)?;
    if stories.is_empty() {
        bail!(
            "there is no order with the id or code {}; `ticketledger report balances` lists all orders",
            printable(order)
        );
    }
    print(&stories, |story| in_words(&story.introduction, &story.chapters, &story.balances), options.format)
}

fn print<S: Serialize>(stories: &[S], told: impl Fn(&S) -> String, format: DetailFormat) -> anyhow::Result<Outcome> {
    output::print(match format {
        DetailFormat::Json => serde_json::to_string_pretty(stories)? + "\n",
        DetailFormat::Table => stories.iter().map(told).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(Outcome::Fine)
}

fn in_words(introduction: &str, chapters: &[Chapter], balances: &[Balance]) -> String {
    let mut text = format!("{}\n", printable(introduction));
    // Writing to a string cannot fail.
    for chapter in chapters {
        let _ = writeln!(text, "\n{}", chapter.title);
        for sentence in &chapter.sentences {
            let _ = writeln!(text, "  {}", printable(sentence));
        }
    }
    for balance in balances {
        sum(&mut text, balance);
    }
    text
}

fn sum(text: &mut String, balance: &Balance) {
    let exponent = Currency::parse(&balance.currency).map_or(0, Currency::exponent);
    let _ = writeln!(text, "\nTotal in {}", balance.currency);
    for term in &balance.terms {
        let sign = if term.amount_minor < 0 { '-' } else { '+' };
        let amount = format_minor(term.amount_minor.saturating_abs(), exponent);
        let _ = writeln!(text, "  {sign} {amount:>12}  {}", printable(&term.what));
    }
    let total = format_minor(balance.balance_minor, exponent);
    let _ = writeln!(text, "  = {total:>12}  {}", balance.verdict);
}
