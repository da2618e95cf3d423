//! Why a run ends before its end.

use std::borrow::Cow;

use chrono_tz::Tz;

use crate::clock::Timestamp;
use crate::db;
use crate::freshness::cause_in_words;
use crate::inbox::ParkReason;
use crate::ledger;
use crate::ledger::posting::{Finding, FindingReason};
use crate::provider::{Failure, Unreadable};
use crate::session::Refusal;

/// Until when a pause lasts, at the end of the words why.
pub(super) const NOT_BEFORE: &str = "; nothing is asked before ";

/// Why a run ends early. Where it was is kept in any case.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked us to stop.
    Stopped,
    /// Our own budget is used up, or the provider's.
    OverBudget {
        detail: String,
        /// The provider itself allows no more until then.
        blocked_until: Option<Timestamp>,
    },
    Failed(Box<Failed>),
    /// The list changed too much while it was read.
    Unstable,
    /// Somebody else sweeps the source by now: nothing more may be written.
    Lost,
    Database(db::Error),
}

/// A failure of the provider, or of what it answered.
#[derive(Debug)]
pub(super) struct Failed {
    /// A word.
    pub(super) error: Cow<'static, str>,
    /// In words; no personal data, no secrets.
    pub(super) detail: String,
    /// Nothing was asked, because an earlier pause is not over.
    pub(super) waits: bool,
    /// No run begins before.
    pub(super) not_before: Option<Timestamp>,
    /// To be raised for the source.
    pub(super) finding: Option<Finding>,
    /// The answer was too large: smaller pages may help.
    pub(super) too_large: bool,
}

impl Failed {
    pub(super) fn new(error: &'static str, detail: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            detail: detail.into(),
            waits: false,
            not_before: None,
            finding: None,
            too_large: false,
        }
    }
}

impl From<db::Error> for Halt {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

impl From<ledger::Error> for Halt {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Database(error) => Self::Database(error),
            error => Self::of(Failed::new("ledger", error.to_string())),
        }
    }
}

impl From<Unreadable> for Halt {
    fn from(unreadable: Unreadable) -> Self {
        let detail = match unreadable.reason {
            ParkReason::MissingId => "a record of it has no id",
            _ => &unreadable.detail,
        };
        let detail = format!("the provider's list cannot be read: {detail}");
        Self::of(Failed::new("unreadable", detail))
    }
}

impl Halt {
    pub(super) fn of(failed: Failed) -> Self {
        Self::Failed(Box::new(failed))
    }

    pub(super) fn of_failure(failure: Failure, now: Timestamp, zone: Tz) -> Self {
        let (error, pause, detail) = match failure {
            Failure::RateLimited { retry_after_milliseconds, detail } => {
                ("rate_limited", Some(retry_after_milliseconds.unwrap_or(RATE_PAUSE_MILLISECONDS)), detail)
            }
            Failure::ProviderDown { retry_after_milliseconds, detail } => {
                ("provider_down", retry_after_milliseconds, detail)
            }
            Failure::Transient { reason, retry_after_milliseconds, detail } => {
                (reason.as_str(), retry_after_milliseconds, detail)
            }
            Failure::Permanent { reason, detail } => (reason.as_str(), None, detail),
        };
        // The code is for programs; people read what it means, and then what exactly happened.
        let detail = match detail.strip_prefix("the provider answered ") {
            Some(status) => format!("HTTP status {status}"),
            None => detail,
        };
        let too_large = error == ParkReason::AnswerTooLarge.as_str();
        let not_before = pause.map(|pause| now.plus_milliseconds(pause));
        let until =
            not_before.map_or_else(String::new, |until| format!("{NOT_BEFORE}{}", until.local_minute_named(zone)));
        let detail = format!("{} ({detail}){until}", cause_in_words(error));
        Self::of(Failed { not_before, too_large, ..Failed::new(error, detail) })
    }

    pub(super) fn of_refusal(refusal: Refusal, now: Timestamp, zone: Tz) -> Self {
        let detail = match &refusal {
            Refusal::TokenElsewhere { until } => {
                format!("another program uses the token of this client until about {}", until.local_minute_named(zone))
            }
            refusal => refusal.to_string(),
        };
        match refusal {
            Refusal::Failed(failure) => Self::of_failure(failure, now, zone),
            Refusal::MonthUsedUp => Self::OverBudget { detail, blocked_until: Some(super::budget::reset_after(now)) },
            Refusal::ClientRefused(_) => Self::of(Failed::new("client_refused", detail)),
            Refusal::TokenRefused(_) => Self::of(Failed::new("token_refused", detail)),
            Refusal::TokenElsewhere { until } => Self::of(Failed {
                not_before: Some(until),
                finding: Some(Finding::new(FindingReason::TokenHeldElsewhere, "sweep", detail.clone())),
                // The finding has its remedy.
                ..Failed::new("token_elsewhere", format!("{detail}; give ticketledger a client of its own"))
            }),
        }
    }
}

/// Pause when the provider limits our rate without naming a duration.
const RATE_PAUSE_MILLISECONDS: i64 = 300_000;
