//! What is parked, by its cause: how much, how old, what it is worth, and one thing to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::layout::{Area, Shell, When};
use super::super::reply::{self, Answered, Told};
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::fill;
use super::filter::Search;
use super::store::{self, Noted, Parked};
use super::words::Words;
use crate::clock::Timestamp;
use crate::config::Role;
use crate::inbox::operator::Filter;
use crate::inbox::{EventId, ParkReason};

/// What is parked for one reason at one source.
struct Group {
    source: String,
    reason: String,
    ids: Vec<EventId>,
    oldest: Timestamp,
    newest: Timestamp,
}

struct Row {
    source: String,
    reason: String,
    count: i64,
    oldest: When,
    /// What was received until then is what is shown.
    newest: Timestamp,
    money: Vec<(String, i64)>,
    unread_count: i64,
    unread: Option<String>,
    is_seen: bool,
    note: String,
    by: String,
    query: String,
}

#[derive(Template)]
#[template(path = "inbox_causes.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    rows: Vec<Row>,
    first: Option<String>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let row = |row: &Row| {
            let money: BTreeMap<&str, i64> =
                row.money.iter().map(|(currency, minor)| (currency.as_str(), *minor)).collect();
            json!({
                "source": row.source, "reason": row.reason, "webhooks": row.count,
                "oldest_received_at": row.oldest.at, "payments_minor": money,
                "payments_unread": row.unread_count, "seen": row.is_seen, "note": row.note,
                "noted_by": row.by, "href": format!("/inbox?{}", row.query),
            })
        };
        json!({ "causes": self.rows.iter().map(row).collect::<Vec<_>>(), "is_cut": self.first.is_some() })
    }
}

fn grouped(rows: Vec<Parked>) -> Vec<Group> {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for row in rows {
        let group = groups.entry((row.source.clone(), row.reason.clone())).or_insert_with(|| Group {
            source: row.source,
            reason: row.reason,
            ids: Vec::new(),
            oldest: row.received_at,
            newest: row.received_at,
        });
        group.ids.push(row.id);
        group.oldest = group.oldest.min(row.received_at);
        group.newest = group.newest.max(row.received_at);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| group.oldest);
    groups
}

/// `/inbox/parked`.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit) -> Answered {
    let words = Words::of(visit.language);
    // What is looked for is read as in the list.
    let Filter { source, reason, .. } = Search::of(visit, &visit.query, &site.config())?.filter;
    let reason = reason.as_deref().and_then(ParkReason::parse);
    let read = site
        .read(move |connection| Ok((store::parked(connection, source.as_deref(), reason)?, store::noted(connection)?)));
    let (rows, noted) = read.await?;
    let is_cut = i64::try_from(rows.len()).is_ok_and(|count| count >= store::GROUPED);
    let groups = grouped(rows);
    let shell = Shell::new(site, visit, Area::Inbox, words.by_cause).with_command("ticketledger inbox stats");
    let config = site.config();
    let mut shown = Vec::new();
    for group in groups {
        // What the bodies are worth is kept between two looks.
        let (amounts, valued) = site.money_of(&group.ids).await?;
        let count = i64::try_from(group.ids.len()).unwrap_or(i64::MAX);
        let known = noted.iter().find(|noted| noted.source == group.source && noted.reason == group.reason);
        let zone = config.source(&group.source).map(|source| source.timezone);
        let unread = count.saturating_sub(valued);
        let pairs = [("state", "parked"), ("source", &group.source), ("reason", &group.reason)];
        shown.push(Row {
            count,
            oldest: shell.when(group.oldest, zone),
            newest: group.newest,
            money: amounts,
            unread_count: unread,
            unread: (unread > 0).then(|| fill(words.money_unread, &[("n", &visit.language.count(unread))])),
            is_seen: known.is_some_and(|noted| noted.seen_at >= group.newest),
            note: shell.foreign(known.map_or("", |noted| noted.note.as_str())),
            by: shell.foreign(known.map_or("", |noted| noted.actor.as_str())),
            query: serde_urlencoded::to_string(pairs).unwrap_or_default(),
            source: group.source,
            reason: group.reason,
        });
    }
    let first = is_cut.then(|| fill(words.by_cause_first, &[("n", &visit.language.count(store::GROUPED))]));
    reply::shown(visit, &Page { shell, words, rows: shown, first })
}

/// Notes that somebody looked at a cause, or opens it again.
pub(super) async fn mark(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let field = |name: &str| visit.form.get(name).map(str::to_owned).ok_or(Fault::NotFound);
    let (source, reason) = (field("source")?, field("reason")?);
    if site.config().source(&source).is_none() || ParkReason::parse(&reason).is_none() {
        return Err(Fault::NotFound);
    }
    // Seen is what the page showed, and nothing that came since.
    let newest = visit.form.get("newest").and_then(Timestamp::parse).ok_or(Fault::Forged("form_key"));
    let note: String = visit.form.get("note").unwrap_or_default().chars().take(500).collect();
    let actor = visit.viewer.as_ref().map(|viewer| viewer.name.clone()).unwrap_or_default();
    let subject = format!("source={source} reason={reason}");
    if visit.form.get("open").is_some() {
        site.write("cause", move |connection| Ok(store::forget_note(connection, &source, &reason)?)).await?;
        site.note(visit, "cause_reopened", &subject).await?;
    } else {
        let noted = Noted { source, reason, note, actor, seen_at: newest?.min(visit.now) };
        site.write("cause", move |connection| Ok(store::note(connection, &noted)?)).await?;
        site.note(visit, "cause_seen", &subject).await?;
    }
    Ok(reply::see_other("/inbox/parked"))
}
