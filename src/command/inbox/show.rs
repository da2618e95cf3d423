//! `ticketledger inbox show`.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use anyhow::bail;
use clap::Args;

use super::due_at;
use crate::command::options::DetailFormat;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::inbox::operator::{Attempt, Detail, store};
use crate::inbox::{EventId, Origin, origins};
use crate::provider::wrapped::opened;
use crate::report::format;

#[derive(Debug, Args)]
pub(in crate::command) struct Show {
    /// Id of the webhook, or of what a sweep or an import brought, as shown by `inbox list`
    id: EventId,
    /// Print the body instead, exactly as received (on a terminal unpacked and made safe); it may contain personal data
    #[arg(long)]
    body: bool,
    /// Output format
    #[arg(long, value_enum, default_value = "table", conflicts_with = "body")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Show) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let mut connection = database.reader()?;
    let Some(event) = store::show(&mut connection, options.id)? else {
        bail!("there is no event {}; `ticketledger inbox list` shows the ids", options.id);
    };
    if options.body {
        let Some(body) = store::body(&mut connection, options.id)? else {
            bail!("the body of event {} was pruned; its hash is {}", options.id, event.body_sha256);
        };
        output::print(if std::io::stdout().is_terminal() { for_terminal(&body) } else { body })?;
        return Ok(Outcome::Fine);
    }
    let attempts = store::attempts(&mut connection, options.id)?;
    let origin = origins(&mut connection, &[options.id])?.remove(&options.id).unwrap_or_default();
    output::print(match options.format {
        DetailFormat::Table => in_words(&event, &origin, &attempts),
        DetailFormat::Json => as_json(&event, &origin, &attempts)?,
    })?;
    Ok(Outcome::Fine)
}

/// A body without what would command the terminal. Only a pipe gets the exact bytes.
fn for_terminal(body: &[u8]) -> Vec<u8> {
    let opened = opened(body);
    let text = String::from_utf8_lossy(&opened);
    let mut shown: String = text.split('\n').map(format::printable).collect::<Vec<_>>().join("\n");
    shown.push('\n');
    if shown.as_bytes() != [body, b"\n"].concat() {
        // Whoever pipes it elsewhere gets it exactly, so this does not stand in what is printed there.
        eprintln!("(unpacked or made safe for a terminal; write it into a file to have the exact bytes)");
    }
    shown.into_bytes()
}

fn as_json(event: &Detail, origin: &Origin, history: &[Attempt]) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Shown<'a> {
        #[serde(flatten)]
        event: &'a Detail,
        origin: &'a Origin,
        history: &'a [Attempt],
    }
    Ok(serde_json::to_string_pretty(&Shown { event, origin, history })? + "\n")
}

fn in_words(event: &Detail, origin: &Origin, history: &[Attempt]) -> String {
    let mut text = String::new();
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let finished = event.finished_at.map(|instant| instant.to_string()).unwrap_or_default();
    // What is not said otherwise, a provider sent.
    let came = *origin == Origin::Webhook;
    let fields = [
        (if came { "webhook" } else { "event" }, event.id.to_string()),
        ("origin", if came { String::new() } else { origin.in_short(|at| at.to_string()) }),
        ("source", event.source.clone()),
        ("kind", event.kind.clone()),
        ("about", optional(&event.entity)),
        (if came { "received at" } else { "stored at" }, event.received_at.to_string()),
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
        // Writing to a string cannot fail.
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
