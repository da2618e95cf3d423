//! The provider's total against our lines, and VAT rates against the law.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calibrate::{Amounts, Formula, Parts, has_cancelled_parts, said_total};
use super::words::{list, money, percent};
use super::{OrderFacts, Raised, vat_rates};
use crate::ledger::posting::{Finding, FindingReason, part_key};
use crate::money::Currency;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    total(facts, raised);
    vat_rate_not_valid_on_date(facts, raised);
}

fn total(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let Some((said, currency)) = said_total(facts.snapshot) else { return };
    // It is not documented whether a total drops with a cancellation, so both are right.
    let cancelled = has_cancelled_parts(facts.snapshot).then_some(Parts::Cancelled);
    let sums = [Some(Parts::Live), cancelled].into_iter().flatten();
    let sums: Vec<Amounts> = sums.filter_map(|parts| Amounts::of(facts.snapshot, currency, parts)).collect();
    let Some(live) = sums.first() else { return };
    if let Some(formula) = Formula::chosen(&facts.rules.policy) {
        let fits = sums.iter().any(|sums| formula.total(sums) == Ok(said));
        if let Ok(expected) = formula.total(live)
            && !fits
        {
            let code = currency.code();
            let evidence = format!(
                "the total {} is not the {} of {} ({})",
                money(said, code),
                money(expected, code),
                formula.name(),
                formula.meaning()
            );
            let finding = Finding::new(FindingReason::TotalSemanticsShift, "order", evidence);
            raised.raise(finding.with_amounts(Some(currency), expected, said));
        }
        return;
    }
    let totals: Vec<i64> =
        sums.iter().flat_map(|sums| Formula::all().filter_map(|formula| formula.total(sums).ok())).collect();
    if totals.contains(&said) {
        return;
    }
    let (Some(least), Some(most), Some(gross)) = (totals.iter().min(), totals.iter().max(), totals.first()) else {
        return;
    };
    let evidence = in_words(facts, currency, said, (*least, *most));
    let finding = Finding::new(FindingReason::TotalNotDerivable, "order", evidence);
    raised.raise(finding.with_amounts(Some(currency), said, *gross));
}

fn in_words(facts: &OrderFacts<'_>, currency: Currency, said: i64, (least, most): (i64, i64)) -> String {
    let shown = |minor: i64| money(minor, currency.code());
    let range = if least == most { shown(least) } else { format!("{} to {}", shown(least), shown(most)) };
    let payments = facts.snapshot.order.payments.iter().flatten().map(|payment| payment.amount_minor);
    let paid = payments.fold(0_i64, i64::saturating_add);
    let agree = if paid == said { "; the payments agree with the total" } else { "" };
    format!("the total {} is none of the sums that it may mean ({range}){agree}", shown(said))
}

/// A ticket is taxed by the day of the event, a product by the day of the order.
fn vat_rate_not_valid_on_date(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let country = &facts.source.country;
    let ordered = facts.snapshot.order.header.as_ref().and_then(|header| header.ordered_at);
    let ordered = ordered.unwrap_or(facts.now).local_date(facts.rules.zone);
    let mut wrong: BTreeMap<(i32, NaiveDate), Vec<&str>> = BTreeMap::new();
    for atom in facts.wanted.atoms.values().filter(|atom| atom.event_type.starts_with("sale.")) {
        for line in &atom.lines {
            let Some(rate_bp) = line.vat_bp.filter(|_| line.tax_base_minor.is_some()) else { continue };
            let day = line.dimensions.service_date.unwrap_or(ordered);
            if !vat_rates::is_valid(country, rate_bp, day) {
                wrong.entry((rate_bp, day)).or_default().push(&atom.key);
            }
        }
    }
    for ((rate_bp, day), keys) in wrong {
        let (rate, keys) = (percent(rate_bp), list(keys.into_iter().map(part_key::in_words)));
        let evidence = format!("{country} has no VAT rate of {rate} on {day}, with which {keys} is taxed");
        let subject = format!("{rate_bp}:{day}");
        raised.raise(Finding::new(FindingReason::VatRateNotValidOnDate, subject, evidence));
    }
}
