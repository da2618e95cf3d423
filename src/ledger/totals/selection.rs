//! Which lines of the journal a total sums up.

use chrono::NaiveDate;

use super::Period;
use crate::clock::Timestamp;

/// Bounds of the lines that count; all that are given must hold. The default leaves nothing out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// Recorded by then: what was known.
    pub recorded_until: Option<Timestamp>,
    /// Booked on that day or before: what it concerns.
    pub booked_until: Option<NaiveDate>,
    /// Up to the entry with this number: what a close saw.
    pub entries_until: Option<i64>,
}

impl AsOf {
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The lines of a report. The default takes every line of every source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    pub source: Option<&'a str>,
    /// Only what is booked in this period.
    pub period: Option<Period>,
    pub as_of: AsOf,
}

impl Selection<'_> {
    /// The months to take from a view, if a view has exactly these lines: it knows no days and no cuts. Of a view
    /// without months everything can be taken, and nothing less.
    pub(super) fn in_view(&self, view_knows_months: bool) -> Option<Option<Vec<String>>> {
        match self.period {
            _ if !self.as_of.is_everything() => None,
            None => Some(None),
            Some(period) if view_knows_months && period.whole_months().is_some() => period.listed_months().map(Some),
            Some(_) => None,
        }
    }

    /// The last booking day that counts: that of the period or of the cut, whichever is earlier.
    pub fn last_day(&self) -> Option<NaiveDate> {
        let days = [self.period.and_then(Period::last_day), self.as_of.booked_until];
        days.into_iter().flatten().min()
    }
}

/// An account by its code, or all accounts whose codes begin with a text that ends in `:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts(String);

impl Accounts {
    /// `assets:receivable` is one account, `assets:clearing:` are those of all payment methods.
    pub fn new(code: &str) -> Self {
        Self(code.trim().to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the code is one of them.
    pub fn hold(&self, code: &str) -> bool {
        code == self.0 || (self.0.ends_with(':') && code.starts_with(&self.0))
    }

    /// The first code, and for a beginning of codes the first after all of them.
    pub(crate) fn bounds(&self) -> (String, Option<String>) {
        // `;` follows `:`.
        let after = self.0.strip_suffix(':').map(|beginning| format!("{beginning};"));
        (self.0.clone(), after)
    }
}
