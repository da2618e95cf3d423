//! Which statements are made, and how an engine would carry them out on a large book.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};

use diesel::connection::{Connection as _, InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use ticketledger::db::{Connection, Database};
use ticketledger::limits::{POSTGRES_CONNECTIONS, SQLITE_READERS};
use ticketledger::on_engine;

/// What grows with the book. The others have a few rows for each source.
pub(crate) const LONG: [&str; 15] = [
    "inbox_events",
    "inbox_attempts",
    "documents",
    "order_snapshots",
    "journal_entries",
    "postings",
    "orders",
    "order_lines",
    "payments",
    "order_sums",
    "vouchers",
    "redemptions",
    "findings",
    "contacts",
    "contact_orders",
];

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct SqliteInstruction {
    #[diesel(sql_type = Text)]
    opcode: String,
    #[diesel(sql_type = Integer)]
    p2: i32,
}

#[derive(QueryableByName)]
struct SqliteTable {
    #[diesel(sql_type = Text)]
    tbl_name: String,
    #[diesel(sql_type = Integer)]
    rootpage: i32,
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// How an engine would carry out a statement. With few rows every plan is cheap; this asks PostgreSQL for the one that
/// needs no whole table.
pub(crate) fn plan(connection: &mut Connection, statement: &str) -> Vec<String> {
    planned(connection, statement, "SET enable_seqscan TO off; ")
}

/// The same for the rows that there are.
pub(crate) fn plan_for_rows(connection: &mut Connection, statement: &str) -> String {
    planned(connection, statement, "").join("\n")
}

/// The same after some settings of PostgreSQL, which then are as they were.
pub(crate) fn planned(connection: &mut Connection, statement: &str, settings: &str) -> Vec<String> {
    match connection {
        Connection::Sqlite(c) => {
            let rows: Vec<SqliteStep> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut **c).unwrap();
            rows.into_iter().map(|row| row.detail).collect()
        }
        Connection::Postgres(c) => {
            let values = (1..200).take_while(|number| statement.contains(&format!("${number}"))).count();
            let values = vec!["NULL"; values].join(", ");
            c.batch_execute(&format!("{settings}SET plan_cache_mode TO force_generic_plan; PREPARE p AS {statement}"))
                .unwrap_or_else(|error| panic!("{error}: {statement}"));
            let explain =
                if values.is_empty() { "EXPLAIN EXECUTE p".to_owned() } else { format!("EXPLAIN EXECUTE p({values})") };
            let rows: Vec<PostgresStep> = diesel::sql_query(explain).load(&mut **c).unwrap();
            c.batch_execute(
                "DEALLOCATE p; RESET plan_cache_mode; RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort",
            )
            .unwrap();
            rows.into_iter().map(|row| row.line).collect()
        }
    }
}

/// The tables that a statement reads, also those of which it reads an index only. The plans of SQLite name a table by
/// what the statement calls it.
pub(crate) fn tables_read(connection: &mut Connection, statement: &str) -> BTreeSet<String> {
    match connection {
        Connection::Sqlite(c) => {
            let program: Vec<SqliteInstruction> =
                diesel::sql_query(format!("EXPLAIN {statement}")).load(&mut **c).unwrap();
            let opened: BTreeSet<i32> =
                program.into_iter().filter(|step| step.opcode == "OpenRead").map(|step| step.p2).collect();
            let stored: Vec<SqliteTable> =
                diesel::sql_query("SELECT tbl_name, rootpage FROM sqlite_schema WHERE rootpage > 0")
                    .load(&mut **c)
                    .unwrap();
            stored.into_iter().filter(|part| opened.contains(&part.rootpage)).map(|part| part.tbl_name).collect()
        }
        Connection::Postgres(_) => {
            let steps = planned(connection, statement, "");
            // That step names an index.
            let named = steps.iter().filter(|step| !step.contains("Bitmap Index Scan"));
            named.filter_map(|step| step.split(" on ").nth(1)?.split_whitespace().next().map(str::to_owned)).collect()
        }
    }
}

/// Sends every statement of a connection from now on.
pub(crate) fn overhear(connection: &mut Connection, sender: Sender<String>) {
    on_engine!(connection, |c| c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            // The test may be over.
            let _ = sender.send(query.to_string());
        }
    }));
}

/// Records every statement of every connection from now on.
pub(crate) fn record(database: &Database) -> Receiver<String> {
    let (sender, statements) = channel();
    let watch = |connection: &mut Connection| overhear(connection, sender.clone());
    // All connections of a pool at once, so that none is watched twice and none is left.
    let pooled = if database.is_embedded() { SQLITE_READERS } else { POSTGRES_CONNECTIONS };
    let mut readers: Vec<Connection> = (0..pooled).map(|_| database.reader().unwrap()).collect();
    readers.iter_mut().for_each(watch);
    drop(readers);
    if database.is_embedded() {
        let watched: Result<(), ticketledger::db::Error> = database.transaction("watch", |writer| {
            watch(writer);
            Ok(())
        });
        watched.unwrap();
    }
    statements
}

/// A step that reads a whole table, or all rows of a source.
pub(crate) fn reads_all(step: &str) -> bool {
    let long = |name: &str| LONG.contains(&name.trim_end_matches(':'));
    if let Some(rest) = step.strip_prefix("SCAN ") {
        // What workers have in hand is little, however much waits.
        if rest.ends_with("USING INDEX inbox_events_leased") {
            return false;
        }
        return rest.split_whitespace().next().is_some_and(long);
    }
    if let Some(rest) = step.strip_prefix("SEARCH ") {
        return rest.split_whitespace().next().is_some_and(long) && rest.contains("(source=?)");
    }
    step.split_once("Seq Scan on ").is_some_and(|(_, rest)| rest.split_whitespace().next().is_some_and(long))
}
