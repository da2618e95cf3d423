//! A fresh database for each test, on each engine.
//!
//! `TICKETLEDGER_TEST_ENGINES=sqlite|postgres|both` chooses the engines (default both). Without PostgreSQL's server
//! programs its tests say so and pass, unless `TICKETLEDGER_REQUIRE_POSTGRES=1` is set, as it is in CI.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use tempfile::TempDir;
use ticketledger::db::{Database, Role};

use super::cluster;
use super::wait::HUNG;

/// The engines that every store must work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database that is gone when this is dropped. It starts empty; opening it brings its schema up to date.
pub(crate) struct TestDatabase {
    pub(crate) engine: Engine,
    /// What `database.url` would say.
    pub(crate) url: String,
    /// The file, on SQLite.
    pub(crate) path: Option<PathBuf>,
    /// On PostgreSQL, what to drop.
    name: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// `None` when this engine is not to be tested, or not there; the reason is printed.
    pub(crate) fn new(engine: Engine) -> Option<Self> {
        let wanted = std::env::var("TICKETLEDGER_TEST_ENGINES").unwrap_or_else(|_| "both".to_owned());
        match (wanted.as_str(), engine) {
            ("both" | "sqlite", Engine::Sqlite) => Some(Self::sqlite()),
            ("both" | "postgres", Engine::Postgres) => Self::postgres(),
            ("sqlite" | "postgres", _) => {
                eprintln!("skipped: TICKETLEDGER_TEST_ENGINES={wanted}");
                None
            }
            _ => panic!("TICKETLEDGER_TEST_ENGINES={wanted}: write sqlite, postgres or both"),
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("ticketledger-").tempdir().expect("a temporary folder");
        let path = folder.path().join("test.db");
        Self {
            engine: Engine::Sqlite,
            url: format!("sqlite:{}", path.display()),
            path: Some(path),
            name: String::new(),
            _folder: Some(folder),
        }
    }

    /// The SQLite database of somebody else's folder.
    pub(crate) fn at(path: &std::path::Path) -> Self {
        Self {
            engine: Engine::Sqlite,
            url: format!("sqlite:{}", path.display()),
            path: Some(path.to_owned()),
            name: String::new(),
            _folder: None,
        }
    }

    fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let cluster = cluster::running()?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster::administer(cluster, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Some(Self { engine: Engine::Postgres, url: cluster.url(&name), path: None, name, _folder: None })
    }

    /// Opens it as a command does; a daemon under test opens `url` itself.
    pub(crate) fn open(&self) -> Database {
        Database::open(&self.url, Role::Command).expect("the database opens")
    }

    /// Runs several statements as they stand.
    pub(crate) fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Runs several statements as they stand, in one transaction.
    pub(crate) fn try_execute(&self, sql: &str) -> QueryResult<()> {
        use diesel::connection::SimpleConnection as _;
        match self.engine {
            Engine::Sqlite => {
                let path = self.path.as_ref().expect("a SQLite database has a file").display().to_string();
                let mut connection = SqliteConnection::establish(&path).expect("the file opens");
                connection.batch_execute(&format!("{}; PRAGMA foreign_keys=ON;", wait_for_locks()))?;
                connection.transaction(|c| c.batch_execute(sql))
            }
            Engine::Postgres => {
                let mut connection = PgConnection::establish(&self.url).expect("the server answers");
                connection.transaction(|c| c.batch_execute(sql))
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let (Engine::Postgres, Some(cluster)) = (self.engine, cluster::running()) {
            cluster::administer(cluster, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// Lets a SQLite connection of a test wait for whoever has the lock.
pub(crate) fn wait_for_locks() -> String {
    format!("PRAGMA busy_timeout={}", HUNG.as_millis())
}

/// Runs `body` with a fresh database of `engine`, unless that engine is skipped.
pub(crate) fn with_database(engine: Engine, body: impl FnOnce(&TestDatabase)) {
    if let Some(database) = TestDatabase::new(engine) {
        body(&database);
    }
}

/// One test for each engine: `on_both_engines!(name, |database| { .. })` makes `name::sqlite` and `name::postgres`;
/// `database` is a [`TestDatabase`]. With `async |database| { .. }` the body runs on a Tokio runtime of its own.
#[macro_export]
macro_rules! on_both_engines {
    ($name:ident, async |$database:ident| $body:block) => {
        $crate::on_both_engines!($name, |$database| {
            tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async { $body })
        });
    };
    ($name:ident, |$database:ident| $body:block) => {
        fn $name($database: &$crate::support::db::TestDatabase) $body

        mod $name {
            #[test]
            fn sqlite() {
                $crate::support::db::with_database($crate::support::db::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::support::db::with_database($crate::support::db::Engine::Postgres, super::$name);
            }
        }
    };
}

on_both_engines!(a_test_database_opens_empty_and_takes_statements, |database| {
    let mut connection = database.open().reader().unwrap();
    assert_eq!(database.path.is_some(), database.engine == Engine::Sqlite);
    database.execute(
        "INSERT INTO sources (source, provider, timezone, country, created_at)
            VALUES ('museum', 'bookingkit', 'Europe/Berlin', 'DE', '2025-01-01 00:00:00')",
    );
    assert!(database.try_execute("INSERT INTO sources (source) VALUES ('theatre')").is_err());
    let sources: i64 = ticketledger::on_engine!(&mut connection, |c| {
        ticketledger::db::schema::sources::table.count().get_result(c).unwrap()
    });
    assert_eq!(sources, 1);
});
