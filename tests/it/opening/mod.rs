//! A book that begins in the middle of the year: what was sold and paid before its first day is brought in, and is no
//! revenue of it.

mod arrival;
mod cancelled;
mod close;
mod settings;
mod sold;
mod told;
mod value;

use serde_json::{Value, json};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::policy::{DatedPolicy, Policy};

use crate::on_both_engines;
use crate::support::daemon::{Row, TestDaemon, entry, expected, row};
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, coupon, order, participant, payment, product, ticket, voucher};

/// A daemon whose museum has a book from 1 November 2025 on, kept under one policy. It is 11 November.
async fn begun_under(database: &TestDatabase, policy: Policy) -> TestDaemon {
    let change = |config: &mut ticketledger::config::Config| {
        config.sources[0].policies = vec![DatedPolicy { from: None, policy }];
        config.sources[0].books_from = chrono::NaiveDate::from_ymd_opt(2025, 11, 1);
    };
    TestDaemon::start_with(database, change, std::sync::Arc::new(|_| {})).await
}

async fn begun(database: &TestDatabase) -> TestDaemon {
    begun_under(database, Policy::default()).await
}

/// An order of 10 March.
fn of_march(id: &str, fields: Value) -> String {
    order(id, but(json!({"date": "2025-03-10T10:00:00Z"}), fields))
}

/// Money by card of a day of 2025, at ten in the morning.
fn paid(id: &str, value: &str, day: &str) -> Value {
    but(payment(id, value), json!({"payment_date": format!("2025-{day}T10:00:00Z")}))
}

/// The participant, cancelled on a day of 2025.
fn cancelled_on(participant: Value, day: &str) -> Value {
    but(participant, json!({"status": "CANCELED", "cancellation_date": format!("2025-{day}T09:00:00Z")}))
}

/// Account and sum of each month.
fn months(daemon: &TestDaemon) -> Vec<Row> {
    let from = "FROM v_gl WHERE source = 'museum' GROUP BY period, account HAVING SUM(amount_minor) <> 0 \
        ORDER BY period, account";
    daemon.rows(&["period", "account", "SUM(amount_minor)"], from)
}

/// Reasons of the open findings that need somebody, each once.
fn open_findings(daemon: &TestDaemon) -> Vec<String> {
    let sql = "SELECT DISTINCT reason AS line FROM findings WHERE state = 'open' AND severity <> 'info' ORDER BY 1";
    daemon.lines(sql)
}

/// The books hold, and are the same when they are built anew.
async fn holds(daemon: TestDaemon) {
    for rebuilt in rebuild(daemon.database(), None, None, 10, |_, _| {}).expect("a rebuild") {
        assert!(rebuilt.is_identical(), "{rebuilt:?}");
    }
    daemon.finish().await;
}
