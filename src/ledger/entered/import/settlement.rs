//! `--kind settlement`: what a payment provider paid out, row by row.

use chrono::NaiveDate;

use super::entry::ManualEntry;
use super::sheet::{Columns, Mistake, SheetRow, rows};
use crate::ledger::book::{Account, ItemKind};

const COLUMNS: Columns =
    Columns { required: &["date", "reference", "method", "currency", "gross", "fee", "net"], optional: &[] };

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<ManualEntry> {
    rows(bytes, &COLUMNS, today, mistakes, |row| entries(row).unwrap_or_default())
}

/// A fee and a payout, each under the same keys as in a manual file, so that neither is posted by both.
fn entries(row: &mut SheetRow<'_>) -> Option<Vec<ManualEntry>> {
    let (day, reference, method) = (row.past_day("date"), row.required_id("reference"), row.method());
    let currency = row.currency();
    let gross = row.amount("gross", currency);
    let (fee, net) = (row.amount("fee", currency), row.amount("net", currency));
    let (gross, fee, net) = (gross?, fee?, net?);
    if gross.checked_sub(fee) != Some(net) {
        row.mistake("`gross` minus `fee` is not `net`");
        return None;
    }
    if fee == 0 && net == 0 {
        row.mistake("all its amounts are zero");
        return None;
    }
    let (day, reference, method, currency) = (day?, reference?, method?, currency?);
    let entry = |kind: ItemKind, event_type, account, amount: i64| {
        let key = format!("{kind}:{reference}");
        let entry = ManualEntry {
            line: row.line,
            atom_key: key.clone(),
            key,
            event_type,
            order_id: None,
            currency,
            day: Some(day),
            lines: Vec::new(),
            voucher: None,
        };
        let entry = entry.line(account, kind, amount).line(Account::clearing(&method), kind, -amount);
        entry.paid_by(&method, None)
    };
    let mut entries = Vec::new();
    if fee != 0 {
        entries.push(entry(ItemKind::Fee, "manual.fee", Account::Fees, fee));
    }
    if net != 0 {
        entries.push(entry(ItemKind::Payout, "manual.payout", Account::Bank, net));
    }
    Some(entries)
}
