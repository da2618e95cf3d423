//! One database interface for two engines. [`Connection`] is an enum over both; [`on_engine!`](crate::on_engine)
//! compiles each query once per engine.
//!
//! Only this folder, files named `store.rs` and folders named `store` contain SQL.

pub mod compiled;
mod error;
mod files;
mod migrate;
mod open;
mod pool;
mod postgres;
mod sqlite;
pub use self::open::{COPY_PROGRESS, Role, unfinished_copy};
pub mod schema;
pub mod vocabulary;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};

pub use self::error::Error;
pub use self::migrate::pending_migrations;
use crate::limits;

pub type Result<T> = std::result::Result<T, Error>;

type SqlitePool = Pool<ConnectionManager<SqliteConnection>>;

pub enum Connection {
    Sqlite(PooledConnection<ConnectionManager<SqliteConnection>>),
    Postgres(PooledConnection<postgres::Server>),
}

/// Runs one Diesel expression on the engine of the connection; it is compiled once per engine.
#[macro_export]
macro_rules! on_engine {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $connection {
            $crate::db::Connection::Sqlite(pooled) => {
                let $inner: &mut diesel::SqliteConnection = &mut *pooled;
                $body
            }
            $crate::db::Connection::Postgres(pooled) => {
                let $inner: &mut diesel::PgConnection = &mut *pooled;
                $body
            }
        }
    };
}

/// Inserts all rows of a slice, many per statement. On PostgreSQL the cost is the round trip. On SQLite, a statement
/// whose triggers may abort keeps every page that it changes, and a statement of another length is compiled again,
/// triggers included. So a statement there takes a fixed number of rows, and the remaining rows are inserted one by
/// one.
#[macro_export]
macro_rules! insert_rows {
    ($connection:expr, $table:expr, $rows:expr) => {{
        let rows: &[_] = &$rows;
        match $connection {
            $crate::db::Connection::Sqlite(pooled) => {
                let (full, rest) = rows.as_chunks::<{ $crate::limits::SQLITE_INSERT_ROWS }>();
                full.iter()
                    .try_for_each(|rows| {
                        let insert = diesel::insert_into($table).values(rows);
                        diesel::RunQueryDsl::execute(insert, &mut **pooled).map(|_| ())
                    })
                    .and_then(|()| {
                        rest.iter().try_for_each(|row| {
                            let insert = diesel::insert_into($table).values(row);
                            diesel::RunQueryDsl::execute(insert, &mut **pooled).map(|_| ())
                        })
                    })
            }
            $crate::db::Connection::Postgres(pooled) => rows.chunks($crate::limits::INSERT_ROWS).try_for_each(|rows| {
                let insert = diesel::insert_into($table).values(rows);
                diesel::RunQueryDsl::execute(insert, &mut **pooled).map(|_| ())
            }),
        }
    }};
}

/// The connection pools of one database.
///
/// SQLite has one write connection, which the writers of the process take in turn (waiting in the pool is fair, waiting
/// for SQLite's lock is not), and several read-only connections.
#[derive(Clone)]
pub struct Database {
    pools: Pools,
    /// Writers that a sender waits for.
    deliveries: Arc<AtomicUsize>,
    /// The lock of a SQLite file, held while the daemon runs: a second daemon on the same file is refused.
    _lock: Option<Arc<std::fs::File>>,
}

/// A delivery that waits to be written.
pub struct Announced<'d>(&'d AtomicUsize);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone)]
enum Pools {
    Sqlite(sqlite::Pools),
    Postgres(postgres::Pools),
}

impl Database {
    /// Whether the engine is SQLite.
    pub fn is_embedded(&self) -> bool {
        matches!(self.pools, Pools::Sqlite(_))
    }

