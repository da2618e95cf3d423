//! `ticketledger inbox replay`.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{DetailFormat, Replay};
use super::inbox::{filter, table_of};
use super::output::{self, Usage};
use super::{Outcome, effect, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Database;
use crate::inbox::State;
use crate::inbox::operator::{self, Count, Reason, Replayed, Selection};
use crate::provider::classify_by_name;
use crate::report::{Format, format};
use crate::worker::Worker;
use crate::worker::effect::{USUAL, effect};

/// Says what would be worked on again, asks, and does it.
pub(super) fn run(config: &Config, options: Replay) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.which.source.as_deref())?;
    let selection = selection(&options)?;
    let database = settings::open(config)?;
    if let Selection::Ids(ids) = &selection {
        let unknown = operator::unknown(&database, ids)?;
        if !unknown.is_empty() {
            bail!("these are no webhooks: {unknown:?}; nothing was changed");
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
    if events > 0 && !options.yes && !confirmed(&counts, events)? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let format = options.format;
    let replayed = replay(config, &database, &selection, options, events)?;
    output::print(match format {
        DetailFormat::Table => in_words(&replayed),
        DetailFormat::Json => serde_json::to_string_pretty(&replayed)? + "\n",
    })?;
    Ok(Outcome::Fine)
}

fn selection(options: &Replay) -> anyhow::Result<Selection> {
    if !options.ids.is_empty() {
        return Ok(Selection::Ids(options.ids.clone()));
    }
    let mut filter = filter(&options.which, options.entity.as_deref());
    if filter.states.as_ref().is_some_and(|states| states.contains(&State::Done)) {
        let advice = "webhooks that are done are replayed only by their numbers, or with --all-states";
        return Err(Usage(advice.to_owned()).into());
    }
    if filter.states.is_none() && !options.all_states {
        filter.states = Some(vec![State::Parked]);
    }
    Ok(Selection::Matching(filter))
}

fn confirmed(counts: &[Count], events: i64) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        let advice = format!("this would work on {events} webhooks again; say --yes, as there is nobody to ask here");
        return Err(Usage(advice).into());
    }
    // The question goes to stderr, so that it is seen when stdout is a file.
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}", format::render(&table_of(counts), Format::Table)?)?;
    write!(stderr, "Work on these {events} webhooks again? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn replay(
    config: &Config,
    database: &Database,
    selection: &Selection,
    options: Replay,
    events: i64,
) -> anyhow::Result<Replayed> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let actor = options.actor.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER"));
    let reason = Reason { actor: actor.unwrap_or_else(|| "unknown".to_owned()), why: options.why };
    let bar = ProgressBar::new(u64::try_from(events).unwrap_or(0));
    // Draws nothing unless stderr is a terminal.
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} webhooks, {eta} left")?);
    let replayed =
        operator::replay(database, &Clock::System, &classify_by_name(&config.sources), selection, &reason, |so_far| {
            let seen = so_far.replayed + so_far.in_work + so_far.still_parked + so_far.pruned;
            bar.set_position(u64::try_from(seen).unwrap_or(0));
        })?;
    bar.finish_and_clear();
    Ok(replayed)
}

fn in_words(replayed: &Replayed) -> String {
    let mut text = format!("Back to be worked on: {}.\n", replayed.replayed);
    if replayed.in_work > 0 {
        text += &format!("Left alone, because a worker is at them right now: {}.\n", replayed.in_work);
    }
    if replayed.still_parked > 0 {
        text += &format!(
            "Still not understood, so still parked: {} (`ticketledger inbox stats` says why).\n",
            replayed.still_parked
        );
    }
    if replayed.pruned > 0 {
        text += &format!(
            "Left as they are, because their bodies were pruned and cannot be worked on again: {} (reason \
             body_pruned; `ticketledger ledger trace event:ID` shows what they led to).\n",
            replayed.pruned
        );
    }
    text
}
