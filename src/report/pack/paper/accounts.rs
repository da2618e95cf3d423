//! The pages of balances: trial balance, clearing, receivables, vouchers, deferred revenue.

use std::borrow::Cow;

use chrono_tz::Tz;

use super::document::{Block, Cell, Column, Table};
use super::writer::Writer;
use crate::report::pack::{ClearingTotal, Listed, RollForward, Section};

pub(super) fn trial_balance(section: &Section, write: &Writer<'_>) -> Table {
    let words = write.words;
    let amounts = [words.opening, words.debit, words.credit, words.closing];
    // Without a chart the column would be empty.
    let numbered = !section.account_numbers.is_empty();
    let mut table = match numbered {
        true => Table::new(&[words.account, words.account_number], &amounts),
        false => Table::new(&[words.account], &amounts),
    };
    for row in &section.trial_balance {
        let mut cells = vec![Cell::code(&*row.account)];
        if numbered {
            let numbers = section.account_numbers.get(&row.account).map(|numbers| numbers.join(", "));
            cells.push(Cell::text(numbers.filter(|text| !text.is_empty()).unwrap_or_else(|| "–".to_owned())));
        }
        cells.extend(write.amounts([row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor]));
        table.row(cells);
    }
    let total = &section.trial_balance_total;
    let mut cells = vec![Cell::text(words.total)];
    if numbered {
        cells.push(Cell::text(""));
    }
    cells.extend(write.amounts([total.opening_minor, total.debit_minor, total.credit_minor, total.closing_minor]));
    table.total(cells);
    table
}

pub(super) fn clearing(section: &Section, write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::new(
        &[words.method],
        &[
            words.opening,
            words.paid,
            words.refunded,
            words.paid_out,
            words.fees,
            words.other,
            words.closing,
            words.number,
        ],
    )
    .and_words(&[words.oldest_open]);
    let amounts = |row: &ClearingTotal| {
        let mut cells: Vec<Cell> = write
            .amounts([
                row.opening_minor,
                row.paid_minor,
                row.refunded_minor,
                row.paid_out_minor,
                row.fees_minor,
                row.other_minor,
                row.closing_minor,
            ])
            .collect();
        cells.push(write.count(row.transactions));
        cells
    };
    for row in &section.clearing {
        let mut cells = vec![Writer::foreign(method(&row.account))];
        cells.extend(amounts(&row.sum));
        cells.push(Cell::maybe(row.oldest_open_day.map(|day| day.to_string())));
        table.row(cells);
    }
    let mut cells = vec![Cell::text(words.total)];
    cells.extend(amounts(&section.clearing_total));
    cells.push(Cell::text(""));
    table.total(cells);
    table
}

/// The method in the code of a clearing account.
pub(super) fn method(account: &str) -> &str {
    account.strip_prefix("assets:clearing:").unwrap_or(account)
}

pub(super) fn receivable(section: &Section, write: &Writer<'_>) -> Table {
    let words = write.words;
    let row = &section.receivable;
    let mut table = Table::new(&[words.movement], &[words.amount]);
    table.row(vec![Cell::text(words.opening), write.amount(row.opening_minor)]);
    for part in &row.moves {
        table.row(vec![Cell::text(words.moved(part.what, false)), write.amount(part.minor)]);
    }
    table.total(vec![Cell::text(words.closing), write.amount(row.closing_minor)]);
    table
}

pub(super) fn open_items(section: &Section, write: &Writer<'_>) -> Vec<Block> {
    let words = write.words;
    let items = &section.open_items;
    let mut ages = Table::new(&[words.age], &[words.orders, words.amount]);
    for age in &items.ages {
        ages.row(vec![Cell::text(words.age(age.age)), write.count(age.orders), write.amount(age.balance_minor)]);
    }
    let orders = items.ages.iter().map(|age| age.orders).sum();
    ages.total(vec![Cell::text(words.total), write.count(orders), write.amount(items.total_minor)]);
    vec![
        ages.into(),
        listed(&items.debts, words.due_on, words.largest_debts, write).into(),
        listed(&items.credits, words.since, words.largest_credits, write).into(),
    ]
}

fn listed(listed: &Listed, since: &'static str, title: &'static str, write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::new(&[words.order, since, words.age], &[words.days, words.amount]).titled(title);
    for item in &listed.largest {
        let order = item.order_code.as_deref().or(item.order_id.as_deref()).unwrap_or_default();
        table.row(vec![
            Writer::foreign(order),
            Cell::text(item.due_on.to_string()),
            Cell::text(words.age(item.age)),
            write.count(item.days),
            write.amount(item.balance_minor),
        ]);
    }
    if listed.more > 0 {
        let more = format!("… {} {}", words.more, write.language.count(listed.more));
        table.row(vec![
            Cell::text(more),
            Cell::text(""),
            Cell::text(""),
            Cell::text(""),
            write.amount(listed.more_minor),
        ]);
    }
    table
}

/// Each account has a column: there are few, and many kinds of movements.
pub(super) fn stored_value(section: &Section, write: &Writer<'_>, zone: Tz) -> Vec<Block> {
    let words = write.words;
    let total = &section.stored_value_total;
    let columns: Vec<&RollForward> = section.stored_value.iter().chain([total]).collect();
    let mut table = Table::new(&[words.movement], &[]);
    table.columns.extend(columns.iter().map(|row| Column {
        title: match &row.account {
            Some(account) => Cow::Owned(account.strip_prefix("liabilities:").unwrap_or(account).to_owned()),
            None => Cow::Borrowed(words.total),
        },
        is_number: true,
    }));
    let mut line = |name: &str, of: &dyn Fn(&RollForward) -> i64, is_total: bool| {
        let mut cells = vec![Cell::text(name)];
        cells.extend(columns.iter().map(|row| write.amount(of(row))));
        if is_total { table.total(cells) } else { table.row(cells) }
    };
    line(words.opening, &|row| row.opening_minor, false);
    for (place, part) in total.moves.iter().enumerate() {
        line(words.moved(part.what, true), &|row| row.moves.get(place).map_or(0, |part| part.minor), false);
    }
    line(words.closing, &|row| row.closing_minor, true);
    let mut years = Table::new(&[words.year], &[words.vouchers, words.worth]).titled(words.by_year);
    for row in &section.stored_value_years {
        let year = row.year.map_or_else(|| words.never_issued_here.to_owned(), |year| year.to_string());
        years.row(vec![Cell::text(year), write.count(row.vouchers), write.amount(row.balance_minor)]);
    }
    let vouchers = section.stored_value_years.iter().map(|row| row.vouchers).sum();
    years.total(vec![Cell::text(words.total), write.count(vouchers), write.amount(total.closing_minor)]);
    // The note is about the law of one country.
    let is_german = zone == chrono_tz::Europe::Berlin && !section.stored_value_years.is_empty();
    let note = is_german.then(|| Block::Note(words.by_year_note.to_owned()));
    [Some(table.into()), Some(years.into()), note].into_iter().flatten().collect()
}

pub(super) fn deferred(section: &Section, write: &Writer<'_>) -> Table {
    let words = write.words;
    let mut table = Table::new(&[words.month_of_event], &[words.becomes_revenue]);
    for row in &section.deferred {
        let month = row.month.clone().unwrap_or_else(|| words.unknown.to_owned());
        table.row(vec![Cell::text(month), write.amount(row.minor)]);
    }
    table.total(vec![Cell::text(words.total), write.amount(section.deferred_minor)]);
    table
}
