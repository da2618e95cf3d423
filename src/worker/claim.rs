//! Claims work from one source at a time, so that this and other daemons can settle several sources in parallel.

use std::sync::atomic::Ordering;

use super::Inner;
use crate::clock::Timestamp;
use crate::cluster::Lease;
use crate::db::Connection;
use crate::inbox::{Claimed, store as inbox};
use crate::limits;

/// Entities that were claimed together.
pub(super) struct Claims {
    /// Each entity, with the number of its fetch if its source is fetched.
    pub(super) entities: Vec<(Claimed, Option<i64>)>,
    /// To be kept until the last of the entities is settled.
    pub(super) lease: Lease,
}

impl Inner {
    /// Returns the sources whose orders are fetched, or those whose webhooks contain everything. Each call starts with
    /// another source, so that none waits for ever behind a busy one.
    pub(super) fn sources_in_turn(&self, fetched: bool) -> Vec<&str> {
        let mut sources = self.sources_with(fetched);
        if !sources.is_empty() {
            let turn = self.rounds.fetch_add(1, Ordering::Relaxed);
            let first = turn % sources.len();
            sources.rotate_left(first);
        }
        sources
    }

    pub(super) fn sources_with(&self, fetched: bool) -> Vec<&str> {
        let sources = self.sources.values().filter(|source| source.provider.is_fetched() == fetched);
        sources.map(|source| source.name.as_str()).collect()
    }

    /// Claims due entities of one source; `None` if nothing is due or the database fails.
    pub(super) fn claim(&self, source: &str, entities: i64) -> Option<Claims> {
        let now = self.clock.now();
        let due = self.database.reader().and_then(|mut reader| inbox::is_due(&mut reader, source, now));
        match due {
            Ok(true) => self.can_look(None),
            Ok(false) => {
                self.can_look(None);
                if !self.recall_stranded(source, now) {
                    return None;
                }
            }
            Err(error) => {
                self.can_look(Some(&error));
                return None;
            }
        }
        let lease = self.presence.as_ref()?.lease();
        let claimed = self.database.transaction("claim", |connection| {
            inbox::await_claims(connection, source)?;
            self.claim_in(connection, lease.token(), source, entities, now)
        });
        match claimed {
            Ok(entities) if entities.is_empty() => None,
            Ok(entities) => Some(Claims { entities, lease }),
            Err(error) => {
                if !error.is_logged() {
                    tracing::warn!(%error, "cannot claim events; retrying in a second");
                }
                None
            }
        }
    }

    /// Makes due what waits because the clock was ahead when it was put off. Asked only when nothing else is due.
    /// Returns whether there was something.
    fn recall_stranded(&self, source: &str, now: Timestamp) -> bool {
        let bounds = inbox::Bounds::at(now, self.settings.retry_max_milliseconds);
        let found = self.database.reader().and_then(|mut reader| inbox::stranded(&mut reader, source, bounds));
        if !found.is_ok_and(|found| !found.is_empty()) {
            return false;
        }
        let recalled = self.database.transaction("recall", |connection| {
            inbox::await_claims(connection, source)?;
            inbox::recall_stranded(connection, source, bounds, now)
        });
        match recalled {
            Ok(events) => {
                tracing::warn!(
                    source,
                    events,
                    "webhooks were put off further than any delay: the clock was ahead then; they are due now"
                );
                events > 0
            }
            Err(error) => {
                if !error.is_logged() {
                    tracing::warn!(%error, "cannot make webhooks due that a wrong clock put off");
                }
                false
            }
        }
    }

    /// Logs once that looking for work fails, and once that it works again.
    fn can_look(&self, error: Option<&crate::db::Error>) {
        let could_not = self.blind.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !could_not => {
                tracing::warn!(%error, "cannot look for due events; retrying every second");
            }
            None if could_not => tracing::info!("looking for due events again"),
            _ => {}
        }
    }

    /// Claims in the caller's transaction. An entity that is fetched also gets the number of its fetch in this
    /// transaction, so that the fetch covers exactly the events that were stored before it.
    pub(super) fn claim_in(
        &self,
        connection: &mut Connection,
        lease: &str,
        source: &str,
        entities: i64,
        now: Timestamp,
    ) -> crate::db::Result<Vec<(Claimed, Option<i64>)>> {
        let until = now.plus_milliseconds(i64::try_from(limits::LEASE.as_millis()).unwrap_or(i64::MAX));
        let claimed = inbox::claim(connection, lease, now, until, source, entities)?;
        let fetched = self.sources.get(source).is_some_and(|source| source.provider.is_fetched());
        let mut numbered = Vec::with_capacity(claimed.len());
        for entity in claimed {
            let document_id = match entity.events.first().filter(|_| fetched) {
                Some(first) => Some(inbox::start_document(connection, &entity.source, &entity.entity, first.id, now)?),
                None => None,
            };
            numbered.push((entity, document_id));
        }
        Ok(numbered)
    }
}
