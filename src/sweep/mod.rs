//! Notices the webhook that never came: asks a provider what changed, and stores what is not known as an event of the
//! inbox, which is then settled like any other.
//!
//! ```text
//! begin ──> page ──> each record ──> known? ── yes ──────────────────────────> counted
//!   ▲                                  └─ no ──> read it alone ──> event ──> store with the position ──┐
//!   └───────────────── next page, until one brings nothing new ◄───────────────────────────────────────┘
//! end ──> complete until the start of the run          later ──> late, or missed
//! ```
//!
//! * The window is open: it begins before the start of the last good run and has no end, so that what changes during
//!   the walk cannot leave it.
//! * The position and the events of a page are stored in one transaction, so a killed run goes on where it was.
//! * The version comes before the content: an answer that was asked for before a webhook was stored is not taken.
//! * A run that failed moves nothing: the source stays complete up to where it was.

mod ask;
mod begin;
pub mod budget;
mod compare;
mod decide;
mod end;
mod halt;
mod page;
mod record;
pub mod schedule;
mod store;
mod told;
mod walk;
mod words;

use chrono::NaiveDate;
use serde::Serialize;
use tokio::sync::watch;

pub use self::store::{Progress, Run};
pub use self::told::tell;
pub use self::words::{BudgetKind, Decision, HISTORY_EVENT, Resource, RunKind, RunResult, SWEEP_EVENT};

use self::ask::Account;
use self::begin::end_of_month;
use self::store::Of;
use crate::clock::Clock;
use crate::config::Source;
use crate::db::{self, Database};
use crate::provider::SetupError;
use crate::session::{self, Access, OrdersAccess};

/// How long a source belongs to whoever sweeps it, if that is not heard of.
const LEASE_MILLISECONDS: i64 = 180_000;

/// What to sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// What changed since the last good run.
    Delta,
    /// What changed in the last days.
    Nightly,
    /// What was ordered on these days.
    Period { from: NaiveDate, to: NaiveDate },
    /// The past, from this day on or from where it was left.
    History { since: Option<NaiveDate> },
}

/// Why nothing was swept.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("source {0} has no [sources.api], so it cannot be asked what changed; add it to the settings")]
    NoApi(String),
    #[error("somebody else is sweeping {0}; try again later")]
    Busy(String),
    #[error("Ticketpark's bookings can only be listed by when they changed; use --nightly or --history")]
    NoPeriods,
    #[error("nothing says where the past of {0} begins; write --since DAY")]
    NoHistory(String),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Session(#[from] session::SetupError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What a sweep came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The last run of it; an import of the past makes one for each month.
    pub run: Run,
    /// How far the source is now.
    pub progress: Progress,
    /// Of a dry run: what would be stored.
    pub differences: Vec<Difference>,
}

/// An order that is not what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub order_id: String,
    /// The sections that differ.
    pub sections: Vec<String>,
}

/// Sweeps one source. Cheap to clone.
#[derive(Clone)]
pub struct Sweeper {
    database: Database,
    clock: Clock,
    source: Source,
    account: Account,
    /// Who we are.
    holder: String,
    dry: bool,
}

impl Sweeper {
    /// A sweeper of `source`. `access` is that of the workers to a Ticketpark account, if there are any.
    ///
    /// # Errors
    /// [`SweepError::NoApi`], and when the machine has no certificates to trust.
    pub fn new(database: Database, clock: Clock, source: &Source, access: Option<Access>) -> Result<Self, SweepError> {
        let account = match (OrdersAccess::new(database.clone(), clock.clone(), source)?, access) {
            (Some(access), _) => Account::Orders(access),
            (None, Some(access)) => Account::Bookings(access),
            (None, None) if source.api.is_some() => {
                Account::Bookings(Access::new(database.clone(), clock.clone(), source)?)
            }
            (None, None) => return Err(SweepError::NoApi(source.name.clone())),
        };
        let holder = format!("{}-{}", std::process::id(), unique(&clock));
        Ok(Self { database, clock, source: source.clone(), account, holder, dry: false })
    }

    /// The same, which stores nothing but what it used of the budget.
    pub fn dry_run(self) -> Self {
        Self { dry: true, ..self }
    }

    /// Sweeps until the end, or until `stop` says so. `progress` is told of each page.
    ///
    /// # Errors
    /// Why nothing was swept, and when the database fails. What the provider did wrong is in the result.
    pub async fn sweep(
        &self,
        span: Span,
        stop: &watch::Receiver<bool>,
        progress: &(dyn Fn(&Run) + Sync),
    ) -> Result<Swept, SweepError> {
        if matches!(span, Span::Period { .. }) && matches!(self.account, Account::Bookings(_)) {
            return Err(SweepError::NoPeriods);
        }
        if !self.blocking(|sweeper, now| sweeper.take(now)).await? {
            return Err(SweepError::Busy(self.source.name.clone()));
        }
        let swept = match span {
            Span::History { since } => self.sweep_history(since, stop, progress).await,
            Span::Nightly if !self.dry => self.sweep_twice(stop, progress).await,
            span => self.run(span, stop, progress).await,
        };
        self.blocking(|sweeper, _| sweeper.give_back()).await?;
        swept
    }

    /// Decides what was found and is neither late nor missed yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decide(&self) -> Result<(), SweepError> {
        Ok(self.blocking(|sweeper, now| decide::decide(&sweeper.database, &sweeper.source, now)).await?)
    }

    fn of(&self) -> Of<'_> {
        Of { source: &self.source.name, resource: Resource::of(self.source.provider) }
    }

    fn take(&self, now: crate::clock::Timestamp) -> db::Result<bool> {
        let until = now.plus_milliseconds(LEASE_MILLISECONDS);
        self.database.transaction("sweep", |connection| store::take(connection, self.of(), &self.holder, now, until))
    }

    fn give_back(&self) -> db::Result<()> {
        self.database.transaction("sweep", |connection| store::give_back(connection, self.of(), &self.holder))
    }

    /// Runs work on the database on a blocking thread.
    async fn blocking<T: Send + 'static, E: From<db::Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&Self, crate::clock::Timestamp) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let sweeper = self.clone();
        self.database.run(move |_| work(&sweeper, sweeper.clock.now())).await
    }
}

fn unique(clock: &Clock) -> String {
    let mut bytes = [0_u8; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => clock.now().to_string(),
    }
}
