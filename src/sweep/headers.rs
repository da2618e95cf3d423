//! What an event that a sweep stored has for headers.

use std::collections::BTreeMap;

use crate::inbox::RUN_HEADER;

/// The headers of an event that a sweep stores.
pub(super) fn headers(run: Option<i64>, key: &str, api_methods: &BTreeMap<String, String>) -> String {
    let mut headers = BTreeMap::from([("sweep-key", key.to_owned())]);
    headers.extend(run.map(|run| (RUN_HEADER, run.to_string())));
    if !api_methods.is_empty() {
        // A header is a text.
        headers.insert("sweep-methods", serde_json::to_string(api_methods).unwrap_or_default());
    }
    serde_json::to_string(&headers).unwrap_or_default()
}

/// What the API calls the methods of payments, of an event that a sweep stored.
pub(super) fn methods_in(headers: &str) -> BTreeMap<String, String> {
    header(headers, "sweep-methods").and_then(|methods| serde_json::from_str(&methods).ok()).unwrap_or_default()
}

/// The key of an event that a sweep stored.
pub(super) fn key_in(headers: &str) -> Option<String> {
    header(headers, "sweep-key")
}

fn header(headers: &str, name: &str) -> Option<String> {
    let headers: serde_json::Map<String, serde_json::Value> = serde_json::from_str(headers).ok()?;
    headers.get(name)?.as_str().map(str::to_owned)
}
