//! What guests hold from an earlier system: `--kind opening-vouchers`, and the rows of that kind in a manual file.

use chrono::NaiveDate;
use serde::Serialize;

use super::request::{Purpose, Request, VoucherName};
use super::sheet::{Columns, Mistake, SheetRow, rows};
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::money::{Currency, format_minor};
use crate::order::mask_code;
use crate::policy::Regime;

const COLUMNS: Columns = Columns {
    required: &["voucher_id", "kind", "currency", "value"],
    optional: &["vat_rate", "sold_on", "expires_on", "code", "code_sha256", "code_last4"],
};

/// A voucher or flex ticket that an earlier system sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpeningVoucher {
    pub class: StoredValueClass,
    pub voucher_id: String,
    pub regime: RegimeWord,
    /// What it was still worth.
    pub value_minor: i64,
    pub currency: Currency,
    /// Its rate; 0 when it is taxed when used.
    pub vat_bp: i32,
    pub sold_on: Option<NaiveDate>,
    /// Until when it can be used.
    pub expires_on: Option<NaiveDate>,
    pub code_sha256: Option<String>,
    pub code_last4: Option<String>,
}

impl OpeningVoucher {
    pub(super) fn key(&self) -> StoredValueKey {
        StoredValueKey::new(self.class, &self.voucher_id)
    }
}

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<Request> {
    rows(bytes, &COLUMNS, today, mistakes, |row| request(row).into_iter().collect())
}

fn request(row: &mut SheetRow<'_>) -> Option<Request> {
    let (voucher_id, kind, vat_bp) = (row.required_id("voucher_id"), row.required("kind"), row.rate_bp("vat_rate"));
    let (sold_on, expires_on) = (row.optional_day("sold_on"), row.optional_day("expires_on"));
    let currency = row.currency();
    let value = row.amount("value", currency);
    if value.is_some_and(|value| value <= 0) {
        row.mistake("`value` is not positive");
    }
    let vat_bp = vat_bp?.unwrap_or(0);
    let class = match (kind?.as_str(), vat_bp) {
        ("mpv", 0) => StoredValueClass::Voucher,
        ("spv", bp) if bp > 0 => StoredValueClass::Voucher,
        ("flex", _) => StoredValueClass::Flex,
        ("mpv", _) => return refused(row, "`vat_rate`: a multi-purpose voucher has none; it is taxed when it is used"),
        ("spv", _) => return refused(row, "`vat_rate` is missing; a single-purpose voucher was taxed when sold"),
        _ => return refused(row, "`kind` must be one of: mpv, spv, flex"),
    };
    let (code_sha256, code_last4) = code(row);
    let (currency, value_minor, voucher_id) = (currency?, value.filter(|value| *value > 0)?, voucher_id?);
    let (sold_on, expires_on) = (sold_on?, expires_on?);
    let regime = RegimeWord::of(class, Regime::from_rate(vat_bp));
    let voucher = OpeningVoucher {
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
    };
    Some(opening(row.line, None, voucher))
}

/// A row of a manual file: a rate makes it single-purpose, `flex:ID` a flex ticket.
pub(super) fn of_sheet(
    row: &mut SheetRow<'_>,
    day: NaiveDate,
    currency: Currency,
    value_minor: i64,
) -> Option<Request> {
    let (voucher_id, vat_bp) = (row.required_id("voucher_id"), row.rate_bp("vat_rate"));
    let VoucherName { class, id } = VoucherName::parse(&voucher_id?);
    let (class, vat_bp) = (class.unwrap_or(StoredValueClass::Voucher), vat_bp?.unwrap_or(0));
    let voucher = OpeningVoucher {
        class,
        voucher_id: id,
        regime: RegimeWord::of(class, Regime::from_rate(vat_bp)),
        value_minor,
        currency,
        vat_bp,
        sold_on: None,
        expires_on: None,
        code_sha256: None,
        code_last4: None,
    };
    Some(opening(row.line, Some(day), voucher))
}

/// The voucher itself is the reference, so that it is opened once, whichever file it comes in.
fn opening(line: u64, day: Option<NaiveDate>, voucher: OpeningVoucher) -> Request {
    Request {
        line,
        key: format!("{KEY}{}", voucher.key()),
        reversed: 0,
        day,
        currency: voucher.currency,
        amount_minor: voucher.value_minor,
        order_id: None,
        purpose: Purpose::OpeningVoucher(voucher),
    }
}

const KEY: &str = "opening:";

/// The voucher or flex ticket that an entry with this key made known.
pub(super) fn opened_by(atom_key: &str) -> Option<StoredValueKey> {
    StoredValueKey::parse(atom_key.strip_prefix(KEY)?)
}

fn refused(row: &mut SheetRow<'_>, what: &str) -> Option<Request> {
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

/// The vouchers as a file without a code in clear. Reading it gives the same entries.
pub(super) fn without_codes<'a>(vouchers: impl Iterator<Item = &'a OpeningVoucher>) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS.required.iter().chain(COLUMNS.optional).filter(|name| **name != "code"))?;
    for voucher in vouchers {
        let kind = match voucher.class {
            StoredValueClass::Flex => voucher.class.as_str(),
            StoredValueClass::Voucher => voucher.regime.as_str(),
        };
        let value = format_minor(voucher.value_minor, voucher.currency.exponent());
        let rate = format_minor(i64::from(voucher.vat_bp), 2);
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
