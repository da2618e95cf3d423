//! How an event came, in the words of the reader: not everything in the inbox is a webhook.

use chrono_tz::Tz;

use super::words::Words;
use crate::console::words::fill;
use crate::inbox::{EventId, Origin};
use crate::report::pack::paper::Language;

/// `Webhook 12`, or `Event 12, found by the sweep of 2025-11-11 13:00 CET`.
pub(in crate::console) fn came(language: Language, id: EventId, origin: &Origin, zone: Tz) -> String {
    let words = Words::of(language);
    let (text, run_at) = match origin {
        Origin::Webhook => (words.webhook_title, None),
        Origin::Sweep { run_at } => (words.sweep_title, Some(run_at)),
        Origin::Past { run_at } => (words.past_title, Some(run_at)),
        Origin::Import | Origin::Decision => (words.event_title, None),
    };
    let time = run_at.map_or_else(String::new, |at| at.local_minute_named(zone));
    fill(text, &[("id", &id.to_string()), ("time", &time)])
}
