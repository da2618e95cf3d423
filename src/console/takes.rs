//! What may stand behind the `?` of each page, in one place. Everything else is refused by its name: whoever sends it
//! would take what is there for what he asked for.

use super::fault::Fault;
use super::visit::Visit;
use super::wrong::{Allowed, wrong};
use crate::config::Role;

type Names = &'static [&'static str];

/// Which state of which books: see `books/question.rs`.
const BOOK: Names = &["source", "period", "from", "to", "known", "booked", "view"];
/// The same of what is there at one point.
const POINT: Names = &["source", "period", "known", "booked", "view"];
/// The row of a report that lines stand behind: see `books/lines.rs`.
const LINES: Names = &["of", "currency", "rate", "event_id", "event", "method", "basis", "none", "sum"];
const INBOX: Names = &["source", "state", "kind", "reason", "order", "since", "until"];
const FILE: Names = &["format"];
const AFTER: Names = &["after"];
const BEFORE: Names = &["before"];
const NONE: &[Names] = &[];

/// Paths, `*` for any part of one, and what their pages take.
const PAGES: &[(&str, &[Names])] = &[
    ("", NONE),
    ("live", NONE),
    ("sign-in", &[&["next"]]),
    ("done/*", NONE),
    ("inbox", &[INBOX, &["text"], BEFORE]),
    ("inbox/parked", &[&["source", "reason"]]),
    ("inbox/replay", &[INBOX, &["all", "id"]]),
    ("inbox/dismiss", &[INBOX, &["all", "id"]]),
    ("inbox/*", NONE),
    ("orders", &[&["source", "q"], BEFORE]),
    ("orders/*/*", NONE),
    ("vouchers", &[&["source", "q"], AFTER]),
    ("vouchers/*/*/*", NONE),
    ("findings", &[&["source", "order", "reason", "severity", "state"], AFTER, FILE]),
    ("findings/acknowledge", &[&["fingerprint", "source", "order", "reason", "severity", "state"]]),
    ("findings/*", NONE),
    ("books", &[&["source"]]),
    ("books/trial-balance", &[BOOK, FILE]),
    ("books/revenue", &[BOOK, &["months"], FILE]),
    ("books/vat", &[BOOK, &["months", "basis"], FILE]),
    ("books/bridge", &[BOOK, &["months"], FILE]),
    ("books/payments", &[BOOK, &["months"], FILE]),
    ("books/balances", &[POINT, AFTER, FILE]),
    ("books/vouchers", &[POINT, FILE]),
    ("books/journal", &[BOOK, AFTER, FILE]),
    ("books/account", &[BOOK, &["account", "currency"], AFTER, FILE]),
    ("books/freshness", &[&["source"], FILE]),
    ("books/lines", &[BOOK, LINES, AFTER, FILE]),
    ("books/entry/*/*", &[FILE]),
    ("books/pack", &[&["source", "period", "view"]]),
    ("books/pack/show", &[&["source", "period", "view"]]),
    ("books/pack/file/*", &[&["source", "period", "view"]]),
    ("books/exports", &[&["source", "period"]]),
    ("books/exports/new", &[&["source", "period", "target"]]),
    ("books/exports/batch/*/*/*/*", NONE),
    ("books/exports/batch/*/*/*/*/take-back", NONE),
    ("books/exports/batch/*/*/*/*/file/*", NONE),
    ("books/close", &[&["source", "period"]]),
    ("books/closed/*/*", NONE),
    ("books/closed/*/*/manifest", NONE),
    ("contacts", &[&["source", "q"], BEFORE]),
    ("contacts/*", NONE),
    ("contacts/*/erase", &[&["parked"]]),
    ("access", NONE),
    ("access/record", &[BEFORE]),
];

/// Pages that not every role has: whoever lacks it is told that first.
const NEEDS: [(&str, Role); 8] = [
    ("inbox/replay", Role::Admin),
    ("inbox/dismiss", Role::Admin),
    ("findings/acknowledge", Role::Finance),
    ("books/exports/new", Role::Finance),
    ("books/exports/batch/*/*/*/*/take-back", Role::Finance),
    ("books/close", Role::Finance),
    ("contacts/*/erase", Role::Admin),
    ("access/record", Role::Admin),
];

/// What may stand there more than once: all of it counts.
const SEVERAL: [(&str, &str); 8] = [
    ("inbox", "state"),
    ("inbox/replay", "state"),
    ("inbox/replay", "id"),
    ("inbox/dismiss", "state"),
    ("inbox/dismiss", "id"),
    ("findings", "reason"),
    ("findings", "severity"),
    ("books/lines", "none"),
];

/// The first entry that fits; those without `*` stand before those with it.
fn page(segments: &[String]) -> Option<&'static (&'static str, &'static [Names])> {
    PAGES.iter().find(|(path, _)| {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        parts.len() == segments.len() && parts.iter().zip(segments).all(|(part, given)| *part == "*" || part == given)
    })
}

