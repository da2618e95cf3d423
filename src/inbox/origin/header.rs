//! The header that an event has which a sweep stored.

/// Names the run of the sweep that stored an event.
pub const RUN_HEADER: &str = "sweep-run";

/// The number of the run that stored an event, as its headers say; `None` of what no sweep stored.
pub fn run_in(headers: &str) -> Option<i64> {
    let headers: serde_json::Map<String, serde_json::Value> = serde_json::from_str(headers).ok()?;
    headers.get(RUN_HEADER)?.as_str()?.parse().ok()
}
