//! The sums that reports read instead of the journal: they are what the lines come to, or a verification says so.

use serde_json::json;

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, order, payment};
use crate::support::program::Program;

async fn fill(database: &TestDatabase) {
    let daemon = TestDaemon::start(database).await;
    for (id, price) in [("A", "119.00"), ("B", "50.00")] {
        let sold = json!({"tickets": [admission(&format!("p{id}"), price, "19")],
            "payments": [payment(&format!("m{id}"), price)]});
        daemon.deliver(order(id, sold)).await;
    }
    // A reversal takes from them, and a redelivery adds nothing.
    daemon.deliver(order("B", json!({"tickets": [], "payments": [payment("mB", "50.00")]}))).await;
    daemon.deliver(order("B", json!({"tickets": [], "payments": [payment("mB", "50.00")]}))).await;
    daemon.finish().await;
}

on_both_engines!(a_kept_sum_that_is_wrong_is_found_and_written_anew, async |database| {
    fill(database).await;
    let program = Program::new(database);
    let said = |arguments: &[&str]| {
        let (code, said, errors) = program.run(arguments);
        (code, said + &errors)
    };
    assert_eq!(said(&["ledger", "verify"]).0, 0);
    let report = said(&["report", "balances", "--format", "csv"]);
    for damage in [
        "UPDATE month_sums SET amount_minor = amount_minor + 1 WHERE account_code = 'income:tickets'",
        "UPDATE month_sums SET qty = qty + 1 WHERE account_code = 'income:tickets'",
        "DELETE FROM month_sums WHERE account_code = 'assets:receivable'",
        "INSERT INTO month_sums SELECT source, 'x', period, currency, account_code, item_kind, is_opening, event_id, \
         event_key, vat_bp, payment_method, 0, 0, 0 FROM month_sums LIMIT 1",
        "UPDATE month_sums SET debit_minor = debit_minor + 1 WHERE account_code = 'assets:receivable'",
        "UPDATE order_sums SET billed_minor = 1, settled_minor = 1 WHERE order_id = 'A'",
        "DELETE FROM order_sums WHERE order_id = 'B'",
        "INSERT INTO order_sums VALUES ('museum', 'C', 'EUR', 0, 0)",
    ] {
        database.execute(damage);
        let (code, words) = said(&["ledger", "verify"]);
        assert_eq!(code, 3, "{damage}: {words}");
        assert!(words.contains("rebuild --sums"), "{damage}: {words}");
        let (code, words) = said(&["ledger", "rebuild", "--sums"]);
        assert_eq!(code, 0, "{words}");
        assert!(words.contains("is not what its lines come to"), "{words}");
        let (code, words) = said(&["ledger", "verify"]);
        assert_eq!(code, 0, "{damage}: {words}");
        assert_eq!(said(&["report", "balances", "--format", "csv"]), report, "{damage}");
    }
    assert!(said(&["ledger", "rebuild", "--sums"]).1.contains("they were right"));
});

on_both_engines!(a_trial_balance_of_months_is_that_of_their_lines, async |database| {
    fill(database).await;
    let program = Program::new(database);
    let rows = |arguments: &[&str]| {
        let csv = ["report", "trial-balance", "--format", "csv"];
        let (code, text, errors) = program.run(&[&csv[..], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text
    };
    // As known at the end of time: with that cut the lines are summed up.
    let mut moved = 0;
    for period in [&[][..], &["2024-12"], &["2025"], &["2025-11"], &["2025-Q4"], &["2026-01"]] {
        let chosen: Vec<&str> = period.iter().flat_map(|period| ["--period", period]).collect();
        let kept = rows(&chosen);
        assert_eq!(kept, rows(&[&chosen[..], &["--as-of", "2999-12-31"]].concat()), "{period:?}");
        moved += kept.lines().count();
    }
    assert!(moved > 20, "{moved} rows are too few to tell");
});
