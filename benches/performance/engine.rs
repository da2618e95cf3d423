//! The databases that are measured, each fresh for its run.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};

/// An engine, with the address of its server if it has one.
pub(crate) enum Engine {
    Sqlite,
    Postgres(String),
}

/// A folder for the settings, and a database of its own.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
}

impl Engine {
    /// SQLite, and PostgreSQL if there is a server; those of them that `arguments` name, if they name one.
    pub(crate) fn chosen(arguments: &[String]) -> Vec<Self> {
        let server = std::env::var("TICKETLEDGER_BENCH_URL").ok().map(Self::Postgres);
        let mut engines: Vec<Self> = std::iter::once(Self::Sqlite).chain(server).collect();
        let named = |engine: &Self| arguments.iter().any(|argument| argument.eq_ignore_ascii_case(engine.name()));
        if engines.iter().any(named) {
            engines.retain(named);
        }
        engines
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) fn fresh(&self) -> Place {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let folder = tempfile::tempdir_in("target").expect("a folder in target");
        let path = std::path::absolute(folder.path()).expect("a path").join("bench.db");
        let url = match self {
            Self::Sqlite => format!("sqlite:{}", path.display()),
            Self::Postgres(server) => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let name = format!("performance_{}_{number}", std::process::id());
                let mut administrator = PgConnection::establish(server).expect("the server answers");
                administrator.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
                let (before, query) = server.split_once('?').unwrap_or((server, ""));
                let base = before.rsplit_once('/').map_or(before, |(base, _)| base);
                format!("{base}/{name}?{query}")
            }
        };
        Place { folder, url }
    }
}

impl Place {
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite:").map(PathBuf::from)
    }

    /// Rows of a table, with a condition if it is given behind its name.
    pub(crate) fn count(&self, table: &str) -> u64 {
        let query = diesel::select(sql::<BigInt>(&format!("(SELECT count(*) FROM {table})")));
        let count: i64 = match self.file() {
            Some(file) => {
                let mut connection = SqliteConnection::establish(&file.display().to_string()).expect("the file opens");
                query.get_result(&mut connection).unwrap_or(0)
            }
            None => query.get_result(&mut self.server()).unwrap_or(0),
        };
        u64::try_from(count).unwrap_or(0)
    }

    pub(crate) fn server(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("the server answers")
    }

    /// What the database takes on disk, without its log.
    pub(crate) fn bytes(&self) -> u64 {
        match self.file() {
            Some(file) => {
                let mut connection = SqliteConnection::establish(&file.display().to_string()).expect("the file opens");
                connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").expect("a checkpoint");
                std::fs::metadata(file).map_or(0, |metadata| metadata.len())
            }
            None => {
                let query = diesel::select(sql::<BigInt>("pg_database_size(current_database())"));
                query.get_result::<i64>(&mut self.server()).map_or(0, |bytes| u64::try_from(bytes).unwrap_or(0))
            }
        }
    }
}
