//! The embedded migrations of both engines. A test checks that they have the same names.

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Connection, Database, Error, Result};

/// The error type of the migration library.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Advisory lock held while migrations run, so that daemons started together run them once ("tckt" in ASCII).
const POSTGRES_LOCK: i64 = 0x7463_6b74;

/// Versions sorted by date.
type Versions<'a> = Vec<MigrationVersion<'a>>;

/// Returns whether the database was empty before.
pub(super) fn migrate_sqlite(connection: &mut SqliteConnection, must_exist: bool) -> Result<bool> {
    let tables = "SELECT count(*) AS tables, \
                  count(*) FILTER (WHERE name IN ('__diesel_schema_migrations', 'inbox_events')) AS ours \
                  FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    refuse_other(&diesel::sql_query(tables).get_result(connection)?, must_exist)?;
    migrate::<Sqlite>(connection, SQLITE, must_exist)
}

/// Returns whether the database was empty before.
pub(super) fn migrate_postgres(connection: &mut PgConnection, must_exist: bool) -> Result<bool> {
    diesel::sql_query(format!("SELECT pg_advisory_lock({POSTGRES_LOCK})")).execute(connection)?;
    let migrated = migrate_locked(connection, must_exist);
    diesel::sql_query(format!("SELECT pg_advisory_unlock({POSTGRES_LOCK})")).execute(connection)?;
    migrated
}

fn migrate_locked(connection: &mut PgConnection, must_exist: bool) -> Result<bool> {
    let tables = "SELECT count(*) AS tables, \
                  count(*) FILTER (WHERE tablename IN ('__diesel_schema_migrations', 'inbox_events')) AS ours \
                  FROM pg_tables WHERE schemaname = current_schema()";
    refuse_other(&diesel::sql_query(tables).get_result(connection)?, must_exist)?;
    migrate::<Pg>(connection, POSTGRES, must_exist)
}

/// What is in a database.
#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    tables: i64,
    /// Of these, those that every database of ours has.
    #[diesel(sql_type = BigInt)]
    ours: i64,
}

/// Looks before the library of the migrations makes its own table.
fn refuse_other(found: &Tables, must_exist: bool) -> Result<()> {
    match found {
        Tables { tables: 0, .. } if must_exist => Err(Error::Missing("the database is empty".to_owned())),
        Tables { tables: 1.., ours: 0 } => Err(Error::Migration(format!(
            "the database has {} table(s) of another program; set database.url to a database of its own",
            found.tables
        ))),
        _ => Ok(()),
    }
}

fn migrate<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    embedded: EmbeddedMigrations,
    must_exist: bool,
) -> Result<bool> {
    let (applied, steps) = (connection.applied_migrations().map_err(failed)?, steps::<DB>(&embedded)?);
    let known: Versions<'_> = steps.iter().map(|step| step.name().version()).collect();
    refuse_unreleased(&applied, &known)?;
    refuse_newer(&applied, &known)?;
    if applied.is_empty() && must_exist {
        return Err(Error::Missing("the database is empty".to_owned()));
    }
    connection.run_pending_migrations(embedded).map_err(failed)?;
    Ok(applied.is_empty())
}

fn steps<DB: Backend>(embedded: &EmbeddedMigrations) -> Result<Vec<Box<dyn Migration<DB>>>> {
    MigrationSource::<DB>::migrations(embedded).map_err(failed)
}

fn failed(error: Failure) -> Error {
    Error::Migration(error.to_string())
}

/// Migrations are folded only before the first release, and the folded ones have later dates. So a database with a
/// version older than all known ones was never released.
fn refuse_unreleased(applied: &Versions<'_>, known: &Versions<'_>) -> Result<()> {
    match applied.iter().min().filter(|oldest| known.iter().all(|known| *oldest < known)) {
        None => Ok(()),
        Some(version) => Err(Error::Migration(format!(
            "a build from before the first release made this database (migration {version}), and no later build can \
             continue it; keep it for that build, set database.url to a new, empty database, and deliver again: the \
             table inbox_events holds the webhook bodies and the imported files"
        ))),
    }
}

/// A program must not write to a database that a newer version has migrated.
fn refuse_newer(applied: &Versions<'_>, known: &Versions<'_>) -> Result<()> {
    match applied.iter().find(|applied| !known.contains(applied)) {
        None => Ok(()),
        Some(version) => Err(Error::Migration(format!(
            "a newer version of ticketledger has changed this database (migration {version}, which this one does not \
             know); start that version, or restore the backup from before the upgrade"
        ))),
    }
}

/// The number of migrations that this binary has and the database lacks.
///
/// # Errors
/// When the database cannot be read, or an unreleased build created it.
pub fn pending_migrations(database: &Database) -> Result<usize> {
    match &mut database.reader()? {
        Connection::Sqlite(connection) => pending::<Sqlite>(&mut **connection, SQLITE),
        Connection::Postgres(connection) => pending::<Pg>(&mut **connection, POSTGRES),
    }
}

fn pending<DB: Backend>(connection: &mut impl MigrationHarness<DB>, embedded: EmbeddedMigrations) -> Result<usize> {
    let (applied, steps) = (connection.applied_migrations().map_err(failed)?, steps::<DB>(&embedded)?);
    let known: Versions<'_> = steps.iter().map(|step| step.name().version()).collect();
    refuse_unreleased(&applied, &known)?;
    Ok(known.iter().filter(|known| !applied.contains(known)).count())
}
