//! The daemon that is measured, with one source.

use crate::engine::Place;
use crate::memory::most_memory;
use crate::serving::{Serving, serve, settings};

pub(crate) const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(crate) const PATH: &str = "/webhooks/museum/0123456789abcdef0123456789abcdefmuseum";

pub(crate) fn start(place: &Place) -> Serving {
    let given = format!("[database]\nurl = \"{}\"\n[limits]\nrequests_per_second = 1000000\n", place.url);
    let sources = [("museum".to_owned(), VENDOR.to_owned())];
    settings(place.folder.path(), &given, &sources);
    serve(place.folder.path(), &sources)
}

/// The most memory that it had, in MiB.
pub(crate) fn memory(serving: &Serving) -> f64 {
    most_memory(serving.process.id()).map_or(f64::NAN, |kibibytes| kibibytes as f64 / 1024.0)
}
