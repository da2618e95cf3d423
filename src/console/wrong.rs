//! Values of addresses and forms that are not possible: an answer says which field it is, what stands in it, and what
//! may stand in it.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::fault::Fault;
use super::visit::Fields;
use super::words::{fill, words};
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// Characters of a value that are repeated.
const REPEATED: usize = 80;

/// A value that is not possible, or one that is missing.
#[derive(Debug)]
pub(super) struct Wrong {
    field: &'static str,
    value: Option<String>,
    allowed: Allowed,
    /// In place of the usual sentence.
    said: Option<String>,
}

/// What may stand in a field.
#[derive(Debug)]
pub(super) enum Allowed {
    Number,
    /// Some text.
    Text,
    Day,
    /// A day, or a time.
    Instant,
    Time,
    Period,
    Month,
    /// Basis points.
    Rate,
    /// Where a page ends: made by the page before.
    Place,
    Account,
    Currency,
    /// A day that is not after that of another field.
    NotAfter(&'static str),
    /// The page has no such filter.
    Nothing,
    /// Only with a month, and without a cut.
    ClosedMonth,
    OneOf(Vec<String>),
}

/// What narrows a list or asks for a file, on one page or another.
const FILTERS: [&str; 14] = [
    "source", "state", "kind", "reason", "order", "since", "until", "text", "severity", "period", "format", "actor",
    "action", "q",
];

words! {
    /// What is said about a value.
    pub(super) struct Words {
        bad: "{field}: \"{value}\" is not possible. Allowed: {allowed}.",
            "{field}: „{value}“ ist nicht möglich. Erlaubt: {allowed}.";
        missing: "{field} is missing. Allowed: {allowed}.", "{field} fehlt. Erlaubt: {allowed}.";
        number: "a whole number such as 17", "eine ganze Zahl wie 17";
        text: "a text", "ein Text";
        day: "a day such as 2025-11-30", "ein Tag wie 2025-11-30";
        instant: "a day such as 2025-11-30, or a time such as 2025-11-30T18:00 or 2025-11-30T18:00:00+01:00",
            "ein Tag wie 2025-11-30 oder ein Zeitpunkt wie 2025-11-30T18:00 oder 2025-11-30T18:00:00+01:00";
        time: "a time such as 2025-11-30T18:00 or 2025-11-30T18:00:00+01:00",
            "ein Zeitpunkt wie 2025-11-30T18:00 oder 2025-11-30T18:00:00+01:00";
        period: "a month such as 2025-11, a quarter such as 2025-Q4, a year such as 2025, or all",
            "ein Monat wie 2025-11, ein Quartal wie 2025-Q4, ein Jahr wie 2025, oder all";
        month: "a month such as 2025-11", "ein Monat wie 2025-11";
        rate: "a rate in basis points, such as 1900 for 19 %", "ein Satz in Basispunkten, wie 1900 für 19 %";
        place: "what the link to the next page has", "was der Link zur nächsten Seite hat";
        account: "an account of the trial balance", "ein Konto der Summen und Salden";
        currency: "a currency of the account", "eine Währung des Kontos";
        nothing: "nothing; this page has no such filter", "nichts; diese Seite hat keinen solchen Filter";
        not_after: "a day that is not after that of {other}", "ein Tag, der nicht nach dem von {other} liegt";
        closed_month: "closed, together with one month as period and without from, to, known and booked",
            "closed, zusammen mit einem Monat als period und ohne from, to, known und booked";
    }
}

impl Allowed {
    pub(super) fn one_of(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::OneOf(values.into_iter().map(Into::into).collect())
    }

    fn in_words(&self, words: &Words) -> String {
        let text = match self {
            Self::Number => words.number,
            Self::Text => words.text,
            Self::Day => words.day,
            Self::Instant => words.instant,
            Self::Time => words.time,
            Self::Period => words.period,
            Self::Month => words.month,
            Self::Rate => words.rate,
            Self::Place => words.place,
            Self::Account => words.account,
            Self::Currency => words.currency,
            Self::Nothing => words.nothing,
            Self::NotAfter(other) => return fill(words.not_after, &[("other", other)]),
            Self::ClosedMonth => words.closed_month,
            Self::OneOf(values) => return printable(&values.join(", ")),
        };
        text.to_owned()
    }
}

impl Wrong {
    pub(super) fn field(&self) -> &'static str {
        self.field
    }

