//! Settling: one transaction completes the events, guarded by their lease, and writes everything that they change.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Inner;
use super::circuit_breaker::BreakerState;
use super::retry::delay_milliseconds;
use super::settle_metrics::SettleMetrics;
use super::work::{EventWork, Work, caught};
use crate::clock::Timestamp;
use crate::contacts::{self, ContactUpdate};
use crate::db::Connection;
use crate::inbox::{Entity, EventId, Finish, ParkReason, store as inbox};
use crate::ledger::Error;
use crate::ledger::batch::{Batch, is_cancelled};
use crate::ledger::settle::{OrderUpdate, UpdateContent, prefetch, settle};
use crate::limits;
use crate::provider::Failure;

/// Why a settling transaction was rolled back.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsettled {
    #[error(transparent)]
    Ledger(#[from] Error),
    /// Another worker has the events now, so we must not finish them.
    #[error("the lease on {0} was lost")]
    LeaseLost(String),
}

/// Events under one lease whose content is in the books.
struct Applied<'w> {
    done: Vec<EventId>,
    superseded: Vec<EventId>,
    /// The first entity of these events.
    entity: &'w Entity,
}

impl From<crate::db::Error> for Unsettled {
    fn from(error: crate::db::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl Inner {
    /// Settles the entities of one source, as many in one transaction as its time allows. If one fails, each of its
    /// entities is settled separately, so that one bad order never blocks the others.
    pub(super) fn settle_all(&self, mut works: Vec<Work>) {
        works.sort_by_key(first_event);
        while !works.is_empty() {
            let mut next = works;
            works = next.split_off(self.fitting.get().min(next.len()));
            match self.settle_together(&next) {
                Ok((settled, took)) => {
                    let waits = self.database.delivery_waits();
                    self.fitting.settled(settled, took, waits);
                    if waits {
                        give_way(took);
                    }
                    next.drain(..settled);
                    next.append(&mut works);
                    works = next;
                }
                Err(_) => next.into_iter().for_each(|work| self.settle_alone(work)),
            }
        }
    }

    /// Settles from the first on, until all are settled or the time is up. Returns how many were, and for how long the
    /// writer was held.
    fn settle_together(&self, works: &[Work]) -> Result<(usize, Duration), Unsettled> {
        let now = self.clock.now();
        let (mut metrics, mut began) = (SettleMetrics::default(), Instant::now());
        let settled = self.database.transaction("settle", |connection| {
            // Until now it may have waited for the writer.
            began = Instant::now();
            self.settle_works(connection, works, now, began + limits::SETTLE_TIME, &mut metrics)
        })?;
        metrics.commit(&self.settled, now);
        Ok((settled, began.elapsed()))
    }

    /// Settles entities of one source in the caller's transaction, from the first on, until all are settled or the time
    /// is up. Returns how many were: at least one.
    pub(super) fn settle_works(
        &self,
        connection: &mut Connection,
        works: &[Work],
        now: Timestamp,
        until: Instant,
        metrics: &mut SettleMetrics,
    ) -> Result<usize, Unsettled> {
        let Some(source) = works.first().map(|work| work.source.as_str()) else { return Ok(0) };
        let zone = self.sources.get(source).map_or(chrono_tz::UTC, |source| source.timezone);
        let mut batch = Batch::open(connection, source, zone)?;
        let updates = works.iter().flat_map(|work| &work.events).flat_map(|event| &event.updates);
        prefetch(connection, &mut batch, updates)?;
        let mut newer = Vec::with_capacity(works.len());
        for work in works {
            // A panic in one entity must not take down the others of its batch.
            let applied = caught(|| self.apply(connection, &mut batch, work, now, metrics));
            newer.push(applied.unwrap_or_else(|detail| {
                Err(Error::Panicked { order_id: work.entity.id().to_owned(), detail }.into())
            })?);
            if Instant::now() >= until {
                break;
            }
        }
        batch.flush(connection)?;
        let settled = || works.iter().zip(&newer);
        let said: Vec<ContactUpdate<'_>> = settled().flat_map(|(work, newer)| said_of_customers(work, newer)).collect();
        contacts::apply_updates(connection, source, &said)?;
        let mut applied = BTreeMap::new();
        for (work, newer) in settled() {
            self.complete(connection, (work, newer), &mut applied, now, metrics)?;
        }
        for (lease, Applied { done, superseded, entity }) in applied {
            let count = inbox::finish_applied(connection, lease, &done, &superseded, now)?;
            if count != done.len() + superseded.len() {
                return Err(Unsettled::LeaseLost(entity.to_string()));
            }
        }
        Ok(newer.len())
    }

    /// Settles one entity. If that fails, it is split into its events. A single event that fails is tried again if the
    /// database is at fault, and parked if the event itself is.
    fn settle_alone(&self, work: Work) {
        let Err(error) = self.settle_together(std::slice::from_ref(&work)) else { return };
        match error {
            Unsettled::LeaseLost(entity) => tracing::warn!(entity, "the lease was lost; nothing was settled"),
            // Nothing can be written; the events are due again when their lease ends.
            Unsettled::Ledger(Error::Database(error)) if error.is_logged() => {}
            Unsettled::Ledger(Error::Database(error)) if error.is_transient() => {
                tracing::warn!(entity = %work.entity, %error, "the database failed; the events will be retried");
                let failure = Failure::Transient {
                    reason: ParkReason::Database,
                    detail: "the database failed while settling".to_owned(),
                    retry_after_milliseconds: None,
                };
                self.give_up(&work, &failure);
            }
            Unsettled::Ledger(_) if work.events.len() > 1 => {
                for single in taken_apart(work) {
                    self.settle_alone(single);
                }
            }
            Unsettled::Ledger(error) => {
                tracing::error!(entity = %work.entity, %error, "the order cannot be settled; the event is parked");
                self.give_up(&work, &refused(&error));
            }
        }
    }

    /// Ends the claim without settling. If even that fails, the events become due again when their lease expires.
    fn give_up(&self, work: &Work, failure: &Failure) {
        let now = self.clock.now();
        let mut metrics = SettleMetrics::default();
        let ended = self
            .database
            .transaction("give up", |connection| self.end_claim(connection, work, failure, now, &mut metrics));
        match ended {
            Ok(()) => metrics.commit(&self.settled, now),
            Err(error) => {
                tracing::warn!(entity = %work.entity, %error, "the events stay claimed until their lease ends")
            }
        }
    }

    pub(super) fn end_claim(
        &self,
        connection: &mut Connection,
        work: &Work,
        failure: &Failure,
        now: Timestamp,
        metrics: &mut SettleMetrics,
    ) -> Result<(), Unsettled> {
        for (id, finish) in &work.ended {
            end(connection, work, *id, finish, now, metrics)?;
        }
        for event in &work.events {
            let finish = self.finish_of(&work.source, failure, event, now);
            end(connection, work, event.id, &finish, now, metrics)?;
        }
        Ok(())
    }

    /// Applies the updates of every event: first facts with their own id, then order sections. Returns for each event
    /// whether it was at least as new as what was known.
    fn apply(
        &self,
        connection: &mut Connection,
        batch: &mut Batch,
        work: &Work,
        now: Timestamp,
        metrics: &mut SettleMetrics,
    ) -> Result<Vec<bool>, Unsettled> {
        if let Some(document) = &work.document {
            inbox::archive_document(connection, document.id, document.status, &document.body, now)?;
        }
        let mut newer = vec![true; work.events.len()];
        let mut document_newer = true;
        for facts in [true, false] {
            for (event, newer) in work.events.iter().zip(&mut newer) {
                for update in event
                    .updates
                    .iter()
                    .filter(|update| facts != matches!(update.content, UpdateContent::Sections { .. }))
                {
                    (self.probe)(event.id);
                    let settled = settle(connection, batch, update)?;
                    metrics.wrote(&work.source, settled.entries);
                    // The result of a shared document says nothing about the fact that one of the events brought.
                    match update.document_id {
                        Some(_) => document_newer = settled.newer,
                        None => *newer = settled.newer,
                    }
                }
            }
        }
        for (event, newer) in work.events.iter().zip(&mut newer) {
            // A webhook that only points to the booking is as new as the fetch that served it.
            *newer = *newer && (document_newer || event.has_fact());
        }
        Ok(newer)
    }

    /// Ends the claim on an entity whose changes are written. Applied events are added to `applied` and finished
    /// together with those of other entities.
    fn complete<'w>(
        &self,
        connection: &mut Connection,
        (work, newer): (&'w Work, &[bool]),
        applied: &mut BTreeMap<&'w str, Applied<'w>>,
        now: Timestamp,
        metrics: &mut SettleMetrics,
    ) -> Result<(), Unsettled> {
        for (id, finish) in &work.ended {
            end(connection, work, *id, finish, now, metrics)?;
        }
        let failure = match &work.failure {
            Some(failure) => Some(failure.clone()),
            None => missing(connection, work)?,
        };
        for (event, newer) in work.events.iter().zip(newer) {
            let finish = match &failure {
                None => Finish::Applied { newer: *newer },
                Some(failure) => self.finish_of(&work.source, failure, event, now),
            };
            if let Finish::Applied { newer } = finish {
                metrics.finished(&work.source, &finish);
                let nothing = || Applied { done: Vec::new(), superseded: Vec::new(), entity: &work.entity };
                let applied = applied.entry(&work.lease).or_insert_with(nothing);
                if newer { &mut applied.done } else { &mut applied.superseded }.push(event.id);
            } else {
                end(connection, work, event.id, &finish, now, metrics)?;
            }
        }
        Ok(())
    }

    /// The outcome of a failed attempt for one event.
    fn finish_of(&self, source: &str, failure: &Failure, event: &EventWork, now: Timestamp) -> Finish {
        let delay = delay_milliseconds(&self.settings, event.attempts, event.id);
        let transient = |reason: ParkReason, detail: &str, verdict, least: Option<i64>| {
            if event.attempts >= self.settings.attempts {
                return Finish::Parked { verdict, reason, detail: detail.to_owned() };
            }
            let due_at = now.plus_milliseconds(delay.max(least.unwrap_or(0)));
            Finish::Retry { verdict, reason: reason.as_str(), detail: detail.to_owned(), due_at, counts: true }
        };
        let waiting = |verdict: &'static str, detail: &str, until: Timestamp| Finish::Retry {
            verdict,
            reason: verdict,
            detail: detail.to_owned(),
            due_at: until,
            counts: false,
        };
        match failure {
            Failure::Permanent { reason, detail } => {
                Finish::Parked { verdict: "permanent", reason: *reason, detail: detail.clone() }
            }
            Failure::Transient { reason, detail, retry_after_milliseconds } => {
                transient(*reason, detail, "transient", *retry_after_milliseconds)
            }
            Failure::RateLimited { detail, .. } => waiting("rate_limited", detail, self.open_until(source, now)),
            Failure::ProviderDown { detail, .. } => match self.breakers.state(source) {
                BreakerState::Open(pause) => waiting("provider_down", detail, now.plus_milliseconds(pause.max(delay))),
                _ => transient(ParkReason::ProviderDown, detail, "provider_down", None),
            },
        }
    }

    fn open_until(&self, source: &str, now: Timestamp) -> Timestamp {
        match self.breakers.state(source) {
            BreakerState::Open(pause) => now.plus_milliseconds(pause),
            _ => now,
        }
    }
}

/// Leaves the writer to deliveries for as long as settling had it: in turn with each of their short transactions, long
/// ones of settling would take most of the time.
#[expect(clippy::disallowed_methods, reason = "what is waited for is the time itself")]
fn give_way(took: Duration) {
    std::thread::sleep(took.min(limits::SETTLE_TIME));
}

/// What the events of an entity say about customers. `newer` tells for each event whether it is at least as new as what
/// is known.
fn said_of_customers<'w>(work: &'w Work, newer: &[bool]) -> Vec<ContactUpdate<'w>> {
    let events = work.events.iter().zip(newer);
    let said = events.filter_map(|(event, newer)| {
        let (contact, version) = event.contact.as_ref()?;
        let order = event.updates.first().map(|update| (update.order_id.as_str(), *newer));
        Some(ContactUpdate { contact, version: *version, order })
    });
    said.collect()
}

