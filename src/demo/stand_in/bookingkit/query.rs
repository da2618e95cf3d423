//! The query of a list of orders.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use hyper::Uri;
use serde_json::Value;

use super::Readings;
use super::records::Version;
use crate::clock::Timestamp;

/// The limit of a request without one.
const LIMIT: usize = 100_000;

/// What a list is asked for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) with_count: bool,
    /// The attribute, and whether it descends.
    pub(super) order: Option<(String, bool)>,
    said: BTreeMap<String, String>,
    since: Option<Timestamp>,
    placed: Span,
    event: Span,
    vendor: Option<String>,
}

/// An open or closed span of time, both ends included.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Span {
    fn holds(self, at: Option<Timestamp>) -> bool {
        let is_bound = self.start.is_some() || self.end.is_some();
        match at {
            Some(at) => self.start.is_none_or(|start| at >= start) && self.end.is_none_or(|end| at <= end),
            None => !is_bound,
        }
    }
}

impl Query {
    /// Reads the query; the error is a sentence for the answer.
    pub(super) fn read(uri: &Uri, vendor: Option<String>) -> Result<Self, String> {
        let said: BTreeMap<String, String> =
            serde_urlencoded::from_str(uri.query().unwrap_or_default()).map_err(|error| error.to_string())?;
        let number = |name: &str, otherwise: usize| match said.get(name) {
            Some(text) => text.parse::<usize>().map_err(|_| format!("{name} is no number")),
            None => Ok(otherwise),
        };
        let instant = |name: &str, end: bool| match said.get(name) {
            Some(text) => instant(text, end).map(Some).ok_or_else(|| format!("{name} is no date")),
            None => Ok(None),
        };
        let order = said.get("order").map(|order| match order.strip_prefix('-') {
            Some(attribute) => (attribute.to_owned(), true),
            None => (order.clone(), false),
        });
        if let Some((attribute, _)) = &order
            && !["date", "name", "vendor_id"].contains(&attribute.as_str())
        {
            return Err(format!("orders cannot be sorted by {attribute}"));
        }
        Ok(Self {
            limit: number("limit", LIMIT)?,
            offset: number("offset", 0)?,
            with_count: said.get("with_count").is_some_and(|text| text == "1" || text == "true"),
            order,
            since: instant("delta_since", false)?,
            placed: Span { start: instant("start_date", false)?, end: instant("end_date", true)? },
            event: Span { start: instant("start_event_date", false)?, end: instant("end_event_date", true)? },
            vendor,
            said,
        })
    }

    /// What decides which orders are listed, and in which order.
    pub(super) fn key(&self) -> String {
        let deciding = self.said.iter().filter(|(name, _)| !matches!(name.as_str(), "limit" | "offset" | "with_count"));
        format!("{:?} {:?}", self.vendor, deciding.collect::<Vec<_>>())
    }

    pub(super) fn lists(&self, version: &Version, readings: &Readings) -> bool {
        let order = &version.order;
        let text = |name: &str| order.get(name).and_then(Value::as_str).unwrap_or_default();
        // A database that keeps seconds.
        let changed = version.changed_at.utc().timestamp();
        let since = self.since.is_none_or(|since| {
            let since = since.utc().timestamp();
            changed > since || (changed == since && readings.delta_inclusive)
        });
        let status = self.said.get("status").is_none_or(|status| status == "ALL" || status == text("status"));
        let code = self.said.get("accept_code").is_none_or(|codes| codes.split(',').any(|code| code == text("code")));
        let vendor = self.vendor.as_deref().is_none_or(|vendor| vendor == text("vendor_id"));
        since
            && status
            && code
            && vendor
            && self.placed.holds(Timestamp::parse(text("date")))
            && self.takes_place(order)
    }

    fn takes_place(&self, order: &Value) -> bool {
        let tickets = order.get("tickets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let date = |ticket: &Value| ticket.get("date").and_then(Value::as_str).and_then(Timestamp::parse);
        self.event.holds(None) || tickets.iter().any(|ticket| self.event.holds(date(ticket)))
    }
}

/// An instant, or a bare date: its first moment, or its last as the end of a span.
fn instant(text: &str, end: bool) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let time = if end { day.and_hms_opt(23, 59, 59)? } else { day.and_hms_opt(0, 0, 0)? };
        Some(Timestamp::new(time.and_utc()))
    })
}
