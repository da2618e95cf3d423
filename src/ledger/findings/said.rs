//! What the posting rules and the reader met. One cause is one finding, on however many parts it shows.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{list, money};
use super::{OrderFacts, Raised, stored_value};
use crate::ledger::posting::part_key::in_words;
use crate::ledger::posting::{Finding, FindingReason};
use crate::money::Currency;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let mut seen = BTreeSet::new();
    let mut by_cause: BTreeMap<(FindingReason, String), Vec<Finding>> = BTreeMap::new();
    for finding in &facts.wanted.findings {
        let mut finding = finding.clone();
        if finding.reason == FindingReason::NegativeDiscount && finding.subject == "order" {
            "discount:additional".clone_into(&mut finding.subject);
        }
        // One problem that both met is one finding.
        if stored_value::is_explained(facts, &finding) || !seen.insert((finding.reason, finding.subject.clone())) {
            continue;
        }
        let finding = stored_value::what_is_left(facts, with_its_money(facts, finding));
        match cause(&finding) {
            Some(cause) => by_cause.entry((finding.reason, cause)).or_default().push(finding),
            None => raised.raise(with_its_name(finding)),
        }
    }
    for ((reason, cause), findings) in by_cause {
        raised.raise(together(facts, reason, cause, &findings));
    }
}

/// What is in another currency than the order, with its amount.
fn with_its_money(facts: &OrderFacts<'_>, finding: Finding) -> Finding {
    let atom = facts.wanted.atoms.get(&finding.subject).filter(|_| finding.reason == FindingReason::CurrencyMixed);
    let Some((atom, line)) = atom.and_then(|atom| Some((atom, atom.lines.first()?))) else { return finding };
    finding.with_amounts(Some(atom.currency), 0, line.amount_minor)
}

/// A sentence that does not say which part it is about begins with the part.
fn with_its_name(mut finding: Finding) -> Finding {
    if let Some((_, id)) = finding.subject.split_once(':')
        && !finding.evidence.contains(id)
        && !finding.evidence.starts_with(&in_words(&finding.subject))
    {
        finding.evidence = format!("{}: {}", in_words(&finding.subject), finding.evidence);
    }
    finding
}

/// By which the findings of one reason belong together; `None`: each stands alone.
fn cause(finding: &Finding) -> Option<String> {
    match finding.reason {
        FindingReason::VatUnknown | FindingReason::CurrencyMixed => {
            Some(finding.currency.map_or("", Currency::code).to_owned())
        }
        FindingReason::TicketParticipantVatDiffer
        | FindingReason::DateUnreadable
        | FindingReason::PriceMissing
        | FindingReason::ConfirmationMissing
        | FindingReason::DuplicateKey => Some(finding.evidence.clone()),
        _ => None,
    }
}

/// Whose date it is: behind the part stands the field.
fn dated(subject: &str) -> String {
    in_words(subject.rsplit_once(':').map_or(subject, |(part, _)| part))
}

fn together(facts: &OrderFacts<'_>, reason: FindingReason, cause: String, findings: &[Finding]) -> Finding {
    let name = |finding: &Finding| match reason {
        FindingReason::DateUnreadable => dated(&finding.subject),
        _ => in_words(&finding.subject),
    };
    let parts = list(findings.iter().map(name));
    let actual = findings.iter().filter_map(|finding| finding.actual_minor).fold(0_i64, i64::saturating_add);
    let currency = Currency::parse(&cause);
    let shown = money(actual, &cause);
    match reason {
        FindingReason::VatUnknown => {
            let evidence = format!("no VAT rate is known for {parts}: {shown} waits in `suspense:vat_undetermined`");
            let remedy = if facts.source.provider.is_fetched() {
                "add a rule to `vat_rules` of the source, and replay the webhook (`inbox replay`)"
            } else {
                "set the rate at the provider, and have the order sent again"
            };
            Finding::new(reason, cause, evidence).with_amounts(currency, 0, actual).to_be_done(remedy)
        }
        FindingReason::CurrencyMixed => {
            let own = facts.snapshot.order.header.as_ref().and_then(|header| header.currency);
            let own = own.map_or("another currency", Currency::code);
            let evidence = format!("{parts}: {shown} in all, though the order is in {own}");
            Finding::new(reason, cause, evidence).with_amounts(currency, 0, actual)
        }
        _ => Finding::new(reason, cause.clone(), format!("{cause} ({parts})")),
    }
}
