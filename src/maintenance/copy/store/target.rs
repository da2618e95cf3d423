//! Writes PostgreSQL: a page of JSON objects becomes rows, matched by column names.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::source::{Extent, Key, Table};
use crate::db::{COPY_PROGRESS, Connection, Error, Result};

#[derive(Clone, Debug, QueryableByName)]
pub(in super::super) struct Progress {
    #[diesel(sql_type = BigInt)]
    pub(in super::super) source_rows: i64,
    #[diesel(sql_type = Text)]
    pub(in super::super) source_last: Key,
    #[diesel(sql_type = BigInt)]
    pub(in super::super) copied_rows: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = Text)]
    key: Key,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn postgres(connection: &mut Connection) -> Result<&mut PgConnection> {
    match connection {
        Connection::Postgres(pooled) => Ok(&mut **pooled),
        Connection::Sqlite(_) => Err(Error::Open("the target of a copy must be a PostgreSQL database".to_owned())),
    }
}

pub(in super::super) fn columns(connection: &mut Connection, table: &str) -> Result<Vec<String>> {
    let query = "SELECT column_name::text AS name FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = $1";
    let rows: Vec<Name> = diesel::sql_query(query).bind::<Text, _>(table).load(postgres(connection)?)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

pub(in super::super) fn has_rows(connection: &mut Connection, table: &str) -> Result<bool> {
    let query = format!("SELECT EXISTS (SELECT 1 FROM {table}) AS answer");
    Ok(diesel::sql_query(query).get_result::<Answer>(postgres(connection)?)?.answer)
}

pub(in super::super) fn count(connection: &mut Connection, table: &str) -> Result<i64> {
    let query = format!("SELECT COUNT(*) AS number FROM {table}");
    Ok(diesel::sql_query(query).get_result::<Number>(postgres(connection)?)?.number)
}

/// Marks the database as an unfinished copy, and records what is to be copied.
pub(in super::super) fn begin(connection: &mut Connection, plan: &[(Table, Extent)]) -> Result<()> {
    let connection = postgres(connection)?;
    diesel::sql_query(format!(
        "CREATE TABLE {COPY_PROGRESS} (table_name text PRIMARY KEY, source_rows bigint NOT NULL, \
         source_last text NOT NULL, last_row text NOT NULL DEFAULT '', copied_rows bigint NOT NULL DEFAULT 0)"
    ))
    .execute(connection)?;
    for (table, extent) in plan {
        let insert = format!("INSERT INTO {COPY_PROGRESS} (table_name, source_rows, source_last) VALUES ($1, $2, $3)");
        diesel::sql_query(insert)
            .bind::<Text, _>(&table.name)
            .bind::<BigInt, _>(extent.rows)
            .bind::<Text, _>(&extent.last)
            .execute(connection)?;
    }
    Ok(())
}

pub(in super::super) fn progress(connection: &mut Connection, table: &str) -> Result<Option<Progress>> {
    let query = format!("SELECT source_rows, source_last, copied_rows FROM {COPY_PROGRESS} WHERE table_name = $1");
    Ok(diesel::sql_query(query).bind::<Text, _>(table).get_result(postgres(connection)?).optional()?)
}

/// The key of the last row stored; the row that says so is locked until the end of the transaction.
pub(in super::super) fn lock_progress(connection: &mut Connection, table: &str) -> Result<Key> {
    let query = format!("SELECT last_row AS key FROM {COPY_PROGRESS} WHERE table_name = $1 FOR UPDATE");
    let row: Last = diesel::sql_query(query).bind::<Text, _>(table).get_result(postgres(connection)?)?;
    Ok(row.key)
}

pub(in super::super) fn advance(connection: &mut Connection, table: &str, last: &str, rows: i64) -> Result<()> {
    let update = format!(
        "UPDATE {COPY_PROGRESS} SET last_row = $2, copied_rows = copied_rows + $3 \
         WHERE table_name = $1"
    );
    diesel::sql_query(update)
        .bind::<Text, _>(table)
        .bind::<Text, _>(last)
        .bind::<BigInt, _>(rows)
        .execute(postgres(connection)?)?;
    Ok(())
}

/// Stores the rows of a page in order.
pub(in super::super) fn insert(connection: &mut Connection, table: &str, rows_json: &str) -> Result<()> {
    let insert = format!("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)");
    diesel::sql_query(insert).bind::<Text, _>(rows_json).execute(postgres(connection)?)?;
    Ok(())
}

/// Number of rows of a page that are missing or differ in any byte.
pub(in super::super) fn different(connection: &mut Connection, table: &Table, rows_json: &str) -> Result<i64> {
    let name = &table.name;
    let key = table.columns.iter().filter(|column| column.pk > 0);
    let same_key: Vec<String> = key.map(|column| format!("t.{0} = r.{0}", column.name)).collect();
    let query = format!(
        "SELECT COUNT(*) AS number FROM json_populate_recordset(NULL::{name}, $1::json) r \
         LEFT JOIN {name} t ON {} WHERE t IS DISTINCT FROM r",
        same_key.join(" AND ")
    );
    let row: Number = diesel::sql_query(query).bind::<Text, _>(rows_json).get_result(postgres(connection)?)?;
    Ok(row.number)
}

/// Makes every identity column continue after the highest number copied.
pub(in super::super) fn set_identities(connection: &mut Connection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Identity {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        column_name: String,
    }
    let connection = postgres(connection)?;
    let query = "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND (is_identity = 'YES' OR column_default LIKE 'nextval(%')";
    let identities: Vec<Identity> = diesel::sql_query(query).load(connection)?;
    for Identity { table_name, column_name } in identities {
        diesel::sql_query(format!(
            "SELECT setval(pg_get_serial_sequence('{table_name}', '{column_name}'), \
             COALESCE(MAX({column_name}), 0) + 1, false) FROM {table_name}"
        ))
        .execute(connection)?;
    }
    Ok(())
}

/// Completes the copy, so that daemons may use the database. Updates its statistics, which decide about indexes.
pub(in super::super) fn end(connection: &mut Connection) -> Result<()> {
    let connection = postgres(connection)?;
    diesel::sql_query(format!("DROP TABLE {COPY_PROGRESS}")).execute(connection)?;
    diesel::sql_query("ANALYZE").execute(connection)?;
    Ok(())
}
