//! The sources as the book knows them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Month;
use crate::order::Provider;
use crate::policy::DatedPolicy;

/// A source as the settings describe it.
#[derive(Clone, Copy, Debug)]
pub struct NewSource<'a> {
    /// Its name; it never changes.
    pub name: &'a str,
    /// Who sends to it.
    pub provider: Provider,
    /// Its local day is the accounting day.
    pub timezone: Tz,
    /// ISO 3166 code of the country whose VAT rates hold.
    pub country: &'a str,
    /// Its policies, in the order of their days.
    pub policies: &'a [DatedPolicy],
    /// First local day of its book, if another system kept the books before.
    pub books_from: Option<NaiveDate>,
}

/// A source that has a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSource {
    pub name: String,
    /// Its local day is the accounting day.
    pub timezone: Tz,
}

/// What the findings of a source depend on.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// Who sends to it.
    pub provider: Provider,
    /// ISO 3166 code of the country whose VAT rates hold.
    pub country: String,
    /// Months that take no entries any more.
    pub closed: BTreeSet<Month>,
}
