//! Every statement on the way of an event, from its receipt to the end of its claim, finds its rows by an index that
//! names more than the source, however long the book is.

use std::collections::BTreeSet;
use std::sync::mpsc;

use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use ticketledger::db::{Connection, Database};
use ticketledger::demo::stand_in::BookingExample;
use ticketledger::limits::{POSTGRES_CONNECTIONS, SQLITE_READERS};
use ticketledger::on_engine;

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::Engine;
use crate::support::order::{
    admission, flex, flex_participant, order, payment, redeemed, refund_voucher, ticket, voucher,
};

/// What grows with the book. The others have a few rows for each source.
const LONG: [&str; 15] = [
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
    "contacts",
    "contact_orders",
    "vouchers",
    "redemptions",
    "findings",
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

fn plan(connection: &mut Connection, statement: &str) -> Vec<String> {
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

/// Records every statement of every connection from now on.
fn record(database: &Database, engine: Engine) -> mpsc::Receiver<String> {
    use diesel::Connection as _;
    let (sender, statements) = mpsc::channel();
    let mut watch = |connection: &mut Connection| {
        let sender = sender.clone();
        on_engine!(connection, |c| c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                // The test may be over.
                let _ = sender.send(query.to_string());
            }
        }));
    };
    // All connections of a pool at once, so that none is watched twice and none is left.
    let pooled = if engine == Engine::Sqlite { SQLITE_READERS } else { POSTGRES_CONNECTIONS };
    let mut readers: Vec<Connection> = (0..pooled).map(|_| database.reader().unwrap()).collect();
    readers.iter_mut().for_each(&mut watch);
    drop(readers);
    if engine == Engine::Sqlite {
        let watched: Result<(), ticketledger::db::Error> = database.transaction("watch", |writer| {
            watch(writer);
            Ok(())
        });
        watched.unwrap();
    }
    statements
}

/// A step that reads a whole table, or all rows of a source.
fn reads_all(step: &str) -> bool {
    let long = |name: &str| LONG.contains(&name.trim_end_matches(':'));
    if let Some(rest) = step.strip_prefix("SCAN ") {
        return rest.split_whitespace().next().is_some_and(long);
    }
    if let Some(rest) = step.strip_prefix("SEARCH ") {
        return rest.split_whitespace().next().is_some_and(long) && rest.contains("(source=?)");
    }
    step.split_once("Seq Scan on ").is_some_and(|(_, rest)| rest.split_whitespace().next().is_some_and(long))
}

on_both_engines!(settling_reads_what_it_needs_and_not_the_book, async |database| {
    let daemon = TestDaemon::start(database).await;
    let all = |id: &str, more: serde_json::Value| {
        let mut fields = json!({"tickets": [admission(&format!("p-{id}"), "10.00", "19")],
            "payments": [payment(&format!("pay-{id}"), "10.00"), payment("shared", "1.00")],
            "redeemed_vouchers": [redeemed("V", "1.00"), redeemed("S", "1.00")]});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order(id, fields)
    };
    for number in 0..150 {
        let sold = json!({"voucherOrders": [voucher(&format!("W{number}"), "1.00", "0")]});
        daemon.accepted("museum", all(&format!("o-{number:03}"), sold)).await;
    }
    daemon.settle().await;
    // The planner of SQLite goes by these numbers: a book with a thousand times as many rows.
    if database.engine == Engine::Sqlite {
        database.execute("ANALYZE");
        // Where a column has one value, it has all rows: both numbers grow.
        let rows = "' ' || substr(stat, 1, instr(stat || ' ', ' ') - 1)";
        database.execute(&format!(
            "UPDATE sqlite_stat1 SET stat = trim(replace(replace(' ' || replace(stat, ' ', '  ') || ' ', \
             {rows} || ' ', {rows} || '000 '), '  ', ' '))"
        ));
        database.execute("ANALYZE sqlite_schema");
    }
    let daemon = daemon.restart(|_| {}).await;
    let recorded = record(daemon.database(), database.engine);
    let seller = |status: &str| {
        json!({"status": status, "voucherOrders": [voucher("S", "50.00", "19")],
            "flexTickets": [flex("F", "20.00", "0")]})
    };
    let bodies = [
        all("seller", seller("ACCEPTED")),
        all("user", json!({"tickets": [ticket(&[flex_participant("f", "5.00", "19", "F")])]})),
        all("seller", seller("CANCELLED")),
        all("refund", json!({"voucherOrders": [refund_voucher("R", "5.00", &["o-001", "unknown"])]})),
        all("o-001", json!({"payments": []})),
    ];
    for body in bodies {
        // Alone, and beside another, which takes other statements.
        daemon.accepted("museum", body.clone()).await;
        daemon.settle().await;
        daemon.accepted("museum", body).await;
        daemon.accepted("museum", all("beside", json!({"customer": {"id": "1", "email": "a@example.org"}}))).await;
        daemon.settle().await;
    }
    // Parked at receipt, and found nowhere but at the provider, which does not answer here.
    daemon.parked("museum", order("foreign", json!({"vendor_id": "unknown"}))).await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.ticketpark("new-booking", json!({"booking_pid": booking.pid()})).await;
    daemon.ticketpark("new-booking", json!({"booking_pid": "unknown"})).await;
    daemon.settle().await;
    daemon.settle_after_seconds(3600).await;
    let statements: BTreeSet<String> = recorded.try_iter().collect();
    let mut connection = daemon.database().reader().unwrap();
    let mut wrong = BTreeSet::new();
    for statement in &statements {
        let statement = statement.split(" -- binds").next().unwrap();
        if !["SELECT", "UPDATE", "DELETE"].iter().any(|word| statement.starts_with(word)) {
            continue;
        }
        // The last row of a source is the first one from the end of an index.
        if statement.contains(" DESC LIMIT ") {
            continue;
        }
        let plan = plan(&mut connection, statement);
        if plan.iter().any(|step| reads_all(step)) {
            wrong.insert(format!("{statement}\n    {}", plan.join("\n    ")));
        }
    }
    for on_the_way in ["inbox_events", "inbox_attempts", "documents", "postings", "contacts", "order_sums"] {
        assert!(statements.iter().any(|statement| statement.contains(on_the_way)), "nothing about {on_the_way}");
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    drop(connection);
    daemon.finish().await;
});
