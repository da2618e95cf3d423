//! What a sweep came to, as `ticketledger sweep` prints it.

use std::fmt::Write as _;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::report::format::printable;
use crate::sweep::{Decided, Difference, HISTORY_EVENT, Run, RunKind, RunResult, SWEEP_EVENT, Swept};

/// Orders that are told one by one to people; JSON has more.
const SHOWN: usize = 20;

/// The result for a program. Its words are those that are stored.
#[derive(Serialize)]
struct Told<'s> {
    source: &'s str,
    kind: &'static str,
    /// As the run ended; of a dry run that would have stored something `would_be_repaired`.
    result: &'static str,
    error: Option<&'s str>,
    detail: Option<&'s str>,
    dry_run: bool,
    since: Option<Timestamp>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    pages: i64,
    requests: i64,
    listed: i64,
    equal: i64,
    found: i64,
    /// Of those that are equal: the provider's answer was behind a webhook, and is asked for again.
    behind: i64,
    /// All that changed before is stored.
    complete_until: Option<Timestamp>,
    /// First day of the past that is not imported yet.
    history_next: Option<NaiveDate>,
    /// The first orders that were not as they were known.
    differences: &'s [Difference],
    /// How many more there are.
    more_differences: i64,
    /// What earlier sweeps found and was decided now.
    decided: &'s [Decided],
}

pub(super) fn as_json(swept: &Swept, dry_run: bool) -> anyhow::Result<String> {
    let Swept { run, progress, differences, decided, .. } = swept;
    let told = Told {
        source: &run.source,
        kind: run.kind.as_str(),
        result: match run.result {
            RunResult::Repaired if dry_run => "would_be_repaired",
            result => result.as_str(),
        },
        error: run.error.as_deref(),
        detail: run.detail.as_deref(),
        dry_run,
        since: run.since,
        from: run.from_day,
        to: run.to_day,
        pages: run.pages,
        requests: run.requests,
        listed: run.listed,
        equal: run.equal,
        found: run.found,
        behind: swept.behind,
        complete_until: progress.complete_until,
        history_next: progress.history_next,
        differences,
        more_differences: more(swept.differing, differences.len()),
        decided,
    };
    Ok(serde_json::to_string_pretty(&told)? + "\n")
}

/// The result for a person, with times of the source's zone.
pub(super) fn in_words(swept: &Swept, dry_run: bool, zone: Tz) -> String {
    let Swept { run, differing, .. } = swept;
    let mut text = summary(run, zone);
    text += &match swept.behind {
        0 => String::new(),
        count => format!(
            "Of {} the provider does not tell yet what a webhook told minutes ago; the next sweep asks again.\n",
            counted(count, "order")
        ),
    };
    differences(&mut text, swept, zone);
    if dry_run {
        text += match differing {
            0 => "Nothing was stored: it was a dry run.\n",
            _ => "They would be repaired; nothing was stored, because it was a dry run.\n",
        };
    } else if *differing > 0 {
        text +=
            "What was not known is stored in the inbox; a running daemon books it, or parks what cannot be booked.\n";
        if swept.differences.iter().any(|one| one.is_parked) {
            text += "What is parked is not booked: `ticketledger inbox list --state parked` says why.\n";
        }
        if swept.differences.iter().any(|one| one.decided.is_none() && !one.is_past) && run.kind != RunKind::History {
            text +=
                "A webhook that still comes within `grace` makes it late; else it is missed, and a finding says so.\n";
        }
    }
    earlier(&mut text, &swept.decided, zone);
    text + &ending(swept, zone)
}

/// What was asked for, and what came of it.
fn summary(run: &Run, zone: Tz) -> String {
    let what = match (run.since, run.from_day, run.to_day) {
        (Some(since), ..) => format!("changed since {}", since.local_minute_named(zone)),
        (None, Some(from), Some(to)) => format!("placed from {from} to {to}"),
        _ => "all".to_owned(),
    };
    format!(
        "{}: orders {what}: {} listed, {} known, {} not known ({}, {}).\n",
        run.source,
        run.listed,
        run.equal,
        run.found,
        counted(run.pages, "page"),
        counted(run.requests, "request")
    )
}

