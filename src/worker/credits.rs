//! Credits of dead orders that become income: due by the calendar, not by a delivery.

use tokio::sync::watch;

use crate::clock::Clock;
use crate::db::Database;
use crate::ledger::entered::recognise_credit::{Swept, recognise};
use crate::limits;

/// Runs at once and then every hour until it is stopped.
pub async fn run(database: Database, clock: Clock, mut stopped: watch::Receiver<bool>) {
    loop {
        let (clock, told) = (clock.clone(), stopped.clone());
        let search = move |database: &Database| recognise(database, None, clock.now(), false, || !*told.borrow());
        match database.run(search).await {
            Ok(swept) => report(&swept),
            Err(error) => tracing::warn!(%error, "cannot recognise retained credits; retrying in an hour"),
        }
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(limits::SWEEP_INTERVAL) => {}
        }
    }
}

fn report(swept: &Swept) {
    if swept.entries > 0 {
        tracing::info!(orders = swept.changes.len(), entries = swept.entries, "recognised retained credits as income");
    }
    for failed in &swept.failed {
        tracing::error!(failed, "cannot recognise the credit of an order");
    }
}
