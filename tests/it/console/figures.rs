//! What stands behind a figure adds up to it, and a page of an account goes on where the last one ended.

use serde_json::Value;
use ticketledger::config::Role;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::totals::{
    Counted, OfRow, PaymentsByMethod, Period, RevenueByEvent, Selection, SheetOf, Total as _, TrialBalance, VatByRate,
    lines_behind, sheet_balance, sheet_page,
};
use ticketledger::report::journal;

use super::books::links;
use super::browser::Browser;
use super::filled::fill;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

const MOST: usize = 10_000;

on_both_engines!(the_lines_behind_a_figure_add_up_to_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut connection = daemon.database().reader().unwrap();
    let connection = &mut connection;
    let month = Month::parse("2025-11").unwrap();
    for source in ["museum", "theatre"] {
        let selection = Selection { source: Some(source), period: Some(Period::from(month)), ..Selection::default() };
        let mut sum = |counted: Counted, row: OfRow<'_>| -> i64 {
            let lines = lines_behind(connection, source, &selection, month, (counted, &row), None, MOST).unwrap();
            assert!(!lines.is_empty(), "{row:?}");
            lines.iter().map(|line| line.amount_minor).sum()
        };
        let vat = VatByRate::read(&mut daemon.database().reader().unwrap(), &selection).unwrap();
        for row in &vat {
            let of = OfRow { currency: Some(&row.currency), vat_bp: Some(row.vat_bp), ..OfRow::default() };
            assert_eq!(-sum(Counted::Vat, of), row.gross_minor, "{row:?}");
        }
        let revenue = RevenueByEvent::read(&mut daemon.database().reader().unwrap(), &selection).unwrap();
        for row in &revenue {
            let of = OfRow {
                currency: Some(&row.currency),
                vat_bp: Some(row.vat_bp),
                event_id: Some(row.event_id.as_deref()),
                event_title: Some(row.event_title.as_deref()),
                ..OfRow::default()
            };
            let found = -sum(Counted::Revenue, of);
            // Redemptions move net and VAT against each other, not the gross.
            assert!(found == row.gross_minor || found == row.net_minor + row.vat_minor, "{row:?} {found}");
        }
        let payments = PaymentsByMethod::read(&mut daemon.database().reader().unwrap(), &selection).unwrap();
        for row in &payments {
            let method = Some(row.payment_method.as_deref());
            let of = OfRow { currency: Some(&row.currency), payment_method: method, ..OfRow::default() };
            assert_eq!(sum(Counted::Payments, of), row.net_minor, "{row:?}");
        }
        assert!(!vat.is_empty() && !revenue.is_empty() && payments.is_empty() == (source == "theatre"));
    }
    daemon.finish().await;
});

on_both_engines!(a_sheet_goes_on_page_after_page, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut connection = daemon.database().reader().unwrap();
    let connection = &mut connection;
    let month = Month::parse("2025-11").unwrap();
    let selection = Selection { source: Some("museum"), period: Some(Period::from(month)), ..Selection::default() };
    let accounts = TrialBalance::read(connection, &selection).unwrap();
    for row in &accounts {
        let sheet = SheetOf { source: "museum", account: &row.account, currency: &row.currency, selection };
        let mut balance = sheet_balance(connection, &sheet, None).unwrap();
        assert_eq!(balance, row.opening_minor);
        let (mut after, mut days) = (None, Vec::new());
        loop {
            assert_eq!(sheet_balance(connection, &sheet, after).unwrap(), balance, "{row:?} after {after:?}");
            let page = sheet_page(connection, &sheet, after, 3).unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.booking_date, last.entry_no, last.line_no));
            balance += page.iter().map(|line| line.amount_minor).sum::<i64>();
            days.extend(page.iter().map(|line| (line.booking_date, line.entry_no, line.line_no)));
        }
        assert_eq!(balance, row.closing_minor, "{row:?}");
        assert!(days.is_sorted(), "by day, entry and line");
    }
    daemon.finish().await;
});

on_both_engines!(the_journal_goes_on_page_after_page, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut connection = daemon.database().reader().unwrap();
    let selection = Selection { source: Some("museum"), ..Selection::default() };
    let (mut after, mut entries) = (None, Vec::new());
    loop {
        let (lines, next) = journal::page(&mut connection, &selection, "museum", after, 2).unwrap();
        for line in &lines {
            if entries.last() != Some(&line.entry_no) {
                entries.push(line.entry_no);
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(entries.len(), daemon.entries("museum"));
    daemon.finish().await;
});

on_both_engines!(the_page_of_the_lines_says_which_figure_they_come_to, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let program = Program::new(&daemon, Role::Reader);
    let mut seen = 0;
    for report in ["revenue", "vat", "vat?basis=payment", "vat?basis=service", "bridge", "payments"] {
        let mark = if report.contains('?') { '&' } else { '?' };
        for source in ["museum", "theatre"] {
            let page = reader.page(&format!("/books/{report}{mark}source={source}&period=2025")).await;
            let mut paths = links(&page);
            paths.retain(|path| path.starts_with("/books/lines?"));
            paths.dedup();
            for path in paths {
                let told: Value = serde_json::from_str(&program.ask(&path).await.body).unwrap();
                let (sum, rows) = (&told["sum"], told["rows"].as_array().unwrap());
                let minor = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
                let lines: i64 = rows.iter().map(|row| minor(&row["amount_minor"])).sum();
                assert_eq!(minor(&sum["lines_minor"]), lines, "the sign of the lines: {path} {told}");
                assert_eq!(sum["agrees"], true, "{path}: {sum}");
                let parts: i64 = sum["parts"].as_object().unwrap().values().map(minor).sum();
                assert_eq!(parts, minor(&sum["figure_minor"]), "{path}: {sum}");
                let text = reader.page(&path).await.text();
                let names =
                    if report == "payments" { ["Paid", "Refunded", "= Net"] } else { ["Net", "VAT", "= Gross"] };
                assert!(names.iter().all(|name| text.contains(name)), "{path}: {text}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "{seen}");
    let path = "/books/lines?source=museum&period=2025-11&currency=EUR&rate=1234&of=revenue";
    assert!(reader.page(path).await.text().contains("The report has no such row."));
    let told: Value = serde_json::from_str(&program.ask(path).await.body).unwrap();
    assert!(told["sum"]["agrees"].is_null() && told["sum"]["figure_minor"].is_null(), "{told}");
    daemon.finish().await;
});

on_both_engines!(sums_have_a_word_and_open_balances_a_sum, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let program = Program::new(&daemon, Role::Reader);
    for (path, word) in [
        ("/books/trial-balance?source=museum&period=2025-11", ">Total<"),
        ("/books/payments?source=museum&period=2025", ">Total<"),
        ("/books/balances", ">Total of all pages<"),
    ] {
        let page = reader.page(path).await;
        let sums = page.body.split("<tr class=\"total\"").nth(1).unwrap_or_default();
        assert!(sums.split("</tr>").next().unwrap().contains(word), "{path}: {}", page.text());
    }
    let told: Value = serde_json::from_str(&program.ask("/books/balances?source=museum").await.body).unwrap();
    let sum = |rows: &Value| -> i64 {
        let minor = |row: &Value| row["balance_minor"].as_str().unwrap().parse::<i64>().unwrap();
        rows.as_array().unwrap().iter().map(minor).sum()
    };
    assert!(!told["rows"].as_array().unwrap().is_empty());
    assert_eq!(sum(&told["rows"]), sum(&told["totals"]), "{told}");
    daemon.finish().await;
});
