//! What docs/views.md and docs/questions.md say, held against one example book on both engines. The answers of
//! docs/questions.md are written anew, from SQLite, by
//!     TICKETLEDGER_WRITE_ANSWERS=1 TICKETLEDGER_TEST_ENGINES=sqlite cargo test --test it -- views_doc::every_question

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};
use ticketledger::demo::stand_in::BookingExample;
use ticketledger::ledger::entered::import::FileKind;
use ticketledger::maintenance::reader::{CONTACTS, VIEWS};

use crate::close::shut;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, Row, TestDaemon, UNIFIED_EXAMPLE, changed, refund, refunded, rows};
use crate::support::db::{Engine, TestDatabase};
use crate::support::order::{but, order, payment, voucher};
use crate::views::columns;

/// Views that reports are computed from; docs/views.md says that they are not for others.
const INTERNAL: [&str; 2] = ["v_ledger_lines", "v_vat_shift_lines"];

/// What payment providers kept and paid out for November.
const PAYOUTS: &str = "date,reference,kind,method,currency,amount,input_vat
2025-11-28,fee_11_card,fee,Card,EUR,2.38,19
2025-11-28,payout_11_card,payout,Card,EUR,166.62,
2025-11-28,payout_11_wire,payout,StripeBankWire,EUR,129.00,
";

/// The first seed order as somebody else's: ids, code and dates of its own.
fn like_the_seed(name: &str, code: &str, ordered: &str, changes: &[(&str, Value)]) -> String {
    let own = |part: &str| json!(format!("{name}-{part}"));
    let first = [
        ("/id", json!(name)),
        ("/code", json!(code)),
        ("/date", json!(ordered)),
        ("/payment_date", json!(ordered)),
        ("/tickets/0/id", own("ticket")),
        ("/tickets/0/participants/0/id", own("guest-1")),
        ("/tickets/0/participants/1/id", own("guest-2")),
        ("/payments/0/id", own("payment")),
        ("/payments/0/payment_date", json!(ordered)),
    ];
    changed(PAID_ORDER, &[&first, changes].concat())
}

/// Paid in October; one of its two guests cancels in October, which is told in November, when October is closed.
async fn october(daemon: &TestDaemon) {
    let sold =
        |changes: &[(&str, Value)]| like_the_seed("order-october", "KDV-7RQ2MA", "2025-10-18T09:12:00Z", changes);
    daemon.deliver(sold(&[])).await;
    assert_eq!(shut(daemon, "2025-10").result, "closed");
    daemon.set_clock("2025-11-11T13:00:00Z");
    let back = but(refund("2025-10-30T08:30:00Z"), json!({"id": "refund-october"}));
    daemon
        .deliver(sold(&[
            ("/tickets/0/participants/1/status", json!("CANCELED")),
            ("/tickets/0/participants/1/cancellation_date", json!("2025-10-30T08:00:00Z")),
            ("/payments/-", back),
        ]))
        .await;
}

/// Tickets at 7 % that nobody paid.
fn unpaid() -> String {
    let seven = json!("7.00");
    like_the_seed(
        "order-unpaid",
        "MWX-3PLT9C",
        "2025-11-20T17:00:00Z",
        &[
            ("/payment_date", json!("")),
            ("/payments", json!([])),
            ("/tickets/0/event_id", json!("night-at-the-museum")),
            ("/tickets/0/title", json!("Night at the museum")),
            ("/tickets/0/date", json!("2026-01-17T19:00:00Z")),
            ("/tickets/0/vat", seven.clone()),
            ("/tickets/0/participants/0/vat", seven.clone()),
            ("/tickets/0/participants/1/vat", seven),
        ],
    )
}

