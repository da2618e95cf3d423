//! The statements of a backup. `VACUUM` cannot run in a transaction, so they use their own connections.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::schema::{inbox_events, journal_entries, sources};
use crate::db::{Error, Result};

/// Contents of a database.
pub(super) struct State {
    pub(super) events: i64,
    pub(super) entries: i64,
    /// Source, number and hash of the last entry.
    pub(super) heads: Vec<(String, i64, String)>,
}

/// Contents of a copy, and its fault if there is one.
pub(super) struct Checked {
    pub(super) state: State,
    pub(super) fault: Option<String>,
}

fn connect(file: &Path) -> Result<SqliteConnection> {
    let failed = |error: &dyn std::fmt::Display| Error::Open(format!("{}: {error}", file.display()));
    let path = file.to_str().ok_or_else(|| failed(&"the path is not UTF-8"))?;
    let mut connection = SqliteConnection::establish(path).map_err(|error| failed(&error))?;
    connection.batch_execute("PRAGMA busy_timeout=10000; PRAGMA trusted_schema=OFF;")?;
    Ok(connection)
}

/// Reads the contents of a file.
pub(super) fn state(file: &Path) -> Result<State> {
    connect(file)?.transaction(state_of).map_err(Error::from)
}

fn state_of(c: &mut SqliteConnection) -> QueryResult<State> {
    let names: Vec<String> = sources::table.order(sources::source).select(sources::source).load(c)?;
    let mut heads = Vec::new();
    for source in names {
        let head: Option<(i64, String)> = journal_entries::table
            .filter(journal_entries::source.eq(&source))
            .order(journal_entries::entry_no.desc())
            .select((journal_entries::entry_no, journal_entries::entry_hash))
            .first(c)
            .optional()?;
        heads.extend(head.map(|(entry_no, hash)| (source, entry_no, hash)));
    }
    Ok(State {
        events: inbox_events::table.count().get_result(c)?,
        entries: journal_entries::table.count().get_result(c)?,
        heads,
    })
}

/// Writes the present contents of a file into an empty file.
pub(super) fn vacuum_into(file: &Path, copy: &Path) -> Result<()> {
    let copy = copy.to_str().ok_or_else(|| Error::Open(format!("{}: the path is not UTF-8", copy.display())))?;
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(copy).execute(&mut connect(file)?)?;
    Ok(())
}

/// Checks every page and every foreign key of a copy.
pub(super) fn check_copy(copy: &Path) -> Result<Checked> {
    #[derive(QueryableByName)]
    struct Fault {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let mut connection = connect(copy)?;
    // The copy is a single file, without a write-ahead log.
    connection.batch_execute("PRAGMA journal_mode=DELETE")?;
    let faults: Vec<Fault> = diesel::sql_query("PRAGMA integrity_check(1)").load(&mut connection)?;
    let fault = faults.into_iter().map(|fault| fault.integrity_check).find(|text| text != "ok");
    let loose = "SELECT COUNT(*) AS number FROM pragma_foreign_key_check";
    let loose = diesel::sql_query(loose).get_result::<Count>(&mut connection)?.number;
    let fault = fault.or((loose > 0).then(|| format!("{loose} rows reference missing rows")));
    Ok(Checked { state: state_of(&mut connection)?, fault })
}

/// The first of these entries that the file lacks or has with another hash.
pub(super) fn first_missing(file: &Path, entries: &[(String, i64, String)]) -> Result<Option<String>> {
    let mut connection = connect(file)?;
    for (source, entry_no, hash) in entries {
        let found: Option<String> = journal_entries::table
            .find((source, entry_no))
            .select(journal_entries::entry_hash)
            .first(&mut connection)
            .optional()?;
        if found.as_ref() != Some(hash) {
            return Ok(Some(format!("entry {entry_no} of {source} differs")));
        }
    }
    Ok(None)
}
