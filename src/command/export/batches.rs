//! `ticketledger export list`, `again` and `take-back`.

use std::path::PathBuf;

use clap::Args;

use super::Progress;
use crate::clock::Clock;
use crate::command::options::{ActorOption, DetailFormat, SourceOption};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::export::{self, Batch, BatchName, batch};
use crate::report::format;

#[derive(Debug, Args)]
pub(in crate::command) struct List {
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Debug, Args)]
pub(in crate::command) struct Again {
    /// The batch, such as datev/museum/2025-11/1; `export list` has all
    #[arg(value_name = "BATCH", value_parser = name)]
    batch: BatchName,
    /// Folder for the files; files of the same name are replaced
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::command) struct TakeBack {
    /// The batch, such as datev/museum/2025-11/1; `export list` has all
    #[arg(value_name = "BATCH", value_parser = name)]
    batch: BatchName,
    /// Why nobody has used it, for the record; name no customer
    #[arg(long, value_name = "TEXT", alias = "why")]
    reason: String,
    #[command(flatten)]
    actor: ActorOption,
}

fn name(text: &str) -> Result<BatchName, String> {
    BatchName::parse(text).ok_or_else(|| "write TARGET/SOURCE/MONTH/NUMBER, such as datev/museum/2025-11/1".to_owned())
}

pub(super) fn list(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let batches = batch::list(&settings::open(config)?, source)?;
    output::print(match options.format {
        DetailFormat::Table => in_words(&batches),
        DetailFormat::Json => serde_json::to_string_pretty(&batches)? + "\n",
    })?;
    Ok(Outcome::Fine)
}

fn in_words(batches: &[Batch]) -> String {
    if batches.is_empty() {
        return "Nothing was exported yet.\n".to_owned();
    }
    let mut table =
        format::plain_table(["batch", "entries", "from", "to", "rows", "exported at", "by", "state", "the book then"]);
    for batch in batches {
        let state = batch.taken_back.as_ref().map_or_else(String::new, |taken| {
            format!("taken back by {} on {}: {}", taken.by, taken.at.utc().date_naive(), taken.reason)
        });
        let cells = [
            batch.batch.to_string(),
            batch.entries.to_string(),
            batch.after_no.saturating_add(1).to_string(),
            batch.until_no.to_string(),
            batch.rows.to_string(),
            batch.created_at.to_string(),
            batch.created_by.clone(),
            state,
            batch.freshness.clone().unwrap_or_default(),
        ];
        table.add_row(cells.map(|cell| format::printable(&cell)));
    }
    format::finish(&table)
}

pub(super) fn again(config: &Config, options: &Again) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let progress = Progress::new();
    let written = export::again(&database, &options.batch, &options.out, &mut |entries| progress.0.inc(entries));
    drop(progress);
    let names: Vec<String> = written?.files.into_iter().map(|file| file.name).collect();
    output::print(format!("{}: written again as it was: {}.\n", options.batch, names.join(", ")))?;
    Ok(Outcome::Fine)
}

pub(super) fn take_back(config: &Config, options: &TakeBack) -> anyhow::Result<Outcome> {
    let reason = options.actor.reason(&options.reason, false)?;
    if reason.why.trim().is_empty() {
        return Err(output::Usage("--reason is empty; say why nobody has used the batch".to_owned()).into());
    }
    let database = settings::open(config)?;
    let taken = batch::take_back(&database, &Clock::System, &options.batch, &reason.actor, &reason.why)?;
    let names: Vec<&str> = taken.files.iter().map(|file| file.name.as_str()).collect();
    output::print(format!(
        "{}: taken back; its {} entries go into the next batch. Delete {}.\n",
        taken.batch,
        taken.entries,
        names.join(", ")
    ))?;
    Ok(Outcome::Fine)
}
