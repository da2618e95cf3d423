//! State of the stand-in: records, valid tokens, scripted faults and counts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::bookingkit::Bookingkit;
use super::{BookingMove, Counts, Fault, TicketparkReadings};
use crate::clock::{Clock, Timestamp};

pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) bookingkit: Bookingkit,
    pub(super) hanging: watch::Sender<usize>,
    pub(super) release: Notify,
    records: Mutex<Records>,
}

/// A booking, and when it was made and changed.
pub(super) struct Booking {
    pub(super) value: Value,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

#[derive(Default)]
pub(super) struct Records {
    pub(super) bookings: BTreeMap<String, Booking>,
    pub(super) readings: TicketparkReadings,
    pub(super) moves: VecDeque<Vec<BookingMove>>,
    pub(super) persons: BTreeMap<String, Value>,
    pub(super) access_tokens: BTreeMap<String, Timestamp>,
    pub(super) refresh_tokens: BTreeSet<String>,
    pub(super) tokens_issued: u64,
    pub(super) refreshing: u64,
    pub(super) faults: VecDeque<Fault>,
    pub(super) token_faults: VecDeque<Fault>,
    pub(super) counts: Counts,
}

impl Records {
    pub(super) fn put_booking(&mut self, pid: &str, value: Value, updated: Timestamp) {
        let created = self.bookings.get(pid).map_or(updated, |booking| booking.created);
        self.bookings.insert(pid.to_owned(), Booking { value, created, updated });
    }

    pub(super) fn apply(&mut self, moves: Vec<BookingMove>, now: Timestamp) {
        for change in moves {
            match change {
                BookingMove::Put(pid, booking) => self.put_booking(&pid, booking, now),
                BookingMove::Remove(pid) => drop(self.bookings.remove(&pid)),
            }
        }
    }
}

impl State {
    pub(super) fn new(clock: Clock) -> Self {
        let bookingkit = Bookingkit::new(clock.clone());
        Self { clock, bookingkit, hanging: watch::Sender::new(0), release: Notify::new(), records: Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next release.
    pub(super) async fn hang(&self) {
        let released = self.release.notified();
        tokio::pin!(released);
        // Listening starts before the count rises, so that a release after the count is never missed.
        released.as_mut().enable();
        let _leave = Hanging::enter(&self.hanging);
        released.await;
    }
}

/// Counts one hanging request, and also stops counting it when its client gives up.
struct Hanging<'a>(&'a watch::Sender<usize>);

impl<'a> Hanging<'a> {
    fn enter(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
