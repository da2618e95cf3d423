//! The database of a daemon that starts, and the books of its sources.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::db::{self, Database, Role};
use crate::ledger;

pub(super) async fn open(config: Arc<Config>, clock: Clock) -> anyhow::Result<Database> {
    let opened = tokio::task::spawn_blocking(move || {
        let database = Database::open(config.database_url.expose_secret(), Role::Daemon)?;
        let now = clock.now();
        prepare(&database, &config, now)?;
        if database.is_embedded() {
            // We hold the file's lock, so whoever claimed these events is gone.
            let released = database
                .transaction("release leases", |connection| crate::inbox::store::release_all_leases(connection, now))?;
            if released > 0 {
                tracing::info!(events = released, "work that an earlier daemon left is due again");
            }
        }
        Ok::<_, db::Error>(database)
    });
    Ok(opened.await??)
}

/// Makes a book for every source that has none yet, and stores the policies that are new.
pub(super) fn prepare(database: &Database, config: &Config, now: Timestamp) -> db::Result<()> {
    database.transaction("prepare", |connection| {
        config.sources.iter().try_for_each(|source| ledger::store::prepare_source(connection, source, now))
    })
}
