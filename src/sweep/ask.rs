//! Asking the provider: counted, paced, and stopped at once when somebody asks for it.

use std::time::{Duration, Instant};

use chrono::TimeZone as _;
use tokio::sync::watch;

use super::budget::Left;
use super::halt::{Failed, Halt};
use super::store::Run;
use crate::clock::{Clock, Timestamp};
use crate::config::Source;
use crate::provider::bookingkit::api::{Listing, Request};
use crate::provider::ticketpark::client::BookingsPage;
use crate::provider::{Failure, Fetched};
use crate::session::{Access, OrdersAccess, Refusal};

/// A pause that the provider asks for is waited for if it is at most this long; a longer one ends the run.
const LONGEST_WAIT_MILLISECONDS: i64 = 60_000;
/// How often that happens for one request.
const WAITS: usize = 3;

/// The list is not where it should be.
const NO_LIST: &str = "the provider has no list at the address that was asked for; check `base_url` in [sources.api] \
                       and `slash` in [sources.sweep]";

/// No account has anything older.
const LONG_AGO_MILLISECONDS: i64 = 25 * 365 * 24 * 3_600_000;

pub(super) fn no_list() -> Halt {
    Halt::of(Failed::new("not_found", NO_LIST))
}

/// The account of a source.
#[derive(Clone)]
pub(super) enum Account {
    Orders(OrdersAccess),
    Bookings(Access),
}

impl Account {
    /// Requests for data so far, where they are counted.
    fn requests(&self) -> Option<i64> {
        match self {
            Self::Orders(access) => Some(access.requests()),
            Self::Bookings(_) => None,
        }
    }
}

