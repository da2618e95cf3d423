//! The embedded migrations of both engines. They have the same names, and a test holds them to it.

use diesel::PgConnection;
use diesel::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{Connection, Database, Error, Result};
use crate::on_engine;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrations run, so that daemons started together run them once ("tckt" in ASCII).
const POSTGRES_LOCK: i64 = 0x7463_6b74;

pub(super) fn migrate_sqlite(connection: &mut SqliteConnection) -> Result<()> {
    connection.run_pending_migrations(SQLITE).map_err(|error| Error::Migration(error.to_string()))?;
    Ok(())
}

pub(super) fn migrate_postgres(connection: &mut PgConnection) -> Result<()> {
    use diesel::RunQueryDsl as _;
    diesel::sql_query(format!("SELECT pg_advisory_lock({POSTGRES_LOCK})")).execute(connection)?;
    let migrated = connection.run_pending_migrations(POSTGRES).map(|_| ()).map_err(|error| error.to_string());
    diesel::sql_query(format!("SELECT pg_advisory_unlock({POSTGRES_LOCK})")).execute(connection)?;
    migrated.map_err(Error::Migration)
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
