//! What ended a run, and what follows from it.

use std::borrow::Cow;

use chrono_tz::Tz;

use super::halt::{Failed, Halt};
use super::store::Run;
use super::words::{Resource, RunKind, RunResult};
use crate::clock::Timestamp;
use crate::db;
use crate::ledger::posting::{Finding, FindingReason};

/// How a run ended.
pub(super) struct Ended {
    pub(super) result: RunResult,
    pub(super) error: Option<Cow<'static, str>>,
    pub(super) detail: Option<String>,
    /// Nothing was asked, because an earlier pause is not over.
    pub(super) waits: bool,
    pub(super) not_before: Option<Timestamp>,
    pub(super) blocked_until: Option<Timestamp>,
    pub(super) finding: Option<Finding>,
}

impl Ended {
    pub(super) fn of(run: &Run, outcome: Result<(), Halt>, zone: Tz) -> db::Result<Self> {
        let ended = |result| Self {
            result,
            error: None,
            detail: None,
            waits: false,
            not_before: None,
            blocked_until: None,
            finding: None,
        };
        Ok(match outcome {
            Ok(()) if run.found == 0 => ended(RunResult::Clean),
            Ok(()) => ended(RunResult::Repaired),
            Err(Halt::Stopped) => ended(RunResult::Stopped),
            Err(Halt::OverBudget { detail, blocked_until }) => {
                let subject = subject(FindingReason::BudgetExhausted, run.kind);
                let until = blocked_until.map_or_else(String::new, |until| {
                    format!("; the next try is at {}", until.local_minute_named(zone))
                });
                let finding = Finding::new(FindingReason::BudgetExhausted, subject, format!("{detail}{until}"));
                let to_do = match (blocked_until, run.kind) {
                    // No setting of ours changes it.
                    (Some(_), _) => {
                        "find out which program of yours asks so often, or ask the provider for more; it goes on by \
                         itself"
                    }
                    (None, RunKind::History) => "raise `history_budget` in [sources.sweep], or go on next month",
                    (None, _) => "raise `budget` in [sources.sweep], or ask for less, such as payments = \"changed\"",
                };
                let finding = Some(finding.to_be_done(to_do));
                Self { detail: Some(detail), blocked_until, finding, ..ended(RunResult::OverBudget) }
            }
            Err(Halt::Unstable) => {
                let what = match run.resource {
                    Resource::Orders => "orders were removed from the list while it was read",
                    Resource::Bookings => "no two walks over the list agreed",
                };
                let finding = Finding::new(FindingReason::SweepUnstable, "sweep", format!("{what}, three times"));
                Self { detail: Some(what.to_owned()), finding: Some(finding), ..ended(RunResult::Unstable) }
            }
            Err(Halt::Failed(failed)) => {
                let Failed { error, detail, waits, not_before, finding, .. } = *failed;
                let (error, detail) = (Some(error), Some(detail));
                Self { error, detail, waits, not_before, finding, ..ended(RunResult::Failed) }
            }
            Err(Halt::Lost) => {
                let detail = Some("somebody else took the source over".to_owned());
                Self { error: Some("lease_lost".into()), detail, ..ended(RunResult::Failed) }
            }
            Err(Halt::Database(error)) => return Err(error),
        })
    }
}

/// The budgets are used up one by one.
pub(super) fn subject(reason: FindingReason, kind: RunKind) -> &'static str {
    if reason == FindingReason::BudgetExhausted { kind.budget().as_str() } else { "sweep" }
}
