//! Opens a database from `database.url`.

use super::{Database, Error, Result, postgres, sqlite};

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
    /// Opens the database at `url` and migrates its schema, except for [`Role::Visitor`]. What is not there is made.
    ///
    /// # Errors
    /// An unknown scheme, a database that cannot be opened, or a SQLite file that another daemon uses.
    pub fn open(url: &str, role: Role) -> Result<Self> {
        Self::open_or_make(url, role, false)
    }

    /// The same, but refuses to make a database: for a host that has had one, where an empty one would mean that a
    /// volume is not mounted or the address is wrong.
    ///
    /// # Errors
    /// As [`Database::open`], and when there is no database or an empty one.
    pub fn open_existing(url: &str, role: Role) -> Result<Self> {
        Self::open_or_make(url, role, true)
    }

    fn open_or_make(url: &str, role: Role, must_exist: bool) -> Result<Self> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            "sqlite" => sqlite::open(url.trim_start_matches("sqlite:").trim_start_matches("//"), role, must_exist),
            "postgres" | "postgresql" => postgres::open(url, role, must_exist),
            _ => Err(Error::Scheme { scheme: scheme.to_owned() }),
        }
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
