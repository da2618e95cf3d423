//! What each purpose books: `docs/imports.md` has the same accounts with an example of each.

use super::books::{Books, VoucherBooks};
use super::entry::ManualEntry;
use super::opening::OpeningVoucher;
use super::price_reduction::spread;
use super::request::{Purpose, Request, VoucherName};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::money::{Overflow, vat_in_gross};
use crate::policy::{Policy, Regime};

/// What rounding may leave of a voucher that was taxed when it was sold; the last part that expires takes it too.
pub(super) const RESIDUE_MINOR: i64 = 2;

/// The entry that a request asks for; `Err` says in words why there can be none.
pub(super) fn entry_of(request: &Request, books: &Books, policy: &Policy) -> Result<ManualEntry, String> {
    let amount = request.amount_minor;
    let of = |event_type| ManualEntry::of(request, event_type);
    let clearing = |method: &str| Account::clearing(policy.clearing_name(method));
    let said = |overflow: Overflow| format!("`amount`: {overflow}");
    Ok(match &request.purpose {
        Purpose::Fee { method, input_vat_bp } => {
            let vat = vat_in_gross(amount, input_vat_bp.unwrap_or(0)).map_err(said)?;
            // No line has a rate: input tax is no turnover.
            let entry = of("manual.fee").line(Account::Fees, ItemKind::Fee, amount - vat);
            let entry = entry.line(Account::VatInput(input_vat_bp.unwrap_or(0)), ItemKind::Fee, vat);
            entry.line(clearing(method), ItemKind::Fee, -amount).paid_by(method, None)
        }
        Purpose::Payout { method } => {
            let entry = of("manual.payout").line(Account::Bank, ItemKind::Payout, amount);
            entry.line(clearing(method), ItemKind::Payout, -amount).paid_by(method, None)
        }
        Purpose::Payment { method, reference } => {
            let entry = of("manual.payment").line(clearing(method), ItemKind::Payment, amount);
            entry.line(Account::Receivable, ItemKind::Payment, -amount).paid_by(method, Some(reference))
        }
        Purpose::Refund { method, reference } => {
            let entry = of("manual.refund").line(clearing(method), ItemKind::Refund, -amount);
            entry.line(Account::Receivable, ItemKind::Refund, amount).paid_by(method, Some(reference))
        }
        Purpose::Retain { vat_bp } => {
            let entry = of("manual.retain").line(Account::Receivable, ItemKind::Retained, amount);
            let atom_key = format!("retain:{}", request.order_id.as_deref().unwrap_or_default());
            entry.named(atom_key).taxed(Account::IncomeRetained, ItemKind::Retained, amount, *vat_bp).map_err(said)?
        }
        Purpose::WriteOff { account, vat_bp } => {
            // What is open is given up, whoever owes it.
            let given_up = if owed_to_guest(request, books) { -amount } else { amount };
            let entry = of("manual.write_off").line(Account::Receivable, ItemKind::WriteOff, -given_up);
            entry.taxed(account.clone(), ItemKind::WriteOff, -given_up, *vat_bp).map_err(said)?
        }
        Purpose::PriceReduction => {
            let order = request.order_id.as_deref().and_then(|order_id| books.order(order_id));
            let lines = order.map(|order| order.lines.as_slice()).unwrap_or_default();
            spread(of("manual.price_reduction"), lines, amount).map_err(|why| format!("`amount`: {why}"))?
        }
        Purpose::Breakage { voucher } => breakage(request, books, voucher)?,
        Purpose::VoucherCorrection { voucher, account } => correction(request, books, voucher, account)?,
        Purpose::OpeningVoucher(voucher) => opening_voucher(request, voucher).map_err(said)?,
        Purpose::OpeningBalance { account } => {
            // Assets are on the debit side, what is owed on the credit side.
            let debit = if matches!(account.kind(), "asset" | "expense" | "suspense") { amount } else { -amount };
            let entry = of("manual.opening_balance").line(account.clone(), ItemKind::OpeningBalance, debit);
            entry.line(Account::Opening, ItemKind::OpeningBalance, -debit)
        }
    })
}

/// Whether we owe the guest of the order.
pub(super) fn owed_to_guest(request: &Request, books: &Books) -> bool {
    let order = request.order_id.as_deref().and_then(|order_id| books.order(order_id));
    order.is_some_and(|order| order.amounts_in(request.currency).open < 0)
}