    /// Runs blocking work on the database outside the asynchronous threads. The work continues if the caller gives up.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Interrupted`] when it panicked or the program ends.
    pub async fn run<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E> {
        let database = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&database)).await;
        done.unwrap_or_else(|error| {
            let what = if error.is_panic() { "a bug" } else { "the shutdown" };
            Err(Error::Interrupted(what).into())
        })
    }

    /// A connection for reading outside a transaction.
    ///
    /// # Errors
    /// When the pool has no free connection within its timeout.
    pub fn reader(&self) -> Result<Connection> {
        Ok(match &self.pools {
            Pools::Sqlite(pools) => Connection::Sqlite(pools.read.get()?),
            Pools::Postgres(pools) => Connection::Postgres(pools.get()?),
        })
    }

    /// Runs `body` in one read transaction, so that everything in a report comes from the same state of the database.
    ///
    /// # Errors
    /// Those of `body`, and database errors.
    pub fn read<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut connection = self.reader()?;
        match &mut connection {
            Connection::Sqlite(pooled) => AnsiTransactionManager::begin_transaction_sql(&mut **pooled, "BEGIN"),
            Connection::Postgres(pooled) => AnsiTransactionManager::begin_transaction_sql(
                &mut **pooled,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
        }
        .map_err(Error::from)?;
        let value = body(&mut connection);
        connection.rollback()?;
        value
    }

    fn writer(&self) -> Result<Connection> {
        Ok(match &self.pools {
            Pools::Sqlite(pools) => {
                let connection = pools.write.get()?;
                pools.files.check()?;
                Connection::Sqlite(connection)
            }
            Pools::Postgres(pools) => Connection::Postgres(pools.get()?),
        })
    }

    /// The same database for the inbox writer: on PostgreSQL with a connection that nobody else can take, so that
    /// receiving never waits for the workers.
    pub fn for_receiving(&self) -> Self {
        let mut database = self.clone();
        if let Pools::Postgres(pools) = &mut database.pools {
            pools.receive();
        }
        database
    }

    /// Says that a sender waits for what is about to be written, until the answer is dropped.
    pub fn announce_delivery(&self) -> Announced<'_> {
        self.deliveries.fetch_add(1, Ordering::Relaxed);
        Announced(&self.deliveries)
    }

    /// Whether a delivery waits for the one writer of SQLite, so that whoever holds it should give it back soon.
    pub fn delivery_waits(&self) -> bool {
        self.is_embedded() && self.deliveries.load(Ordering::Relaxed) > 0
    }

    /// On SQLite, writes the write-ahead log back into the file and truncates it, because it may hold copies of deleted
    /// data. While someone reads, part of it stays until the next time.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn write_back(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite(pools) => pools.write_back(limits::LOG_PATIENCE),
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// On SQLite, the bytes of the write-ahead log. A forgotten reader makes it grow; when it is larger than usual and
    /// the reader is gone, it is written back.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn tend_log(&self) -> Result<Option<u64>> {
        let Pools::Sqlite(pools) = &self.pools else { return Ok(None) };
        if pools.files.log_bytes() > limits::LOG_BYTES {
            pools.write_back(Duration::ZERO)?;
        }
        Ok(Some(pools.files.log_bytes()))
    }

    /// Runs `body` in one durable transaction: commits if it returns `Ok`, rolls back otherwise.
    ///
    /// On SQLite the transaction takes the write lock at once (`BEGIN IMMEDIATE`); a deferred one that reads first
    /// fails when another writer commits in between. `name` labels the log line of a failed commit.
    ///
    /// # Errors
    /// Those of `body`, and database errors. After an error of the commit itself the outcome is unknown.
    pub fn transaction<T, E: From<Error>>(
        &self,
        name: &'static str,
        body: impl FnOnce(&mut Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut connection = self.writer()?;
        connection.begin()?;
        match body(&mut connection) {
            Ok(value) => {
                // The caller handles and logs the error; this line names the transaction.
                connection.commit().map_err(|error| {
                    tracing::debug!(transaction = name, %error, "commit failed");
                    Error::Commit(error)
                })?;
                // Whoever took the files away while it ran has taken this commit with them.
                self.still_there()?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to report; the pool drops a connection that cannot roll back.
                let _ = connection.rollback();
                Err(error)
            }
        }
    }

    fn still_there(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite(pools) => {
                pools.committed();
                pools.files.check()
            }
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// Runs `body` in a transaction that is always rolled back, to see what it would do.
    ///
    /// # Errors
    /// Those of `body`, and database errors.
    pub fn dry_run<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Connection) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut connection = self.writer()?;
        connection.begin()?;
        let value = body(&mut connection);
        connection.rollback()?;
        value
    }
}

impl Connection {
    /// Runs `body` in a savepoint of the transaction: if it fails, only its own changes are undone.
    ///
    /// # Errors
    /// Those of `body`, and database errors.
    pub fn savepoint<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.command("SAVEPOINT attempt")?;
        let value = body(self);
        if value.is_err() {
            self.command("ROLLBACK TO SAVEPOINT attempt")?;
        }
        self.command("RELEASE SAVEPOINT attempt")?;
        value
    }

    fn command(&mut self, sql: &str) -> Result<()> {
        use diesel::connection::SimpleConnection as _;
        on_engine!(self, |c| c.batch_execute(sql))?;
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(pooled) => AnsiTransactionManager::begin_transaction_sql(&mut **pooled, "BEGIN IMMEDIATE"),
            Self::Postgres(pooled) => AnsiTransactionManager::begin_transaction_sql(&mut **pooled, "BEGIN"),
        }?;
        Ok(())
    }

    fn commit(&mut self) -> diesel::QueryResult<()> {
        if let Self::Postgres(pooled) = self {
            postgres::before_commit(pooled)?;
        }
        on_engine!(self, |c| AnsiTransactionManager::commit_transaction(c))
    }

    fn rollback(&mut self) -> Result<()> {
        on_engine!(self, |c| AnsiTransactionManager::rollback_transaction(c))?;
        Ok(())
    }
}
