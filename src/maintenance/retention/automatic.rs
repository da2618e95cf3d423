//! Automatic retention of the daemon: at its start and every hour.

use std::time::Duration;

use tokio::sync::watch;

use super::{Pruned, prune, rules};
use crate::clock::Clock;
use crate::config::Retention;
use crate::db::{Database, Error};
use crate::inbox::operator::Reason;

/// Time between two runs.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Deletes what the settings allow; after `stopped` is set it ends within one short transaction.
pub async fn run(database: Database, clock: Clock, retention: Retention, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let (clock, watched) = (clock.clone(), stopped.clone());
        match database.run(move |database| once(database, &clock, &retention, &watched)).await {
            Ok(pruned) => tell(&pruned),
            Err(error) => tracing::warn!(%error, "retention failed; retrying in an hour"),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            _ = stopped.changed() => {}
        }
    }
}

fn once(
    database: &Database,
    clock: &Clock,
    retention: &Retention,
    stopped: &watch::Receiver<bool>,
) -> Result<Pruned, Error> {
    let now = clock.now();
    let why = "the ages of [retention] in the settings".to_owned();
    let reason = Reason { actor: "ticketledger serve".to_owned(), why };
    prune(database, &rules(retention, now), None, now, Some(&reason), |time| {
        std::thread::park_timeout(time);
        !*stopped.borrow()
    })
}

fn tell(pruned: &Pruned) {
    for taken in pruned.taken.iter().filter(|taken| taken.rows > 0) {
        tracing::info!(class = taken.class.as_str(), rows = taken.rows, bytes = taken.bytes, "retention deleted");
    }
}
