//! What was seen when a month was closed, and may change since: the part of its manifest that nobody can compute again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::Blocker;
use crate::clock::Timestamp;
use crate::freshness::Freshness;

/// What was seen when the month was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observed {
    pub closed_at: Timestamp,
    pub closed_by: String,
    /// Empty when nobody said.
    pub why: String,
    /// The zone that gave the month its bounds.
    pub timezone: String,
    /// What stood in the way and was overruled.
    pub forced: Vec<Blocker>,
    /// Whether everything came in.
    pub intake: Intake,
    /// How complete the book was, as far as it was compared with the provider.
    pub freshness: Freshness,
    /// Findings that were open or acknowledged.
    pub findings: Vec<OpenFinding>,
    /// The titles of that day, by the key of the event.
    pub event_titles: BTreeMap<String, String>,
}

/// The deliveries of the month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Intake {
    pub received: i64,
    pub states: BTreeMap<String, i64>,
    pub first_received_at: Option<Timestamp>,
    pub last_received_at: Option<Timestamp>,
    /// The longest time without a delivery, the bounds of the month included.
    pub longest_silence_seconds: i64,
    /// When that silence began.
    pub longest_silence_from: Option<Timestamp>,
}

/// A finding that was not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct OpenFinding {
    pub fingerprint: String,
    pub order_id: Option<String>,
    pub reason: String,
    /// `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `open` or `acknowledged`.
    pub state: String,
    pub currency: Option<String>,
    /// What is missing or too much, in minor units.
    pub difference_minor: Option<i64>,
}
