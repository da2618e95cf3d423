//! The texts of the console in English and German: a table for each area, checked by a test of its own. German is
//! written as in Germany; readers in Switzerland have it as they write it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::report::pack::paper::Language;

/// Texts with a name, in both languages.
pub(super) trait Table {
    /// Name, English, German.
    const ALL: &'static [(&'static str, &'static str, &'static str)];

    /// The text of a name that is only known at run time, such as the reason code of a webhook.
    fn named(language: Language, name: &str) -> Option<&'static str> {
        let (_, english, german) = Self::ALL.iter().find(|(known, ..)| *known == name)?;
        Some(match language {
            Language::En => english,
            Language::De => german,
            Language::DeCh => swiss(german),
        })
    }
}

/// A German text as Switzerland writes it: without `ß`, with its own quotation marks and its own name of the tax.
pub(super) fn swiss(german: &'static str) -> &'static str {
    // As many as there are texts, so keeping them for ever costs little.
    static KNOWN: Mutex<BTreeMap<&'static str, &'static str>> = Mutex::new(BTreeMap::new());
    if !SWISS_CHANGES.iter().any(|(here, _)| german.contains(here)) {
        return german;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(german).or_insert_with(|| String::leak(swiss_text(german)))
}

/// What is written differently in Germany and in Switzerland.
const SWISS_CHANGES: [(&str, &str); 5] =
    [("ß", "ss"), ("„", "«"), ("“", "»"), ("Umsatzsteuer", "Mehrwertsteuer"), ("USt-IdNr.", "MWST-Nr.")];

/// The same of a text that is made when it is shown.
pub(super) fn swiss_text(german: &str) -> String {
    SWISS_CHANGES.iter().fold(german.to_owned(), |text, (here, there)| text.replace(here, there))
}

/// Defines a table: `words! { pub(super) struct Words { name: "English", "Deutsch"; } }` makes a struct of texts with
/// `Words::of(language)`, and a test that no text is missing. One table for each file.
macro_rules! words {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($field:ident: $english:literal, $german:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug)]
        $visibility struct $name {
            $(pub(in crate::console) $field: &'static str,)+
        }

        impl $name {
            const EN: Self = Self { $($field: $english,)+ };
            const DE: Self = Self { $($field: $german,)+ };

            pub(in crate::console) fn of(language: crate::report::pack::paper::Language) -> &'static Self {
                use crate::report::pack::paper::Language;
                static SWISS: std::sync::LazyLock<$name> = std::sync::LazyLock::new(|| $name {
                    $($field: $crate::console::words::swiss($german),)+
                });
                match language {
                    Language::En => &Self::EN,
                    Language::De => &Self::DE,
                    Language::DeCh => &SWISS,
                }
            }
        }

        impl $crate::console::words::Table for $name {
            const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($field), $english, $german)),+];
        }

        #[cfg(test)]
        #[test]
        fn the_words_are_whole() {
            $crate::console::words::check(<$name as $crate::console::words::Table>::ALL);
        }
    };
}
pub(super) use words;

/// The same for texts whose names are only known at run time: a table that is only asked by [`Table::named`].
macro_rules! names {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($field:ident: $english:literal, $german:literal;)+
    }) => {
        $(#[$meta])*
        $visibility struct $name;

        impl $crate::console::words::Table for $name {
            const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($field), $english, $german)),+];
        }

        #[cfg(test)]
        #[test]
        fn the_words_are_whole() {
            $crate::console::words::check(<$name as $crate::console::words::Table>::ALL);
        }
    };
}
pub(super) use names;

/// Puts values into the places `{name}` of a text.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The singular for one, else the plural; `{n}` is the number.
pub(super) fn counted(language: Language, number: i64, one: &str, many: &str) -> String {
    fill(if number == 1 { one } else { many }, &[("n", &language.count(number))])
}

/// How Switzerland writes what Germany writes with `ß`.
#[cfg(test)]
const SWISS: [&str; 12] = [
    "schliess", "strasse", "ausser", "äusser", "gross", "gröss", "weiss", "heiss", "gemäss", "mässig", "liess",
    "fliess",
];

/// Every text is there, and both languages have the same places.
#[cfg(test)]
pub(super) fn check(table: &[(&str, &str, &str)]) {
    let places = |text: &str| {
        let mut places: Vec<String> =
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        places.sort();
        places
    };
    for (name, english, german) in table {
        assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{name} is empty");
        assert_eq!(places(english), places(german), "{name} has other places in German");
        let lower = german.to_lowercase();
        assert!(!SWISS.iter().any(|spelling| lower.contains(spelling)), "{name} is Swiss: {german}");
        assert!(!german.contains(['«', '»']), "{name}: Germany quotes „so“");
    }
    let mut names: Vec<&str> = table.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), table.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_numbers_decide_on_the_plural() {
        assert_eq!(fill("{a} of {b}", &[("a", "1"), ("b", "{a}")]), "1 of {a}");
        assert_eq!(counted(Language::De, 1, "{n} Webhook", "{n} Webhooks"), "1 Webhook");
        assert_eq!(swiss("„Schließen“ heißt es"), "«Schliessen» heisst es");
        assert_eq!(counted(Language::De, 1240, "{n} Webhook", "{n} Webhooks"), "1.240 Webhooks");
    }
}
