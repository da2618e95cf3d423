//! `ticketledger inbox list|show|stats`.

use std::fmt::Write as _;

use anyhow::bail;

use super::arguments::{DetailFormat, List, Show, Stats, Which};
use super::{Outcome, output, settings};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::inbox::State;
use crate::inbox::operator::{self, Attempt, Count, Detail, Filter, store};
use crate::report::{Column, Shown, Table, format};

/// What the options of a command choose.
pub(super) fn filter(which: &Which, entity: Option<&str>) -> Filter {
    let states: Vec<State> = which.state.iter().copied().map(State::from).collect();
    Filter {
        source: which.source.clone(),
        states: (!states.is_empty()).then_some(states),
        kind: which.kind.clone(),
        entity: entity.map(str::to_owned),
        reason: which.reason.clone(),
        since: which.since,
        until: which.until,
    }
}

/// Lists webhooks, the newest first.
pub(super) fn list(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.which.source.as_deref())?;
    let filter = filter(&options.which, options.entity.as_deref());
    let events = store::list(&mut settings::open(config)?.reader()?, &filter, options.limit)?;
    let text = |name| Column { name, shown: Shown::Text };
    let count = |name| Column { name, shown: Shown::Count };
    let table = Table {
        columns: vec![
            count("id"),
            text("source"),
            text("kind"),
            text("entity"),
            text("received_at"),
            text("state"),
            text("reason"),
            count("attempts"),
            text("due_at"),
        ],
        rows: events
            .into_iter()
            .map(|event| {
                let due_at = due_at(&event.state, event.due_at);
                vec![
                    event.id.into(),
                    event.source.into(),
                    event.kind.into(),
                    event.entity.into(),
                    event.received_at.into(),
                    event.state.into(),
                    event.reason.into(),
                    i64::from(event.attempts).into(),
                    due_at.into(),
                ]
            })
            .collect(),
    };
    output::print(format::render(&table, options.format)?)?;
    Ok(Outcome::Fine)
}

/// Counts webhooks; asks for attention while one is parked.
pub(super) fn stats(config: &Config, options: &Stats) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    let counts = operator::stats(&settings::open(config)?, options.source.as_deref())?;
    output::print(format::render(&table_of(&counts), options.format)?)?;
    let parked = counts.iter().any(|count| count.state == State::Parked.as_str());
    Ok(if parked { Outcome::Attention } else { Outcome::Fine })
}

/// Counts as a table.
pub(super) fn table_of(counts: &[Count]) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    Table {
        columns: vec![
            text("source"),
            text("state"),
            text("reason"),
            Column { name: "events", shown: Shown::Count },
            text("oldest_received_at"),
        ],
        rows: counts
            .iter()
            .cloned()
            .map(|count| {
                let oldest = count.oldest_received_at.map(|instant| instant.to_string());
                vec![count.source.into(), count.state.into(), count.reason.into(), count.events.into(), oldest.into()]
            })
            .collect(),
    }
}

/// Shows one webhook, or prints its body.
pub(super) fn show(config: &Config, options: &Show) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let mut connection = database.reader()?;
    let Some(event) = store::show(&mut connection, options.id)? else {
        bail!("there is no webhook {}; `ticketledger inbox list` shows the numbers", options.id);
    };
    if options.body {
        let Some(body) = store::body(&mut connection, options.id)? else {
            bail!("the body of webhook {} was pruned; its hash is {}", options.id, event.body_sha256);
        };
        output::print(body)?;
        return Ok(Outcome::Fine);
    }
    let attempts = store::attempts(&mut connection, options.id)?;
    output::print(match options.format {
        DetailFormat::Table => in_words(&event, &attempts),
        DetailFormat::Json => as_json(&event, &attempts)?,
    })?;
    Ok(Outcome::Fine)
}

fn as_json(event: &Detail, history: &[Attempt]) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Shown<'a> {
        #[serde(flatten)]
        event: &'a Detail,
        history: &'a [Attempt],
    }
    Ok(serde_json::to_string_pretty(&Shown { event, history })? + "\n")
}

fn in_words(event: &Detail, history: &[Attempt]) -> String {
    let mut text = String::new();
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let finished = event.finished_at.map(|instant| instant.to_string()).unwrap_or_default();
    let fields = [
        ("webhook", event.id.to_string()),
        ("source", event.source.clone()),
        ("kind", event.kind.clone()),
        ("about", optional(&event.entity)),
        ("received at", event.received_at.to_string()),
        ("method", event.method.clone()),
        ("content type", optional(&event.content_type)),
        ("headers", event.headers.clone()),
        ("body sha256", event.body_sha256.clone()),
        ("state", event.state.clone()),
        ("reason", optional(&event.reason)),
        ("detail", optional(&event.detail)),
        ("attempts", event.attempts.to_string()),
        ("due at", due_at(&event.state, event.due_at).unwrap_or_default()),
        ("finished at", finished),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<13} {}", format::printable(value));
    }
    if history.is_empty() {
        return text;
    }
    let titles = ["at", "attempt", "verdict", "reason", "detail", "next try", "by", "why"];
    let mut table = format::plain_table(titles.map(comfy_table::Cell::new).to_vec());
    for line in history {
        let next = line.next_due_at.map(|instant| instant.to_string()).unwrap_or_default();
        let cells = [
            line.at.to_string(),
            line.attempt.to_string(),
            line.verdict.clone(),
            line.reason.clone(),
            optional(&line.detail),
            next,
            optional(&line.actor),
            optional(&line.why),
        ];
        table.add_row(cells.map(|cell| format::printable(&cell)));
    }
    text + "\nhistory\n" + &format::finish(&table)
}

/// Only what is pending is due; of all else the database still has the end of the last lease.
fn due_at(state: &str, due_at: Timestamp) -> Option<String> {
    (state == State::Pending.as_str()).then(|| due_at.to_string())
}
