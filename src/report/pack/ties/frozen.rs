//! Whether a closed period still has the numbers that its closes froze.

use std::collections::BTreeMap;

use super::{Check, Compared, Outcome, Tie, of_all};
use crate::db::Result;
use crate::ledger::totals::ClosedMonth;
use crate::report::pack::figures::sum;
use crate::report::pack::read::Read;
use crate::report::pack::rows::Section;

/// One check for each currency; a period that is not closed cannot be checked.
pub(in crate::report::pack) fn as_frozen(read: &Read<'_>, sections: &[Section]) -> Result<Vec<Check>> {
    let Some(last) = read.closed.last() else { return Ok(vec![of_all(Tie::Frozen, 1, Outcome::NotChecked, None)]) };
    if sections.is_empty() {
        let is_empty = read.closed.iter().all(|month| month.accounts().0.is_empty() && month.accounts().1.is_empty());
        let outcome = if is_empty { Outcome::Passed } else { Outcome::Failed };
        return Ok(vec![of_all(Tie::Frozen, 1, outcome, None)]);
    }
    sections.iter().map(|section| of_section(&read.closed, last, section)).collect()
}

fn of_section(months: &[ClosedMonth], last: &ClosedMonth, section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let currency = &section.currency;
    let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
    for row in months.iter().flat_map(|month| month.accounts().0).filter(|row| row.currency == *currency) {
        let of_account = moved.entry(&row.account).or_default();
        *of_account = sum([*of_account, row.balance_minor])?;
    }
    let closing: BTreeMap<&str, i64> = last
        .accounts()
        .1
        .iter()
        .filter(|row| row.currency == *currency)
        .map(|row| (row.account.as_str(), row.balance_minor))
        .collect();
    for row in &section.trial_balance {
        let account = row.account.as_str();
        compared.same(account, moved.remove(account).unwrap_or_default(), row.balance_minor);
        compared.same(account, closing.get(account).copied().unwrap_or_default(), row.closing_minor);
    }
    // An account that the close saw and the trial balance lacks.
    moved.into_iter().for_each(|(account, minor)| compared.same(account, minor, 0));
    let vat = months.iter().flat_map(|month| month.vat_and_payments().0).filter(|row| row.currency == *currency);
    let frozen = sum(vat.map(|row| row.vat_minor))?;
    compared.same("vat", frozen, section.vat.by_booking_total.vat_minor);
    let payments = months.iter().flat_map(|month| month.vat_and_payments().1);
    let frozen = sum(payments.filter(|row| row.currency == *currency).map(|row| row.net_minor))?;
    let now = sum([section.clearing_total.paid_minor, section.clearing_total.refunded_minor])?;
    compared.same("payments", frozen, now);
    Ok(compared.check(Tie::Frozen, 1, currency))
}
