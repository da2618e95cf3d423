//! `--kind manual`: one entry for each row, whatever its purpose.

use chrono::NaiveDate;

use super::opening;
use super::request::{Purpose, Request, VoucherName};
use super::sheet::{Columns, Mistake, SheetRow, rows};
use crate::ledger::book::Account;

const COLUMNS: Columns = Columns {
    required: &["date", "reference", "kind", "currency", "amount"],
    optional: &["method", "account", "order_id", "vat_rate", "input_vat", "voucher_id"],
};

/// Every kind, with the optional columns that it has a use for.
const KINDS: [(&str, &[&str]); 11] = [
    ("fee", &["method", "order_id", "input_vat"]),
    ("payout", &["method", "order_id"]),
    ("payment", &["method", "order_id"]),
    ("refund", &["method", "order_id"]),
    ("retain", &["order_id", "vat_rate"]),
    ("write-off", &["order_id", "account", "vat_rate"]),
    ("price-reduction", &["order_id"]),
    ("breakage", &["voucher_id"]),
    ("voucher-correction", &["voucher_id", "account", "order_id"]),
    ("opening-vouchers", &["voucher_id", "vat_rate"]),
    ("opening-balance", &["account"]),
];

/// Where what is given up goes.
const WRITTEN_OFF_TO: [Account; 4] = [Account::BadDebt, Account::Fees, Account::IncomeRetained, Account::Rounding];

pub(super) fn read(bytes: &[u8], today: NaiveDate, mistakes: &mut Vec<Mistake>) -> Vec<Request> {
    rows(bytes, &COLUMNS, today, mistakes, |row| request(row).into_iter().collect())
}

fn request(row: &mut SheetRow<'_>) -> Option<Request> {
    let (day, reference, word) = (row.past_day("date"), row.required_id("reference"), row.required("kind"));
    let currency = row.currency();
    let word = word?;
    let Some((kind, takes)) = KINDS.into_iter().find(|(kind, _)| *kind == word) else {
        row.amount("amount", currency);
        row.mistake(format!("`kind` must be one of: {}", KINDS.map(|(kind, _)| kind).join(", ")));
        return None;
    };
    let signed = matches!(kind, "voucher-correction" | "opening-balance");
    let amount = if signed { row.amount_but_zero(currency) } else { row.positive_amount("amount", currency) };
    refuse_others(row, kind, takes);
    if kind == "opening-vouchers" {
        return opening::of_sheet(row, day?, currency?, amount?);
    }
    let order_id = order_of(row, kind, takes);
    let purpose = purpose(row, kind, reference.as_deref().unwrap_or_default());
    let (day, reference, currency, amount_minor) = (day?, reference?, currency?, amount?);
    Some(Request {
        line: row.line,
        key: format!("{kind}:{reference}"),
        reversed: 0,
        day: Some(day),
        currency,
        amount_minor,
        order_id: order_id?,
        purpose: purpose?,
    })
}

/// The order that the row names; the outer `None` is a mistake.
fn order_of(row: &mut SheetRow<'_>, kind: &str, takes: &[&str]) -> Option<Option<String>> {
    let moves_receivable = row.cell("account") == Some(Account::RECEIVABLE);
    let required = match kind {
        "fee" | "payout" => false,
        "voucher-correction" => moves_receivable,
        _ => takes.contains(&"order_id"),
    };
    match row.cell("order_id") {
        None if required => row.required_id("order_id").map(Some),
        None => Some(None),
        Some(_) if kind == "voucher-correction" && !moves_receivable => {
            row.mistake(format!("`order_id` belongs to the account {} only; leave it empty", Account::RECEIVABLE));
            None
        }
        Some(_) if !takes.contains(&"order_id") => Some(None),
        Some(_) => row.id("order_id").map(Some),
    }
}

