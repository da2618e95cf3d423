//! Stored codes in the words of the reader. A code that has none, because a newer version wrote it, stays as it is.

mod chapters;
mod entries;
mod findings;
mod kinds;
mod orders;
mod parked;
mod terms;

use super::words::{Table, fill};
use crate::report::pack::paper::Language;

fn named<T: Table>(language: Language, code: &str) -> String {
    // Names of fields have no dots.
    T::named(language, &code.replace('.', "_")).map_or_else(|| code.to_owned(), str::to_owned)
}

/// Why there is a finding, such as `underpaid`.
pub(super) fn finding(language: Language, code: &str) -> String {
    named::<findings::Findings>(language, code)
}

/// Why a webhook is parked, such as `invalid_json`.
pub(super) fn parked(language: Language, code: &str) -> String {
    if code.is_empty() { String::new() } else { named::<parked::Parked>(language, code) }
}

/// What a webhook is about, such as `order` or `new-booking`.
pub(super) fn webhook_kind(language: Language, code: &str) -> String {
    kinds::Kinds::named(language, &name_of(code)).map_or_else(|| code.to_owned(), str::to_owned)
}

/// The status of an order, or what an attempt at a webhook led to.
pub(super) fn status(language: Language, code: &str) -> String {
    named::<orders::Statuses>(language, code)
}

/// Why there is an entry, such as `new` or `late_for_2025-11`.
pub(super) fn entry_reason(language: Language, code: &str) -> String {
    match code.strip_prefix("late_for_") {
        Some(month) => fill(&status(language, "late_for"), &[("month", month)]),
        None => status(language, code),
    }
}

/// A term of what is open, or what they come to with its amount; `None` when there are no words for it.
pub(super) fn term(language: Language, text: &str, money: &str) -> Option<String> {
    let (text, is_net) = match text.split_once(", net") {
        Some((text, _)) => (text, true),
        None => (text, false),
    };
    // An amount is written as the reader does.
    let text = text.trim_end_matches(|c: char| !c.is_ascii_lowercase());
    let said = fill(terms::Terms::named(language, &name_of(text))?, &[("money", money)]);
    Some(if is_net { fill(&named::<terms::Terms>(language, "net"), &[("what", &said)]) } else { said })
}

/// The name under which a table has a text.
fn name_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// The title of a chapter of a story.
pub(super) fn chapter(language: Language, title: &str) -> String {
    chapters::Chapters::named(language, &name_of(title)).map_or_else(|| title.to_owned(), str::to_owned)
}

/// What an entry books: `reverse` and `sale.ticket` are “reversal: ticket sold”.
pub(super) fn entry(language: Language, kind: &str, event_type: &str) -> String {
    let event = |event_type: &str| named::<entries::Entries>(language, event_type);
    // Cancellations and the opening have the types of what they are about.
    let (group, of) = event_type.split_once('.').unwrap_or(("", event_type));
    let group = match (kind, group) {
        ("reverse", _) => "reverse",
        (_, group @ ("opening" | "cancel" | "manual" | "release")) => group,
        ("opening" | "manual", _) => kind,
        _ => return event(event_type),
    };
    let what = if event_type.starts_with(&format!("{group}.")) { event(of) } else { entry(language, "", event_type) };
    let form = named::<entries::Entries>(language, &format!("of_{group}"));
    fill(&form, &[("what", &what)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::ParkReason;
    use crate::ledger::posting::FindingReason;

    #[test]
    fn every_reason_has_words_in_every_language() {
        for language in [Language::En, Language::De, Language::DeCh] {
            for reason in FindingReason::ALL {
                assert!(findings::Findings::named(language, reason.as_str()).is_some(), "{reason}");
            }
            for reason in ParkReason::ALL {
                assert!(parked::Parked::named(language, reason.as_str()).is_some(), "{reason}");
            }
        }
    }

    #[test]
    fn what_is_open_is_said_in_the_language_of_the_reader() {
        for (text, german) in [
            ("paid by flex tickets", "mit Flex-Tickets bezahlt"),
            ("paid by a voucher, as corrected by hand", "mit Gutschein bezahlt, von Hand berichtigt"),
            ("sold, net", "verkauft, netto"),
            ("the guest still owes 1401.00 EUR", "der Gast schuldet noch 1.401,00 EUR"),
            ("is left on it, net: its VAT was charged when it was sold", "ist übrig, netto"),
        ] {
            assert_eq!(term(Language::De, text, "1.401,00 EUR").as_deref(), Some(german));
        }
        assert_eq!(term(Language::De, "something new", ""), None);
    }

    #[test]
    fn an_entry_says_what_it_books() {
        for (kind, event_type, english, german) in [
            ("post", "sale.ticket", "ticket sold", "Ticketverkauf"),
            ("reverse", "sale.ticket", "reversal: ticket sold", "Gegenbuchung: Ticketverkauf"),
            ("post", "cancel.ticket", "cancellation: ticket", "Storno: Ticket"),
            ("reverse", "cancel.ticket", "reversal: cancellation: ticket", "Gegenbuchung: Storno: Ticket"),
            ("opening", "opening.sale.ticket", "before the book began: ticket sold", "vor Buchbeginn: Ticketverkauf"),
            ("opening", "payment", "before the book began: payment", "vor Buchbeginn: Zahlung"),
            ("manual", "manual.payout", "by hand: payout", "von Hand: Auszahlung"),
            ("close", "close", "close of the month", "Monatsabschluss"),
            ("post", "something.new", "something.new", "something.new"),
        ] {
            assert_eq!(entry(Language::En, kind, event_type), english);
            assert_eq!(entry(Language::De, kind, event_type), german);
        }
    }
}
