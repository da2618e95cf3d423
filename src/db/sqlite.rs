//! SQLite: how a file is opened, with the settings that durable commits need, and how its log is kept small.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sql_types::Integer;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

use super::files::{self, Files};
use super::pool::Waits;
use super::{Database, Error, Result, Role, SqlitePool, migrate};
use crate::limits;

/// WAL with `synchronous=FULL`: a commit is on disk before it is confirmed. The daemon writes the log back beside the
/// writer ([`write_back_beside`]); when it has 16,000 pages, the writer writes back what is left, and begins the log
/// anew. A statement whose triggers may abort keeps the pages that it changes: in memory, because a file would double
/// the work. What is deleted is overwritten: else a part of it stays at the end of a page that another row takes over,
/// and an erased person is not gone.
const WRITE: &str = "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
     PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=16000; \
     PRAGMA temp_store=MEMORY; PRAGMA cache_size=-12000; PRAGMA secure_delete=ON;";
const READ: &str = "PRAGMA busy_timeout=10000; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;";
/// The same in a daemon: reads at once, so that the log is opened now and not when its name may lead elsewhere.
const READ_NOW: &str = "PRAGMA busy_timeout=10000; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; \
     PRAGMA cache_size=-1000; PRAGMA schema_version;";

#[derive(Debug)]
struct OnAcquire(&'static str);

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for OnAcquire {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        connection.batch_execute(self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// One connection that writes, several that read.
#[derive(Clone)]
pub(super) struct Pools {
    pub(super) write: SqlitePool,
    pub(super) read: SqlitePool,
    pub(super) files: Arc<Files>,
    /// Keeps the log from being deleted and made anew while connections come and go, and empties it.
    keeper: Arc<Mutex<SqliteConnection>>,
    /// Wakes the thread that writes the log back, where there is one.
    grown: Option<SyncSender<()>>,
}

pub(super) fn open(path: &str, role: Role, must_exist: bool) -> Result<Database> {
    let file = Path::new(path);
    let failed = |error: &dyn std::fmt::Display| Error::Open(format!("{path}: {error}"));
    if !file.exists() {
        if must_exist {
            return Err(Error::Missing(format!("there is no {path}")));
        }
        if role == Role::Visitor {
            return Err(failed(&"there is no such file"));
        }
    }
    // Before anything is written: it is left as it is.
    if must_exist && file.metadata().is_ok_and(|found| found.len() == 0) {
        return Err(Error::Missing("the database is empty".to_owned()));
    }
    let lock = match role {
        Role::Daemon | Role::Copier => Some(Arc::new(files::lock(file)?)),
        Role::Command | Role::Visitor => None,
    };
    if role != Role::Visitor {
        files::make(file)?;
        files::refuse_foreign(file)?;
    }
    // Connects once without a pool, because the pool would hide the reason of a failure behind its timeout.
    let address = address(file).map_err(|error| failed(&error))?;
    let mut first = SqliteConnection::establish(&address).map_err(|error| failed(&error))?;
    if role != Role::Visitor {
        first.batch_execute(WRITE).map_err(|error| failed(&error))?;
        let limit = format!("PRAGMA journal_size_limit={}", limits::LOG_BYTES);
        first.batch_execute(&limit).map_err(|error| failed(&error))?;
        if migrate::migrate_sqlite(&mut first, must_exist)? {
            tracing::info!("made a new, empty database: {path}");
        }
    }
    let pool = |name, size, init| {
        Pool::builder()
            .event_handler(Box::new(Waits(name)))
            .max_size(size)
            // In the daemon all from the start, and for good: a name may lead to another file later.
            .min_idle(Some(if role == Role::Daemon { size } else { 1 }))
            .idle_timeout(None)
            .max_lifetime(None)
            // There is no server that could have gone away.
            .test_on_check_out(false)
            .connection_timeout(limits::DATABASE_WAIT)
            .connection_customizer(Box::new(OnAcquire(init)))
            .build(ConnectionManager::new(&address))
    };
    // A visitor cannot write, not even by mistake.
    let write = if role == Role::Visitor { READ } else { WRITE };
    let read = if role == Role::Daemon { READ_NOW } else { READ };
    let keeper = Arc::new(Mutex::new(first));
    let grown = match role {
        Role::Daemon => Some(write_back_beside(&keeper).map_err(|error| failed(&error))?),
        Role::Command | Role::Visitor | Role::Copier => None,
    };
    let pools = Pools {
        grown,
        write: pool("write", 1, write)?,
        read: pool("read", limits::SQLITE_READERS, read)?,
        files: Arc::new(Files::opened(file).map_err(|error| failed(&error))?),
        keeper,
    };
    Ok(Database { pools: super::Pools::Sqlite(pools), _lock: lock, deliveries: Arc::default() })
}

/// An address that opens a file and never makes one. Diesel hands it to SQLite, which decodes it.
fn address(file: &Path) -> std::io::Result<String> {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut address = String::from("file:");
    for byte in std::path::absolute(file)?.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => address.push(*byte as char),
            // Writing to a String cannot fail.
            _ => drop(write!(address, "%{byte:02X}")),
        }
    }
    Ok(address + "?mode=rw")
}

/// Starts a thread that writes the log back whenever it is woken, until nobody can wake it any more. It takes none of
/// the writer's time, and leaves little to be written back when the log begins anew.
fn write_back_beside(keeper: &Arc<Mutex<SqliteConnection>>) -> std::io::Result<SyncSender<()>> {
    let keeper = Arc::clone(keeper);
    let (wake, woken) = sync_channel(1);
    std::thread::Builder::new().name("log-keeper".to_owned()).spawn(move || {
        while woken.recv().is_ok() {
            let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
            let done = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result::<Checkpoint>(&mut *keeper);
            if let Err(error) = done {
                tracing::debug!(%error, "the log was not written back; the writer will do it");
            }
        }
    })?;
    Ok(wake)
}

/// What a checkpoint says.
#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl Pools {
    /// After a commit: has the log written back when there is much of it.
    pub(super) fn committed(&self) {
        if let Some(grown) = &self.grown
            && self.files.log_pages() > limits::LOG_PAGES
        {
            // When the thread has been woken already, it will see this too.
            let _ = grown.try_send(());
        }
    }

    /// Writes the log back into the file, and truncates it unless someone still reads from it. Waits for readers and
    /// writers no longer than `patience`: meanwhile deliveries wait, and a forgotten reader may stay for hours.
    pub(super) fn write_back(&self, patience: Duration) -> Result<()> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.batch_execute(&format!("PRAGMA busy_timeout={}", patience.as_millis()))?;
        let passive: Checkpoint = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(&mut *keeper)?;
        if passive.busy == 0 && passive.log == passive.checkpointed {
            sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpoint>(&mut *keeper)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_opened_as_it_is_written() {
        let address = address(Path::new("/srv/50% of?#ä.db")).expect("an address");
        assert_eq!(address, "file:/srv/50%25%20of%3F%23%C3%A4.db?mode=rw");
    }
}