/// Why an order that cannot be settled is parked.
pub(super) fn refused(error: &Error) -> Failure {
    let reason = match error {
        Error::Panicked { .. } => ParkReason::Panic,
        Error::Overflow { .. } => ParkReason::AmountOutOfRange,
        Error::Snapshot { .. } => ParkReason::SnapshotUnreadable,
        Error::Database(_) | Error::Policy(_) => ParkReason::DatabaseRefused,
    };
    Failure::Permanent { reason, detail: error.to_string() }
}

pub(super) fn first_event(work: &Work) -> EventId {
    work.events.first().map_or(0, |event| event.id)
}

/// Ends the claim on one event; fails if the lease was lost.
fn end(
    connection: &mut Connection,
    work: &Work,
    id: EventId,
    finish: &Finish,
    now: Timestamp,
    metrics: &mut SettleMetrics,
) -> Result<(), Unsettled> {
    if !inbox::finish(connection, &work.lease, id, finish, now)? {
        return Err(Unsettled::LeaseLost(work.entity.to_string()));
    }
    metrics.finished(&work.source, finish);
    Ok(())
}

/// The failure if the provider does not have a booking or person, unless a cancellation explains it: it may still
/// appear.
fn missing(connection: &mut Connection, work: &Work) -> Result<Option<Failure>, Error> {
    if work.document.as_ref().is_none_or(|document| document.status != 404) {
        return Ok(None);
    }
    if matches!(work.entity, Entity::Booking(_)) && is_cancelled(connection, &work.source, work.entity.id())? {
        return Ok(None);
    }
    Ok(Some(Failure::Transient {
        reason: ParkReason::NotFound,
        detail: format!("the provider has no {}", work.entity),
        retry_after_milliseconds: None,
    }))
}

