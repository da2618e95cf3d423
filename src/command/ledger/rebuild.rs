//! `ticketledger ledger rebuild`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::options::{DetailFormat, SourceOption};
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::ledger::Error;
use crate::ledger::proof::rebuild::{Rebuilt, Switches, rebuild};
use crate::ledger::proof::sums;
use crate::money::{Currency, format_minor};
use crate::report::format::{finish, plain_table, printable};

#[derive(Debug, Args)]
pub(in crate::command) struct Rebuild {
    #[command(flatten)]
    source: SourceOption,
    /// Show what would differ had the policy switches in this file (TOML or JSON) applied from the beginning
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write the sums that reports read (by month and by order) anew from the journal, and say which of them were wrong
    #[arg(long, conflicts_with = "policy")]
    sums: bool,
    /// List at most this many differences
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Rebuilds and compares: [`Outcome::Attention`] when the ledger is not what the snapshots give. With `--policy` a
/// difference is an answer, not an alarm.
pub(super) fn run(config: &Config, options: &Rebuild) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let switches = options.policy.as_deref().map(read).transpose()?;
    let database = settings::open(config)?;
    if options.sums {
        for (source, fault) in sums::write_anew(&database, source)? {
            let was = fault.map_or_else(|| "they were right".to_owned(), |fault| format!("before, {fault}"));
            output::print(format!("{source}: the sums are written anew; {}\n", printable(&was)))?;
        }
        return Ok(Outcome::Fine);
    }
    let bar = ProgressBar::no_length();
    // Draws nothing unless stderr is a terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} snapshots, {eta} left")?);
    let books = rebuild(&database, source, switches.as_ref(), options.limit, |done, total| {
        bar.set_length(u64::try_from(total).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    });
    bar.finish_and_clear();
    let books = books.map_err(|error| match error {
        Error::Policy(detail) => Usage(format!("cannot apply the policy: {detail}")).into(),
        error => anyhow::Error::new(error),
    })?;
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&books)? + "\n",
        DetailFormat::Table => {
            books.iter().map(|book| in_words(book, options.policy.is_some())).collect::<Vec<_>>().join("\n")
        }
    })?;
    let fine = options.policy.is_some() || books.iter().all(Rebuilt::is_identical);
    Ok(if fine { Outcome::Fine } else { Outcome::Attention })
}

fn read(path: &Path) -> anyhow::Result<Switches> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let wrong = |error: String| Usage(format!("{} is not a valid policy: {error}", path.display()));
    if text.trim_start().starts_with('{') {
        return Ok(serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(toml::from_str(&text).map_err(|error| wrong(error.to_string()))?)
}

fn in_words(book: &Rebuilt, tried: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let Rebuilt { source, snapshots, entries, rebuilt_entries, .. } = book;
    if book.is_identical() {
        let _ = match &book.head {
            Some(head) => writeln!(
                text,
                "{source}: identical. {snapshots} snapshots give the {entries} stored entries, to the last hash {head}."
            ),
            None => writeln!(text, "{source}: no entries yet."),
        };
        return text;
    }
    let _ = if tried {
        writeln!(text, "{source}: with this policy from the beginning, {rebuilt_entries} entries instead of {entries}.")
    } else {
        writeln!(
            text,
            "{source}: DIFFERENT. {snapshots} snapshots give {rebuilt_entries} entries; {entries} are stored."
        )
    };
    if !tried {
        let none = || "none".to_owned();
        let _ = writeln!(text, "  head stored:  {}", book.head.clone().unwrap_or_else(none));
        let _ = writeln!(text, "  head rebuilt: {}", book.rebuilt_head.clone().unwrap_or_else(none));
    }
    accounts(&mut text, book);
    orders(&mut text, book);
    if !tried {
        differences(&mut text, book);
    }
    text
}

fn accounts(text: &mut String, book: &Rebuilt) {
    if book.accounts.is_empty() {
        text.push_str("All account balances are equal.\n");
        return;
    }
    text.push_str("Account balances that differ (debit positive):\n");
    let mut table = plain_table(["account", "currency", "stored", "rebuilt", "difference"].map(str::to_owned).to_vec());
    for row in &book.accounts {
        let amount = |minor| amount(minor, &row.currency);
        table.add_row([
            row.account.clone(),
            row.currency.clone(),
            amount(row.stored_minor),
            amount(row.rebuilt_minor),
            amount(row.difference_minor),
        ]);
    }
    text.push_str(&finish(&table));
}

fn orders(text: &mut String, book: &Rebuilt) {
    if book.orders.is_empty() {
        return;
    }
    let _ = writeln!(text, "Orders that differ: {}.", book.orders_total);
    let mut table = plain_table(["order", "account", "currency", "difference"].map(str::to_owned).to_vec());
    for row in &book.orders {
        let difference = amount(row.difference_minor, &row.currency);
        table.add_row([printable(&row.order_id), row.account.clone(), row.currency.clone(), difference]);
    }
    text.push_str(&finish(&table));
}

fn differences(text: &mut String, book: &Rebuilt) {
    let _ = writeln!(text, "Differences: {}.", book.differences_total);
    for difference in &book.differences {
        let entry = difference.entry_no.map(|no| format!("entry {no}"));
        let order = difference.order_id.as_ref().map(|order| format!("order {}", printable(order)));
        let place: Vec<String> = [entry, order].into_iter().flatten().collect();
        let _ = writeln!(text, "  {}: {}", place.join(", "), printable(&difference.what));
    }
    let listed = i64::try_from(book.differences.len()).unwrap_or(i64::MAX);
    if book.differences_total > listed {
        let _ = writeln!(text, "  … and {} more (raise --limit to list them).", book.differences_total - listed);
    }
}

fn amount(minor: i64, currency: &str) -> String {
    format_minor(minor, Currency::parse(currency).map_or(0, Currency::exponent))
}
