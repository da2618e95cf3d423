//! `ticketledger ledger`.

use std::fmt::Write as _;

use super::arguments::{DetailFormat, Verify};
use super::{Outcome, close, output, settings};
use crate::config::Config;
use crate::ledger::proof::verify::{Verdict, verify as look};

/// Proves that the books hold: [`Outcome::Attention`] when they do not.
pub(super) fn verify(config: &Config, options: &Verify) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    let database = settings::open(config)?;
    let mut verdict = look(&database, options.source.as_deref())?;
    if let Some(path) = options.anchor_file.as_deref().filter(|_| verdict.broken.is_none()) {
        verdict.broken = close::against_anchors(&database, path, options.source.as_deref())?;
    }
    let text = match options.format {
        DetailFormat::Table => in_words(&verdict),
        DetailFormat::Json => format!("{}\n", serde_json::to_string_pretty(&verdict)?),
    };
    output::print(text)?;
    Ok(if verdict.broken.is_some() { Outcome::Attention } else { Outcome::Fine })
}

/// The verdict for people.
pub(super) fn in_words(verdict: &Verdict) -> String {
    let Verdict { sources, entries, orders, heads, broken } = verdict;
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = match broken {
        Some(broken) => writeln!(text, "BROKEN: {broken}"),
        None => writeln!(
            text,
            "The books hold: {entries} entries balance and are chained without a gap, and {orders} orders in {sources} \
             sources match their last snapshot."
        ),
    };
    for (source, hash) in heads {
        let _ = writeln!(text, "Head of {source}: {hash}");
    }
    text
}