/// Splits a work into one for each event, and one for the events that have ended. Each part gets a copy of what was
/// fetched for all of them, so that an event that cannot be settled does not keep it from the others.
pub(super) fn taken_apart(work: Work) -> Vec<Work> {
    let Work { source, entity, lease, mut events, ended, document, announced, failure } = work;
    let mut read = Vec::new();
    for event in &mut events {
        read.extend(event.updates.extract_if(.., |update| update.document_id.is_some()));
    }
    let contact = events.iter().find_map(|event| event.contact.clone()).filter(|_| document.is_some());
    let part = |events, ended| Work {
        source: source.clone(),
        entity: entity.clone(),
        lease: lease.clone(),
        events,
        ended,
        document: document.clone(),
        announced: announced.clone(),
        failure: failure.clone(),
    };
    let mut parts = Vec::with_capacity(events.len() + 1);
    if !ended.is_empty() {
        parts.push(part(Vec::new(), ended));
    }
    for mut event in events {
        let (event_id, received_at) = (event.id, event.received_at);
        event.updates.extend(read.iter().cloned().map(|update| OrderUpdate { event_id, received_at, ..update }));
        event.contact = event.contact.or_else(|| contact.clone());
        parts.push(part(vec![event], Vec::new()));
    }
    parts
}
