//! When something last happened at each source, noted in memory by those who see it happen.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// First and last instant of what happened since the notes were last taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
}

/// The notes, by source.
#[derive(Debug, Default)]
pub struct Activity {
    spans: Mutex<BTreeMap<String, Span>>,
    /// Bodies that were refused because they are too large.
    too_large: Mutex<BTreeMap<String, i64>>,
}

impl Activity {
    /// Something happened at `source`.
    pub fn note(&self, source: &str, at: Timestamp) {
        self.note_span(source, Span { first: at, last: at });
    }

    /// The notes since the last time, which are then forgotten.
    pub fn take(&self) -> BTreeMap<String, Span> {
        std::mem::take(&mut *self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts notes back that could not be stored.
    pub fn give_back(&self, spans: &BTreeMap<String, Span>) {
        for (source, span) in spans {
            self.note_span(source, *span);
        }
    }

    /// Bodies of `source` were refused because they are too large.
    pub fn note_too_large(&self, source: &str, bodies: i64) {
        let mut too_large = self.too_large.lock().unwrap_or_else(PoisonError::into_inner);
        let known = too_large.entry(source.to_owned()).or_default();
        *known = known.saturating_add(bodies);
    }

    /// How many were refused since the last time, which is then forgotten.
    pub fn take_too_large(&self) -> BTreeMap<String, i64> {
        std::mem::take(&mut *self.too_large.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note_span(&self, source: &str, span: Span) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        match spans.get_mut(source) {
            Some(known) => *known = Span { first: known.first.min(span.first), last: known.last.max(span.last) },
            None => {
                spans.insert(source.to_owned(), span);
            }
        }
    }
}
