//! One webhook: what came, what happened to it, and what it caused.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::super::codes;
use super::super::fault::Fault;
use super::super::german::{self, Sentence};
use super::super::layout::{Area, Shell, When};
use super::super::reply::{self, Answered, Told};
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::{Table as _, fill};
use super::came::came;
use super::mask;
use super::states::States;
use super::words::Words;
use crate::config::Role;
use crate::inbox::operator::{Attempt, Detail, store as operator};
use crate::inbox::{EventId, State, origins};
use crate::ledger::reading::trace::{EntryTraced, Start, trace};
use crate::provider::wrapped::opened;
use crate::report::pack::paper::Language;

/// Bytes of a body that a page shows; all of it can be downloaded.
const SHOWN: usize = 64 * 1024;
/// Entries of the journal that a page shows.
const ENTRIES: usize = 40;

struct HistoryLine {
    at: When,
    attempt: i32,
    verdict: String,
    reason: String,
    reason_name: String,
    detail: Option<Sentence>,
    next: Option<When>,
    by: String,
    why: String,
}

struct EntryLine {
    number: String,
    date: String,
    what: String,
    fact: String,
    currency: String,
    lines: Vec<(String, i64)>,
}

/// The body as it is shown.
struct Body {
    text: String,
    /// What is said above it.
    note: String,
    is_open: bool,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "inbox_event.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    event: Detail,
    /// Why it is in that state.
    detail: Option<Sentence>,
    /// Something of what is said about it stays English.
    has_english: bool,
    state_name: &'static str,
    received: When,
    finished: Option<When>,
    due: Option<When>,
    about: String,
    headers: Vec<(String, String)>,
    body: Option<Body>,
    raw: Option<String>,
    history: Vec<HistoryLine>,
    entries: Vec<EntryLine>,
    more_entries: Option<String>,
    cut_note: String,
    can_dismiss: bool,
    told: Value,
}

impl Told for Page {
    fn told(&self) -> Value {
        self.told.clone()
    }
}

/// `/inbox/ID`: what may be personal is hidden.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit, id: EventId) -> Answered {
    shown(site, visit, id, false).await
}

/// The same with everything: who looks at it is recorded first.
pub(super) async fn body(site: &Arc<Site>, visit: &Visit, id: EventId) -> Answered {
    visit.needs(Role::Finance)?;
    // Of a body that was deleted nothing is shown.
    if stored(site, id).await?.is_some() {
        site.note(visit, "show_personal_data", &format!("event:{id}")).await?;
    }
    shown(site, visit, id, true).await
}

/// The bytes as they came.
pub(super) async fn raw(site: &Arc<Site>, visit: &Visit, id: EventId) -> Answered {
    visit.needs(Role::Finance)?;
    let body = stored(site, id).await?.ok_or(Fault::NotFound)?;
    site.note(visit, "show_personal_data", &format!("event:{id}")).await?;
    Ok(reply::download(&format!("webhook-{id}.bin"), "application/octet-stream", body))
}

/// The body of a webhook; `None` once it is deleted.
async fn stored(site: &Arc<Site>, id: EventId) -> Result<Option<Vec<u8>>, Fault> {
    site.read(move |connection| {
        let known = operator::existing(connection, &[id])?;
        if known.is_empty() { Err(Fault::NotFound) } else { Ok(operator::body(connection, id)?) }
    })
    .await
}

async fn shown(site: &Arc<Site>, visit: &Visit, id: EventId, is_open: bool) -> Answered {
    let found = site
        .work(move |database| {
            let mut connection = database.reader()?;
            let Some(event) = operator::show(&mut connection, id)? else { return Ok(None) };
            let body = operator::body(&mut connection, id)?;
            let attempts = operator::attempts(&mut connection, id)?;
            let origin = origins(&mut connection, &[id])?.remove(&id).unwrap_or_default();
            drop(connection);
            let caused = trace(database, None, &Start::Event(id))?.entries;
            Ok(Some((event, origin, body, attempts, caused)))
        })
        .await?;
    let Some((event, origin, body, attempts, caused)) = found else { return Err(Fault::NotFound) };
    let words = Words::of(visit.language);
    let opened = body.as_deref().map(opened);
    let body = opened.as_deref().map(|opened| body_shown(opened, is_open, visit, words));
    let config = site.config();
    let zone = config.source(&event.source).map(|source| source.timezone);
    let title = came(visit.language, id, &origin, zone.unwrap_or(chrono_tz::UTC));
    let shell = Shell::new(site, visit, Area::Inbox, &title).with_command(format!("ticketledger inbox show {id}"));
    let more = caused.len().saturating_sub(ENTRIES);
    let is_pending = event.state == State::Pending.as_str();
    let detail = event.detail.as_deref().and_then(|detail| german::detail(visit.language, detail));
    let told = json!({
        "webhook": event, "origin": origin, "history": attempts, "entries": entries_told(&caused),
        "body": body.as_ref().map(|body| &body.text), "body_is_masked": body.as_ref().map(|body| !body.is_open),
        "body_is_cut": body.as_ref().map(|body| body.is_cut), "body_bytes": opened.as_ref().map(|body| body.len()),
    });
    let history: Vec<_> = attempts.into_iter().map(|attempt| history_line(attempt, &shell, words, zone)).collect();
    let mut said = detail.iter().chain(history.iter().filter_map(|line| line.detail.as_ref()));
    let page = Page {
        words,
        has_english: said.any(|sentence| sentence.is_english),
        state_name: States::named(visit.language, &event.state).unwrap_or_default(),
        received: shell.when(event.received_at, zone),
        finished: event.finished_at.map(|at| shell.when(at, zone)),
        due: is_pending.then(|| shell.when(event.due_at, zone)),
        about: shell.foreign(event.entity.as_deref().unwrap_or_default()),
        headers: headers(&event.headers),
        raw: opened.as_deref().filter(|_| is_open).map(|opened| text_of(opened).0),
        told,
        body,
        history,
        detail,
        entries: caused.into_iter().take(ENTRIES).map(|entry| entry_line(entry, visit.language)).collect(),
        more_entries: (more > 0).then(|| fill(words.more_entries, &[("n", &more.to_string())])),
        cut_note: fill(words.cut, &[("n", &visit.language.count(i64::try_from(SHOWN).unwrap_or(i64::MAX)))]),
        can_dismiss: is_pending || event.state == State::Parked.as_str(),
        event,
        shell,
    };
    if is_open { reply::whole(&page) } else { reply::shown(visit, &page) }
}

