//! The pages of the VAT and of the revenue.

use super::document::{Block, Cell, Table};
use super::writer::Writer;
use crate::report::pack::{EventRow, Section, VatRow, VatSum};

pub(super) fn vat(section: &Section, write: &Writer<'_>) -> Vec<Block> {
    let words = write.words;
    let page = &section.vat;
    let rates = |title: &'static str, rows: &[VatRow], total: &VatSum| {
        let mut table = Table::new(&[words.rate], &[words.net, words.vat, words.gross]).titled(title);
        for row in rows {
            table.row(std::iter::once(write.rate(row.vat_bp)).chain(write.sums(&row.sum)).collect());
        }
        table.total(std::iter::once(Cell::text(words.total)).chain(write.sums(total)).collect());
        Block::from(table)
    };
    let mut not_due = Table::new(&[words.basis, words.rate], &[words.opening, words.posted, words.due, words.closing])
        .titled(words.not_due);
    for row in &page.not_due {
        let basis = if row.basis == "payment" { words.by_payment_short } else { words.by_service_short };
        let mut cells = vec![Cell::text(basis), write.rate(row.vat_bp)];
        cells.extend(write.amounts([row.opening_minor, row.posted_minor, row.due_minor, row.closing_minor]));
        not_due.row(cells);
    }
    let mut earlier = Table::new(&[words.first_booked, words.rate], &[words.net, words.vat, words.gross])
        .titled(words.of_earlier_months);
    for row in &page.of_earlier_months {
        let mut cells = vec![Cell::text(&*row.month), write.rate(row.row.vat_bp)];
        cells.extend(write.sums(&row.row.sum));
        earlier.row(cells);
    }
    vec![
        rates(words.by_booking, &page.by_booking, &page.by_booking_total),
        earlier.into(),
        rates(words.by_payment, &page.by_payment, &page.by_payment_total),
        rates(words.by_service, &page.by_service, &page.by_service_total),
        not_due.into(),
    ]
}

pub(super) fn revenue(section: &Section, write: &Writer<'_>) -> Vec<Block> {
    let words = write.words;
    let page = &section.revenue;
    let mut table = Table::new(&[words.event, words.days, words.rate], &[words.sold, words.returned]).and_numbers(&[
        words.net,
        words.vat,
        words.gross,
    ]);
    for category in &page.categories {
        for row in page.events.iter().filter(|row| row.category == category.category) {
            let mut cells = vec![title(row, write), Cell::text(days(row)), write.rate(row.vat_bp)];
            cells.extend([write.count(row.sold), write.count(row.returned)]);
            cells.extend(write.sums(&row.sum));
            table.row(cells);
        }
        let mut cells = vec![Cell::text(format!("{} {}", words.total, words.category(&category.category)))];
        cells.extend([Cell::text(""), Cell::text("")]);
        cells.extend([write.count(category.sold), write.count(category.returned)]);
        cells.extend(write.sums(&category.sum));
        table.total(cells);
    }
    let mut cells = vec![Cell::text(words.total), Cell::text(""), Cell::text(""), Cell::text(""), Cell::text("")];
    cells.extend(write.sums(&page.total));
    table.total(cells);
    let mut bridge = Table::new(&[words.step], &[words.net, words.vat, words.gross]).titled(words.bridge);
    for step in &page.bridge {
        let cells = std::iter::once(Cell::text(words.step(&step.step))).chain(write.sums(&step.sum)).collect();
        if step.step == "revenue_report" { bridge.total(cells) } else { bridge.row(cells) }
    }
    vec![table.into(), bridge.into()]
}

fn title(row: &EventRow, write: &Writer<'_>) -> Cell {
    match row.title.as_deref().or(row.event_id.as_deref()) {
        Some(title) => Writer::foreign(title),
        None if row.category == "products" => Cell::text(write.words.products),
        None => Cell::text(write.words.no_title),
    }
}

fn days(row: &EventRow) -> String {
    match row.first_day.zip(row.last_day) {
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first} – {last}"),
        None => String::new(),
    }
}
