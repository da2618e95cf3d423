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
mod blank;
pub mod budget;
mod compare;
mod decide;
mod difference;
mod end;
mod ended;
mod facts;
mod fill;
mod halt;
mod headers;
mod holder;
mod listed;
mod names;
mod page;
mod record;
mod restored;
pub mod schedule;
mod store;
mod told;
mod walk;
mod words;

use chrono::{Datelike as _, NaiveDate};
use tokio::sync::watch;

pub use self::difference::Difference;
pub use self::holder::{Busy, Holder};
pub use self::listed::{Looked, look};
pub use self::store::{Decided, Progress, Run};
pub use self::told::{begin as tell_all, tell};
pub use self::words::{BudgetKind, Decision, HISTORY_EVENT, Resource, RunKind, RunResult, SWEEP_EVENT};

use self::ask::Account;
use self::begin::end_of_month;
use self::store::Of;
use crate::clock::{Clock, Timestamp};
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

/// No account is older.
const FIRST_YEAR: i32 = 2000;

impl Span {
    /// Why these days cannot be asked for, if they cannot.
    fn check(self, today: NaiveDate) -> Result<(), String> {
        let named = match self {
            Self::Delta | Self::Nightly | Self::History { since: None } => return Ok(()),
            Self::Period { from, to } => [("--from", Some(from)), ("--to", Some(to))],
            Self::History { since } => [("--since", since), ("", None)],
        };
        let days = named.into_iter().filter_map(|(name, day)| Some((name, day?)));
        for (name, day) in days.filter(|(name, _)| *name != "--to") {
            if day > today {
                return Err(format!("{name} {day} is in the future; today is {today}"));
            }
            if day.year() < FIRST_YEAR {
                return Err(format!("{name} {day} is before {FIRST_YEAR}; write the year with four digits"));
            }
        }
        match self {
            Self::Period { from, to } if from > to => Err(format!("--from {from} is after --to {to}")),
            _ => Ok(()),
        }
    }
}

/// Why nothing was swept.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("source {0} has no [sources.api], so it cannot be asked what changed; add it to the settings")]
    NoApi(String),
    #[error("{0}")]
    Busy(Box<Busy>),
    #[error("Ticketpark's bookings can only be listed by when they changed; use --nightly or --history")]
    NoPeriods,
    /// Days that nothing can be asked for.
    #[error("{0}")]
    Days(String),
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
    /// The first orders that were not as they were known, stored or (of a dry run) to be stored.
    pub differences: Vec<Difference>,
    /// How many there are in all.
    pub differing: i64,
    /// Orders of which the provider's answer was behind a webhook: it was not taken, and the next run asks again.
    pub behind: i64,
    /// What was found before and was decided now, the first of it.
    pub decided: Vec<Decided>,
}

/// Sweeps one source. Cheap to clone.
#[derive(Clone)]
pub struct Sweeper {
    database: Database,
    clock: Clock,
    source: Source,
    account: Account,
    /// Who we are.
    holder: Holder,
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
        let holder = Holder::own(false, &clock);
        Ok(Self { database, clock, source: source.clone(), account, holder, dry: false })
    }

    /// The same, which stores nothing but what it used of the budget.
    pub fn dry_run(self) -> Self {
        Self { dry: true, ..self }
    }

    /// The same as a part of a daemon.
    pub fn of_daemon(self) -> Self {
        Self { holder: Holder::own(true, &self.clock), ..self }
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
        span.check(self.clock.now().local_date(self.source.timezone)).map_err(SweepError::Days)?;
        // Whoever waits for it is told since when it is swept.
        let own = Self { holder: Holder::own(self.holder.is_daemon, &self.clock), ..self.clone() };
        if let Some(busy) = own.blocking(|sweeper, now| sweeper.take(now)).await? {
            return Err(SweepError::Busy(Box::new(busy)));
        }
        let began = self.clock.now();
        let swept = match span {
            Span::History { since } => own.sweep_history(since, stop, progress).await,
            Span::Nightly if !self.dry => own.sweep_twice(stop, progress).await,
            span => own.run(span, stop, progress).await,
        };
        own.blocking(|sweeper, _| sweeper.give_back()).await?;
        let swept = swept?;
        Ok(own.blocking(move |sweeper, _| sweeper.listed(swept, began)).await?)
    }

    /// Decides what was found and is neither late nor missed yet, and fills in what was told since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decide(&self) -> Result<(), SweepError> {
        let decide = |sweeper: &Self, now| {
            fill::fill(&sweeper.database, &sweeper.source, now)?;
            decide::decide(&sweeper.database, &sweeper.source, now)
        };
        Ok(self.blocking(decide).await?)
    }

    fn of(&self) -> Of<'_> {
        Of { source: &self.source.name, resource: Resource::of(self.source.provider) }
    }

    /// Takes the source; answers who has it if it cannot be taken. From a process that is gone it is taken over: that
    /// writes no more, and what it has stored is whole, as a page and its position are stored together.
    fn take(&self, now: Timestamp) -> db::Result<Option<Busy>> {
        let (of, until) = (self.of(), now.plus_milliseconds(LEASE_MILLISECONDS));
        self.database.transaction("sweep", |connection| {
            let own = self.holder.stored();
            if store::take(connection, of, &own, now, until)? {
                return Ok(None);
            }
            let Some((stored, held_until)) = store::held(connection, of)? else {
                return Ok(Some(self.busy(None, now)));
            };
            let holder = Holder::read(&stored);
            let silent = now.milliseconds_since(held_until.plus_milliseconds(-LEASE_MILLISECONDS));
            let gone =
                holder.as_ref().is_some_and(|holder| self.holder.succeeds(holder, silent, self.database.is_embedded()));
            if gone && store::take_over(connection, of, &stored, &own, until)? {
                let (source, process) = (&self.source.name, holder.map(|holder| holder.in_words()));
                tracing::info!(source, process, "took the sweep over from a process that is gone");
                return Ok(None);
            }
            Ok::<_, db::Error>(Some(self.busy(holder, held_until)))
        })
    }

    fn busy(&self, holder: Option<Holder>, until: Timestamp) -> Busy {
        Busy { source: self.source.name.clone(), holder, until, zone: self.source.timezone }
    }

    fn give_back(&self) -> db::Result<()> {
        self.database.transaction("sweep", |connection| store::give_back(connection, self.of(), &self.holder.stored()))
    }

    /// Runs work on the database on a blocking thread.
    async fn blocking<T: Send + 'static, E: From<db::Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&Self, Timestamp) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let sweeper = self.clone();
        self.database.run(move |_| work(&sweeper, sweeper.clock.now())).await
    }
}
