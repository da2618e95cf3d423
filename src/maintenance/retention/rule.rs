//! What may be deleted, by class and age, and never before its month is closed.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::config::Retention;
use crate::inbox::State;
use crate::ledger::book::{KnownSource, Month};

/// Data that may be deleted; each class has its own age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Bodies of deliveries that were applied.
    Done,
    /// Bodies of deliveries that were older than what was known, or that a person dismissed.
    Superseded,
    /// Bodies of parked deliveries, which need a person; without them the deliveries can never be replayed.
    Parked,
    /// Bytes fetched from a provider's API.
    Documents,
    /// The history of failed attempts of settled deliveries; actions of operators stay.
    Attempts,
}

impl Class {
    pub const ALL: [Self; 5] = [Self::Done, Self::Superseded, Self::Parked, Self::Documents, Self::Attempts];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Superseded => "superseded",
            Self::Parked => "parked",
            Self::Documents => "documents",
            Self::Attempts => "attempts",
        }
    }

    /// The states of the events whose bodies are of this class.
    pub(super) fn states(self) -> &'static [State] {
        match self {
            Self::Done => &[State::Done],
            Self::Superseded => &[State::Superseded, State::Dismissed],
            Self::Parked => &[State::Parked],
            Self::Documents | Self::Attempts => &[],
        }
    }

    fn days(self, retention: &Retention) -> i64 {
        match self {
            Self::Done => retention.done_days,
            Self::Superseded => retention.superseded_days,
            Self::Parked => retention.parked_days,
            Self::Documents => retention.documents_days,
            Self::Attempts => retention.attempts_days,
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How old the data of a class must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub class: Class,
    /// What was received, fetched or tried before this may be deleted.
    pub before: Timestamp,
}

/// The rules of the settings; a class that is kept for ever has none.
pub fn rules(retention: &Retention, now: Timestamp) -> Vec<Rule> {
    let aged = Class::ALL.into_iter().map(|class| (class, class.days(retention)));
    aged.filter(|(_, days)| *days > 0).map(|(class, days)| Rule::older_than(class, days, now)).collect()
}

impl Rule {
    /// Data older than this many days.
    pub fn older_than(class: Class, days: i64, now: Timestamp) -> Self {
        Self { class, before: now.plus_milliseconds(days.saturating_mul(-86_400_000)) }
    }

    /// The first instant of a book whose data must stay; `None` while no month of the book is closed.
    pub(super) fn limit(&self, book: &Book) -> Option<Timestamp> {
        book.closed.map(|month| self.before.min(month.ends_at(book.zone)))
    }

    /// The latest limit of all books.
    pub(super) fn youngest(&self, books: &BTreeMap<String, Book>) -> Option<Timestamp> {
        books.values().filter_map(|book| self.limit(book)).max()
    }
}

/// How far the months of a book are closed.
#[derive(Clone, Copy, Debug)]
pub struct Book {
    /// Time zone of the booking dates.
    pub zone: Tz,
    /// The last closed month; all months before it are closed too.
    pub closed: Option<Month>,
}

/// Parses name, time zone and last closed month as stored.
pub(super) fn books(rows: Vec<(KnownSource, Option<String>)>) -> BTreeMap<String, Book> {
    let book = |(source, closed): (KnownSource, Option<String>)| {
        (source.name, Book { zone: source.timezone, closed: closed.as_deref().and_then(Month::parse) })
    };
    rows.into_iter().map(book).collect()
}
