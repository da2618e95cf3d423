//! What stands behind a figure adds up to it, and a page of an account goes on where the last one ended.

use ticketledger::ledger::book::Month;
use ticketledger::ledger::totals::{
    Counted, OfRow, PaymentsByMethod, Period, RevenueByEvent, Selection, SheetOf, Total as _, TrialBalance, VatByRate,
    lines_behind, sheet_balance, sheet_page,
};
use ticketledger::report::journal;

use super::filled::fill;
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