fn entries_told(entries: &[EntryTraced]) -> Vec<Value> {
    let lines = |entry: &EntryTraced| -> Vec<Value> {
        let line = |(account, minor): &(String, i64)| json!({ "account": account, "amount_minor": minor });
        entry.lines.iter().map(line).collect()
    };
    let entry = |entry: &EntryTraced| {
        json!({
            "source": entry.source, "entry_no": entry.entry_no, "event_type": entry.event_type,
            "booking_date": entry.booking_date, "currency": entry.currency, "lines": lines(entry),
        })
    };
    entries.iter().map(entry).collect()
}

fn headers(json: &str) -> Vec<(String, String)> {
    let headers: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let pair = |(name, value): (String, serde_json::Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (crate::report::format::printable(&name), crate::report::format::printable(&text))
    };
    headers.into_iter().map(pair).collect()
}

/// The beginning of a body as it came, with nothing that a page must not have, and whether that is all.
fn text_of(opened: &[u8]) -> (String, bool) {
    let (begin, is_cut) = match opened.get(..SHOWN) {
        Some(begin) => (begin, opened.len() > SHOWN),
        None => (opened, false),
    };
    (printable_lines(&String::from_utf8_lossy(begin)), is_cut)
}

fn printable_lines(text: &str) -> String {
    text.split('\n').map(crate::report::format::printable).collect::<Vec<_>>().join("\n")
}

fn body_shown(opened: &[u8], is_open: bool, visit: &Visit, words: &'static Words) -> Body {
    let length = visit.language.count(i64::try_from(opened.len()).unwrap_or(i64::MAX));
    let (text, is_cut, note) = match (mask::printed(opened, !is_open, SHOWN), is_open) {
        (Some((text, is_cut)), true) => (printable_lines(&text), is_cut, words.shown_personal.to_owned()),
        (Some((text, is_cut)), false) => (printable_lines(&text), is_cut, words.body_masked.to_owned()),
        (None, true) => {
            let (text, is_cut) = text_of(opened);
            (text, is_cut, words.shown_personal.to_owned())
        }
        (None, false) => {
            let note = if visit.may(Role::Finance) { words.body_opaque } else { words.body_opaque_reader };
            (String::new(), false, fill(note, &[("n", &length)]))
        }
    };
    Body { text, note, is_open, is_cut }
}

fn history_line(attempt: Attempt, shell: &Shell, words: &Words, zone: Option<chrono_tz::Tz>) -> HistoryLine {
    HistoryLine {
        at: shell.when(attempt.at, zone),
        attempt: attempt.attempt,
        verdict: attempt.verdict,
        reason_name: reason_name(shell, &attempt.reason),
        reason: attempt.reason,
        detail: attempt.detail.as_deref().and_then(|detail| german::detail(shell.language, detail)),
        next: attempt.next_due_at.map(|at| shell.when(at, zone)),
        by: shell.foreign(attempt.actor.as_deref().unwrap_or_default()),
        // What a second reason was given for is stored in English.
        why: shell.foreign(attempt.why.as_deref().unwrap_or_default()).replacen(" (forced: ", words.forced, 1),
    }
}

/// Why a webhook was parked; of one that was set back, the state that it had.
fn reason_name(shell: &Shell, code: &str) -> String {
    let name = shell.parked_name(code);
    if name == code { shell.status_name(code) } else { name }
}

fn entry_line(entry: EntryTraced, language: Language) -> EntryLine {
    EntryLine {
        number: entry.entry_no.to_string(),
        date: entry.booking_date.to_string(),
        what: codes::entry(language, &entry.kind, &entry.event_type),
        fact: crate::report::format::printable(&entry.atom_key),
        currency: entry.currency,
        lines: entry.lines,
    }
}
