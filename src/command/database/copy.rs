//! `ticketledger database copy`.

use std::fmt::Write as _;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::Clock;
use crate::command::ledger::verify;
use crate::command::options::DetailFormat;
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config;
use crate::db::{Database, Role};
use crate::maintenance::copy::{Copied, Stage, copy};

#[derive(Debug, Args)]
pub(in crate::command) struct Copy {
    /// Database to read: sqlite:PATH. Stop its daemon first; the file is not changed
    #[arg(long, value_name = "URL")]
    from: String,
    /// Empty database to fill: postgres://USER@HOST/NAME. Hide a URL with a password from other users of this machine:
    /// env:NAME or file:PATH
    #[arg(long, value_name = "URL")]
    to: String,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Copies and compares: [`Outcome::Attention`] when the two differ or the books are broken.
pub(super) fn run(options: &Copy) -> anyhow::Result<Outcome> {
    let (from, to) = (address("--from", &options.from)?, address("--to", &options.to)?);
    let (from, to) = (from.expose_secret(), to.expose_secret());
    if !from.starts_with("sqlite:") {
        return Err(Usage("--from must be a SQLite database; write sqlite:PATH".to_owned()).into());
    }
    if !["postgres:", "postgresql:"].iter().any(|scheme| to.starts_with(scheme)) {
        return Err(Usage("--to must be a PostgreSQL database; write postgres://USER@HOST/NAME".to_owned()).into());
    }
    settings::existing(from)?;
    let source = Database::open(from, Role::Copier)?;
    let target = Database::open(to, Role::Copier)?;
    let bar = ProgressBar::no_length();
    // Draws nothing unless stderr is a terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{msg:9} {bar:40} {pos}/{len} rows, {eta} left")?);
    let copied = copy(&source, &target, Clock::System.now(), |stage, done, total| {
        bar.set_message(match stage {
            Stage::Copying => "copying",
            Stage::Comparing => "comparing",
        });
        bar.set_length(u64::try_from(total).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
        tracing::debug!(done, total, "rows {stage:?}");
    });
    bar.finish_and_clear();
    let copied = copied?;
    output::print(match options.format {
        DetailFormat::Table => in_words(&copied),
        DetailFormat::Json => serde_json::to_string_pretty(&copied)? + "\n",
    })?;
    Ok(if copied.complete { Outcome::Fine } else { Outcome::Attention })
}

fn address(flag: &str, text: &str) -> anyhow::Result<SecretString> {
    config::address(text, &config::environment()).map_err(|message| Usage(format!("{flag}: {message}")).into())
}

fn in_words(copied: &Copied) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for table in &copied.tables {
        let verdict = match (table.source_rows == table.target_rows, table.different) {
            (true, 0) => "the same",
            _ => "DIFFERENT",
        };
        let _ = write!(text, "{:<17} {:>10} {:>10} rows, {verdict}", table.table, table.source_rows, table.target_rows);
        if table.different > 0 {
            let _ = write!(text, ": {} rows are missing or differ", table.different);
        }
        text.push('\n');
    }
    for head in &copied.heads {
        let verdict = if head.there == head.here { "the same" } else { "DIFFERENT" };
        let hash = head.here.as_deref().unwrap_or("none");
        let _ = writeln!(text, "Head of {}: {hash}, {verdict}", head.source);
    }
    if copied.verdict.broken.is_some() {
        text.push_str(&verify::in_words(&copied.verdict));
    } else {
        let _ = writeln!(
            text,
            "The books in the target are correct: {} entries and {} orders.",
            copied.verdict.entries, copied.verdict.orders
        );
    }
    text.push_str(if copied.complete {
        "The copy is complete. Set database.url to the target and start the daemon. Keep the SQLite file until you \
         have checked the result, and never start a daemon on it again.\n"
    } else {
        "The copy DIFFERS from the source. Drop the target database, create it again, and repeat the copy while \
         nothing uses the SQLite file. If a table still differs or the books are broken, keep using the source and \
         find out why.\n"
    });
    text
}