fn differences(text: &mut String, swept: &Swept, zone: Tz) {
    let is_import = swept.run.kind == RunKind::History;
    for difference in swept.differences.iter().take(SHOWN) {
        // That it is of the past is news only where something else was looked for.
        let difference = Difference { is_past: difference.is_past && !is_import, ..difference.clone() };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}", printable(&difference.in_words()));
    }
    match more(swept.differing, swept.differences.len().min(SHOWN)) {
        0 => {}
        count => {
            // An import makes a run for each month.
            let of = match is_import {
                true => String::new(),
                false => format!(", of the run of {}", swept.run.asked_at.local_minute_named(zone)),
            };
            let _ = writeln!(text, "  and {count} more{of}; {}", the_rest(swept));
        }
    }
    if !is_import && swept.differences.iter().take(SHOWN).any(|difference| difference.is_past) {
        *text += "What happened before the first start, when this source was not known here, is not called missed.\n";
    }
}

/// Where the others are told: in the inbox, unless it was a dry run.
fn the_rest(swept: &Swept) -> String {
    if swept.differences.iter().all(|difference| difference.event_id.is_none()) {
        return "--format json lists the first 200".to_owned();
    }
    let kinds = [(false, SWEEP_EVENT), (true, HISTORY_EVENT)];
    let kinds = kinds.iter().filter(|(past, _)| swept.differences.iter().any(|difference| difference.is_past == *past));
    let (source, limit) = (&swept.run.source, swept.differing);
    let list = |kind: &str| format!("`ticketledger inbox list --source {source} --kind {kind} --limit {limit}`");
    let lists: Vec<String> = kinds.map(|(_, kind)| list(kind)).collect();
    format!("{} lists the newest first", lists.join(", and "))
}

/// What was found before, and what became of it.
fn earlier(text: &mut String, decided: &[Decided], zone: Tz) {
    if decided.is_empty() {
        return;
    }
    *text += "Found earlier and decided now:\n";
    for one in decided.iter().take(SHOWN) {
        let found = one.found_at.local_minute_named(zone);
        let _ = writeln!(text, "  {} of {found}", printable(&one.in_words()));
    }
    if let Some(count) = decided.len().checked_sub(SHOWN).filter(|count| *count > 0) {
        let _ = writeln!(text, "  and {count} more");
    }
}

/// How it ended, and how far the source is.
fn ending(swept: &Swept, zone: Tz) -> String {
    let Swept { run, progress, .. } = swept;
    let detail = run.detail.as_deref().map_or_else(String::new, |detail| format!(": {}", printable(detail)));
    let ended = match run.result {
        RunResult::Stopped => "Stopped; the next run goes on from here.\n".to_owned(),
        RunResult::OverBudget | RunResult::Unstable => format!("It ended early{detail}.\n"),
        // Why is said once, when the command ends.
        RunResult::Failed => "It failed, so nothing is taken for complete.\n".to_owned(),
        RunResult::Clean | RunResult::Repaired | RunResult::Running => String::new(),
    };
    ended
        + &match (run.kind, progress.complete_until, progress.history_next) {
            (RunKind::History, _, Some(next)) => format!("The past is imported up to the day before {next}.\n"),
            (RunKind::History, ..) => "Nothing of the past is imported yet.\n".to_owned(),
            (_, Some(until), _) => format!("Complete up to {}.\n", until.local_minute_named(zone)),
            (_, None, _) => "It is not known how far the source is complete.\n".to_owned(),
        }
}

fn more(all: i64, shown: usize) -> i64 {
    all.saturating_sub(i64::try_from(shown).unwrap_or(i64::MAX)).max(0)
}

fn counted(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
