//! `ticketledger ledger close`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::clock::Clock;
use crate::command::options::{DetailFormat, OperatorOptions, month};
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::db::Database;
use crate::freshness;
use crate::ledger::book::Month;
use crate::ledger::close::{
    Blocker, Closing, Request, Settings, anchor, anchor_lines, close, contradiction, preview, sources,
};

#[derive(Debug, Args)]
pub(in crate::command) struct Close {
    /// Month to close, such as 2025-11
    #[arg(value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    /// Only this source, by its name in the settings [default: every source]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Keep the numbers without closing: entries are still accepted, and the final close says whether they changed
    #[arg(long)]
    soft: bool,
    /// Close although webhooks received in the month are parked or pending; needs --why, which is frozen with the
    /// numbers
    #[arg(long, conflicts_with = "soft")]
    force: bool,
    /// Print what blocks the close and what would be frozen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// File to append the hash of the close to [default: beside the SQLite file, else ./ticketledger.anchors.jsonl]
    #[arg(long, value_name = "PATH")]
    anchor_file: Option<PathBuf>,
    #[command(flatten)]
    operator: OperatorOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Closes a month, source by source, and writes the anchors: [`Outcome::Attention`] when one is not closed.
pub(super) fn run(config: &Config, options: Close) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    if options.force && !options.operator.has_why() {
        return Err(
            Usage("--force needs a reason, which is frozen with the numbers; pass --why TEXT".to_owned()).into()
        );
    }
    let database = settings::open(config)?;
    let chosen = match options.source {
        Some(source) => vec![source],
        None => sources(&database)?,
    };
    let request = Request {
        month: options.month,
        soft: options.soft,
        force: options.force,
        reason: options.operator.reason(options.dry_run)?,
    };
    let mut closings = Vec::new();
    for source in &chosen {
        let act = if options.dry_run { preview } else { close };
        let told = |body: &[u8]| freshness::told(config, source, body);
        let known = config.sources.iter().find(|known| known.name == *source);
        let grace_milliseconds =
            known.map_or(Settings::default().grace_milliseconds, |known| known.sweep.grace_milliseconds);
        let settings = Settings { tell: &told, grace_milliseconds, shown: None };
        closings.push(act(&database, &Clock::System, source, &request, settings)?);
    }
    output::print(match options.format {
        DetailFormat::Table => closings.iter().map(in_words).collect(),
        DetailFormat::Json => serde_json::to_string_pretty(&closings)? + "\n",
    })?;
    if !options.dry_run {
        let path = options.anchor_file.unwrap_or_else(|| config.anchor_file());
        let mut lines = Vec::new();
        for source in &chosen {
            lines.append(&mut anchor_lines(&database, source)?);
        }
        // A line that is missing after a crash or a full disk is written by the next close.
        anchor::append(&path, &lines).with_context(|| {
            format!("cannot write the anchor file {}; the next `ledger close` writes what is missing", path.display())
        })?;
    }
    let attention = closings.iter().any(|closing| closing.result == "blocked");
    Ok(if attention { Outcome::Attention } else { Outcome::Fine })
}

/// Where the chain contradicts the anchors in a file, if it does.
pub(super) fn against_anchors(
    database: &Database,
    path: &Path,
    source: Option<&str>,
) -> anyhow::Result<Option<String>> {
    let anchors = anchor::read(path).with_context(|| format!("cannot read the anchor file {}", path.display()))?;
    Ok(contradiction(database, &anchors, source)?)
}

fn in_words(closing: &Closing) -> String {
    let Closing { source, period, .. } = closing;
    let mut text = match closing.result {
        "closed" => format!("{source}: {period} is closed.\n"),
        "soft" => format!("{source}: {period} is soft-closed; entries are still accepted.\n"),
        "possible" => format!("{source}: {period} can be closed. Nothing was changed.\n"),
        _ => format!("{source}: {period} is NOT closed.\n"),
    };
    let mut list = |title: &str, blockers: &[Blocker]| {
        for blocker in blockers {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {title} {}: {}", blocker.code, blocker.detail);
        }
    };
    list(if closing.result == "soft" { "warning:" } else { "blocked by" }, &closing.blockers);
    list("overridden:", &closing.forced);
    for warning in &closing.warnings {
        let _ = writeln!(text, "  warning: {}: {}", warning.code, warning.detail);
    }
    if closing.changed_since_soft_close == Some(true) {
        text += "  The numbers have changed since the soft close.\n";
    }
    let _ = writeln!(text, "  Numbers: {}", closing.totals_sha256);
    // That of a manifest with another time of closing would be another one.
    if closing.result == "closed" {
        let _ = writeln!(text, "  Manifest: {}", closing.manifest_sha256);
    }
    if let Some(anchor) = &closing.anchor {
        let _ = writeln!(text, "  Anchor: entry {} {}", anchor.entry_no, anchor.entry_hash);
    }
    text
}
