//! What the engines say of themselves.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Nullable, Text, Timestamp as Instant};

use crate::clock::Timestamp;
use crate::db::schema::inbox_events;
use crate::db::{Connection, Result};
use crate::on_engine;

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Instant)]
    now: Timestamp,
}

/// Settings that durability hangs on, each with the value it has and those it may have.
pub(super) fn durability(connection: &mut Connection) -> Result<Vec<(&'static str, String, &'static [&'static str])>> {
    match connection {
        Connection::Sqlite(c) => {
            let mode: Word = sql_query("SELECT journal_mode AS word FROM pragma_journal_mode").get_result(&mut **c)?;
            Ok(vec![("journal_mode", mode.word, &["wal"])])
        }
        Connection::Postgres(c) => {
            let mut found = Vec::new();
            let wanted: [(&str, &[&str]); 3] = [
                ("fsync", &["on"]),
                ("full_page_writes", &["on"]),
                ("synchronous_commit", &["on", "remote_write", "remote_apply"]),
            ];
            for (name, allowed) in wanted {
                let value = sql_query("SELECT current_setting($1) AS word").bind::<Text, _>(name);
                found.push((name, value.get_result::<Word>(&mut **c)?.word, allowed));
            }
            Ok(found)
        }
    }
}

/// What is wrong with the pages of the database: nothing, or the first thing. On PostgreSQL whether it would notice.
pub(super) fn integrity(connection: &mut Connection) -> Result<Option<String>> {
    let (word, fine, prefix): (Word, _, _) = match connection {
        Connection::Sqlite(c) => {
            let query = "SELECT quick_check AS word FROM pragma_quick_check LIMIT 1";
            (sql_query(query).get_result(&mut **c)?, "ok", "")
        }
        Connection::Postgres(c) => {
            let query = "SELECT current_setting('data_checksums') AS word";
            (sql_query(query).get_result(&mut **c)?, "on", "data_checksums is ")
        }
    };
    Ok((word.word != fine).then(|| format!("{prefix}{}", word.word)))
}

/// When the first migration ran, and whether anything was received since.
pub(super) fn made_at(connection: &mut Connection) -> Result<(Timestamp, bool)> {
    let query = sql_query("SELECT MIN(run_on) AS now FROM __diesel_schema_migrations");
    let made_at = on_engine!(connection, |c| query.get_result::<Now>(c))?.now;
    let first = inbox_events::table.select(inbox_events::id);
    let received = on_engine!(connection, |c| first.first::<i64>(c).optional())?.is_some();
    Ok((made_at, received))
}

/// What a clock that was ahead has written: the latest receipt among the newest webhooks, and the latest heartbeat,
/// token and alert, each with the name of what it is.
pub(super) fn latest(connection: &mut Connection) -> Result<Vec<(&'static str, Timestamp)>> {
    let mut found = Vec::new();
    for (what, query) in [
        (
            "a webhook was received",
            "SELECT MAX(received_at) AS at \
             FROM (SELECT received_at FROM inbox_events ORDER BY id DESC LIMIT 1000) AS newest",
        ),
        ("a daemon sent its heartbeat", "SELECT MAX(heartbeat_at) AS at FROM daemons"),
        ("an alert was seen", "SELECT MAX(seen_at) AS at FROM alerts"),
    ] {
        let at = on_engine!(connection, |c| sql_query(query).get_result::<Latest>(c))?.at;
        found.extend(at.map(|at| (what, at)));
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Latest {
    #[diesel(sql_type = Nullable<Instant>)]
    at: Option<Timestamp>,
}

/// The clock of a PostgreSQL server; SQLite has none of its own.
pub(super) fn server_clock(connection: &mut Connection) -> Result<Option<Timestamp>> {
    match connection {
        Connection::Sqlite(_) => Ok(None),
        Connection::Postgres(c) => {
            let query = "SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now";
            Ok(Some(sql_query(query).get_result::<Now>(&mut **c)?.now))
        }
    }
}
