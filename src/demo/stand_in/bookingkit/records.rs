//! The orders with their changes, the token, scripted faults and counts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hyper::Uri;
use serde_json::Value;

use super::{BookingkitCounts, Move, Readings};
use crate::clock::Timestamp;
use crate::demo::stand_in::Fault;

/// Requests whose queries are kept.
const QUERIES: usize = 1000;

pub(super) struct Records {
    orders: BTreeMap<String, Vec<Version>>,
    /// Goes up with every change, so that a sorted list can be kept between its pages.
    pub(super) revision: u64,
    pub(super) sorted: Option<Sorted>,
    pub(super) readings: Readings,
    pub(super) faults: VecDeque<Fault>,
    pub(super) token_faults: VecDeque<Fault>,
    pub(super) moves: VecDeque<Vec<Move>>,
    pub(super) token: Option<Token>,
    pub(super) token_works: bool,
    pub(super) counts: BookingkitCounts,
    requests_of_month: (String, u64),
}

/// The ids of a list in their order, for the pages that follow.
pub(super) struct Sorted {
    pub(super) key: String,
    pub(super) revision: u64,
    pub(super) ids: Arc<Vec<String>>,
}

pub(super) struct Token {
    pub(super) text: String,
    pub(super) expires_at: Timestamp,
}

/// An order since one of its changes.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) order: Value,
    /// When it happened.
    pub(super) happened_at: Timestamp,
    /// What `delta_since` is compared with.
    pub(super) changed_at: Timestamp,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            orders: BTreeMap::new(),
            revision: 0,
            sorted: None,
            readings: Readings::default(),
            faults: VecDeque::new(),
            token_faults: VecDeque::new(),
            moves: VecDeque::new(),
            token: None,
            token_works: true,
            counts: BookingkitCounts::default(),
            requests_of_month: (String::new(), 0),
        }
    }
}

impl Records {
    pub(super) fn put(&mut self, order: Value, happened_at: Timestamp) {
        let id = order.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let versions = self.orders.entry(id).or_default();
        let before = versions.last();
        let paid_only = before.is_some_and(|before| without_payments(&before.order) == without_payments(&order));
        let changed_at = match before {
            Some(before) if paid_only && !self.readings.payments_count => before.changed_at,
            _ => happened_at,
        };
        versions.push(Version { order, happened_at, changed_at });
        if self.readings.lag_milliseconds == 0 {
            versions.drain(..versions.len().saturating_sub(1));
        }
        self.revision += 1;
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.orders.remove(id);
        self.revision += 1;
    }

    pub(super) fn apply(&mut self, moves: Vec<Move>, now: Timestamp) {
        for change in moves {
            match change {
                Move::Put(order) => self.put(order, now),
                Move::Remove(id) => self.remove(&id),
            }
        }
    }

    pub(super) fn newest(&self) -> BTreeMap<String, Value> {
        let newest = |(id, versions): (&String, &Vec<Version>)| Some((id.clone(), versions.last()?.order.clone()));
        self.orders.iter().filter_map(newest).collect()
    }

    /// The orders as the API shows them at an instant: behind by its lag.
    pub(super) fn seen(&self, now: Timestamp) -> impl Iterator<Item = (&String, &Version)> {
        self.orders.iter().filter_map(move |(id, versions)| Some((id, self.seen_of(versions, now)?)))
    }

    pub(super) fn order(&self, id: &str, now: Timestamp) -> Option<&Version> {
        self.seen_of(self.orders.get(id)?, now)
    }

    fn seen_of<'a>(&self, versions: &'a [Version], now: Timestamp) -> Option<&'a Version> {
        let until = now.plus_milliseconds(-self.readings.lag_milliseconds);
        versions.iter().rev().find(|version| self.readings.lag_milliseconds == 0 || version.happened_at <= until)
    }

    pub(super) fn count(&mut self, uri: &Uri) {
        let path = uri.path().trim_end_matches('/').to_owned();
        *self.counts.reads.entry(path).or_default() += 1;
        self.counts.requests += 1;
        if self.counts.queries.len() < QUERIES {
            self.counts.queries.push(uri.to_string());
        } else {
            self.counts.queries.rotate_left(1);
            if let Some(last) = self.counts.queries.last_mut() {
                *last = uri.to_string();
            }
        }
    }

    /// Counts a request against the month's, and says whether it was one too many.
    pub(super) fn over_budget(&mut self, now: Timestamp) -> bool {
        let month = now.utc().format("%Y-%m").to_string();
        if self.requests_of_month.0 != month {
            self.requests_of_month = (month, 0);
        }
        self.requests_of_month.1 += 1;
        self.readings.monthly_requests.is_some_and(|most| self.requests_of_month.1 > most)
    }
}

fn without_payments(order: &Value) -> Value {
    let mut order = order.clone();
    if let Some(members) = order.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "payments" | "payment_date"));
    }
    order
}
