//! What is read every few seconds is answered from partial indexes, however much is done.

use ticketledger::db::Connection;
use ticketledger::monitor::store;

use crate::on_both_engines;
use crate::support::daemon::lines;
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::plan_for_rows;

/// A hundred thousand events that are done, and a few that are not.
fn fill(database: &TestDatabase) {
    database.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body_sha256, state, reason,
            due_at)
         SELECT 'museum', 'order', 'order:' || n, '2025-11-11 14:36:50', 'POST', '{}',
            'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
            CASE WHEN n % 5000 = 0 THEN 'parked' WHEN n % 4000 = 0 THEN 'pending' ELSE 'done' END,
            'bad_amount', '2025-11-11 14:36:50' FROM numbers",
    );
    database.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
         INSERT INTO findings (fingerprint, source, reason, severity, evidence, first_seen, last_seen, state)
         SELECT 'f' || n, 'museum', 'overpaid', 'high', 'e', '2025-11-11 14:36:50', '2025-11-11 14:36:50',
            CASE WHEN n % 1000 = 0 THEN 'open' ELSE 'auto_closed' END FROM numbers",
    );
    // SQLite has the statistics of its schema.
    if database.engine == Engine::Postgres {
        database.execute("ANALYZE");
    }
}

on_both_engines!(looking_reads_partial_indexes_and_not_what_is_done, |database| {
    let opened = database.open();
    fill(database);
    let mut connection = opened.reader().unwrap();
    for (statement, table) in [
        (store::BACKLOG, "inbox_events"),
        (store::PARKED, "inbox_events"),
        (store::PARKED_IDS, "inbox_events"),
        (store::FINDINGS, "findings"),
    ] {
        let plan = plan_for_rows(&mut connection, statement);
        let partial = lines(
            &opened,
            &match connection {
                Connection::Sqlite(_) => format!(
                    "SELECT name AS line FROM sqlite_schema WHERE tbl_name = '{table}' AND sql LIKE '%WHERE state%'"
                ),
                Connection::Postgres(_) => format!(
                    "SELECT indexname AS line FROM pg_indexes WHERE tablename = '{table}' AND indexdef LIKE '%WHERE%'"
                ),
            },
        );
        // By state: as good as a partial index over what is open.
        let by_state = plan.contains("findings_listed") && plan.contains("Index Cond: (state = 'open'");
        let is_partial = partial.iter().any(|index| plan.contains(index.as_str()));
        assert!(is_partial || by_state, "{statement}\n{plan}\n{partial:?}");
        assert!(!plan.contains("Seq Scan"), "{statement}\n{plan}");
    }
});
