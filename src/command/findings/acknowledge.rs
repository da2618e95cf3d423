//! `ticketledger findings ack`.

use anyhow::bail;
use clap::Args;

use super::list::table_of;
use super::selection::FindingsFilter;
use crate::clock::Clock;
use crate::command::options::ActorOption;
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::inbox::operator::{self, Action, ActionKind};
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store;
use crate::report::{Format, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Ack {
    /// Start of the fingerprint of one finding, as shown by `findings list`
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
    #[command(flatten)]
    filter: FindingsFilter,
    /// Reason to record: why these findings are fine
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    actor: ActorOption,
    /// List what would be acknowledged, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Output format of the list
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(super) fn run(config: &Config, options: &Ack) -> anyhow::Result<Outcome> {
    if options.why.trim().is_empty() {
        return Err(Usage("--why is empty; write why these findings are fine".to_owned()).into());
    }
    if options.fingerprint.is_none() && !options.filter.is_narrow() {
        return Err(Usage("select findings by a fingerprint, --reason, --order or --severity".to_owned()).into());
    }
    let mut filter = options.filter.checked(config, vec![FindingState::Open])?;
    filter.fingerprint = options.fingerprint.as_ref().map(|prefix| prefix.to_lowercase());
    let reason = options.actor.reason(&options.why, options.dry_run)?;
    let database = settings::open(config)?;
    let chosen = store::list(&mut database.reader()?, &filter)?;
    if let Some(prefix) = options.fingerprint.as_deref() {
        match chosen.len() {
            0 => bail!(
                "no open finding has a fingerprint that begins with {prefix}; `ticketledger findings list` shows them"
            ),
            1 => {}
            several => bail!("{several} open findings have a fingerprint that begins with {prefix}; write more of it"),
        }
    }
    if options.dry_run {
        output::print(format::render(&table_of(&chosen, options.format), options.format)?)?;
        return Ok(Outcome::Fine);
    }
    let words = options.filter.in_words(options.fingerprint.as_deref());
    let fingerprints: Vec<String> = chosen.into_iter().map(|(row, _)| row.fingerprint).collect();
    let count = database.transaction("acknowledge", |connection| {
        let count = store::acknowledge(connection, &fingerprints, &reason.actor, &reason.why)?;
        let (kind, at) = (ActionKind::AcknowledgeFindings, Clock::System.now());
        operator::record(connection, &Action { kind, at, reason: &reason, selection: &words, changed: count })?;
        Ok::<_, crate::db::Error>(count)
    })?;
    output::print(format!("{count} findings acknowledged, including their consequences.\n"))?;
    Ok(Outcome::Fine)
}
