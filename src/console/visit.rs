//! One request: who asks, in which language, and what.

use std::net::IpAddr;

use chrono_tz::Tz;
use warp::http::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, HOST, ORIGIN, USER_AGENT};
use warp::http::{HeaderMap, Method};

use super::access::Viewer;
use super::common::Common;
use super::fault::Fault;
use crate::clock::Timestamp;
use crate::config::Role;
use crate::receive::PageRequest;
use crate::report::pack::paper::Language;

/// The cookie with the language that somebody chose.
pub(super) const LANGUAGE_COOKIE: &str = "tl-language";

/// Pairs of a query or of a form, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`; what cannot be read is left away.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(text).unwrap_or_default())
    }

    /// The value without blanks around it; `None` when it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value as it was typed, blanks included.
    pub(super) fn untrimmed(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name, such as of boxes that are ticked.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// All pairs.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// These fields with another value for a name; an empty value takes it away.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut fields = Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect());
        if !value.is_empty() {
            fields.0.push((name.to_owned(), value.to_owned()));
        }
        fields
    }

    /// The fields with these names.
    pub(super) fn named(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(known, _)| names.contains(&known.as_str())).cloned().collect())
    }

    /// These fields with the values of some changed.
    pub(super) fn rewritten(&self, names: &[&str], change: impl Fn(&str) -> String) -> Self {
        let pair = |(name, value): &(String, String)| {
            let value = if names.contains(&name.as_str()) { change(value) } else { value.clone() };
            (name.clone(), value)
        };
        Self(self.0.iter().map(pair).collect())
    }

    /// How many have a value.
    pub(super) fn set(&self) -> usize {
        self.0.iter().filter(|(_, value)| !value.trim().is_empty()).count()
    }

    /// As the part of an address behind `?`.
    pub(super) fn query(&self) -> String {
        serde_urlencoded::to_string(&self.0).unwrap_or_default()
    }
}

/// A request whose sender is known.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) method: Method,
    /// The parts of the path, with their escapes decoded.
    pub(super) segments: Vec<String>,
    pub(super) query: Fields,
    /// The body, if it is a form.
    pub(super) form: Fields,
    pub(super) headers: HeaderMap,
    pub(super) address: Option<IpAddr>,
    /// Absent on the pages of signing in.
    pub(super) viewer: Option<Viewer>,
    pub(super) language: Language,
    pub(super) now: Timestamp,
    /// Of times that are about no source in particular.
    pub(super) zone: Tz,
    /// A form that was sent and not taken: its page is shown once more.
    pub(super) again: Option<Again>,
}

/// What was typed into a form, and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Again {
    pub(super) typed: Fields,
    /// The field that is wrong, if it is one.
    pub(super) field: Option<&'static str>,
    pub(super) said: String,
}

impl Visit {
    pub(super) fn new(request: PageRequest, now: Timestamp, zone: Tz) -> Self {
        let segments = request.path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        let language = language(&request.headers);
        Self {
            method: request.method,
            segments,
            query: Fields::parse(request.query.as_bytes()),
            form: Fields::parse(&request.body),
            headers: request.headers,
            address: request.peer,
            viewer: None,
            language,
            now,
            zone,
            again: None,
        }
    }

    pub(super) fn words(&self) -> &'static Common {
        Common::of(self.language)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    /// Whether a program asks, and not a browser.
    pub(super) fn wants_json(&self) -> bool {
        let accept = self.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.viewer.as_ref().is_some_and(|viewer| viewer.is_program())
            || (accept.contains("application/json") && !accept.contains("text/html"))
    }

    /// Whether our own script asks for a part of a page.
    pub(super) fn wants_part(&self) -> bool {
        self.headers.contains_key("x-part")
    }

    /// Whether the page asks by itself, and nobody did anything.
    pub(super) fn is_by_itself(&self) -> bool {
        self.wants_part() || self.segments.first().is_some_and(|first| first == "live")
    }

    pub(super) fn role(&self) -> Option<Role> {
        self.viewer.as_ref().map(|viewer| viewer.role)
    }

    /// Whether the viewer may do what takes `role`.
    pub(super) fn may(&self, role: Role) -> bool {
        self.role().is_some_and(|own| own >= role)
    }

    /// # Errors
    /// When the viewer may not.
    pub(super) fn needs(&self, role: Role) -> Result<(), Fault> {
        if self.may(role) { Ok(()) } else { Err(Fault::Forbidden) }
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.headers, name)
    }

    /// What the browser calls itself, cut and without control characters.
    pub(super) fn agent(&self) -> String {
        let agent = self.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
    }

    /// The address for records.
    pub(super) fn address(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }

    /// Whether a form comes from a page of ours, as far as the browser says where it comes from.
    pub(super) fn is_same_origin(&self) -> bool {
        if self.header("sec-fetch-site").is_some_and(|site| site != "same-origin") {
            return false;
        }
        let Some(origin) = self.headers.get(ORIGIN) else { return true };
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let origin = origin.to_str().unwrap_or_default();
        origin.split_once("://").is_some_and(|(_, from)| !host.is_empty() && from.eq_ignore_ascii_case(host))
    }
}

/// The part of a path with its escapes decoded; what is no text keeps them.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten().and_then(|digits| {
            let digits =
                std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            u8::from_str_radix(digits?, 16).ok()
        });
        match escape {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

/// A text as one part of a path.
pub(super) fn escaped(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path += &format!("%{byte:02X}");
        }
    }
    path
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The language of the cookie, else the first of the browser's that we have, else English.
fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(language_of);
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut wanted = accepted.split(',').filter_map(|part| language_of(part.split(';').next()?.trim()));
    chosen.or_else(|| wanted.next()).unwrap_or_default()
}

/// Our language for a language tag.
pub(super) fn language_of(tag: &str) -> Option<Language> {
    let tag = tag.to_ascii_lowercase();
    match tag.split('-').next()? {
        "de" if tag == "de-ch" || tag == "de-li" => Some(Language::DeCh),
        "de" => Some(Language::De),
        "en" => Some(Language::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_what_is_not_changed() {
        let fields = Fields::parse(b"state=parked&reason=a+b&reason=c%26d&empty=");
        assert_eq!(fields.all("reason").collect::<Vec<_>>(), ["a b", "c&d"]);
        assert_eq!(fields.get("empty"), None);
        assert_eq!(fields.with("state", "done").with("reason", "").query(), "empty=&state=done");
        assert_eq!(Fields::parse(fields.query().as_bytes()), fields);
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decoded("order%3A17%2520"), "order:17%20");
        assert_eq!(decoded("%ff%zz%"), "%ff%zz%");
        assert_eq!(decoded(&escaped("order:ä/?#")), "order:ä/?#");
    }

    #[test]
    fn the_first_language_that_we_have_is_taken() {
        for (accepted, expected) in [
            ("fr-CH, de-CH;q=0.9, en", Language::DeCh),
            ("de-AT", Language::De),
            ("fr", Language::En),
            ("en-GB,de", Language::En),
            ("", Language::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(language(&headers), expected, "{accepted}");
            headers.insert(COOKIE, "a=b; tl-language=de".parse().unwrap());
            assert_eq!(language(&headers), Language::De, "{accepted}");
        }
    }
}
