//! What a change led to in the books, in words that one can add up.

use crate::ledger::reading::Caused;
use crate::money::{Currency, format_minor};

/// Facts that a finding lists.
const LISTED: usize = 6;

/// What was booked: `ticket sold 20.00 EUR, payment 20.00 EUR`; `None` when nothing was.
pub(super) fn in_words(entries: &[Caused]) -> Option<String> {
    // That revenue waits for the day of the event, and then does not, moves the price of a ticket that is told already.
    let told = entries.iter().filter(|entry| !entry.event_type.starts_with("release."));
    let facts: Vec<String> = told.map(fact).collect();
    match facts.get(..LISTED) {
        Some(first) if facts.len() > LISTED => Some(format!("{} and {} more", first.join(", "), facts.len() - LISTED)),
        _ if facts.is_empty() => (!entries.is_empty()).then(|| "the day on which revenue counts".to_owned()),
        _ => Some(facts.join(", ")),
    }
}

fn fact(entry: &Caused) -> String {
    let digits = Currency::parse(&entry.currency).map_or(2, Currency::exponent);
    let amount = format!("{} {}", format_minor(entry.amount_minor, digits), entry.currency);
    let (opening, event_type) = match entry.event_type.strip_prefix("opening.") {
        Some(event_type) => (" from before the books began", event_type),
        None => ("", entry.event_type.as_str()),
    };
    let undone = if entry.kind == "reverse" { "undone: " } else { "" };
    format!("{undone}{}{opening} {amount}", what(event_type))
}

fn what(event_type: &str) -> String {
    let known = match event_type {
        "sale.ticket" => "ticket sold",
        "sale.product" => "product sold",
        "flex.sale" => "flex ticket sold",
        "flex.redeem" | "flex.used" => "flex ticket used",
        "voucher.issue" => "voucher sold",
        "voucher.redeem" | "voucher.used" => "voucher used",
        "voucher.refund_issue" => "voucher issued instead of a refund",
        "retain" => "kept after a cancellation",
        other => {
            return match other.strip_prefix("cancel.") {
                Some(part) => format!("{} cancelled", part.replace(['.', '_'], " ")),
                None => other.replace(['.', '_'], " "),
            };
        }
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, event_type: &str, amount_minor: i64) -> Caused {
        Caused {
            entry_no: 1,
            kind: kind.to_owned(),
            event_type: event_type.to_owned(),
            atom_key: String::new(),
            currency: "EUR".to_owned(),
            amount_minor,
            effective_at: None,
        }
    }

    #[test]
    fn each_ticket_is_told_once_and_in_words() {
        let sold = [entry("post", "sale.ticket", 2605), entry("post", "release.ticket", 2605)];
        assert_eq!(in_words(&sold).as_deref(), Some("ticket sold 26.05 EUR"));
        let undone = [entry("reverse", "opening.sale.ticket", 1681), entry("post", "cancel.ticket", 1681)];
        let told = "undone: ticket sold from before the books began 16.81 EUR, ticket cancelled 16.81 EUR";
        assert_eq!(in_words(&undone).as_deref(), Some(told));
        assert_eq!(in_words(&[]), None);
        assert_eq!(in_words(&sold[1..]).as_deref(), Some("the day on which revenue counts"));
        let many = vec![entry("post", "payment", 100); 8];
        assert!(in_words(&many).is_some_and(|told| told.ends_with("payment 1.00 EUR and 2 more")));
    }
}
