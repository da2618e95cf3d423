//! Every statement of settling finds its rows by an index that names more than the source, however long the book is.

use std::collections::BTreeSet;
use std::sync::mpsc;

use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use ticketledger::db::Connection;
use ticketledger::ledger::Error;
use ticketledger::ledger::batch::Batch;
use ticketledger::ledger::settle::{OrderUpdate, UpdateContent, prefetch, settle};
use ticketledger::on_engine;
use ticketledger::provider::{WebhookContent, read_webhook};

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::Engine;
use crate::support::order::{
    admission, flex, flex_participant, order, payment, redeemed, refund_voucher, ticket, voucher,
};

/// What grows with the book. The others have a few rows for each source.
const LONG: [&str; 10] = [
    "inbox_events",
    "order_snapshots",
    "journal_entries",
    "postings",
    "orders",
    "order_lines",
    "payments",
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

/// Settles a body by itself, and answers the statements that it took.
fn settle_alone(daemon: &TestDaemon, event_id: i64, body: &str) -> Vec<String> {
    use diesel::Connection as _;
    let source = daemon.config().source("museum").unwrap();
    let Some(WebhookContent::Order(reading)) = read_webhook(source, body.as_bytes()).unwrap().content else {
        panic!("an order")
    };
    let update = OrderUpdate {
        order_id: reading.order.order_id.clone(),
        event_id,
        document_id: None,
        received_at: daemon.clock.now(),
        content: UpdateContent::Sections { order: Box::new(reading.order), version: event_id, notes: reading.notes },
    };
    let (sender, statements) = mpsc::channel();
    let settled: Result<(), Error> = daemon.database().transaction("settle", |connection| {
        on_engine!(connection, |c| c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                // The test may be over.
                let _ = sender.send(query.to_string());
            }
        }));
        let mut batch = Batch::open(connection, "museum", source.timezone)?;
        prefetch(connection, &mut batch, std::iter::once(&update))?;
        settle(connection, &mut batch, &update)?;
        batch.flush(connection)
    });
    settled.unwrap();
    statements.try_iter().collect()
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
    let mut statements = BTreeSet::new();
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
        let event_id = daemon.accepted("museum", body.clone()).await;
        statements.extend(settle_alone(&daemon, event_id, &body));
    }
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
    assert!(statements.len() > 20, "{statements:?}");
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    drop(connection);
    daemon.finish().await;
});