fn purpose(row: &mut SheetRow<'_>, kind: &str, reference: &str) -> Option<Purpose> {
    let reference = reference.to_owned();
    Some(match kind {
        "fee" => {
            let (method, input_vat_bp) = (row.method(), row.rate_bp("input_vat"));
            Purpose::Fee { method: method?, input_vat_bp: input_vat_bp? }
        }
        "payout" => Purpose::Payout { method: row.method()? },
        "payment" => Purpose::Payment { method: row.method()?, reference },
        "refund" => Purpose::Refund { method: row.method()?, reference },
        "retain" => Purpose::Retain { vat_bp: row.rate_bp("vat_rate")? },
        "write-off" => {
            let account = account(row, |account| WRITTEN_OFF_TO.contains(account), kind);
            let vat_bp = row.rate_bp("vat_rate");
            Purpose::WriteOff { account: account?, vat_bp: vat_bp? }
        }
        "price-reduction" => Purpose::PriceReduction,
        "breakage" => Purpose::Breakage { voucher: voucher(row)? },
        "voucher-correction" => {
            let (voucher, account) = (voucher(row), account(row, corrects_vouchers, kind));
            Purpose::VoucherCorrection { voucher: voucher?, account: account? }
        }
        "opening-balance" => Purpose::OpeningBalance { account: account(row, has_opening, kind)? },
        _ => return None,
    })
}

fn voucher(row: &mut SheetRow<'_>) -> Option<VoucherName> {
    Some(VoucherName::parse(&row.required_id("voucher_id")?))
}

/// The named account, if it is one that the kind may move.
fn account(row: &mut SheetRow<'_>, may: impl Fn(&Account) -> bool, kind: &str) -> Option<Account> {
    let code = row.required("account")?;
    let account = Account::parse(&code).filter(|account| may(account));
    if account.is_none() {
        row.mistake(format!("`account` must be one of: {}", ACCOUNTS_OF.iter().find(|(of, _)| *of == kind)?.1));
    }
    account
}

/// What a mistake lists, by kind.
const ACCOUNTS_OF: [(&str, &str); 3] = [
    ("write-off", "expenses:bad_debt, expenses:fees, income:retained, suspense:rounding"),
    (
        "voucher-correction",
        "assets:bank, assets:clearing:METHOD, assets:receivable (with `order_id`), assets:voucher_refund_unallocated, \
         equity:opening, expenses:bad_debt, expenses:fees, income:breakage, suspense:rounding",
    ),
    (
        "opening-balance",
        "assets:bank, assets:clearing:METHOD, assets:vat_input:RATE, assets:voucher_refund_unallocated, \
         liabilities:deferred:tickets, liabilities:vat:RATE, suspense:rounding (RATE in basis points, such as 1900)",
    ),
];

/// Other accounts have rules of their own: a voucher's worth is no ticket sold, and no tax.
fn corrects_vouchers(account: &Account) -> bool {
    use Account::{
        BadDebt, Bank, Clearing, Fees, IncomeBreakage, Opening, Receivable, Rounding, VoucherRefundUnallocated,
    };
    matches!(
        account,
        Bank | Clearing(_)
            | Receivable
            | VoucherRefundUnallocated
            | Opening
            | BadDebt
            | Fees
            | IncomeBreakage
            | Rounding
    )
}

/// What orders owe is opened by the orders themselves, what vouchers are worth by `opening-vouchers`, and income and
/// expenses of the time before stay in the earlier system.
fn has_opening(account: &Account) -> bool {
    use Account::{Bank, Clearing, DeferredTickets, Rounding, Vat, VatInput, VoucherRefundUnallocated};
    matches!(account, Bank | Clearing(_) | VatInput(_) | VoucherRefundUnallocated | Vat(_) | DeferredTickets | Rounding)
}

/// What would be ignored is said to be.
fn refuse_others(row: &mut SheetRow<'_>, kind: &str, takes: &[&str]) {
    for column in COLUMNS.optional.iter().filter(|column| !takes.contains(column)) {
        if row.cell(column).is_none() {
            continue;
        }
        row.mistake(match (kind, *column) {
            ("fee", "vat_rate") => "`vat_rate` is output tax; the tax in a fee goes into `input_vat`".to_owned(),
            _ => format!("`{column}` has no meaning for this kind; leave it empty"),
        });
    }
}
