//! Lines with the columns of `v_gl`: what CSV, JSON and Parquet have.

use super::rows::{Entry, Line};
use crate::ledger::book::Month;
use crate::report::journal::JournalLine;

/// The lines of an entry with the columns of the view. The code of the order and the title of the event are those that
/// were fixed.
pub(super) fn lines(entry: &Entry) -> impl Iterator<Item = JournalLine> + '_ {
    entry.lines.iter().map(|line| journal_line(entry, line))
}

fn journal_line(entry: &Entry, line: &Line) -> JournalLine {
    let (head, row) = (&entry.head, &line.row);
    JournalLine {
        source: head.source.clone(),
        entry_no: head.entry_no,
        line_no: row.line_no.into(),
        kind: head.kind.clone(),
        event_type: head.event_type.clone(),
        booking_date: head.booking_date,
        period: Month::of(head.booking_date).to_string(),
        effective_at: head.effective_at,
        recorded_at: head.recorded_at,
        order_id: line.order_id.clone(),
        order_code: line.order_code.clone(),
        account: row.account_code.clone(),
        currency: row.currency.clone(),
        amount_minor: row.amount_minor,
        debit_minor: row.amount_minor.max(0),
        credit_minor: row.amount_minor.min(0).saturating_neg(),
        vat_bp: row.vat_bp,
        item_kind: row.item_kind.clone(),
        event_id: row.event_id.clone(),
        event_title: line.event_title.clone(),
        service_date: row.service_date,
        payment_id: row.payment_id.clone(),
        payment_method: row.payment_method.clone(),
        voucher_id: row.voucher_id.clone(),
        reverses_no: head.reverses_no,
        reason: head.reason_code.clone(),
        inbox_event_id: head.inbox_event_id,
    }
}
