//! A report of some months reads those months, however many years the book has.

use diesel::prelude::*;
use diesel::sql_types::Text;
use ticketledger::db::{Connection, Database};

use crate::on_both_engines;
use crate::support::db::{Engine, TestDatabase};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A book of ten years.
fn fill(database: &TestDatabase) {
    let nothing_checks = match database.engine {
        // SQLite plans by its rules, whatever is there.
        Engine::Sqlite => return,
        Engine::Postgres => "SET LOCAL session_replication_role = replica",
    };
    database.execute(&format!(
        "{nothing_checks};
         INSERT INTO journal_entries SELECT 'museum', n, 'post', 'sale', 'o' || n, NULL, 'atom', 'hash', NULL, 'new',
            'EUR', '2016-01-01'::timestamp, 'order_date', '2016-01-01'::date + n * 3652 / 20000, '2016-01-01', NULL, 1,
            2, 'key ' || n, 1, repeat('0', 64), lpad(n::text, 64, '0') FROM generate_series(1, 20000) n;
         INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, order_id, line_key,
            item_kind, vat_bp)
            SELECT 'museum', n, line, CASE WHEN line = 1 THEN 'assets:receivable'
                WHEN n % 2 = 1 THEN 'assets:clearing:Card' ELSE 'income:tickets' END, 'EUR',
            CASE WHEN line = 1 THEN 100 ELSE -100 END, 'o' || n, 'key',
                CASE WHEN n % 2 = 1 THEN 'payment' ELSE 'ticket' END, 0
            FROM generate_series(1, 20000) n, generate_series(1, 2) line"
    ));
    database.execute("ANALYZE");
    database.execute(
        "CREATE FUNCTION plan_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS
         $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || statement; END $$",
    );
}

fn plan_of(database: &Database, sql: &str) -> String {
    let steps: Vec<Step> = match &mut database.reader().unwrap() {
        Connection::Sqlite(c) => diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut **c).unwrap(),
        Connection::Postgres(c) => {
            let plan = diesel::sql_query("SELECT detail FROM plan_of($1) AS detail");
            plan.bind::<Text, _>(sql).load(&mut **c).unwrap()
        }
    };
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n")
}

on_both_engines!(a_period_is_read_through_an_index, |database| {
    let opened = database.open();
    fill(database);
    let months = "period IN ('2025-10', '2025-11', '2025-12')";
    let days = "period IN ('2025-10', '2025-11') AND booking_date >= '2025-10-15' AND booking_date <= '2025-11-15'";
    let month_of_entry = match database.engine {
        Engine::Sqlite => "substr(booking_date, 1, 7)",
        Engine::Postgres => "ledger_period(booking_date)",
    };
    let entries = format!("{month_of_entry} IN ('2025-11', '2025-12')");
    for (table, condition) in [
        ("v_ledger_lines", months),
        ("v_ledger_lines", days),
        ("v_ledger_lines", "booking_date >= '2025-12-30'"),
        ("journal_entries", &entries),
    ] {
        let sql = format!("SELECT * FROM {table} WHERE source = 'museum' AND {condition}");
        let plan = plan_of(&opened, &sql);
        let found = plan.contains("journal_entries_period") || plan.contains("journal_entries_booking");
        assert!(found, "{sql}\n{plan}");
    }
    // As a close saw it: each line is found by the number of its entry.
    let seen = "SELECT * FROM v_ledger_lines WHERE source = 'museum' AND +entry_no <= 19000";
    if database.engine == Engine::Sqlite {
        let plan = plan_of(&opened, seen);
        assert!(plan.contains("(source=? AND entry_no=?)"), "{plan}");
    }
    for view in ["v_trial_balance", "v_vat_by_rate", "v_revenue_by_event", "v_payments_by_method", "v_order_balance"] {
        let plan = plan_of(&opened, &format!("SELECT * FROM {view} WHERE source = 'museum'"));
        // SQLite names a table that is kept in the order of its key by its alias alone: `p` are the lines, `b` the sums
        // of the orders.
        let reads_lines =
            ["postings", "journal_entries", " p USING PRIMARY KEY"].iter().any(|step| plan.contains(step));
        let reads_sums = plan.contains("_sums") || plan.contains(" b USING PRIMARY KEY");
        assert!(!reads_lines && reads_sums, "{view}\n{plan}");
    }
});
