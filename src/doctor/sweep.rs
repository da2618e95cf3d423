//! The sweeps: whether they come to their end, how long ago, what hinders them, and how much they may still ask.

use super::Check;
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Source};
use crate::db::Database;
use crate::freshness::{cause_in_words, ended_in_words};
use crate::monitor::sweep_patience;
use crate::sweep::{Looked, Run, RunResult, look};

/// Below this part of the budget, in percent, it is short.
const SHORT_PERCENT: i64 = 10;

/// What to do when the provider's own limit is reached: no setting of ours changes it.
const USED_UP: &str =
    "find out which program of yours asks so often, or ask the provider for more; it goes on by itself";

/// Two checks for each source.
pub(super) fn checks(database: &Database, config: &Config, clock: &Clock) -> Vec<Check> {
    let now = clock.now();
    let mut checks = Vec::new();
    for source in &config.sources {
        if !source.can_be_swept() {
            let text = "not set up, so a webhook that never comes goes unnoticed";
            let to_do = "add [sources.api] to have the provider asked what changed; see docs/sweep.md";
            let check = Check { to_do: to_do.to_owned(), ..Check::ok("sweep", text) };
            checks.push(check.of(&source.name));
            continue;
        }
        match database.reader().and_then(|mut connection| look(&mut connection, source, now)) {
            Ok(looked) => {
                checks.push(ended(source, &looked, now).of(&source.name));
                checks.push(budget(source, &looked).of(&source.name));
            }
            Err(error) => {
                checks.push(Check::failed("sweep", error.to_string(), "check the database's log").of(&source.name));
            }
        }
    }
    checks
}

/// How the last run ended, and how long ago one came to its end.
fn ended(source: &Source, looked: &Looked, now: Timestamp) -> Check {
    let time = |at: Timestamp| at.local_minute_named(source.timezone);
    let complete = match looked.progress.complete_until {
        Some(until) => format!("complete up to {}", time(until)),
        None => "not known to be complete up to any time".to_owned(),
    };
    let running = looked.held.as_ref().map(|(holder, _)| match holder {
        Some(holder) => format!("; {} has been sweeping since {}", holder.in_words(), time(holder.since)),
        None => "; a sweep is running".to_owned(),
    });
    let running = running.unwrap_or_default();
    let by_hand = source.sweep.every_milliseconds == 0;
    let Some(run) = &looked.last else { return never(source, looked, &running, now) };
    let at = run.finished_at.unwrap_or(run.asked_at);
    if !run.result.is_complete() {
        let how = ended_in_words(run.result.as_str(), run.error.as_deref());
        let why = run.detail.as_ref().filter(|_| run.error.is_none());
        let why = why.map_or_else(String::new, |detail| format!(" ({detail})"));
        let next = looked.progress.not_before.filter(|until| *until > now);
        let next = next.map_or_else(String::new, |until| format!("; not tried again before {}", time(until)));
        let text = format!("the last sweep, {}, {how}{why}; {complete}{next}{running}", time(at));
        let status = if is_refused(run) { Check::failed } else { Check::warning };
        return status("sweep", text, remedy(source, run, looked.left.blocked_until.is_some()));
    }
    let found = match run.found {
        0 => "found no difference".to_owned(),
        1 => "found 1 difference".to_owned(),
        found => format!("found {found} differences"),
    };
    let text = format!("the last sweep, {}, {found}; {complete}{running}", time(at));
    if !by_hand && looked.held.is_none() && now.milliseconds_since(at) > sweep_patience(source) {
        let to_do = "check that the daemon runs with these settings: it sweeps by itself; its log says why it does not";
        return Check::warning("sweep", format!("{text}; it should have been repeated long ago"), to_do);
    }
    Check::ok("sweep", if by_hand { format!("by command only; {text}") } else { text })
}

/// A source that was never swept.
fn never(source: &Source, looked: &Looked, running: &str, now: Timestamp) -> Check {
    let name = &source.name;
    let past = match looked.progress.history_next {
        Some(next) => format!(" (the past is imported up to the day before {next})"),
        None => String::new(),
    };
    if source.sweep.every_milliseconds == 0 {
        let text = format!("never swept for changes{past}, and every = \"off\": only the command does it{running}");
        return Check::warning("sweep", text, format!("run `ticketledger sweep {name}`, or set `every`"));
    }
    let text = format!("never swept for changes{past}, so nobody knows whether every webhook came");
    let is_young = looked.known_since.is_none_or(|since| now.milliseconds_since(since) < sweep_patience(source));
    if is_young || looked.held.is_some() {
        return Check::ok("sweep", format!("{text}; a daemon begins within a minute of its start{running}"));
    }
    let to_do = format!("restart the daemon after a change of the settings, or run `ticketledger sweep {name}`");
    Check::warning("sweep", text, to_do)
}

/// Whether only a person can mend it.
fn is_refused(run: &Run) -> bool {
    let refused = ["client_refused", "token_refused", "login_refused", "forbidden"];
    run.error.as_deref().is_some_and(|error| refused.contains(&error))
}

/// What to do about a run that did not come to its end.
fn remedy(source: &Source, run: &Run, is_blocked: bool) -> String {
    let name = &source.name;
    match (run.result, run.error.as_deref().unwrap_or_default()) {
        (RunResult::Stopped, _) => "nothing: the next one goes on where it was".to_owned(),
        (RunResult::OverBudget, _) if is_blocked => USED_UP.to_owned(),
        (RunResult::OverBudget, _) => {
            "raise `budget` in [sources.sweep], or ask for less: payments = \"changed\", a shorter `nightly`".to_owned()
        }
        (RunResult::Unstable, _) => "nothing at first; if it stays, raise `page_size` in [sources.sweep]".to_owned(),
        (_, "client_refused") => "check client_id and client_secret in [sources.api]".to_owned(),
        (_, "token_refused" | "forbidden") if source.orders_api.is_some() => {
            "ask bookingkit's support to give the client the scope orders_read_owned".to_owned()
        }
        (_, "token_elsewhere") => "give ticketledger a client of its own, which no other program uses".to_owned(),
        (_, "login_refused" | "token_refused" | "forbidden" | "token_unsealed") => {
            format!("run `ticketledger login {name}`, or check username and password in [sources.api]")
        }
        (_, "rate_limited") => "nothing: it goes on by itself; if it stays, lower `rate` in [sources.sweep]".to_owned(),
        (_, "provider_down") => {
            "nothing: it is tried again by itself; check whether the provider has an outage".to_owned()
        }
        (_, error) => {
            let what = cause_in_words(error);
            format!("run `ticketledger doctor --probe {name}`, which finds out why ({what}) and which settings fit")
        }
    }
}

/// What is left of the requests of the month.
fn budget(source: &Source, looked: &Looked) -> Check {
    let (budget, left) = (source.sweep.budget, looked.left.requests);
    if let Some(until) = looked.left.blocked_until {
        let until = until.local_minute_named(source.timezone);
        let text = format!("the provider says that the requests of the month are used up; none is made before {until}");
        return Check::warning("sweep_budget", text, USED_UP);
    }
    let text = format!("{} of {budget} requests of this month are used", looked.left.used);
    if left.saturating_mul(100) < budget.saturating_mul(SHORT_PERCENT) {
        let to_do = "raise `budget` in [sources.sweep], or ask for less; `ticketledger config check` has the figures";
        return Check::warning("sweep_budget", text, to_do);
    }
    Check::ok("sweep_budget", text)
}
