//! A report of some months reads those months, however many years the book has.

use crate::on_both_engines;
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::{plan_for_rows, tables_read};

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
}

on_both_engines!(a_period_is_read_through_an_index, |database| {
    let opened = database.open();
    fill(database);
    let mut connection = opened.reader().unwrap();
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
        let plan = plan_for_rows(&mut connection, &sql);
        let found = plan.contains("journal_entries_period") || plan.contains("journal_entries_booking");
        assert!(found, "{sql}\n{plan}");
    }
    // As a close saw it: each line is found by the number of its entry.
    let seen = "SELECT * FROM v_ledger_lines WHERE source = 'museum' AND +entry_no <= 19000";
    if database.engine == Engine::Sqlite {
        let plan = plan_for_rows(&mut connection, seen);
        assert!(plan.contains("(source=? AND entry_no=?)"), "{plan}");
    }
    for view in ["v_trial_balance", "v_vat_by_rate", "v_revenue_by_event", "v_payments_by_method", "v_order_balance"] {
        let read = tables_read(&mut connection, &format!("SELECT * FROM {view} WHERE source = 'museum'"));
        let reads_lines = read.contains("postings") || read.contains("journal_entries");
        let reads_sums = read.iter().any(|table| table.ends_with("_sums"));
        assert!(!reads_lines && reads_sums, "{view}: {read:?}");
    }
});
