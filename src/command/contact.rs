//! `ticketledger contact`. What is personal goes to stdout when it is asked for, and nowhere else.

use std::fmt::Write as _;

use anyhow::bail;
use clap::{ArgGroup, Args, Subcommand};

use super::arguments::DetailFormat;
use super::import::{Who as Operator, ask};
use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::contacts::{self, ContactWithOrders, Erased, Who};
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Show what is known of a customer
    Show(Show),
    /// Erase a customer: contact, and the bytes of all webhooks and documents about their orders; the books stay whole
    Erase(Erase),
    /// List contacts that a webhook brought back after an erasure, by number; exit code 3 while there is one
    Returned(Returned),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true)))]
pub(super) struct Show {
    /// Number of the contact
    #[arg(group = "which")]
    id: Option<i64>,
    /// The contacts of this order, by id or code
    #[arg(long, value_name = "ORDER", group = "which")]
    order: Option<String>,
    /// The contacts with this mail address
    #[arg(long, value_name = "MAIL", group = "which")]
    email: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// Number of the contact, as `contact show` has it
    id: i64,
    /// Take the bytes of parked webhooks as well; they can never be replayed then
    #[arg(long)]
    parked_too: bool,
    /// Say what would be erased, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    who: Operator,
    /// How to write the result
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Debug, Args)]
pub(super) struct Returned {
    /// Only of this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Shows, erases, or lists.
pub(super) fn run(config: &Config, command: ContactCommand) -> anyhow::Result<Outcome> {
    match command {
        ContactCommand::Show(options) => show(config, options),
        ContactCommand::Erase(options) => erase(config, options),
        ContactCommand::Returned(options) => returned(config, &options),
    }
}

fn show(config: &Config, options: Show) -> anyhow::Result<Outcome> {
    let who = match (options.id, options.order, options.email) {
        (Some(id), ..) => Who::Number(id),
        (_, Some(order), _) => Who::Order(order),
        (.., Some(email)) => Who::Mail(email),
        _ => bail!("say which contact: by number, --order or --email"),
    };
    let shown = contacts::show(&settings::open(config)?, &who)?;
    if shown.is_empty() {
        bail!("there is no such contact");
    }
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&shown)? + "\n",
        DetailFormat::Table => shown.iter().map(in_words).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(Outcome::Fine)
}

fn in_words(shown: &ContactWithOrders) -> String {
    let contact = &shown.contact;
    let number = Some(contact.contact_id.to_string());
    let lines = [
        ("contact", number),
        ("source", Some(contact.source.clone())),
        ("name", contact.name.clone()),
        ("email", contact.email.clone()),
        ("phone", contact.phone.clone()),
        ("company", contact.company.clone()),
        ("VAT number", contact.vat_number.clone()),
        ("street", contact.street.clone()),
        ("postal code", contact.postal_code.clone()),
        ("city", contact.city.clone()),
        ("country", contact.country.clone()),
        ("language", contact.language.clone()),
        ("all else", contact.details.clone()),
        ("orders", Some(shown.orders.join(", "))),
        ("erased at", contact.erased_at.map(|at| at.to_string())),
        ("came after the erasure of", contact.after_erased_id.map(|id| format!("contact {id}"))),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{name}: {}", format::printable(&value));
        }
    }
    text
}

fn erase(config: &Config, options: Erase) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let (reason, now) = (options.who.reason(), Clock::System.now());
    let preview = contacts::erase(&database, options.id, options.parked_too, &reason, now, true)?;
    if options.dry_run {
        output::print(told(&preview, options.format, "Would be erased", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    let deed = format!("erase contact {} and {} webhooks for good", preview.contact_id, preview.events);
    if !options.yes && !ask("", &deed)? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let erased = contacts::erase(&database, options.id, options.parked_too, &reason, now, false)?;
    output::print(told(&erased, options.format, "Erased", "The books are as they were.")?)?;
    Ok(Outcome::Fine)
}

fn told(erased: &Erased, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(erased)? + "\n");
    }
    let Erased { contact_id, source, orders, events, parked, documents, other_contacts } = erased;
    let mut text = format!(
        "{verb}: contact {contact_id} of {source}, the bytes of {events} webhooks and {documents} documents about {} \
         orders.\n",
        orders.len()
    );
    if !parked.is_empty() {
        let _ = writeln!(text, "Parked webhooks that can never be replayed then: {parked:?}.");
    }
    if !other_contacts.is_empty() {
        let _ = writeln!(text, "Other contacts of these orders keep their data: {other_contacts:?}.");
    }
    let _ = writeln!(text, "{closing}");
    Ok(text)
}

fn returned(config: &Config, options: &Returned) -> anyhow::Result<Outcome> {
    settings::known_source(config, options.source.as_deref())?;
    let rows = contacts::returned(&settings::open(config)?, options.source.as_deref())?;
    let columns = vec![
        Column { name: "source", shown: Shown::Text },
        Column { name: "contact_id", shown: Shown::Count },
        Column { name: "erased_contact_id", shown: Shown::Count },
    ];
    let row = |(source, id, erased): (String, i64, i64)| {
        vec![Cell::Text(Some(source)), Cell::Number(Some(id)), Cell::Number(Some(erased))]
    };
    let table = Table { columns, rows: rows.into_iter().map(row).collect() };
    output::print(format::render(&table, options.format)?)?;
    Ok(if table.rows.is_empty() { Outcome::Fine } else { Outcome::Attention })
}