/// Asks for one run.
pub(super) struct Ask {
    account: Account,
    source: Source,
    clock: Clock,
    stop: watch::Receiver<bool>,
    /// Not before.
    next: Option<Instant>,
    /// Requests that may still be made.
    pub(super) left: i64,
    /// Requests since this was last taken.
    pub(super) spent: i64,
    /// The provider allows none until then.
    blocked_until: Option<Timestamp>,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Wanted<'w> {
    Order(Request<'w>),
    Bookings(BookingsPage<'w>),
}

impl Ask {
    pub(super) fn new(account: Account, source: Source, clock: Clock, stop: watch::Receiver<bool>, left: Left) -> Self {
        let Left { requests, blocked_until, .. } = left;
        Self { account, source, clock, stop, next: None, left: requests, spent: 0, blocked_until }
    }

    /// The page at which a run is.
    pub(super) async fn page(&mut self, run: &Run) -> Result<Fetched, Halt> {
        let field = self.source.sweep.changed_field.clone();
        let wanted = match (&self.account, run.since, run.from_day.zip(run.to_day)) {
            (Account::Orders(_), Some(since), _) => Wanted::Order(Request::List {
                listing: Listing::ChangedSince(since),
                offset: run.next_offset,
                limit: run.page_size,
            }),
            (Account::Orders(_), None, Some((from, to))) => Wanted::Order(Request::List {
                // In which zone the provider counts days is not known: what is placed on others is left out here.
                listing: Listing::Placed { from: from.pred_opt().unwrap_or(from), to: to.succ_opt().unwrap_or(to) },
                offset: run.next_offset,
                limit: run.page_size,
            }),
            (Account::Bookings(_), Some(since), _) => Wanted::Bookings(BookingsPage {
                changed_field: &field,
                since,
                page: run.next_offset,
                size: run.page_size,
            }),
            _ => return Err(Halt::of(Failed::new("unknown_span", "the run does not say what it asks for"))),
        };
        let fetched = match (self.get(wanted).await, wanted) {
            // A server that takes the time for a local one may refuse what no clock shows there in the night in which
            // the clocks go forward.
            (Err(Halt::Failed(_)), Wanted::Bookings(page)) if self.is_in_gap(page.since) => {
                let since = page.since.plus_milliseconds(-3_600_000);
                self.get(Wanted::Bookings(BookingsPage { since, ..page })).await?
            }
            (fetched, _) => fetched?,
        };
        if fetched.status == 404 && matches!(self.account, Account::Orders(_)) {
            return Err(no_list());
        }
        Ok(fetched)
    }

    /// The first record of all that is listed, whenever it changed.
    pub(super) async fn first_of_all(&mut self) -> Result<Fetched, Halt> {
        let field = self.source.sweep.changed_field.clone();
        let since = self.clock.now().plus_milliseconds(-LONG_AGO_MILLISECONDS);
        self.get(match self.account {
            Account::Orders(_) => {
                Wanted::Order(Request::List { listing: Listing::ChangedSince(since), offset: 0, limit: 1 })
            }
            Account::Bookings(_) => Wanted::Bookings(BookingsPage { changed_field: &field, since, page: 0, size: 1 }),
        })
        .await
    }

    /// Whether no clock of the source ever shows what this time is in UTC.
    fn is_in_gap(&self, time: Timestamp) -> bool {
        self.source.timezone.from_local_datetime(&time.utc().naive_utc()).earliest().is_none()
    }

    /// One order as the API has it; `None` when it has none.
    pub(super) async fn order(&mut self, id: &str) -> Result<Option<Vec<u8>>, Halt> {
        let fetched = self.get(Wanted::Order(Request::Order(id))).await?;
        Ok((fetched.status == 200).then_some(fetched.body))
    }

    /// Its payments; `None` when the API tells of none, which is not the same as that there are none.
    pub(super) async fn payments(&mut self, id: &str) -> Result<Option<Vec<u8>>, Halt> {
        let fetched = self.get(Wanted::Order(Request::Payments(id))).await?;
        Ok((fetched.status == 200).then_some(fetched.body))
    }

    /// Waits until a token that is being asked for is stored.
    pub(super) async fn idle(&self) {
        if let Account::Orders(access) = &self.account {
            access.idle().await;
        }
    }

    async fn get(&mut self, wanted: Wanted<'_>) -> Result<Fetched, Halt> {
        for _ in 0..WAITS {
            let pause = match self.once(wanted).await? {
                Ok(fetched) => return Ok(fetched),
                Err(Refusal::Failed(Failure::RateLimited { retry_after_milliseconds: Some(pause), .. }))
                    if pause <= LONGEST_WAIT_MILLISECONDS =>
                {
                    pause
                }
                Err(refusal) => return Err(Halt::of_refusal(refusal, self.clock.now(), self.source.timezone)),
            };
            self.sleep(Duration::from_millis(u64::try_from(pause).unwrap_or(0))).await?;
        }
        Err(Halt::of(Failed::new("rate_limited", "the provider limits our requests")))
    }

    /// One request. The outer error ends the run, the inner one is the provider's.
    async fn once(&mut self, wanted: Wanted<'_>) -> Result<Result<Fetched, Refusal>, Halt> {
        if self.left <= 0 {
            let detail = match self.blocked_until {
                Some(_) => Refusal::MonthUsedUp.to_string(),
                None => "the budget of this month is used up".to_owned(),
            };
            return Err(Halt::OverBudget { detail, blocked_until: self.blocked_until });
        }
        self.pace().await?;
        let before = self.account.requests();
        let answer = self.answered(wanted).await;
        let made = match (before, self.account.requests()) {
            (Some(before), Some(after)) => after - before,
            _ => 1,
        };
        (self.left, self.spent) = (self.left - made, self.spent + made);
        answer
    }

    /// The answer to one request, unless somebody asks to stop before it comes.
    async fn answered(&self, wanted: Wanted<'_>) -> Result<Result<Fetched, Refusal>, Halt> {
        let account = self.account.clone();
        let answer = async {
            match (&account, wanted) {
                (Account::Orders(access), Wanted::Order(request)) => access.get(request).await,
                (Account::Bookings(access), Wanted::Bookings(page)) => Ok(access.list_bookings(page).await?),
                // A booking is read by the workers, like one that a webhook points to.
                _ => Err(Refusal::Failed(Failure::Permanent {
                    reason: crate::inbox::ParkReason::ProviderRefused,
                    detail: "the provider has no such list".to_owned(),
                })),
            }
        };
        tokio::select! {
            answer = answer => Ok(answer),
            _ = stopping(self.stop.clone()) => Err(Halt::Stopped),
        }
    }

    /// Waits until the next request may be made.
    async fn pace(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        let wait = self.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        let apart = Duration::from_millis(1000 / u64::try_from(self.source.sweep.rate).unwrap_or(1).max(1));
        self.next = Some(now + wait + apart);
        self.sleep(wait).await
    }

    async fn sleep(&self, pause: Duration) -> Result<(), Halt> {
        if *self.stop.borrow() {
            return Err(Halt::Stopped);
        }
        if pause.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            _ = stopping(self.stop.clone()) => Err(Halt::Stopped),
        }
    }
}

/// Completes when somebody asks to stop. A dropped sender asks for nothing: it is a command that runs to its end.
async fn stopping(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
