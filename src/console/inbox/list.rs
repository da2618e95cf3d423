//! The list of webhooks.

use std::sync::Arc;

use askama::Template;
use serde::Serialize;
use warp::http::StatusCode;

use super::super::codes;
use super::super::fault::Fault;
use super::super::layout::{Area, Shell, When};
use super::super::reply::{self, Answered};
use super::super::search;
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::{Table as _, fill};
use super::filter::{Search, entities, field_type, key_text};
use super::selection;
use super::states::States;
use super::store::{self, Key};
use super::tabs::{self, Number, Tab};
use super::words::Words;
use crate::config::Role;
use crate::db::Connection;
use crate::inbox::ParkReason;
use crate::inbox::operator::{Summary, store as operator};
use crate::provider::wrapped::opened;
use crate::report::pack::paper::Language;

/// Rows of a page.
const ROWS: usize = 50;
/// Webhooks of one source and state that are looked at one by one for a page.
const LOOKED: i64 = 500;
/// Of something, such as of an order.
pub(super) const ABOUT: i64 = 200;

struct Row {
    id: String,
    source: String,
    kind: String,
    kind_name: String,
    about: String,
    received: When,
    state: String,
    state_name: &'static str,
    reason: String,
    attempts: i32,
}

#[derive(Template)]
#[template(path = "inbox_list.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    chips: Vec<Tab>,
    sources: Vec<String>,
    reasons: Vec<(&'static str, String)>,
    source: String,
    kind: String,
    reason: String,
    order: String,
    since: String,
    until: String,
    since_type: &'static str,
    until_type: &'static str,
    text: String,
    state: String,
    /// Filters of the form that are set.
    filters: usize,
    rows: Vec<Row>,
    older: Option<String>,
    newest: Option<String>,
    scanned: Option<String>,
    /// How many match, where all of them may be chosen, and the address part that chooses them.
    all: Option<(String, String)>,
}

/// What is found, and where to go on.
struct Found {
    rows: Vec<Summary>,
    next: Option<Key>,
    /// Whether there may be older ones that were not looked at.
    is_partial: bool,
}

/// A row as programs get it.
#[derive(Serialize)]
struct Told {
    id: String,
    source: String,
    kind: String,
    entity: Option<String>,
    received_at: String,
    state: String,
    reason: Option<String>,
    attempts: i32,
}

/// Records a search in bodies: what matches tells what is in it. Not what was looked for, which may be a name.
async fn note(site: &Arc<Site>, visit: &Visit, search: &Search) -> Result<(), Fault> {
    if search.text.is_none() {
        return Ok(());
    }
    let source = search.filter.source.as_ref().map(|source| format!("source:{source}"));
    site.note(visit, "search_bodies", &source.unwrap_or_default()).await
}

/// `/inbox`.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit) -> Answered {
    let config = site.config();
    let search = Search::of(visit, &visit.query, &config)?;
    note(site, visit, &search).await?;
    let all = selection::countable(&search).is_some() && visit.may(Role::Admin);
    let (mut wanted, names) =
        (search.clone(), config.sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>());
    let sources = names.clone();
    // What has no kind may be a code, as pages show it.
    let code = visit.query.get("order").filter(|text| !text.contains(':')).map(str::to_owned);
    let (found, numbers) = site
        .read(move |connection| {
            if let Some(code) = code {
                let ids = search::ids_of_code(connection, &sources, &code)?;
                wanted.entities.extend(ids.iter().flat_map(|id| entities(id).into_iter().take(2)));
            }
            let found = find(connection, &wanted, &sources)?;
            Ok((found, tabs::numbers(connection, &wanted, &sources)?))
        })
        .await?;
    let next = found.next.map(|key| visit.query.with("before", &key_text(key)).query());
    if visit.wants_json() {
        return told(found.rows, next, &numbers);
    }
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Inbox, words.title).with_command(command(&search));
    let field = |name: &str| visit.query.get(name).unwrap_or_default().to_owned();
    let zone = |name: &str| config.source(name).map(|source| source.timezone);
    let rows = found.rows.into_iter().map(|row| {
        let state_name = States::named(visit.language, &row.state).unwrap_or_default();
        Row {
            id: row.id.to_string(),
            received: shell.when(row.received_at, zone(&row.source)),
            kind_name: shell.kind_name(&row.kind),
            kind: shell.foreign(&row.kind),
            about: shell.foreign(row.entity.as_deref().unwrap_or_default()),
            reason: row.reason.unwrap_or_default(),
            attempts: row.attempts,
            state_name,
            state: row.state,
            source: row.source,
        }
    });
    let number = visit.language.count(LOOKED);
    let page = Page {
        words,
        chips: tabs::tabs(visit, &numbers),
        sources: names,
        reasons: reasons(visit.language),
        source: field("source"),
        kind: field("kind"),
        reason: field("reason"),
        order: field("order"),
        since_type: field_type(&field("since")),
        until_type: field_type(&field("until")),
        since: field("since"),
        until: field("until"),
        text: field("text"),
        state: field("state"),
        filters: visit.query.named(&["source", "kind", "reason", "order", "since", "until", "text"]).set(),
        rows: rows.collect(),
        newest: search.before.map(|_| visit.query.with("before", "").query()),
        older: next,
        scanned: found.is_partial.then(|| fill(words.scanned, &[("n", &number)])),
        all: tabs::of_states(&numbers, &search.states(), visit.language)
            .filter(|_| all)
            .map(|number| (number, visit.query.with("before", "").with("text", "").query())),
        shell,
    };
    reply::page(StatusCode::OK, &page)
}

