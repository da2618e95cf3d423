//! Reads SQLite: SQLite itself writes each row as one JSON object, so that no table needs its own code. Pages go by
//! `rowid`, which every table has and which follows the order of storing.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use crate::db::{Connection, Error, Result};
use crate::maintenance::copy::CopyError;

/// Rows per page.
const PAGE_ROWS: i64 = 1000;
/// Bytes of JSON after which a page ends; a single row may be larger.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

#[derive(Clone, Debug)]
pub(in super::super) struct Table {
    pub(in super::super) name: String,
    pub(in super::super) columns: Vec<Column>,
}

#[derive(Clone, Debug, QueryableByName)]
pub(in super::super) struct Column {
    #[diesel(sql_type = Text)]
    pub(in super::super) name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    /// Position in the primary key; 0 outside of it.
    #[diesel(sql_type = Integer)]
    pub(in super::super) pk: i32,
}

#[derive(Clone, Copy, Debug, QueryableByName)]
pub(in super::super) struct Extent {
    #[diesel(sql_type = BigInt)]
    pub(in super::super) rows: i64,
    /// The highest `rowid`.
    #[diesel(sql_type = BigInt)]
    pub(in super::super) last: i64,
}

pub(in super::super) struct Page {
    /// A JSON array of objects.
    pub(in super::super) rows_json: String,
    pub(in super::super) rows: i64,
    /// The `rowid` of the last row.
    pub(in super::super) last: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn sqlite(connection: &mut Connection) -> Result<&mut SqliteConnection> {
    match connection {
        Connection::Sqlite(pooled) => Ok(&mut **pooled),
        Connection::Postgres(_) => Err(Error::Open("the source of a copy must be a SQLite database".to_owned())),
    }
}

pub(in super::super) fn tables(connection: &mut Connection) -> Result<Vec<String>> {
    // In LIKE, `_` matches any character, hence GLOB.
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name";
    let rows: Vec<Name> = diesel::sql_query(query).load(sqlite(connection)?)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

pub(in super::super) fn table(connection: &mut Connection, name: &str) -> Result<Table> {
    let query = format!("SELECT name, type AS kind, pk FROM pragma_table_info('{name}') ORDER BY cid");
    let columns = diesel::sql_query(query).load(sqlite(connection)?)?;
    Ok(Table { name: name.to_owned(), columns })
}

pub(in super::super) fn extent(connection: &mut Connection, name: &str) -> Result<Extent> {
    let query = format!("SELECT COUNT(*) AS \"rows\", COALESCE(MAX(rowid), 0) AS \"last\" FROM {name}");
    Ok(diesel::sql_query(query).get_result(sqlite(connection)?)?)
}

/// The next rows of a table.
pub(in super::super) fn page(
    connection: &mut Connection,
    table: &Table,
    after: i64,
) -> std::result::Result<Page, CopyError> {
    let query = format!(
        "SELECT t.rowid AS number, {} AS line FROM {} t WHERE t.rowid > {after} ORDER BY t.rowid LIMIT {PAGE_ROWS}",
        object(table),
        table.name,
    );
    collect(connection, query, PAGE_BYTES)
}

/// All lines of the entries whose `rowid` is above `after` and at most `last`.
pub(in super::super) fn lines_of(
    connection: &mut Connection,
    lines: &Table,
    entries: &Table,
    after: i64,
    last: i64,
) -> std::result::Result<Page, CopyError> {
    // Entries come first: they are few, and the key finds their lines.
    let query = format!(
        "SELECT t.rowid AS number, {} AS line FROM {} e CROSS JOIN {} t \
         ON t.source = e.source AND t.entry_no = e.entry_no WHERE e.rowid > {after} AND e.rowid <= {last} \
         ORDER BY t.rowid",
        object(lines),
        entries.name,
        lines.name,
    );
    collect(connection, query, usize::MAX)
}

/// SQL that makes a row a JSON object; bytes are written as PostgreSQL reads them.
fn object(table: &Table) -> String {
    let column = |column: &Column| match column.kind.as_str() {
        "BLOB" => format!("'{0}', CASE WHEN t.{0} IS NULL THEN NULL ELSE '\\x' || hex(t.{0}) END", column.name),
        _ => format!("'{0}', t.{0}", column.name),
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    format!("json_object({})", columns.join(", "))
}

fn collect(connection: &mut Connection, query: String, most_bytes: usize) -> std::result::Result<Page, CopyError> {
    let mut page = Page { rows_json: String::from("["), rows: 0, last: 0 };
    let query = diesel::sql_query(query);
    // Row by row, so that rows beyond the end of the page are never read.
    let rows = query.load_iter::<Line, DefaultLoadingMode>(sqlite(connection)?).map_err(Error::from)?;
    for row in rows {
        let Line { number, line } = row.map_err(Error::from)?;
        if page.rows > 0 {
            page.rows_json.push(',');
        }
        page.rows_json.push_str(&line);
        page.rows += 1;
        page.last = number;
        if page.rows_json.len() >= most_bytes {
            break;
        }
    }
    page.rows_json.push(']');
    Ok(page)
}
