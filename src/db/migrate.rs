//! The embedded migrations of both engines. They have the same names, and a test holds them to it.

use diesel::backend::Backend;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{Connection, Database, Error, Result};
use crate::on_engine;

/// What the library answers when something fails.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrations run, so that daemons started together run them once ("tckt" in ASCII).
const POSTGRES_LOCK: i64 = 0x7463_6b74;

pub(super) fn migrate_sqlite(connection: &mut SqliteConnection) -> Result<()> {
    let failed = |error: Failure| Error::Migration(error.to_string());
    refuse_newer::<Sqlite>(&connection.applied_migrations().map_err(failed)?, &SQLITE)?;
    connection.run_pending_migrations(SQLITE).map_err(failed)?;
    Ok(())
}

/// A version that does not know all that the database has become must not write into it.
fn refuse_newer<DB: Backend>(applied: &[MigrationVersion<'_>], known: &EmbeddedMigrations) -> Result<()> {
    let known = MigrationSource::<DB>::migrations(known).map_err(|error| Error::Migration(error.to_string()))?;
    let unknown = applied.iter().find(|applied| !known.iter().any(|known| known.name().version() == **applied));
    match unknown {
        None => Ok(()),
        Some(version) => Err(Error::Migration(format!(
            "a newer version of ticketledger has changed this database (migration {version}, which this one does not \
             know); start that version, or restore the backup from before the upgrade"
        ))),
    }
}

pub(super) fn migrate_postgres(connection: &mut PgConnection) -> Result<()> {
    use diesel::RunQueryDsl as _;
    diesel::sql_query(format!("SELECT pg_advisory_lock({POSTGRES_LOCK})")).execute(connection)?;
    let failed = |error: Failure| Error::Migration(error.to_string());
    let applied = connection.applied_migrations().map_err(failed);
    let migrated = applied.and_then(|applied| {
        refuse_newer::<Pg>(&applied, &POSTGRES)?;
        connection.run_pending_migrations(POSTGRES).map(|_| ()).map_err(failed)
    });
    diesel::sql_query(format!("SELECT pg_advisory_unlock({POSTGRES_LOCK})")).execute(connection)?;
    migrated
}

/// Names of the migrations that this binary has and the database has not.
///
/// # Errors
/// When the database cannot be read.
pub fn pending_migrations(database: &Database) -> Result<usize> {
    let mut connection = database.reader()?;
    let sqlite = matches!(connection, Connection::Sqlite(_));
    let pending = on_engine!(&mut connection, |c| {
        // The type of the backend differs per engine, so only the count leaves this expression.
        c.pending_migrations(if sqlite { SQLITE } else { POSTGRES }).map(|list| list.len())
    });
    pending.map_err(|error| Error::Migration(error.to_string()))
}
