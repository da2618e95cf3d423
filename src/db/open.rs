//! Opens a database from `database.url`, with the settings that durable commits need on each engine.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{Connection as _, SqliteConnection};

use super::pool::Waits;
use super::{Database, Error, Pools, Result, migrate, postgres};
use crate::limits;

/// WAL with `synchronous=FULL`: a commit is on disk before it is confirmed. A checkpoint runs every 4,000 pages. A
/// statement whose triggers may abort keeps the pages that it changes: in memory, because a file would double the work.
/// What is deleted is overwritten: else a part of it stays at the end of a page that another row takes over, and an
/// erased person is not gone.
const SQLITE_WRITE: &str = "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
     PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=4000; \
     PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA secure_delete=ON;";
const SQLITE_READ: &str = "PRAGMA busy_timeout=10000; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;";

#[derive(Debug)]
struct OnAcquire(&'static str);

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for OnAcquire {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        connection.batch_execute(self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Who opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The daemon, which has a SQLite file to itself.
    Daemon,
    /// A command beside a running daemon.
    Command,
    /// `database copy`: has the SQLite file that it reads to itself, and alone may open a target whose copy is
    /// unfinished.
    Copier,
    /// A reader: does not migrate the schema and cannot write to SQLite.
    Visitor,
}

impl Database {
    /// Opens the database at `url` and migrates its schema, except for [`Role::Visitor`].
    ///
    /// # Errors
    /// An unknown scheme, a database that cannot be opened, or a SQLite file that another daemon uses.
    pub fn open(url: &str, role: Role) -> Result<Self> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            "sqlite" => open_sqlite(url.trim_start_matches("sqlite:").trim_start_matches("//"), role),
            "postgres" | "postgresql" => postgres::open(url, role),
            _ => Err(Error::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

fn open_sqlite(path: &str, role: Role) -> Result<Database> {
    let lock = match role {
        Role::Daemon | Role::Copier => Some(Arc::new(lock_file(path)?)),
        Role::Command | Role::Visitor => None,
    };
    let failed = |error: &dyn std::fmt::Display| Error::Open(format!("{path}: {error}"));
    // Connects once without a pool, because the pool would hide the reason of a failure behind its timeout.
    let mut first = SqliteConnection::establish(path).map_err(|error| failed(&error))?;
    if role != Role::Visitor {
        first.batch_execute(SQLITE_WRITE).map_err(|error| failed(&error))?;
        migrate::migrate_sqlite(&mut first)?;
    }
    let pool = |name, size, init| {
        Pool::builder()
            .event_handler(Box::new(Waits(name)))
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(limits::DATABASE_WAIT)
            .connection_customizer(Box::new(OnAcquire(init)))
            .build(ConnectionManager::new(path))
    };
    // A visitor cannot write, not even by mistake.
    let write = if role == Role::Visitor { SQLITE_READ } else { SQLITE_WRITE };
    let pools =
        Pools::Sqlite { write: pool("write", 1, write)?, read: pool("read", limits::SQLITE_READERS, SQLITE_READ)? };
    Ok(Database { pools, _lock: lock })
}

/// Locks a separate file beside the database, because SQLite's own locks come and go with its transactions.
fn lock_file(path: &str) -> Result<File> {
    let lock_path = format!("{path}.lock");
    let failed = |error: std::io::Error| Error::Open(format!("{}: {error}", Path::new(&lock_path).display()));
    let file = File::options().create(true).write(true).truncate(false).open(&lock_path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The table in which a copy records its progress; it exists until the copy is complete.
pub const COPY_PROGRESS: &str = "copy_progress";

/// Whether a copy into this database was begun and is not complete.
///
/// # Errors
/// When the query fails.
pub fn unfinished_copy(connection: &mut super::Connection) -> Result<bool> {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        unfinished: bool,
    }
    let super::Connection::Postgres(pooled) = connection else { return Ok(false) };
    let query = diesel::sql_query(format!("SELECT to_regclass('{COPY_PROGRESS}') IS NOT NULL AS unfinished"));
    Ok(query.get_result::<Row>(&mut **pooled)?.unfinished)
}
