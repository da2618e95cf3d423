//! Pages 2 to 11 of one currency.

use chrono_tz::Tz;

use super::document::{Block, Cell, Page, Table};
use super::writer::Writer;
use super::{accounts, chart, sales};
use crate::report::pack::{LateSum, Section};

/// All of them, in their order.
pub(super) fn pages(section: &Section, write: &Writer<'_>, zone: Tz, by_day: bool) -> Vec<Page> {
    let words = write.words;
    let page = |number: u8, title: &'static str, ties_to: &'static str, blocks: Vec<Block>| Page {
        number,
        anchor: format!("p{number}-{}", section.currency),
        title: title.to_owned(),
        currency: Some(section.currency.clone()),
        ties_to: Some(ties_to),
        blocks,
        breaks: matches!(number, 2 | 3),
    };
    vec![
        page(2, words.summary, words.tie_summary, summary(section, write, by_day)),
        page(3, words.trial_balance, words.tie_all, vec![accounts::trial_balance(section, write).into()]),
        page(4, words.vat_page, words.tie_vat, sales::vat(section, write)),
        page(5, words.revenue_page, words.tie_revenue, sales::revenue(section, write)),
        page(6, words.payments_page, words.tie_payments, vec![accounts::clearing(section, write).into()]),
        page(7, words.receivable_page, words.tie_receivable, vec![accounts::receivable(section, write).into()]),
        page(8, words.open_items_page, words.tie_open_items, accounts::open_items(section, write)),
        page(9, words.stored_value_page, words.tie_stored_value, accounts::stored_value(section, write, zone)),
        page(10, words.deferred_page, words.tie_deferred, vec![accounts::deferred(section, write).into()]),
        Page { ties_to: None, ..page(11, words.late_page, "", late(section, write, zone)) },
    ]
}

fn summary(section: &Section, write: &Writer<'_>, by_day: bool) -> Vec<Block> {
    let words = write.words;
    // Both columns only where they differ.
    let differs = section.summary.iter().any(|row| row.as_now_known_minor.is_some_and(|known| known != row.minor));
    let mut numbers = vec![if differs { words.as_closed_column } else { words.this_period }];
    numbers.extend(differs.then_some(words.as_now_known));
    numbers.extend([words.period_before, words.year_before]);
    let mut table = Table::new(&[words.line, words.section], &numbers);
    for row in &section.summary {
        let mut cells =
            vec![Cell::text(words.summary_line(row.line)), Cell::text(row.page.to_string()), write.amount(row.minor)];
        if differs {
            cells.push(write.amount(row.as_now_known_minor.unwrap_or(row.minor)));
        }
        cells.extend(write.amounts([row.period_before_minor, row.year_before_minor]));
        table.row(cells);
    }
    let mut blocks: Vec<Block> = vec![table.into()];
    if differs {
        blocks.push(Block::Note(words.as_now_known_note.to_owned()));
    }
    blocks.push(chart::revenue(section, write, by_day).into());
    blocks.push(chart::payments(section, write).into());
    blocks.push(chart::stored_value(section, write).into());
    blocks.push(month_ends(section, write).into());
    blocks
}

/// The numbers of the last chart, for who cannot see it.
fn month_ends(section: &Section, write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::default();
    for _ in 0..3 {
        table = table.and_words(&[words.month_end]).and_numbers(&[words.worth]);
    }
    for three in section.charts.stored_value.chunks(3) {
        let mut cells: Vec<Cell> =
            three.iter().flat_map(|end| [Cell::text(&*end.month), write.amount(end.balance_minor)]).collect();
        cells.resize_with(6, || Cell::text(""));
        table.row(cells);
    }
    table
}

fn late(section: &Section, write: &Writer<'_>, zone: Tz) -> Vec<Block> {
    let words = write.words;
    let page = &section.late;
    let mut entries = Table::new(
        &[words.entry, words.booked_on, words.happened_on, words.belongs_to, words.what, words.order, words.reverses],
        &[words.amount],
    )
    .titled(words.entries_one_by_one);
    for row in &page.entries {
        entries.row(vec![
            Cell::text(row.entry_no.to_string()),
            Cell::text(row.booking_date.to_string()),
            Cell::text(row.effective_at.local_minute_named(zone)),
            Cell::text(&*row.late_for),
            Cell::code(&*row.event_type),
            Writer::foreign(row.order_code.as_deref().unwrap_or_default()),
            Cell::maybe(row.reverses_no.map(|number| number.to_string())),
            write.amount(row.amount_minor),
        ]);
    }
    let mut blocks: Vec<Block> = vec![late_sums(&page.of_closed_months, words.of_closed_months, write).into()];
    if !page.entries.is_empty() {
        blocks.push(entries.into());
    }
    if page.more_entries > 0 {
        blocks.push(Block::Note(format!("… {} {}", words.more, write.language.count(page.more_entries))));
    }
    blocks.push(late_sums(&page.booked_later, words.booked_later, write).into());
    blocks
}

fn late_sums(rows: &[LateSum], title: &'static str, write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::new(
        &[words.belongs_to, words.booked_in],
        &[words.net, words.vat, words.gross, words.paid, words.refunded, words.receivable],
    )
    .titled(title);
    for row in rows {
        let mut cells = vec![Cell::text(&*row.late_for), Cell::text(&*row.booked_in)];
        cells.extend(write.sums(&row.sum));
        cells.extend(write.amounts([row.paid_minor, row.refunded_minor, row.receivable_minor]));
        table.row(cells);
    }
    table
}