/// The example book that both documents speak of: a museum at bookingkit and a theatre at Ticketpark.
async fn example_book(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    october(&daemon).await;
    daemon.set_clock("2025-11-11T14:36:50Z");
    daemon.deliver(PAID_ORDER).await;
    daemon.set_clock("2025-11-14T10:30:00Z");
    // As in the demo: the documentation gives both seed orders the same id.
    let second = UNIFIED_EXAMPLE.replace("1a3c5e7f9b2d4f6a8c0e1f23456789ab", "2b4d6f8091a3c5e7f9b2d4f6a8c0e1f2");
    daemon.deliver(second).await;
    daemon.parked("museum", "{\"id\": \"3c5e7f\", \"status\": \"ACC").await;
    daemon.set_clock("2025-11-20T17:00:05Z");
    daemon.deliver(unpaid()).await;
    daemon.set_clock("2025-11-21T09:00:00Z");
    let vouchers = json!([voucher("voucher-any", "50.00", "0"), voucher("voucher-tour", "119.00", "19")]);
    let gift =
        json!({"code": "GFT-8QKN4D", "voucherOrders": vouchers, "payments": [payment("payment-gift", "169.00")]});
    daemon.deliver(order("order-gift", gift)).await;
    daemon.set_clock("2025-11-25T18:00:00Z");
    let pid = BookingExample::default().pid();
    daemon.stand_in.put_booking(&pid, BookingExample::default().json());
    daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await;
    daemon.settle().await;
    let paid = json!({"booking_pid": pid, "payment_pid": "payment-1", "payment_method": "twint", "currency": "CHF",
        "amount": "50.00"});
    daemon.ticketpark("new-payment", paid).await;
    daemon.settle().await;
    daemon.set_clock("2025-12-02T10:00:00Z");
    daemon.imported(FileKind::Manual, PAYOUTS);
    daemon.deliver(refunded("2025-12-02T09:00:00Z", "2025-12-02T09:30:00Z")).await;
    daemon.set_clock("2026-11-09T12:00:00Z");
    let twelve = json!("12.00");
    let prices = [
        ("/tickets/0/date", json!("2026-11-22T10:00:00Z")),
        ("/tickets/0/participants/0/price_value", twelve.clone()),
        ("/tickets/0/participants/1/price_value", twelve),
        ("/payments/0/value", json!(20)),
        ("/total_invoice", json!("24.00")),
    ];
    daemon.deliver(like_the_seed("order-next-year", "TBN-5HGW2F", "2026-11-09T11:59:00Z", &prices)).await;
    daemon
}

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(page(name)).expect("the page")
}

/// A row of a Markdown table, cell by cell, as a query gives it: NULL is `-`.
fn cells(line: &str) -> Row {
    let inside = line.trim().trim_start_matches('|').trim_end_matches('|');
    let cell = |cell: &str| match cell.trim().trim_matches('`') {
        "NULL" => "-".to_owned(),
        text => text.to_owned(),
    };
    inside.split('|').map(cell).collect()
}

/// The first table in a text: its head, and its rows.
fn table(text: &str) -> (Row, Vec<Row>) {
    let lines = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut rows: Vec<Row> = lines.map(cells).collect();
    assert!(rows.len() > 2, "no table in {text}");
    let head = rows.remove(0);
    (head, rows.split_off(1))
}

/// A table in Markdown.
fn written(head: &[String], rows: &[Row]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let shown = |row: &Row| row.iter().map(|cell| if cell == "-" { "NULL".to_owned() } else { cell.clone() }).collect();
    let rows: Vec<Row> = rows.iter().map(shown).collect();
    let between = format!("|{}\n", "---|".repeat(head.len()));
    line(head) + &between + &rows.iter().map(|row| line(row)).collect::<String>()
}

/// Every view that the database has for its readers.
fn views(database: &TestDatabase) -> Vec<String> {
    let from = match database.engine {
        Engine::Sqlite => "FROM sqlite_master WHERE type = 'view'",
        Engine::Postgres => "FROM pg_views WHERE schemaname = 'public'",
    };
    let name = if database.engine == Engine::Sqlite { "name" } else { "viewname" };
    let mut names = rows(&database.open(), &[name], from).concat();
    names.retain(|name| name.starts_with("v_") && !INTERNAL.contains(&name.as_str()));
    names.sort();
    names
}