/// The liability account of a voucher or flex ticket.
fn liability(key: &StoredValueKey, regime: Regime) -> Result<Account, String> {
    Ok(match (key.class, regime) {
        (StoredValueClass::Voucher, Regime::Untaxed) => Account::VoucherMultiPurpose,
        (StoredValueClass::Voucher, Regime::Taxed(bp) | Regime::Recognised(bp)) => Account::VoucherSinglePurpose(bp),
        (StoredValueClass::Flex, Regime::Untaxed | Regime::Taxed(_)) => Account::Flex,
        (StoredValueClass::Flex, Regime::Recognised(_)) => {
            return Err(format!(
                "`voucher_id`: flex ticket {} was revenue when it was sold; nothing is owed on it",
                key.id
            ));
        }
    })
}

/// While nobody told how it was sold, it counts as taxed when used.
fn known(books: &Books, name: &VoucherName) -> Result<(StoredValueKey, Regime, Account), String> {
    let (key, voucher) = books.voucher(name).map_err(|why| format!("`voucher_id`: {why}"))?;
    let regime = voucher.regime.unwrap_or(Regime::Untaxed);
    let account = liability(&key, regime)?;
    Ok((key, regime, account))
}

/// What an expiring gross amount takes off the liability: of one that was taxed when sold the net. Its VAT stays with
/// the sale.
pub(super) fn expiring(voucher: &VoucherBooks, request: &Request) -> Result<i64, Overflow> {
    let amount = request.amount_minor;
    let Some(bp) = voucher.regime.and_then(Regime::rate) else { return Ok(amount) };
    let net = amount - vat_in_gross(amount, bp)?;
    let left = voucher.worth_in(request.currency);
    Ok(if left > 0 && net.abs_diff(left) <= RESIDUE_MINOR.unsigned_abs() { left } else { net })
}

fn breakage(request: &Request, books: &Books, name: &VoucherName) -> Result<ManualEntry, String> {
    let (key, _, account) = known(books, name)?;
    let (_, voucher) = books.voucher(name)?;
    let amount = expiring(voucher, request).map_err(|overflow| format!("`amount`: {overflow}"))?;
    let entry = ManualEntry::of(request, "manual.breakage").line(account, ItemKind::Breakage, amount);
    Ok(entry.line(Account::IncomeBreakage, ItemKind::Breakage, -amount).of_voucher(key))
}

/// What was taxed when sold changes with its VAT when money or a claim stands against it. Against what was taxed
/// elsewhere or before (the earlier system, expired vouchers) it changes by its net, and rounding is what it is.
fn correction(request: &Request, books: &Books, name: &VoucherName, against: &Account) -> Result<ManualEntry, String> {
    let kind = ItemKind::VoucherCorrection;
    let (key, regime, account) = known(books, name)?;
    let amount = request.amount_minor;
    let bp = regime.rate().filter(|_| *against != Account::Rounding);
    let vat = vat_in_gross(amount, bp.unwrap_or(0)).map_err(|overflow| format!("`amount`: {overflow}"))?;
    let net = amount - vat;
    let entry = ManualEntry::of(request, "manual.voucher_correction");
    let entry = match bp {
        Some(_) if matches!(against, Account::Opening | Account::IncomeBreakage) => {
            entry.line(against.clone(), kind, net).line(account, kind, -net)
        }
        Some(bp) => {
            let entry = entry.line(against.clone(), kind, amount).line_at(bp, None, account, kind, -net);
            entry.line_at(bp, Some(-net), Account::Vat(bp), kind, -vat)
        }
        None => entry.line(against.clone(), kind, amount).line(account, kind, -amount),
    };
    Ok(entry.of_voucher(key))
}

/// A single-purpose voucher was taxed when the earlier system sold it, so only its net is opened here, and no line has
/// a rate: nothing of it is turnover of these books.
fn opening_voucher(request: &Request, voucher: &OpeningVoucher) -> Result<ManualEntry, Overflow> {
    let kind = ItemKind::VoucherOpening;
    let net = voucher.value_minor - vat_in_gross(voucher.value_minor, voucher.vat_bp)?;
    let account = match (voucher.class, voucher.vat_bp) {
        (StoredValueClass::Flex, _) => Account::Flex,
        (StoredValueClass::Voucher, 0) => Account::VoucherMultiPurpose,
        (StoredValueClass::Voucher, bp) => Account::VoucherSinglePurpose(bp),
    };
    let entry = ManualEntry::of(request, "manual.opening_voucher");
    let entry = entry.line(Account::Opening, kind, net).line(account, kind, -net);
    Ok(entry.of_voucher(voucher.key()).opening(voucher.clone()))
}
