//! Processes due events in the caller's transaction and without the network, to see the result.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::settle::{Unsettled, first_event, refused, taken_apart};
use super::settle_metrics::SettleMetrics;
use super::work::{Document, Work};
use super::{Inner, Worker, read};
use crate::clock::{Clock, Timestamp};
use crate::db::{Connection, Database, Error};
use crate::inbox::{Claimed, ParkReason, store as inbox};
use crate::provider::Failure;
use crate::{config, ledger, limits};

impl Worker {
    /// A pool for dry runs only: it has no access to any provider.
    pub fn offline(database: Database, clock: Clock, config: &config::Config) -> Self {
        Self::with_access(database, clock, config, BTreeMap::new(), Arc::new(Notify::new()), Arc::new(|_| {}), None)
    }

    /// Processes everything that is due by the clock in the caller's transaction, with the same code that settles. A
    /// booking is read from its newest archived document, where the daemon would fetch it again. Returns how many were
    /// read in this way.
    ///
    /// # Errors
    /// When the database fails; a fault of a single event becomes the state of that event.
    pub fn dry_run(&self, connection: &mut Connection) -> Result<i64, ledger::Error> {
        let inner = &self.0;
        let now = inner.clock.now();
        let mut archived = 0;
        for fetched in [false, true] {
            for source in inner.sources_with(fetched) {
                inner.try_source(connection, source, now, &mut archived)?;
            }
        }
        Ok(archived)
    }
}

impl Inner {
    fn try_source(
        &self,
        connection: &mut Connection,
        source: &str,
        now: Timestamp,
        archived: &mut i64,
    ) -> Result<(), ledger::Error> {
        loop {
            let claimed = self.claim_in(connection, "dry run", source, limits::CLAIM_ENTITIES, now)?;
            if claimed.is_empty() {
                return Ok(());
            }
            let mut works = Vec::with_capacity(claimed.len());
            for (claimed, document_id) in &claimed {
                works.extend(self.read_offline(connection, claimed, *document_id, archived)?);
            }
            works.sort_by_key(first_event);
            for work in works {
                self.try_one(connection, work, now)?;
            }
        }
    }

    fn read_offline(
        &self,
        connection: &mut Connection,
        claimed: &Claimed,
        document_id: Option<i64>,
        archived: &mut i64,
    ) -> Result<Option<Work>, Error> {
        let Some(source) = self.sources.get(&claimed.source) else { return Ok(None) };
        let attempts = self.settings.attempts;
        let mut work = read::webhooks(source, claimed, attempts);
        let Some(id) = document_id else { return Ok(Some(work)) };
        match inbox::newest_document(connection, &claimed.source, &claimed.entity)? {
            Some((status, body)) => {
                let document = Document { id, status: u16::try_from(status).unwrap_or(0), body };
                read::take_document(source, &mut work, claimed, document, attempts);
                *archived += 1;
            }
            None => {
                work.failure = Some(Failure::Transient {
                    reason: ParkReason::NotArchived,
                    detail: "nothing was fetched for it yet, so only a real replay can tell".to_owned(),
                    retry_after_milliseconds: None,
                });
            }
        }
        Ok(Some(work))
    }

    /// As in the daemon: an entity that cannot be settled is split into its events, and the event at fault is parked.
    fn try_one(&self, connection: &mut Connection, work: Work, now: Timestamp) -> Result<(), ledger::Error> {
        let works = std::slice::from_ref(&work);
        // A dry run is not counted in the metrics.
        let mut metrics = SettleMetrics::default();
        let settled = connection.savepoint(|connection| {
            self.settle_works(connection, works, now, Instant::now(), &mut metrics).map(|_| ())
        });
        let own = |lost: Unsettled| match lost {
            Unsettled::Ledger(error) => error,
            Unsettled::LeaseLost(entity) => {
                Error::Inconsistent(format!("the dry run lost its own claim on {entity}")).into()
            }
        };
        match settled {
            Ok(()) => Ok(()),
            Err(lost @ Unsettled::LeaseLost(_)) => Err(own(lost)),
            Err(Unsettled::Ledger(ledger::Error::Database(error))) if error.is_transient() => Err(error.into()),
            Err(Unsettled::Ledger(_)) if work.events.len() > 1 => {
                taken_apart(work).into_iter().try_for_each(|single| self.try_one(connection, single, now))
            }
            Err(Unsettled::Ledger(error)) => {
                self.end_claim(connection, &work, &refused(&error), now, &mut metrics).map_err(own)
            }
        }
    }
}
