//! Sentences in German that the ledger makes in English: stories, checks of a close, evidence of findings, why a
//! webhook is parked. They are read by their patterns, so what is stored since long is German, too; what no pattern
//! fits stays as it is, marked as English.

mod close;
mod detail;
mod evidence;
mod parts;
mod pattern;
mod remedies;
mod story;
mod vouchers;

use std::sync::LazyLock;

use self::pattern::Grammar;
use super::words::swiss_text;
use crate::ledger::reading::explain::capitalised;
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// Group, English, German.
type Rule = (&'static str, &'static str, &'static str);

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::new(&[
        story::RULES,
        vouchers::RULES,
        parts::RULES,
        close::RULES,
        evidence::RULES,
        remedies::RULES,
        detail::RULES,
    ])
});

/// A sentence as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// In English, whoever reads it.
    pub(super) is_english: bool,
}

/// A sentence for a reader.
pub(super) fn sentence(language: Language, english: &str) -> Sentence {
    if language != Language::En
        && let Some(german) = german(language, english)
    {
        return Sentence { text: printable(&german), is_english: false };
    }
    Sentence { text: printable(english), is_english: language != Language::En }
}

/// Why a webhook is parked or an attempt failed, for a reader; `None` when nothing is said. A path such as
/// `payments[0].value` stays as it is, also where it begins.
pub(super) fn detail(language: Language, english: &str) -> Option<Sentence> {
    if english.trim().is_empty() {
        return None;
    }
    if language != Language::En
        && let Some(german) = of_group(language, "detail", english)
    {
        return Some(Sentence { text: printable(&german), is_english: false });
    }
    Some(Sentence { text: printable(english), is_english: language != Language::En })
}

fn of_group(language: Language, group: &'static str, english: &str) -> Option<String> {
    let german = GRAMMAR.said(language, group, english)?;
    Some(if language == Language::DeCh { swiss_text(&german) } else { german })
}

fn german(language: Language, english: &str) -> Option<String> {
    of_group(language, "said", english).filter(|german| !german.is_empty()).map(|german| capitalised(&german))
}

