//! `--kind opening-vouchers`: what guests hold from an earlier system.
//!
//! A single-purpose voucher was taxed when that system sold it, so only its net is opened here, and no line has a rate:
//! nothing of it is turnover of these books.

use chrono::NaiveDate;

use super::entry::{ManualEntry, OpeningVoucher};
use super::sheet::{Columns, Mistake, SheetRow, rows};
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::money::vat_in_gross;
use crate::order::mask_code;
use crate::policy::Regime;

const COLUMNS: Columns = Columns {
    required: &["voucher_id", "kind", "currency", "value"],
    optional: &["vat_rate", "sold_on", "expires_on", "code", "code_sha256", "code_last4"],
};

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<ManualEntry> {
    rows(bytes, &COLUMNS, today, mistakes, |row| entry(row).into_iter().collect())
}

fn entry(row: &mut SheetRow<'_>) -> Option<ManualEntry> {
    let (voucher_id, kind, vat_bp) = (row.required_id("voucher_id"), row.required("kind"), row.rate_bp("vat_rate"));
    let (sold_on, expires_on) = (row.optional_day("sold_on"), row.optional_day("expires_on"));
    let currency = row.currency();
    let value = row.amount("value", currency);
    if value.is_some_and(|value| value <= 0) {
        row.mistake("`value` is not positive");
    }
    let vat_bp = vat_bp?.unwrap_or(0);
    let (class, account) = match (kind?.as_str(), vat_bp) {
        ("mpv", 0) => (StoredValueClass::Voucher, Account::VoucherMultiPurpose),
        ("spv", bp) if bp > 0 => (StoredValueClass::Voucher, Account::VoucherSinglePurpose(bp)),
        ("flex", _) => (StoredValueClass::Flex, Account::Flex),
        ("mpv", _) => return refused(row, "a multi-purpose voucher has no rate; it is taxed when it is used"),
        ("spv", _) => return refused(row, "`vat_rate` is missing; a single-purpose voucher was taxed when sold"),
        _ => return refused(row, "`kind` must be one of: mpv, spv, flex"),
    };
    let (code_sha256, code_last4) = code(row);
    let (currency, value_minor, voucher_id) = (currency?, value.filter(|value| *value > 0)?, voucher_id?);
    let (sold_on, expires_on) = (sold_on?, expires_on?);
    let Ok(vat) = vat_in_gross(value_minor, vat_bp) else { return refused(row, "`value` is out of range") };
    let net = value_minor - vat;
    let regime = RegimeWord::of(class, Regime::from_rate(vat_bp));
    let key = opening_key(&StoredValueKey::new(class, &voucher_id));
    let entry = ManualEntry {
        line: row.line,
        atom_key: key.clone(),
        key,
        event_type: "manual.opening_voucher",
        order_id: None,
        currency,
        day: None,
        lines: Vec::new(),
        voucher: None,
    };
    let entry =
        entry.line(Account::Opening, ItemKind::VoucherOpening, net).line(account, ItemKind::VoucherOpening, -net);
    Some(entry.of_voucher(OpeningVoucher {
        class,
        voucher_id,
        regime,
        value_minor,
        currency,
        vat_bp,
        sold_on,
        expires_on,
        code_sha256,
        code_last4,
    }))
}

const KEY: &str = "opening:";

fn opening_key(voucher: &StoredValueKey) -> String {
    format!("{KEY}{voucher}")
}

/// The voucher or flex ticket that an entry with this key made known.
pub(super) fn opened_by(atom_key: &str) -> Option<StoredValueKey> {
    StoredValueKey::parse(atom_key.strip_prefix(KEY)?)
}

fn refused(row: &mut SheetRow<'_>, what: &str) -> Option<ManualEntry> {
    row.mistake(what);
    None
}

/// From a file that is imported the code itself, from one that is stored what is kept of it.
fn code(row: &SheetRow<'_>) -> (Option<String>, Option<String>) {
    match row.cell("code") {
        Some(code) => mask_code(Some(code.to_owned())),
        None => (row.cell("code_sha256").map(str::to_owned), row.cell("code_last4").map(str::to_owned)),
    }
}

/// The rows as a file without a code in clear. Reading it gives the same entries.
pub(super) fn without_codes(entries: &[ManualEntry]) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS.required.iter().chain(COLUMNS.optional).filter(|name| **name != "code"))?;
    for voucher in entries.iter().filter_map(|entry| entry.voucher.as_ref()) {
        let kind = match voucher.class {
            StoredValueClass::Flex => voucher.class.as_str(),
            StoredValueClass::Voucher => voucher.regime.as_str(),
        };
        let value = crate::money::format_minor(voucher.value_minor, voucher.currency.exponent());
        let rate = crate::money::format_minor(i64::from(voucher.vat_bp), 2);
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        file.write_record([
            voucher.voucher_id.as_str(),
            kind,
            voucher.currency.code(),
            &value,
            &rate,
            &day(voucher.sold_on),
            &day(voucher.expires_on),
            voucher.code_sha256.as_deref().unwrap_or_default(),
            voucher.code_last4.as_deref().unwrap_or_default(),
        ])?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}
