//! The balances of all orders, a page of orders at a time.

use ticketledger::db::Error;
use ticketledger::ledger::totals::{OrderBalance, Selection, Total as _};
use ticketledger::report::balances;

use crate::on_both_engines;
use crate::support::book::{Book, Line};
use crate::support::db::TestDatabase;
use crate::support::program::Program;

/// Orders of two sources: open, paid, free of charge, in two currencies, with ids that sort by their bytes, and what
/// belongs to no order.
fn write_book(database: &TestDatabase) {
    drop(database.open());
    let line = |account, minor| Line { account, minor, ..Line::default() };
    for source in ["opera", "museum"] {
        let mut book = Book::new(database, source);
        for (number, id) in ["b", "B", "ä", "a-1", "a1", "ZZ"].into_iter().enumerate() {
            book.order(id, &format!("CODE {number}"), Some("accepted"));
            if id != "B" && id != "ZZ" {
                book.post("2025-11-08", id, "ticket", &[line("assets:receivable", 500), line("income:tickets", -500)]);
            }
        }
        let payment = Line { method: Some("cash"), ..line("assets:clearing:cash", 500) };
        book.post("2025-11-09", "a1", "payment", &[payment, line("assets:receivable", -500)]);
    }
    database.execute("INSERT INTO order_sums VALUES ('museum', 'a1', 'CHF', 100, 0), ('museum', '', 'EUR', 7, 9)");
}

on_both_engines!(pages_of_balances_are_the_whole, |database| {
    write_book(database);
    let opened = database.open();
    for source in [None, Some("museum"), Some("opera"), Some("nobody")] {
        let whole = opened.read(|c| OrderBalance::read(c, &Selection { source, ..Selection::default() })).unwrap();
        assert_eq!(
            whole.len(),
            match source {
                None => 14,
                Some("museum") => 8,
                Some("opera") => 6,
                _ => 0,
            }
        );
        for most in [1, 2, 3, 100] {
            let (mut paged, mut largest) = (Vec::new(), 0);
            opened
                .read(|connection| {
                    balances::read_by(most, connection, source, |mut page| {
                        largest = largest.max(page.len());
                        paged.append(&mut page);
                        Ok::<_, Error>(())
                    })
                })
                .unwrap();
            assert_eq!(paged, whole, "{source:?} by {most}");
            // Two lists end a page, and an order may have two currencies.
            assert!(largest <= 2 * usize::try_from(most).unwrap() + 1, "{source:?} by {most}: {largest}");
        }
    }
});

on_both_engines!(the_command_writes_all_of_them_as_it_writes_a_table, |database| {
    write_book(database);
    let program = Program::new(database);
    let csv = program.run(&["report", "balances", "--format", "csv"]).1;
    assert_eq!(csv.lines().count(), 15, "{csv}");
    let whole = program.run(&["report", "balances", "--format", "json", "--source", "museum"]).1;
    let told: Vec<serde_json::Value> = serde_json::from_str(&whole).unwrap();
    let ids: Vec<&str> = told.iter().map(|row| row["order_id"].as_str().unwrap_or("none")).collect();
    assert_eq!(ids, ["none", "B", "ZZ", "a-1", "a1", "a1", "b", "ä"]);
});
