//! Reads SQLite: SQLite itself writes each row as one JSON object, so that no table needs its own code. Pages go by
//! primary key, which every table has; where a row refers to another of its table, the other has the lower key.

use diesel::prelude::*;
use diesel::query_dsl::LoadQuery;
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

impl Table {
    /// The columns of the primary key of `t`, in its order.
    fn key(&self) -> String {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.pk > 0).collect();
        key.sort_by_key(|column| column.pk);
        key.iter().map(|column| format!("t.{}", column.name)).collect::<Vec<_>>().join(", ")
    }

    /// Whether the key of `t` compares so with the one that is bound as a JSON array. SQLite cannot bind a row.
    fn compared(&self, operator: &str, parameter: &str) -> String {
        let count = self.columns.iter().filter(|column| column.pk > 0).count();
        let values: Vec<String> = (0..count).map(|part| format!("json_extract({parameter}, '$[{part}]')")).collect();
        format!("({}) {operator} ({})", self.key(), values.join(", "))
    }
}

/// The key of a row as a JSON array; empty before the first row.
pub(in super::super) type Key = String;

#[derive(Clone, Debug, QueryableByName)]
pub(in super::super) struct Extent {
    #[diesel(sql_type = BigInt)]
    pub(in super::super) rows: i64,
    /// The highest key.
    #[diesel(sql_type = Text)]
    pub(in super::super) last: Key,
}

pub(in super::super) struct Page {
    /// A JSON array of objects.
    pub(in super::super) rows_json: String,
    pub(in super::super) rows: i64,
    /// The key of the last row.
    pub(in super::super) last: Key,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    key: Key,
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

pub(in super::super) fn extent(connection: &mut Connection, table: &Table) -> Result<Extent> {
    let (name, key) = (&table.name, table.key());
    let query = format!(
        "SELECT COUNT(*) AS \"rows\", COALESCE((SELECT json_array({key}) FROM {name} t ORDER BY {} LIMIT 1), '') \
         AS \"last\" FROM {name}",
        key.replace(',', " DESC,") + " DESC",
    );
    Ok(diesel::sql_query(query).get_result(sqlite(connection)?)?)
}

/// The next rows of a table.
pub(in super::super) fn page(
    connection: &mut Connection,
    table: &Table,
    after: &str,
) -> std::result::Result<Page, CopyError> {
    let key = table.key();
    // The empty key stands before all: every row is above what SQLite extracts from nothing.
    let above = if after.is_empty() { "?1 = ''".to_owned() } else { table.compared(">", "?1") };
    let query = format!(
        "SELECT json_array({key}) AS \"key\", {} AS line FROM {} t WHERE {above} ORDER BY {key} LIMIT {PAGE_ROWS}",
        object(table),
        table.name,
    );
    collect(connection, diesel::sql_query(query).bind::<Text, _>(after), PAGE_BYTES)
}

/// All lines of the entries whose key is above `after` and at most `last`.
pub(in super::super) fn lines_of(
    connection: &mut Connection,
    lines: &Table,
    entries: &Table,
    after: &str,
    last: &str,
) -> std::result::Result<Page, CopyError> {
    // A line's key begins with that of its entry.
    let above = if after.is_empty() { "?1 = ''".to_owned() } else { entries.compared(">", "?1") };
    let key = lines.key();
    let query = format!(
        "SELECT json_array({key}) AS \"key\", {} AS line FROM {} t WHERE {above} AND {} ORDER BY {key}",
        object(lines),
        lines.name,
        entries.compared("<=", "?2"),
    );
    let query = diesel::sql_query(query).bind::<Text, _>(after).bind::<Text, _>(last);
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

fn collect<'q, Q>(connection: &mut Connection, query: Q, most_bytes: usize) -> std::result::Result<Page, CopyError>
where
    Q: LoadQuery<'q, SqliteConnection, Line>,
{
    let mut page = Page { rows_json: String::from("["), rows: 0, last: Key::new() };
    // Row by row, so that rows beyond the end of the page are never read.
    let rows = query.internal_load(sqlite(connection)?).map_err(Error::from)?;
    for row in rows {
        let Line { key, line } = row.map_err(Error::from)?;
        if page.rows > 0 {
            page.rows_json.push(',');
        }
        page.rows_json.push_str(&line);
        page.rows += 1;
        page.last = key;
        if page.rows_json.len() >= most_bytes {
            break;
        }
    }
    page.rows_json.push(']');
    Ok(page)
}
