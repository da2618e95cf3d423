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
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::findings::operator::{
    self,
    store::{self, FindingFilter, Listed},
};
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
    /// Acknowledge also what follows from these findings, after listing it
    #[arg(long)]
    with_consequences: bool,
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
    // What is acknowledged already is not acknowledged again, but what follows from it may still be open.
    let known_filter = FindingFilter { states: vec![FindingState::Acknowledged], ..filter };
    let known = store::list(&mut database.reader()?, &known_filter)?;
    let consequences = operator::consequences_of(&database, &[chosen.as_slice(), known.as_slice()].concat())?;
    if let Some(prefix) = options.fingerprint.as_deref() {
        only_one(prefix, &chosen, &known)?;
        if chosen.is_empty() && !options.with_consequences {
            bail!("{}", known_already(prefix, consequences.len()));
        }
    }
    let taken = if options.with_consequences { [chosen, consequences.clone()].concat() } else { chosen };
    if options.dry_run {
        output::print(format::render(&table_of(&taken, options.format), options.format)?)?;
        return Ok(Outcome::Fine);
    }
    if options.with_consequences && !consequences.is_empty() {
        let list = format::render(&table_of(&consequences, Format::Table), Format::Table)?;
        output::print(format!("Acknowledged with them, because they follow from them:\n{list}"))?;
    }
    if taken.is_empty() {
        output::print("No open finding matches; nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let rows: Vec<FindingRow> = taken.into_iter().map(|(row, _)| row).collect();
    let mut words = options.filter.in_words(options.fingerprint.as_deref());
    if options.with_consequences {
        words += " with consequences";
    }
    let count = operator::acknowledge(&database, Clock::System.now(), &rows, &reason, &words)?;
    output::print(result(count, rows.len() - count, if options.with_consequences { 0 } else { consequences.len() }))?;
    Ok(Outcome::Fine)
}

/// A fingerprint names one finding.
fn only_one(prefix: &str, open: &[Listed], known: &[Listed]) -> anyhow::Result<()> {
    match (open.len(), known.len()) {
        (0, 0) => bail!(
            "no open finding has a fingerprint that begins with {prefix}; `ticketledger findings list` shows them"
        ),
        (1, _) | (0, 1) => Ok(()),
        (0, several) => {
            bail!("{several} acknowledged findings have a fingerprint that begins with {prefix}; write more of it")
        }
        (several, _) => {
            bail!("{several} open findings have a fingerprint that begins with {prefix}; write more of it")
        }
    }
}

fn known_already(prefix: &str, consequences: usize) -> String {
    let known = format!("the finding {prefix} is acknowledged already");
    match consequences {
        0 => format!("{known}, and nothing that is open follows from it"),
        count => format!("{known}; open findings that follow from it: {count}; --with-consequences acknowledges them"),
    }
}

fn result(count: usize, changed: usize, consequences: usize) -> String {
    let mut text = format!("{count} findings acknowledged.\n");
    if changed > 0 {
        text += &format!("{changed} changed meanwhile, or somebody else acknowledged them; look at them again.\n");
    }
    if consequences > 0 {
        text += &format!(
            "{consequences} that follow from them stay open; --with-consequences lists and acknowledges them too.\n"
        );
    }
    text
}