/// A story for a reader.
pub(super) struct Told {
    pub(super) introduction: Sentence,
    pub(super) chapters: Vec<(&'static str, Vec<Sentence>)>,
    /// Something of it stays English.
    pub(super) has_english: bool,
}

/// A story, sentence by sentence.
pub(super) fn told<'c>(
    language: Language,
    introduction: &str,
    chapters: impl IntoIterator<Item = (&'static str, &'c [String])>,
) -> Told {
    let introduction = sentence(language, introduction);
    let of = |sentences: &[String]| sentences.iter().map(|text| sentence(language, text)).collect::<Vec<_>>();
    let chapters: Vec<_> = chapters.into_iter().map(|(title, sentences)| (title, of(sentences))).collect();
    let is_english = |(_, sentences): &(&str, Vec<Sentence>)| sentences.iter().any(|sentence| sentence.is_english);
    let has_english = introduction.is_english || chapters.iter().any(is_english);
    Told { introduction, chapters, has_english }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::posting::FindingReason;

    #[test]
    fn sentences_are_german_and_amounts_are_written_so() {
        for (english, expected) in [
            (
                "Ticket \"Tour\" on 2025-11-23, standard (participant p1): 10.00 EUR. 10.00 at 19 % contains 1.60 VAT \
                 (10.00 × 19 / 119, rounded), so 8.40 becomes revenue on the day of the event (entry 3).",
                "Ticket „Tour“ am 2025-11-23, standard (Teilnehmer p1): 10,00 EUR. In 10,00 zu 19 % sind 1,60 \
                 Umsatzsteuer enthalten (10,00 × 19 / 119, gerundet); 8,40 werden am Tag der Veranstaltung Erlös \
                 (Buchung 3).",
            ),
            (
                "2025-11-11 15:36: 1234.50 EUR received by Stripe Bank Wire, payment p1 (entry 4).",
                "2025-11-11 15:36: 1.234,50 EUR erhalten per Stripe Bank Wire, Zahlung p1 (Buchung 4).",
            ),
            (
                "2025-11-11 15:36: webhook 12 updates it: entry 5 takes back entry 3, product \"Poster\", 3.00 EUR: it \
                 changed; entry 6 books what is kept after the end of the order, 1.00 EUR.",
                "2025-11-11 15:36: geändert durch Webhook 12: Buchung 5 nimmt Buchung 3 zurück, Produkt „Poster“, 3,00 \
                 EUR: es hat sich geändert; Buchung 6 bucht was nach dem Ende der Bestellung einbehalten wird, 1,00 \
                 EUR.",
            ),
        ] {
            let said = sentence(Language::De, english);
            assert!(!said.is_english && said.text == expected, "{}", said.text);
            assert_eq!(sentence(Language::En, english).text, english);
        }
        let swiss = sentence(Language::DeCh, "It is taxed now: 1010.00 at 19 % contains 1.60 VAT (1 × 19 / 119).");
        assert!(swiss.is_english, "that is no sentence of ours");
        let swiss = sentence(
            Language::DeCh,
            "Voucher V1 was sold for 1010.00 EUR. It was sold before these books \
            begin. (Entry 3.)",
        );
        assert_eq!(
            swiss.text,
            "Gutschein V1: für 1'010.00 EUR verkauft. Das war vor Beginn dieser Bücher. (Buchung 3.)"
        );
    }

    #[test]
    fn titles_may_have_quotation_marks() {
        for title in ["Führung \"Altstadt\"", "\"Nachts\"", "5\" Pizza", "Der \"\""] {
            for price in ["", ", standard", ", Kind, bis 6 \"J.\"", ", 5\""] {
                let english = format!(
                    "Ticket \"{title}\" on 2025-11-23{price} (participant p1): 10.00 EUR. 10.00 at 19 % contains 1.60 \
                     VAT (10.00 × 19 / 119, rounded), so 8.40 becomes revenue on the day of the event (entry 3)."
                );
                let said = sentence(Language::De, &english);
                assert!(!said.is_english && said.text.contains("10,00 EUR"), "{english}");
                assert!(said.text.contains(title) && said.text.contains(price), "{}", said.text);
            }
            for english in [
                format!("Product \"{title}\": 3.00 EUR. 3.00 at 0 % contains no VAT, so 3.00 is revenue (entry 4)."),
                format!("2025-11-11 15:36: webhook 12 updates it: entry 6 books product \"{title}\", 3.00 EUR."),
                format!(
                    "2025-11-11 15:36: webhook 7 is the first to mention it: entry 1 books \
                     coupon \"{title}\", 1.00 EUR."
                ),
            ] {
                let said = sentence(Language::De, &english);
                assert!(
                    !said.is_english && said.text.contains(title) && said.text.contains(",00 EUR"),
                    "{}",
                    said.text
                );
            }
        }
    }

    #[test]
    fn what_stands_in_the_way_of_a_close_is_german() {
        for (english, german) in [
            (
                "2026-11 is over for museum at 2026-12-01 00:00 CET; now it is 2026-11-30 23:06 CET",
                "2026-11 ist für museum um 2026-12-01 00:00 CET vorbei; jetzt ist 2026-11-30 23:06 CET",
            ),
            (
                "1 findings of severity high are open, such as underpaid of order a1; resolve or acknowledge each \
                 (`ticketledger findings list --severity high`)",
                "1 Befund von hoher Schwere ist offen: ",
            ),
            ("the order was known as ATK 1 and is now called ATK 2", "Die Bestellung hieß ATK 1 und heißt jetzt ATK 2"),
            (
                "Ticket \"Führung \"Altstadt\"\" on 2025-11-23, Kind, bis 6 \"J.\" (participant p1): 1010.00 EUR. \
                 Its VAT rate is unknown, so all of it stays on suspense:vat_undetermined and none of it is revenue \
                 yet (entry 3).",
                "Ticket „Führung \"Altstadt\"“ am 2025-11-23, Kind, bis 6 \"J.\" (Teilnehmer p1): 1.010,00 EUR. ",
            ),
            (
                "2025-11-11 15:36: webhook 12 updates it: entry 5 books product \"\"Kalender\" 2026\", 3.00 EUR; \
                 entry 6 books product \"Poster\", 1.00 EUR.",
                "2025-11-11 15:36: geändert durch Webhook 12: Buchung 5 bucht Produkt „\"Kalender\" 2026“, 3,00 EUR; \
                 Buchung 6 bucht Produkt „Poster“, 1,00 EUR.",
            ),
        ] {
            let said = sentence(Language::De, english);
            assert!(!said.is_english && said.text.starts_with(german), "{}", said.text);
        }
    }

    #[test]
    fn what_is_not_known_stays_english_and_costs_little() {
        let odd = "Something new happened: 3 things.";
        assert_eq!(sentence(Language::De, odd), Sentence { text: odd.to_owned(), is_english: true });
        // A title that looks like everything at once.
        let title = ": 1.00 EUR off. It takes (entry 1); on 2025-11-11, ".repeat(400);
        let began = std::time::Instant::now();
        let said = sentence(Language::De, &format!("Ticket \"{title}\": 10.00 EUR. x (entry 3)."));
        assert!(said.is_english && began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[test]
    fn every_usual_remedy_is_german() {
        let remedies = FindingReason::ALL.iter().filter_map(|reason| reason.remedy());
        let unknown: Vec<&str> =
            remedies.filter(|remedy| GRAMMAR.said(Language::De, "remedy", remedy).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
    }

    #[test]
    fn long_lists_of_parts_are_read_in_one_go() {
        let part = "1.94 on ticket \"Mesa on 2025\" on 2025-11-14, on tour (participant 1sd2…6677) (2.00 × 100.00 / \
                    103.00, of which VAT 0.31)";
        let told = format!(
            "Coupon \"Come on 1.00\": 2.00 EUR off. It is shared in proportion to the prices; cents that are left go \
             to the largest remainders: {}. (Entries 6 and 7.)",
            vec![part; 18].join("; ")
        );
        let said = sentence(Language::De, &told);
        assert!(!said.is_english && said.text.matches("davon Umsatzsteuer 0,31").count() == 18, "{}", said.text);
    }

    #[test]
    fn both_sides_of_a_rule_have_the_same_places() {
        assert!(GRAMMAR.check() > 150);
    }
}
