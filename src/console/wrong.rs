//! Values of addresses and forms that are not possible: an answer says which field it is, what stands in it, and what
//! may stand in it.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::allowed::Words;
use super::fault::Fault;
use super::names::Fields as Names;
use super::said::Said;
use super::visit::Fields;
use super::words::{Table as _, fill};
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// Characters of a value that are repeated.
const REPEATED: usize = 80;

/// A value that is not possible, or one that is missing.
#[derive(Debug)]
pub(super) struct Wrong {
    field: Cow<'static, str>,
    value: Option<String>,
    allowed: Allowed,
    /// In place of the usual sentence.
    said: Option<Said>,
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
    /// The page has no such filter, but these.
    Nothing(Vec<&'static str>),
    /// One value.
    Once,
    /// A time that has been.
    Past,
    /// A month is only possible as it was closed.
    WithView,
    /// A text of at most so many characters.
    Short(usize),
    /// A filter that only some figures have.
    LinesOf(&'static str),
    /// Only with a month, and without a cut.
    ClosedMonth,
    OneOf(Vec<String>),
}

impl Allowed {
    pub(super) fn one_of(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::OneOf(values.into_iter().map(Into::into).collect())
    }

    /// `name` says what a field is called there.
    fn in_words(&self, words: &Words, name: impl Fn(&str) -> String) -> String {
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
            Self::Once => words.once,
            Self::Past => words.past,
            Self::Nothing(names) if names.is_empty() => words.nothing,
            Self::Nothing(names) => {
                let names = names.iter().map(|field| name(field)).collect::<Vec<_>>().join(", ");
                return fill(words.others, &[("names", &names)]);
            }
            Self::WithView => return fill(words.with_view, &[("view", &name("view"))]),
            Self::LinesOf(which) => return fill(words.lines_of, &[("of", &name("of")), ("words", which)]),
            Self::Short(most) => return fill(words.short, &[("n", &most.to_string())]),
            Self::NotAfter(other) => return fill(words.not_after, &[("other", &name(other))]),
            Self::ClosedMonth => {
                let fields = ["period", "from", "to", "known", "booked"].map(|field| (field, name(field)));
                return fill(words.closed_month, &fields.each_ref().map(|(field, name)| (*field, name.as_str())));
            }
            Self::OneOf(values) => return printable(&values.join(", ")),
        };
        text.to_owned()
    }
}

/// What a field of an address is called; one without a name is called as it is written there.
pub(super) fn label(language: Language, field: &str) -> String {
    Names::named(language, field).map_or_else(|| printable(field).chars().take(REPEATED).collect(), str::to_owned)
}

impl Wrong {
    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// The field, if it is one that some page has.
    pub(super) fn known_field(&self) -> Option<&'static str> {
        if let Cow::Borrowed(field) = self.field { Some(field) } else { None }
    }

    /// What the field can be, if that is one of a few words.
    pub(super) fn choices(&self) -> Option<&[String]> {
        if let Allowed::OneOf(values) = &self.allowed { Some(values) } else { None }
    }

    /// For people, who know the field by its label.
    pub(super) fn in_words(&self, language: Language) -> String {
        if let Some(said) = &self.said {
            return said.to(language).to_owned();
        }
        let words = Words::of(language);
        self.sentence(if self.value.is_some() { words.bad } else { words.missing }, words, |name| label(language, name))
    }

    /// The same beside a list of what is possible.
    pub(super) fn beside_choices(&self, language: Language) -> String {
        let words = Words::of(language);
        match (&self.said, &self.value) {
            (None, Some(_)) => self.sentence(words.choose, words, |name| label(language, name)),
            _ => self.in_words(language),
        }
    }

    fn sentence(&self, text: &str, words: &Words, name: impl Fn(&str) -> String) -> String {
        let text = fill(text, &[("field", &name(&self.field)), ("allowed", &self.allowed.in_words(words, &name))]);
        // The value is filled in last: it is somebody else's and may have places of its own.
        fill(&text, &[("value", self.value.as_deref().unwrap_or_default())])
    }

    /// For programs, which know the field as it stands in the address.
    pub(super) fn told(&self, language: Language) -> Value {
        let allowed = self.allowed.in_words(Words::of(language), str::to_owned);
        json!({ "field": self.field, "value": self.value, "allowed": allowed })
    }

    /// The sentence for programs.
    pub(super) fn described(&self, language: Language) -> String {
        let words = Words::of(language);
        match &self.said {
            Some(said) => said.to(language).to_owned(),
            None => self.sentence(if self.value.is_some() { words.bad } else { words.missing }, words, str::to_owned),
        }
    }
}

/// A value that is not possible.
pub(super) fn wrong(field: impl Into<Cow<'static, str>>, value: &str, allowed: Allowed) -> Fault {
    let value = printable(value).chars().take(REPEATED).collect();
    Fault::Wrong(Wrong { field: field.into(), value: Some(value), allowed, said: None })
}

/// A value that must be there.
pub(super) fn missing(field: &'static str, allowed: Allowed) -> Fault {
    Fault::Wrong(Wrong { field: field.into(), value: None, allowed, said: None })
}

/// A value that is not possible, with a sentence of its own.
pub(super) fn wrong_as(field: &'static str, value: &str, allowed: Allowed, said: Said) -> Fault {
    let value = printable(value).chars().take(REPEATED).collect();
    Fault::Wrong(Wrong { field: field.into(), value: Some(value), allowed, said: Some(said) })
}

/// The same of a value that must be there.
pub(super) fn missing_as(field: &'static str, allowed: Allowed, said: Said) -> Fault {
    Fault::Wrong(Wrong { field: field.into(), value: None, allowed, said: Some(said) })
}

impl Fields {
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
        assert_eq!(text, "Number: \"abc\" is not possible. Allowed: a whole number such as 17.");
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
