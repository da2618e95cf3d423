//! Every statement of a page finds its rows by an index and ends with the page, however long the book is.

use std::collections::BTreeSet;

use serde_json::json;

use super::browser::Browser;
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::plans::{plan, reads_all, record};

/// Pages that anybody opens without asking for something large. `ORDER` and the like are filled in.
const PAGES: [&str; 45] = [
    "/",
    "/inbox",
    "/inbox?source=museum",
    "/inbox?source=museum&state=done",
    "/inbox?state=parked&reason=invalid_json",
    "/inbox?order=ORDER",
    "/inbox?since=2025-11-12&until=2025-11-14",
    "/inbox?source=museum&before=2025-11-13T10:00:00Z_3",
    "/inbox/parked",
    "/inbox/parked?source=museum&reason=invalid_json",
    "/inbox/1",
    "/orders",
    "/orders?source=museum",
    "/orders?source=museum&before=3",
    "/orders?q=ORDER",
    "/orders?q=PAYMENT",
    "/orders?q=grimes",
    "/orders?q=tech@ticketpark.ch",
    "/orders?source=theatre&q=reinhard",
    "/orders/museum/ORDER",
    "/vouchers?source=museum",
    "/vouchers?source=museum&after=voucher.1",
    "/vouchers?q=VOUCHER",
    "/vouchers/museum/voucher/VOUCHER",
    "/findings",
    "/findings?severity=high&source=museum",
    "/findings?reason=vat_unknown",
    "/findings?order=ORDER",
    "/contacts",
    "/contacts?source=museum&before=3",
    "/contacts?q=grimes",
    "/contacts/1",
    "/books",
    "/books/trial-balance?period=2025-11",
    "/books/revenue?source=museum&period=2025-11",
    "/books/vat?source=museum&period=2025",
    "/books/bridge?source=museum&period=2025-11",
    "/books/bridge?period=all",
    "/books/payments?period=2025-Q4",
    "/books/balances",
    "/books/balances?source=museum&after=museum/1",
    "/books/journal?source=museum&period=2025-11&after=2025-11.2.0",
    "/books/account?source=museum&account=assets:receivable&period=2025-11&after=2025-11-12.2.1",
    "/books/lines?source=museum&of=vat&currency=EUR&rate=1900&period=2025-11",
    "/books/entry/museum/2",
];

/// Statements whose rows are all shown, or are few by nature, though a plan looks as if they were not.
fn is_bounded(statement: &str, steps: &[String]) -> bool {
    // Of what waits or is parked an index has no more than that.
    let open = ["inbox_events_waiting", "inbox_events_parked", "inbox_events_due"];
    let is_open = |step: &String| !reads_all(step) || open.iter().any(|index| step.contains(index));
    if statement.contains("GROUP BY source") && steps.iter().all(is_open) {
        return true;
    }
    // Rows along an index, until the page is full.
    let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY") || step.contains("Sort"));
    statement.contains(" LIMIT ") && !sorts
}

on_both_engines!(pages_read_what_they_show_and_not_the_book, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    for number in 0..150 {
        let id = format!("{number:032x}");
        daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!(id)), ("/payments", json!([]))])).await;
    }
    daemon.settle().await;
    let daemon = daemon.restart(|_| {}).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let first = |sql: &str| daemon.lines(sql)[0].clone();
    let values = [
        ("ORDER", first("SELECT order_id AS line FROM orders WHERE source = 'museum' ORDER BY order_id DESC")),
        ("PAYMENT", first("SELECT payment_id AS line FROM payments ORDER BY payment_id")),
        ("VOUCHER", first("SELECT voucher_id AS line FROM vouchers WHERE class = 'voucher' ORDER BY voucher_id")),
    ];
    let (mut wrong, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let statements = record(daemon.database());
    for page in PAGES {
        let page = values.iter().fold(page.to_owned(), |page, (name, value)| page.replace(name, value));
        admin.page(&page).await;
        let made: Vec<String> = statements.try_iter().collect();
        assert!(!made.is_empty(), "{page}");
        for statement in made {
            let statement = statement.split(" -- binds").next().unwrap().to_owned();
            if statement.starts_with("SELECT") || statement.starts_with("WITH") {
                seen.insert((statement, page.clone()));
            }
        }
    }
    let mut connection = daemon.database().reader().unwrap();
    let mut known = BTreeSet::new();
    for (statement, page) in seen {
        if !known.insert(statement.clone()) {
            continue;
        }
        let steps = plan(&mut connection, &statement);
        if steps.iter().any(|step| reads_all(step)) && !is_bounded(&statement, &steps) {
            wrong.insert(format!("{page}: {statement}\n    {}", steps.join("\n    ")));
        }
    }
    assert!(known.len() > 40, "{}", known.len());
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    drop(connection);
    daemon.finish().await;
});
