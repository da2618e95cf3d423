//! What is not let in is counted by its reason, and told in the log once a minute at most: nothing that reaches the
//! listener is invisible, and nobody can fill the log from outside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use warp::http::Method;

use super::address;
use super::rate::Rate;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::Activity;
use crate::monitor::catalog::REFUSALS;

/// The reason for which a body is too large; those are also counted in the database.
const TOO_LARGE: &str = "body_too_large";

pub(super) struct Refusals {
    activity: Arc<Activity>,
    gates: BTreeMap<&'static str, Gate>,
}

/// Lets one line a minute into the log.
struct Gate {
    rate: Rate,
    hidden: AtomicU64,
}

impl Refusals {
    pub(super) fn new(clock: &Clock, activity: Arc<Activity>) -> Self {
        let gate = || Gate { rate: Rate::once_a_minute(clock), hidden: AtomicU64::new(0) };
        Self { activity, gates: REFUSALS.iter().map(|reason| (*reason, gate())).collect() }
    }

    /// Counts a request that is not served; without a method, what was no request. `source` may be any text; only
    /// configured ones are counted by name.
    pub(super) fn count(
        &self,
        config: &Config,
        reason: &'static str,
        source: &str,
        method: Option<&Method>,
        segments: &[String],
    ) {
        let source = config.source(source).map_or("", |source| source.name.as_str());
        let label = source.to_owned();
        metrics::counter!("ticketledger_deliveries_refused_total", "source" => label, "reason" => reason).increment(1);
        if reason == TOO_LARGE && !source.is_empty() {
            self.activity.note_too_large(source, 1);
        }
        let Some(gate) = self.gates.get(reason) else { return };
        if gate.rate.take().is_err() {
            gate.hidden.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // A method may be any word, so only known ones are shown.
        let known =
            [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
        let method = match method {
            Some(method) if known.contains(method) => method.as_str(),
            Some(_) => "another method",
            None => "none",
        };
        let path = address::shown(segments, |name| config.source(name).is_some());
        let not_logged = gate.hidden.swap(0, Ordering::Relaxed);
        tracing::warn!(
            reason,
            source,
            method,
            path,
            not_logged,
            "request refused; the next line about this reason is at least a minute away"
        );
    }
}
