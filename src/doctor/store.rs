//! What the engines say of themselves.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Text, Timestamp as Instant};

use crate::clock::Timestamp;
use crate::db::{Connection, Result};

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
