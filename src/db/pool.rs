//! Metrics of the connection pools.

use diesel::r2d2::event::{CheckoutEvent, TimeoutEvent};
use diesel::r2d2::{HandleEvent, State};

use super::{Database, Pools};

/// Records the waits for a connection of one pool, and the timeouts.
#[derive(Debug)]
pub(super) struct Waits(pub(super) &'static str);

impl HandleEvent for Waits {
    fn handle_checkout(&self, event: CheckoutEvent) {
        metrics::histogram!("ticketledger_database_wait_seconds", "pool" => self.0).record(event.duration());
    }

    fn handle_timeout(&self, _: TimeoutEvent) {
        metrics::counter!("ticketledger_database_timeouts_total", "pool" => self.0).increment(1);
    }
}

impl Database {
    /// Sets the gauges of the pools. Sends nothing to the server.
    pub fn record_pools(&self) {
        match &self.pools {
            Pools::Sqlite(pools) => {
                record("write", &pools.write.state());
                record("read", &pools.read.state());
            }
            Pools::Postgres(pools) => pools.states().iter().for_each(|(pool, state)| record(pool, state)),
        }
    }
}

fn record(pool: &'static str, state: &State) {
    let in_use = state.connections.saturating_sub(state.idle_connections);
    metrics::gauge!("ticketledger_database_connections", "pool" => pool, "state" => "in_use").set(in_use);
    metrics::gauge!("ticketledger_database_connections", "pool" => pool, "state" => "idle").set(state.idle_connections);
    // The counter exists from the start, and not only after the first timeout.
    metrics::counter!("ticketledger_database_timeouts_total", "pool" => pool).increment(0);
}
