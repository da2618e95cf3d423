//! What bookingkit's documentation leaves open, and how the stand-in reads it.

use std::collections::BTreeMap;

use hyper::header::{DATE, HeaderName, HeaderValue};

use super::super::answer::Answer;
use crate::clock::Clock;

/// Where `with_count` puts its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Count {
    /// In a response header of this name.
    Header(String),
    /// `{"count": 3, "items": [...]}` instead of the bare list.
    Body,
    /// Nowhere.
    #[default]
    Nowhere,
}

/// Whether the address of a list ends with a slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slash {
    #[default]
    Either,
    Needed,
    Refused,
}

/// One reading of the documentation.
#[derive(Clone, Debug)]
pub struct Readings {
    /// `delta_since` includes the second that it names.
    pub delta_inclusive: bool,
    /// A payment or refund counts as a change of its order.
    pub payments_count: bool,
    pub count: Count,
    pub slash: Slash,
    /// A change is seen in lists and single orders only this long after it happened.
    pub lag_milliseconds: i64,
    /// A single order is 404 for this long after it was placed.
    pub fresh_milliseconds: i64,
    /// How far the `Date` header is ahead of the time.
    pub date_ahead_milliseconds: i64,
    /// Whether there is a `Date` header.
    pub dated: bool,
    /// Orders of the same second come in another order in each request.
    pub ties_move: bool,
    /// The longest page, whatever the limit says.
    pub longest_page: usize,
    /// Requests of a month, after which 42910 is the answer.
    pub monthly_requests: Option<u64>,
    /// How long a token lasts, in seconds.
    pub token_seconds: i64,
    /// What the API calls the payment methods that a webhook names otherwise.
    pub methods: BTreeMap<String, String>,
    /// Further headers of every answer, such as those of a rate limit.
    pub headers: BTreeMap<&'static str, String>,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            delta_inclusive: true,
            payments_count: true,
            count: Count::default(),
            slash: Slash::default(),
            lag_milliseconds: 0,
            fresh_milliseconds: 0,
            date_ahead_milliseconds: 0,
            dated: true,
            ties_move: false,
            longest_page: 100_000,
            monthly_requests: None,
            token_seconds: 3600,
            methods: BTreeMap::new(),
            headers: BTreeMap::new(),
        }
    }
}

impl Readings {
    /// Writes the headers that depend on the reading.
    pub(super) fn date(&self, clock: &Clock, answer: &mut Answer) {
        if self.dated {
            let now = clock.now().plus_milliseconds(self.date_ahead_milliseconds).utc();
            if let Ok(date) = HeaderValue::from_str(&now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
                answer.headers_mut().insert(DATE, date);
            }
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::from_str(value)) {
                answer.headers_mut().insert(name, value);
            }
        }
    }
}