/// Refuses what a page does not take, and takes away what is empty: forms send their empty fields, too. Of what is no
/// page, nothing is known; it is not found later.
///
/// # Errors
/// When the address has something else with a value, or a value twice that can be there once.
pub(super) fn checked(visit: &mut Visit) -> Result<(), Fault> {
    if let Some((name, value)) = visit.query.pairs().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(wrong(name.to_owned(), value, Allowed::Text));
    }
    if visit.segments.iter().any(|part| part.contains('\0')) {
        return Err(Fault::NotFound);
    }
    if visit.is_post() {
        return form(visit);
    }
    let Some((path, takes)) = page(&visit.segments) else { return Ok(()) };
    if let Some((_, role)) = NEEDS.iter().find(|(known, _)| known == path && visit.viewer.is_some()) {
        visit.needs(*role)?;
    }
    let names: Vec<&'static str> = takes.iter().copied().flatten().copied().collect();
    for (name, value) in visit.query.pairs().filter(|(_, value)| !value.trim().is_empty()) {
        if !names.contains(&name) {
            return Err(wrong(name.to_owned(), value, Allowed::Nothing(names)));
        }
        let is_other = |other: &str| other != value.trim();
        if !several(path, name) && visit.query.all(name).any(is_other) {
            return Err(wrong(name.to_owned(), value, Allowed::Once));
        }
    }
    visit.query = visit.query.named(&names);
    Ok(())
}

/// What people write for the record.
const WRITTEN: [&str; 3] = ["why", "force", "note"];
/// Characters of it; the fields of the pages take no more.
const LONGEST: usize = 500;

/// Refuses what no database keeps, or nobody reads; what cannot be seen is taken out of what is written for the record.
fn form(visit: &mut Visit) -> Result<(), Fault> {
    if let Some((name, value)) = visit.form.pairs().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(wrong(name.to_owned(), value, Allowed::Text));
    }
    for name in WRITTEN {
        if let Some(text) = visit.form.get(name).filter(|text| text.chars().count() > LONGEST) {
            return Err(wrong(name, text, Allowed::Short(LONGEST)));
        }
    }
    visit.form = visit.form.rewritten(&WRITTEN, |text| {
        let seen: String = text.chars().filter(|sign| !is_unseen(*sign)).collect();
        // Joiners belong to some scripts; alone they are nothing.
        if seen.chars().all(|sign| matches!(sign, '\u{200c}' | '\u{200d}') || sign.is_whitespace()) {
            return String::new();
        }
        seen
    });
    Ok(())
}

/// Whether a character is not seen itself, and hides or turns around what stands beside it.
fn is_unseen(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}'
    ) || (sign.is_control() && !sign.is_whitespace())
}

fn several(path: &str, name: &str) -> bool {
    let path = if path == "findings/acknowledge" { "findings" } else { path };
    SEVERAL.contains(&(path, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::receive::PageRequest;

    fn visit(path: &str) -> Visit {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = PageRequest {
            method: warp::http::Method::GET,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: warp::http::HeaderMap::new(),
            body: Vec::new(),
            peer: None,
        };
        Visit::new(request, Timestamp::parse("2025-11-11T10:00:00Z").unwrap(), chrono_tz::UTC)
    }

    #[test]
    fn what_nobody_can_read_is_no_reason() {
        let written = |why: &str| {
            let mut visit = visit("/contacts/1/erase");
            visit.method = warp::http::Method::POST;
            visit.form = crate::console::visit::Fields::default().with("why", why);
            checked(&mut visit).ok().map(|()| visit.form.get("why").unwrap_or_default().to_owned())
        };
        assert_eq!(written("\u{200b}\u{200d} ").as_deref(), Some(""));
        assert_eq!(written("a\u{202e}b").as_deref(), Some("ab"));
        assert_eq!(written("नी\u{200d}").as_deref(), Some("नी\u{200d}"));
        assert_eq!(written(&"ä".repeat(500)).map(|text| text.chars().count()), Some(500));
        assert_eq!(written(&"ä".repeat(501)), None);
        assert_eq!(written("a\0"), None);
    }

    #[test]
    fn a_page_takes_its_own_and_nothing_else() {
        for (path, left) in [
            ("/inbox?state=done&state=parked&kind=&page=", Some("state=done&state=parked&kind=")),
            ("/inbox?page=2", None),
            ("/inbox/17?x=1", None),
            ("/inbox/parked?kind=order", None),
            ("/inbox/replay?id=1&id=2", Some("id=1&id=2")),
            ("/orders?q=a&q=b", None),
            ("/orders?q=a&q=a", Some("q=a&q=a")),
            ("/orders/museum/1?q=a", None),
            ("/books/nothing?q=a", Some("q=a")),
            ("/findings/acknowledge?reason=a&reason=b", Some("reason=a&reason=b")),
            ("/orders?q=a%00", None),
            ("/orders/museum/a%00", None),
            ("/nothing/%00", None),
            ("/?", Some("")),
        ] {
            let mut visit = visit(path);
            let found = checked(&mut visit);
            assert_eq!(found.is_ok().then(|| visit.query.query()).as_deref(), left, "{path}");
        }
    }
}
