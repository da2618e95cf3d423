//! `--kind manual`: one entry for each row.

use chrono::NaiveDate;

use super::entry::ManualEntry;
use super::sheet::{Columns, Mistake, SheetRow, rows};
use crate::ledger::book::{Account, ItemKind};
use crate::money::Currency;

const COLUMNS: Columns = Columns {
    required: &["date", "reference", "kind", "currency", "amount"],
    optional: &["method", "account", "order_id", "vat_rate"],
};

/// The fields that every row has.
struct Common {
    line: u64,
    day: NaiveDate,
    reference: String,
    currency: Currency,
    amount: i64,
}

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<ManualEntry> {
    rows(bytes, &COLUMNS, today, mistakes, |row| entry(row).into_iter().collect())
}

fn entry(row: &mut SheetRow<'_>) -> Option<ManualEntry> {
    let (day, reference, kind) = (row.past_day("date"), row.required_id("reference"), row.required("kind"));
    let currency = row.currency();
    let amount = row.amount("amount", currency);
    if amount == Some(0) {
        row.mistake("`amount` is zero");
    }
    let common = day.zip(reference).zip(currency).zip(amount.filter(|amount| *amount != 0));
    let common = common.map(|(((day, reference), currency), amount)| Common {
        line: row.line,
        day,
        reference,
        currency,
        amount,
    });
    match kind?.as_str() {
        "fee" => money(row, common, ItemKind::Fee, Account::Fees),
        "payout" => money(row, common, ItemKind::Payout, Account::Bank),
        "payment" => guest_money(row, common, ItemKind::Payment),
        "refund" => guest_money(row, common, ItemKind::Refund),
        "retain" => retain(row, common),
        "write-off" => write_off(row, common),
        _ => {
            row.mistake("`kind` must be one of: fee, payout, payment, refund, retain, write-off");
            None
        }
    }
}

impl Common {
    fn entry(self, word: &str, event_type: &'static str, order_id: Option<String>) -> ManualEntry {
        let key = format!("{word}:{}", self.reference);
        let (line, currency, day) = (self.line, self.currency, Some(self.day));
        ManualEntry {
            line,
            atom_key: key.clone(),
            key,
            event_type,
            order_id,
            currency,
            day,
            lines: Vec::new(),
            voucher: None,
        }
    }
}

/// What leaves a clearing account without a guest: a fee, or a payout. A negative amount came back.
fn money(row: &mut SheetRow<'_>, common: Option<Common>, kind: ItemKind, account: Account) -> Option<ManualEntry> {
    let (method, order_id) = (row.method(), row.id("order_id"));
    refuse(row, &["account", "vat_rate"]);
    let (common, method) = (common?, method?);
    let amount = common.amount;
    let event_type = if kind == ItemKind::Fee { "manual.fee" } else { "manual.payout" };
    let entry = common.entry(kind.as_str(), event_type, order_id);
    let entry = entry.line(account, kind, amount).line(Account::clearing(&method), kind, -amount);
    Some(entry.paid_by(&method, None))
}

/// Money of a guest that no webhook told of.
fn guest_money(row: &mut SheetRow<'_>, common: Option<Common>, kind: ItemKind) -> Option<ManualEntry> {
    let (method, order_id) = (row.method(), row.required_id("order_id"));
    refuse(row, &["account", "vat_rate"]);
    let common = positive(row, common);
    let (common, method, order_id) = (common?, method?, order_id?);
    let reference = common.reference.clone();
    let (amount, event_type) = match kind {
        ItemKind::Refund => (-common.amount, "manual.refund"),
        _ => (common.amount, "manual.payment"),
    };
    let entry = common.entry(kind.as_str(), event_type, Some(order_id));
    let entry = entry.line(Account::clearing(&method), kind, amount).line(Account::Receivable, kind, -amount);
    Some(entry.paid_by(&method, Some(&reference)))
}

/// What is kept of a cancelled order becomes income. Whether it is taxed is for an adviser to say.
fn retain(row: &mut SheetRow<'_>, common: Option<Common>) -> Option<ManualEntry> {
    let (order_id, vat_bp) = (row.required_id("order_id"), row.rate_bp("vat_rate"));
    refuse(row, &["account", "method"]);
    let common = positive(row, common);
    let (common, order_id, vat_bp) = (common?, order_id?, vat_bp?);
    let amount = common.amount;
    let atom_key = format!("retain:{order_id}");
    let entry = common.entry("retain", "manual.retain", Some(order_id));
    let entry = ManualEntry { atom_key, ..entry }.line(Account::Receivable, ItemKind::Retained, amount);
    taxed(row, entry.taxed(Account::IncomeRetained, ItemKind::Retained, amount, vat_bp))
}

/// An open balance is given up. The amount has its sign in `v_order_balance`: positive = the guest owed it.
fn write_off(row: &mut SheetRow<'_>, common: Option<Common>) -> Option<ManualEntry> {
    let (order_id, account, vat_bp) = (row.required_id("order_id"), row.required("account"), row.rate_bp("vat_rate"));
    refuse(row, &["method"]);
    let account = match account?.as_str() {
        "expenses:bad_debt" => Account::BadDebt,
        "expenses:fees" => Account::Fees,
        "income:retained" => Account::IncomeRetained,
        "suspense:rounding" => Account::Rounding,
        _ => {
            row.mistake(
                "`account` must be one of: expenses:bad_debt, expenses:fees, income:retained, suspense:rounding",
            );
            return None;
        }
    };
    let (common, order_id, vat_bp) = (common?, order_id?, vat_bp?);
    let amount = common.amount;
    let entry = common.entry("write-off", "manual.write_off", Some(order_id));
    let entry = entry.line(Account::Receivable, ItemKind::WriteOff, -amount);
    taxed(row, entry.taxed(account, ItemKind::WriteOff, -amount, vat_bp))
}

fn taxed(row: &mut SheetRow<'_>, entry: Result<ManualEntry, crate::money::Overflow>) -> Option<ManualEntry> {
    entry.map_err(|overflow| row.mistake(overflow.to_string())).ok()
}

/// A sign that turns a refund into a payment is a mistake more often than a wish.
fn positive(row: &mut SheetRow<'_>, common: Option<Common>) -> Option<Common> {
    if common.as_ref().is_some_and(|common| common.amount < 0) {
        row.mistake("`amount` is negative; the kind decides the direction");
        return None;
    }
    common
}

/// What would be ignored is said to be.
fn refuse(row: &mut SheetRow<'_>, columns: &[&str]) {
    for column in columns {
        if row.cell(column).is_some() {
            row.mistake(format!("`{column}` has no meaning for this kind; leave it empty"));
        }
    }
}
