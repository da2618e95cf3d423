//! Which statements are made, and how an engine would carry them out on a large book.

use std::sync::mpsc::Sender;

use diesel::connection::{Connection as _, InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::Text;
use ticketledger::db::Connection;
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
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

pub(crate) fn plan(connection: &mut Connection, statement: &str) -> Vec<String> {
    match connection {
        Connection::Sqlite(c) => {
            let rows: Vec<SqliteStep> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut **c).unwrap();
            rows.into_iter().map(|row| row.detail).collect()
        }
        Connection::Postgres(c) => {
            let values = (1..200).take_while(|number| statement.contains(&format!("${number}"))).count();
            let values = vec!["NULL"; values].join(", ");
            // With few rows every plan is cheap; this asks for the one that needs no whole table.
            c.batch_execute(&format!(
                "SET enable_seqscan TO off; SET plan_cache_mode TO force_generic_plan; \
                 PREPARE p AS {statement}"
            ))
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
            let explain =
                if values.is_empty() { "EXPLAIN EXECUTE p".to_owned() } else { format!("EXPLAIN EXECUTE p({values})") };
            let rows: Vec<PostgresStep> = diesel::sql_query(explain).load(&mut **c).unwrap();
            c.batch_execute("DEALLOCATE p; RESET enable_seqscan; RESET plan_cache_mode").unwrap();
            rows.into_iter().map(|row| row.line).collect()
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
