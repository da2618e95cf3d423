//! `ticketledger inbox replay`.

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::effect;
use super::selection::WebhookFilter;
use super::stats::table_of;
use crate::clock::Clock;
use crate::command::options::{DetailFormat, OperatorOptions};
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::db::Database;
use crate::inbox::operator::{self, Reason, Replayed, Selection};
use crate::inbox::{EventId, State};
use crate::provider::classify_by_name;
use crate::report::{Format, format};
use crate::worker::Worker;
use crate::worker::effect::{MOST, USUAL, effect};

#[derive(Debug, Args)]
pub(in crate::command) struct Replay {
    /// Ids of webhooks to process again, whatever their state
    #[arg(value_name = "ID", conflicts_with_all = ["source", "state", "kind", "reason", "since", "until", "entity"])]
    ids: Vec<EventId>,
    #[command(flatten)]
    filter: WebhookFilter,
    /// In any state, including webhooks that are done
    #[arg(long, conflicts_with_all = ["ids", "state"])]
    all_states: bool,
    /// Show the effect (entries, accounts, orders, findings) and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: process the first N webhooks only, at most 30000 [default: 5000]; on SQLite no webhook can
    /// be received while it runs
    #[arg(long, value_name = "N", requires = "dry_run", value_parser = clap::value_parser!(i64).range(1..=MOST))]
    limit: Option<i64>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    operator: OperatorOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Shows what would be replayed, asks, and replays it.
pub(super) fn run(config: &Config, options: Replay) -> anyhow::Result<Outcome> {
    let selection = selection(config, &options)?;
    let reason = options.operator.reason(options.dry_run)?;
    let database = settings::open(config)?;
    if let Selection::Ids(ids) = &selection {
        let unknown = operator::unknown(&database, ids)?;
        if !unknown.is_empty() {
            bail!("there are no webhooks with these ids: {unknown:?}; nothing was changed");
        }
    }
    let counts = operator::preview(&database, &selection)?;
    let events: i64 = counts.iter().map(|count| count.events).sum();
    if options.dry_run {
        let worker = Worker::offline(database.clone(), Clock::System, config);
        let at_most = options.limit.unwrap_or(USUAL);
        let effect =
            effect(&database, &Clock::System, &classify_by_name(&config.sources), &selection, at_most, |connection| {
                worker.dry_run(connection)
            })?;
        output::print(match options.format {
            DetailFormat::Table => effect::in_words(&effect),
            DetailFormat::Json => serde_json::to_string_pretty(&effect)? + "\n",
        })?;
        return Ok(Outcome::Fine);
    }
    if events > 0 && !options.yes {
        let counts = format::render(&table_of(&counts), Format::Table)?;
        if !output::confirm(&counts, &format!("process {events} webhooks again"))? {
            output::print("Nothing was changed.\n")?;
            return Ok(Outcome::Fine);
        }
    }
    let replayed = replay(config, &database, &selection, &reason, events)?;
    output::print(match options.format {
        DetailFormat::Table => in_words(&replayed),
        DetailFormat::Json => serde_json::to_string_pretty(&replayed)? + "\n",
    })?;
    Ok(Outcome::Fine)
}

fn selection(config: &Config, options: &Replay) -> anyhow::Result<Selection> {
    if !options.ids.is_empty() {
        return Ok(Selection::Ids(options.ids.clone()));
    }
    let mut filter = options.filter.checked(config)?;
    if filter.states.as_ref().is_some_and(|states| states.contains(&State::Done)) {
        let advice = "webhooks that are done are replayed only by id or with --all-states; pass one of these";
        return Err(Usage(advice.to_owned()).into());
    }
    if filter.states.is_none() && !options.all_states {
        filter.states = Some(vec![State::Parked]);
    }
    Ok(Selection::Matching(filter))
}

fn replay(
    config: &Config,
    database: &Database,
    selection: &Selection,
    reason: &Reason,
    events: i64,
) -> anyhow::Result<Replayed> {
    let bar = ProgressBar::new(u64::try_from(events).unwrap_or(0));
    // Draws nothing unless stderr is a terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} webhooks, {eta} left")?);
    let replayed = operator::replay(
        database,
        &Clock::System,
        &classify_by_name(&config.sources),
        selection,
        reason,
        None,
        |so_far| {
            let seen = so_far.replayed + so_far.in_work + so_far.still_parked + so_far.pruned;
            bar.set_position(u64::try_from(seen).unwrap_or(0));
        },
    )?;
    bar.finish_and_clear();
    Ok(replayed)
}

fn in_words(replayed: &Replayed) -> String {
    let mut text = format!("Set back to pending: {}.\n", replayed.replayed);
    if replayed.in_work > 0 {
        text += &format!("Skipped, because a worker is processing them: {}.\n", replayed.in_work);
    }
    if replayed.still_parked > 0 {
        text += &format!(
            "Still not understood and parked again: {} (`ticketledger inbox stats` shows the reasons).\n",
            replayed.still_parked
        );
    }
    if replayed.pruned > 0 {
        text += &format!(
            "Skipped, because their bodies were deleted: {} (reason body_pruned; `ticketledger ledger trace event:ID` \
             shows what they led to).\n",
            replayed.pruned
        );
    }
    text
}
