//! `ticketledger contact erase`.

use std::fmt::Write as _;

use clap::Args;

use crate::clock::Clock;
use crate::command::options::{DetailFormat, ReasonOptions};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::contacts::{self, Erased};

#[derive(Debug, Args)]
pub(in crate::command) struct Erase {
    /// Number of the contact, as shown by `contact show`
    id: i64,
    /// Also erase parked webhooks, which can then never be replayed
    #[arg(long)]
    parked_too: bool,
    /// Show what would be erased, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    reason: ReasonOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Erase) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let (reason, now) = (options.reason.reason(options.dry_run)?, Clock::System.now());
    let preview = contacts::erase(&database, options.id, options.parked_too, &reason, now, None, true)?;
    if options.dry_run {
        output::print(in_words(&preview, options.format, "To erase", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    let action =
        format!("erase contact {} and the contents of {} webhooks for good", preview.contact_id, preview.events);
    if !options.yes && !output::confirm("", &action)? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let shown = Some(preview.shown_sha256.as_str());
    let erased = contacts::erase(&database, options.id, options.parked_too, &reason, now, shown, false)?;
    output::print(in_words(&erased, options.format, "Erased", "The ledger is unchanged.")?)?;
    Ok(Outcome::Fine)
}

fn in_words(erased: &Erased, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(erased)? + "\n");
    }
    let Erased { contact_id, source, orders, events, parked, documents, other_contacts, .. } = erased;
    let mut text = format!(
        "{verb}: contact {contact_id} of {source}, the contents of {events} webhooks and {documents} documents about \
         {} orders.\n",
        orders.len()
    );
    if !parked.is_empty() {
        let _ = writeln!(text, "Parked webhooks that can then never be replayed: {parked:?}.");
    }
    if !other_contacts.is_empty() {
        let _ = writeln!(text, "Other contacts of these orders keep their data: {other_contacts:?}.");
    }
    let _ = writeln!(text, "{closing}");
    Ok(text)
}