/// The reasons for parking by how they are called.
fn reasons(language: Language) -> Vec<(&'static str, String)> {
    let named = |reason: &ParkReason| (reason.as_str(), codes::parked(language, reason.as_str()));
    let mut reasons: Vec<_> = ParkReason::ALL.iter().map(named).collect();
    reasons.sort_by_cached_key(|(_, text)| text.to_lowercase());
    reasons
}

fn told(rows: Vec<Summary>, next: Option<String>, numbers: &[Number]) -> Answered {
    let row = |row: Summary| Told {
        id: row.id.to_string(),
        source: row.source,
        kind: row.kind,
        entity: row.entity,
        received_at: row.received_at.to_string(),
        state: row.state,
        reason: row.reason,
        attempts: row.attempts,
    };
    let rows: Vec<Told> = rows.into_iter().map(row).collect();
    let next = reply::next("/inbox", next.as_ref());
    reply::json(serde_json::json!({ "webhooks": rows, "counts": tabs::told(numbers), "next": next }))
}

fn find(connection: &mut Connection, search: &Search, sources: &[String]) -> Result<Found, Fault> {
    let only = |name: &&String| search.filter.source.as_ref().is_none_or(|wanted| wanted == *name);
    let sources: Vec<&String> = sources.iter().filter(only).collect();
    if !search.entities.is_empty() {
        return about(connection, search, &sources);
    }
    let closer = search.looks_closer();
    let page = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let limit = if closer { LOOKED } else { page };
    let (mut rows, mut horizon) = (Vec::new(), None);
    for source in sources {
        for state in search.states() {
            let newest = store::newest(connection, source, state, search.range(), search.before, limit)?;
            if i64::try_from(newest.len()).unwrap_or(i64::MAX) >= limit {
                // Older ones of this state were not looked at, so nothing older may be shown either.
                let last = newest.last().map(|row| (row.received_at, row.id));
                horizon = horizon.max(last);
            }
            for row in newest {
                if matches(connection, search, &row)? {
                    rows.push(row);
                }
            }
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.received_at, row.id)));
    if let Some(horizon) = horizon {
        rows.retain(|row| (row.received_at, row.id) >= horizon);
    }
    let is_full = rows.len() > ROWS;
    rows.truncate(ROWS);
    let last = rows.last().map(|row| (row.received_at, row.id));
    let next = if is_full { last } else { horizon };
    Ok(Found { rows, next, is_partial: closer && !is_full && horizon.is_some() })
}

/// All that is about an order or a booking: never many.
fn about(connection: &mut Connection, search: &Search, sources: &[&String]) -> Result<Found, Fault> {
    let mut rows = Vec::new();
    for source in sources {
        for entity in &search.entities {
            for row in store::about(connection, source, entity, ABOUT)? {
                let key = (row.received_at, row.id);
                let states = search.states();
                let is_in = states.iter().any(|state| state.as_str() == row.state)
                    && search.filter.since.is_none_or(|since| row.received_at >= since)
                    && search.filter.until.is_none_or(|until| row.received_at < until)
                    && search.before.is_none_or(|before| key < before);
                if is_in && matches(connection, search, &row)? {
                    rows.push(row);
                }
            }
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.received_at, row.id)));
    let is_full = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = rows.last().filter(|_| is_full).map(|row| (row.received_at, row.id));
    Ok(Found { rows, next, is_partial: false })
}

/// What no index answers.
pub(super) fn matches(connection: &mut Connection, search: &Search, row: &Summary) -> Result<bool, Fault> {
    let filter = &search.filter;
    if filter.kind.as_ref().is_some_and(|kind| *kind != row.kind)
        || filter.reason.as_ref().is_some_and(|reason| Some(reason) != row.reason.as_ref())
    {
        return Ok(false);
    }
    let Some(text) = &search.text else { return Ok(true) };
    let Some(body) = operator::body(connection, row.id)? else { return Ok(false) };
    let body = String::from_utf8_lossy(&opened(&body)).to_lowercase();
    Ok(body.contains(&text.to_lowercase()))
}

/// The command that lists the same.
fn command(search: &Search) -> String {
    let filter = &search.filter;
    let mut text = "ticketledger inbox list".to_owned();
    let states = filter.states.iter().flatten().map(|state| ("state", state.as_str().to_owned()));
    let named = [
        ("source", filter.source.clone()),
        ("kind", filter.kind.clone()),
        ("reason", filter.reason.clone()),
        ("entity", filter.entity.clone()),
        ("since", filter.since.map(|instant| instant.to_string())),
        ("until", filter.until.map(|instant| instant.to_string())),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in states.chain(named) {
        text += &format!(" --{name} {}", quoted(&value));
    }
    text
}

/// A value as a shell takes it.
pub(super) fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", crate::report::format::printable(value).replace('\'', "'\\''"))
}
