//! `ticketledger ledger verify`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::command::options::{DetailFormat, SourceOption};
use crate::command::{Outcome, close, output, settings};
use crate::config::Config;
use crate::ledger::proof::verify::{Verdict, verify};

#[derive(Debug, Args)]
pub(in crate::command) struct Verify {
    #[command(flatten)]
    source: SourceOption,
    /// Also compare the chain with the anchors in this file, kept where no database user can change it
    #[arg(long, value_name = "PATH")]
    anchor_file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Verifies the books: [`Outcome::Attention`] when they are broken.
pub(super) fn run(config: &Config, options: &Verify) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let database = settings::open(config)?;
    let mut verdict = verify(&database, source)?;
    if let Some(path) = options.anchor_file.as_deref().filter(|_| verdict.broken.is_none()) {
        verdict.broken = close::against_anchors(&database, path, source)?;
    }
    let text = match options.format {
        DetailFormat::Table => in_words(&verdict),
        DetailFormat::Json => format!("{}\n", serde_json::to_string_pretty(&verdict)?),
    };
    output::print(text)?;
    Ok(if verdict.broken.is_some() { Outcome::Attention } else { Outcome::Fine })
}

pub(in crate::command) fn in_words(verdict: &Verdict) -> String {
    let Verdict { sources, entries, orders, heads, broken } = verdict;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match broken {
        Some(broken) => writeln!(text, "BROKEN: {broken}"),
        None => writeln!(
            text,
            "The books are correct: {entries} entries balance and are chained without a gap, and {orders} orders of \
             {sources} sources match their last snapshot."
        ),
    };
    for (source, hash) in heads {
        let _ = writeln!(text, "Head of {source}: {hash}");
    }
    text
}