on_both_engines!(every_question_has_the_documented_answer, async |database| {
    let daemon = example_book(database).await;
    let page_text = read("questions.md");
    let mut anew = page_text.split("```sql\n").next().expect("a beginning").to_owned();
    let mut wrong = Vec::new();
    for (place, part) in page_text.split("```sql\n").skip(1).enumerate() {
        let (statement, after) = part.split_once("```\n").expect("an end of the statement");
        let words: Vec<&str> = statement.split_whitespace().collect();
        for read in words.windows(2).filter(|pair| matches!(pair[0], "FROM" | "JOIN")).map(|pair| pair[1]) {
            assert!(read.starts_with("v_") || read.starts_with('('), "{read} is no view of the contract");
            assert!(!INTERNAL.contains(&read), "{read} may change");
        }
        // A view takes the statement as it stands, and says its columns.
        let view = format!("asked_{}", place + 1);
        database.execute(&format!("CREATE VIEW {view} AS {statement}"));
        let head = columns(database, &view);
        let names: Vec<&str> = head.iter().map(String::as_str).collect();
        let answer = rows(daemon.database(), &names, &format!("FROM {view}"));
        database.execute(&format!("DROP VIEW {view}"));
        let next = after.find("\n## ").map_or("", |next| &after[next + 1..]);
        anew += &format!("```sql\n{statement}```\n\n{}", written(&head, &answer));
        anew += &if next.is_empty() { String::new() } else { format!("\n{next}") };
        let documented = after.split("\n## ").next().filter(|after| after.contains('|')).map(table);
        if documented.as_ref() != Some(&(head, answer.clone())) {
            wrong.push(format!("question {}: {answer:#?}\ninstead of {documented:#?}", place + 1));
        }
    }
    daemon.finish().await;
    assert_eq!(page_text.matches("\n## ").count(), page_text.matches("```sql\n").count(), "a statement for each");
    if std::env::var("TICKETLEDGER_WRITE_ANSWERS").is_ok_and(|value| value == "1") {
        assert_eq!(database.engine, Engine::Sqlite, "PostgreSQL is compared with what SQLite wrote");
        std::fs::write(page("questions.md"), anew).expect("the page is written");
        return;
    }
    assert!(wrong.is_empty(), "{}\nThe head of this file says how to write the answers anew.", wrong.join("\n"));
});

on_both_engines!(every_view_is_described_column_by_column, async |database| {
    let daemon = example_book(database).await;
    let text = read("views.md");
    let sections: Vec<&str> = text.split("\n## `").skip(1).collect();
    let mut described: Vec<&str> = sections.iter().filter_map(|section| section.split('`').next()).collect();
    for (section, view) in sections.iter().zip(&described) {
        let (head, documented) = table(section);
        assert_eq!(head, ["Column", "Example", "Meaning"], "{view}");
        let names: Vec<&str> = documented.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(names, columns(database, view), "the columns of {view}");
        let example: Row = documented.iter().map(|row| row[1].clone()).collect();
        let there = rows(daemon.database(), &names, &format!("FROM {view}"));
        assert!(there.contains(&example), "{view} has no row {example:#?}, but {there:#?}");
    }
    let granted = VIEWS.iter().copied().chain([CONTACTS]);
    let granted: BTreeSet<&str> = granted.collect();
    assert_eq!(granted, described.iter().copied().collect(), "who may read what, as docs/views.md says");
    described.sort_unstable();
    assert_eq!(described, views(database), "docs/views.md describes every view");
    for internal in INTERNAL {
        assert!(text.contains(internal), "docs/views.md says that {internal} is not for others");
    }
    daemon.finish().await;
});
