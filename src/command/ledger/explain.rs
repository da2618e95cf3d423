//! `ticketledger ledger explain`.

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;

use crate::command::options::{DetailFormat, SourceOption};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::reading::explain::{Balance, Story, explain};
use crate::money::{Currency, format_minor};
use crate::report::format::printable;

#[derive(Debug, Args)]
pub(in crate::command) struct Explain {
    /// Order id, or the code the customer was given
    #[arg(value_name = "ORDER")]
    order: String,
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Explain) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let stories = explain(&settings::open(config)?, source, &options.order)?;
    if stories.is_empty() {
        bail!(
            "there is no order with the id or code {}; `ticketledger report balances` lists all orders",
            printable(&options.order)
        );
    }
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&stories)? + "\n",
        DetailFormat::Table => stories.iter().map(in_words).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(Outcome::Fine)
}

fn in_words(story: &Story) -> String {
    let mut text = format!("{}\n", printable(&story.introduction));
    // Writing to a string cannot fail.
    for chapter in &story.chapters {
        let _ = writeln!(text, "\n{}", chapter.title);
        for sentence in &chapter.sentences {
            let _ = writeln!(text, "  {}", printable(sentence));
        }
    }
    for balance in &story.balances {
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
