//! A form that was not taken: it is shown once more with what was typed, and with what is wrong at the field.

use std::sync::Arc;

use warp::http::{Method, StatusCode};
use warp::reply::Response;

use super::fault::Fault;
use super::layout::page_of;
use super::site::Site;
use super::visit::{Again, Visit, escaped};
use super::wrong::label;
use super::{books, codes, findings, routes};

/// Choices that a list of them has at most.
const CHOICES: usize = 200;
/// What leads through a list, and is no filter of it.
const PLACES: [&str; 3] = ["after", "before", "format"];

/// The page whose form was sent and not taken, as far as it can be shown.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit, fault: &Fault) -> Option<Response> {
    if !visit.is_post() || visit.viewer.is_none() || visit.wants_json() || visit.is_by_itself() {
        return None;
    }
    let (field, said) = match fault {
        Fault::Wrong(wrong) => (wrong.known_field(), wrong.in_words(visit.language)),
        Fault::BadRequest(said) => (None, said.to(visit.language).to_owned()),
        _ => return None,
    };
    let mut once_more = visit.clone();
    let (segments, query) = page_of(visit);
    once_more.again = Some(Again { typed: visit.form.clone(), field, said });
    once_more.segments = segments;
    if once_more.segments == ["books", "close"] {
        // What can be closed is known once the book was verified.
        once_more.segments.push("check".to_owned());
    } else {
        (once_more.method, once_more.query) = (Method::GET, query);
    }
    let mut shown = routes::page(site, &once_more).await.ok().filter(|shown| shown.status() == StatusCode::OK)?;
    *shown.status_mut() = StatusCode::BAD_REQUEST;
    Some(shown)
}

/// A filter of an address, to be written anew.
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) value: String,
    /// What may stand there, with its words.
    pub(super) choices: Vec<(String, String)>,
    pub(super) is_wrong: bool,
}

/// The filters of an address of which one is wrong; none of an address without.
pub(super) fn filters(visit: &Visit, fault: &Fault) -> Vec<Filter> {
    let Fault::Wrong(wrong) = fault else { return Vec::new() };
    if visit.is_post() || PLACES.contains(&wrong.field()) {
        return Vec::new();
    }
    let named = |code: &String| (code.clone(), in_words(visit, wrong.field(), code));
    let choices = || {
        let few = wrong.choices().filter(|choices| choices.len() <= CHOICES);
        let mut named: Vec<_> = few.into_iter().flatten().map(named).collect();
        if wrong.field() == "reason" {
            named.sort_by_cached_key(|(_, text)| text.to_lowercase());
        }
        named
    };
    let filter = |(name, value): (&str, &str)| {
        let is_wrong = name == wrong.field();
        let choices = if is_wrong { choices() } else { Vec::new() };
        Filter { name: name.to_owned(), label: label(visit.language, name), value: value.to_owned(), choices, is_wrong }
    };
    let written = visit.query.pairs().filter(|(name, value)| !PLACES.contains(name) && !value.trim().is_empty());
    let mut filters: Vec<Filter> = written.map(filter).collect();
    if !filters.iter().any(|filter| filter.is_wrong) {
        filters.push(filter((wrong.field(), "")));
    }
    filters
}

/// What a code that a field can have is called.
fn in_words(visit: &Visit, field: &str, code: &str) -> String {
    let area = visit.segments.first().map_or("", String::as_str);
    let text = match (area, field) {
        ("inbox", "reason") => codes::parked(visit.language, code),
        ("findings", "reason") => codes::finding(visit.language, code),
        ("inbox", "kind") => codes::webhook_kind(visit.language, code),
        ("inbox", "state") => codes::status(visit.language, code),
        ("findings", "state" | "severity") => findings::named(visit.language, field, code),
        ("books", "of" | "basis" | "view") => books::choice(visit.language, field, code),
        _ => code.to_owned(),
    };
    if text == code { text } else { format!("{text} ({code})") }
}

/// The path of a page.
pub(super) fn path(visit: &Visit) -> String {
    visit.segments.iter().map(|part| format!("/{}", escaped(part))).collect()
}
