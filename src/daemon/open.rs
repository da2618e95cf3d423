//! The database of a daemon that starts, and the books of its sources.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Expect};
use crate::db::{self, Database, Role};
use crate::ledger::book::NewSource;
use crate::ledger::book::store::prepare_source;

pub(super) async fn open(config: Arc<Config>, clock: Clock) -> anyhow::Result<Database> {
    let opened = tokio::task::spawn_blocking(move || {
        let open = match config.database_expect {
            Expect::Anything => Database::open,
            Expect::Existing => Database::open_existing,
        };
        let database = open(config.database_url.expose_secret(), Role::Daemon)?;
        prepare(&database, &config, clock.now())?;
        Ok::<_, db::Error>(database)
    });
    Ok(opened.await??)
}

/// Makes a book for every source that has none yet, and stores the policies that are new. One transaction each: it may
/// wait for a source that is being settled, and must not hold another meanwhile.
///
/// # Errors
/// When a statement fails, or the settings give a book another first day than its entries were posted with.
pub fn prepare(database: &Database, config: &Config, now: Timestamp) -> db::Result<()> {
    config.sources.iter().try_for_each(|source| {
        let source = NewSource {
            name: &source.name,
            provider: source.provider,
            timezone: source.timezone,
            country: &source.country,
            policies: &source.policies,
            books_from: source.books_from,
        };
        database.transaction("prepare", |connection| prepare_source(connection, &source, now))
    })
}
