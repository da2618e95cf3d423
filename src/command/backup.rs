//! `ticketledger backup`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use super::options::DetailFormat;
use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::maintenance::backup::{self, Backup};

#[derive(Debug, Args)]
pub(super) struct BackupOptions {
    /// File to write, which must not exist; with --keep, the folder for backups named after their time
    file: PathBuf,
    /// Name the backup after its time, then remove all but the newest NUMBER backups in the folder
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Backs up the SQLite file; for PostgreSQL it says which tools to use.
pub(super) fn run(config: &Config, options: &BackupOptions) -> anyhow::Result<Outcome> {
    let url = config.database_url.expose_secret();
    let Some(source) = url.strip_prefix("sqlite:").map(|path| Path::new(path.trim_start_matches("//"))) else {
        return Err(Usage(of_postgres(url, &options.file)).into());
    };
    settings::existing(url)?;
    let file = match options.keep {
        None => options.file.clone(),
        Some(_) => options.file.join(backup::name_at(Clock::System.now())),
    };
    let saved = backup::backup(source, &file)?;
    let mut removed = Vec::new();
    if let Some(keep) = options.keep {
        let surplus = backup::superfluous(&options.file, usize::from(keep));
        for old in surplus.with_context(|| format!("cannot read {}", options.file.display()))? {
            std::fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
            removed.push(old);
        }
    }
    output::print(match options.format {
        DetailFormat::Table => in_words(&saved, &removed),
        DetailFormat::Json => serde_json::to_string_pretty(&saved)? + "\n",
    })?;
    Ok(Outcome::Fine)
}

fn of_postgres(url: &str, file: &Path) -> String {
    format!(
        "this command backs up SQLite only; back up PostgreSQL with its own tools. Once a day:\n\n  \
         pg_dump --format=custom --file={} '{}'\n\nor, for point-in-time recovery, pgBackRest \
         (`pgbackrest --stanza=NAME backup`). docs/backup-and-restore.md describes how to restore",
        file.display(),
        config::without_password(url)
    )
}

fn in_words(saved: &Backup, removed: &[PathBuf]) -> String {
    let Backup { file, bytes, events, entries, heads } = saved;
    // Writing into a text cannot fail.
    let mut text = format!(
        "Saved {}: {bytes} bytes, {events} webhooks, {entries} entries; the integrity check passed.\n",
        file.display()
    );
    for (source, entry_no, hash) in heads {
        let _ = writeln!(text, "Head of {source}: entry {entry_no}, {hash}");
    }
    for old in removed {
        let _ = writeln!(text, "Removed {}.", old.display());
    }
    text
}