    /// What the field can be, if that is one of a few words.
    pub(super) fn choices(&self) -> Option<&[String]> {
        if let Allowed::OneOf(values) = &self.allowed { Some(values) } else { None }
    }

    pub(super) fn in_words(&self, language: Language) -> String {
        if let Some(said) = &self.said {
            return said.clone();
        }
        let words = Words::of(language);
        let allowed = self.allowed.in_words(words);
        let text = if self.value.is_some() { words.bad } else { words.missing };
        // The value is filled in last: it is somebody else's and may have places of its own.
        let text = fill(text, &[("field", self.field), ("allowed", &allowed)]);
        fill(&text, &[("value", self.value.as_deref().unwrap_or_default())])
    }

    /// For programs.
    pub(super) fn told(&self, language: Language) -> Value {
        json!({ "field": self.field, "value": self.value, "allowed": self.allowed.in_words(Words::of(language)) })
    }
}

/// A value that is not possible.
pub(super) fn wrong(field: &'static str, value: &str, allowed: Allowed) -> Fault {
    let value = printable(value).chars().take(REPEATED).collect();
    Fault::Wrong(Wrong { field, value: Some(value), allowed, said: None })
}

/// A value that must be there.
pub(super) fn missing(field: &'static str, allowed: Allowed) -> Fault {
    Fault::Wrong(Wrong { field, value: None, allowed, said: None })
}

/// The same with a sentence of its own, in the language of the reader.
pub(super) fn missing_as(field: &'static str, allowed: Allowed, said: &str) -> Fault {
    Fault::Wrong(Wrong { field, value: None, allowed, said: Some(said.to_owned()) })
}

impl Fields {
    /// Refuses filters that a page does not have: whoever sends one would take all that is there for what he asked for.
    ///
    /// # Errors
    /// When there is one besides `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        let other = FILTERS.into_iter().filter(|name| !known.contains(name));
        let found = other.filter_map(|name| Some((name, self.get(name)?))).next();
        found.map_or(Ok(()), |(name, value)| Err(wrong(name, value, Allowed::Nothing)))
    }

    /// What a value is read as, if it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        allowed: Allowed,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| wrong(name, text, allowed))
    }

    /// The same of a value that must be there.
    ///
    /// # Errors
    /// When it is missing, or cannot be read.
    pub(super) fn must<T>(
        &self,
        name: &'static str,
        allowed: Allowed,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Fault> {
        let Some(text) = self.get(name) else { return Err(missing(name, allowed)) };
        read(text).ok_or_else(|| wrong(name, text, allowed))
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<i64>, Fault> {
        self.read(name, Allowed::Number, |text| text.parse().ok())
    }

    pub(super) fn day(&self, name: &'static str) -> Result<Option<NaiveDate>, Fault> {
        self.read(name, Allowed::Day, day)
    }

    /// One of some words.
    pub(super) fn one_of(
        &self,
        name: &'static str,
        words: &'static [&'static str],
    ) -> Result<Option<&'static str>, Fault> {
        self.read(name, Allowed::one_of(words.iter().copied()), |text| words.iter().copied().find(|word| *word == text))
    }
}

/// A day with four digits for its year: another would be read as a year that nobody means.
fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|_| text.len() == 10 && text.as_bytes().first().is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_names_its_field_and_what_is_allowed() {
        let fields = Fields::parse(b"number=abc&day=2025-13-01&year=%2B12025-01-01&word=x&bad=%7Ballowed%7D%1b");
        let said = |fault: Result<(), Fault>| match fault {
            Err(Fault::Wrong(wrong)) => wrong.in_words(Language::En),
            other => panic!("{other:?}"),
        };
        let text = said(fields.number("number").map(drop));
        assert_eq!(text, "number: \"abc\" is not possible. Allowed: a whole number such as 17.");
        assert!(said(fields.day("day").map(drop)).contains("a day such as"));
        assert!(said(fields.day("year").map(drop)).starts_with("year: \"+12025-01-01\""));
        assert!(said(fields.one_of("word", &["booking", "payment"]).map(drop)).ends_with("Allowed: booking, payment."));
        let text = said(fields.number("bad").map(drop));
        assert!(text.starts_with("bad: \"{allowed}\u{fffd}\" is"), "{text}");
        let text = said(fields.must("month", Allowed::Month, |text| text.parse::<i64>().ok()).map(drop));
        assert_eq!(text, "month is missing. Allowed: a month such as 2025-11.");
        assert_eq!(fields.number("absent").unwrap(), None);
    }
}
