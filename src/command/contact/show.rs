//! `ticketledger contact show`.

use std::fmt::Write as _;

use anyhow::bail;
use clap::{ArgGroup, Args};

use crate::command::options::DetailFormat;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::contacts::{self, ContactWithOrders, Who};
use crate::report::format;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true)))]
pub(in crate::command) struct Show {
    /// Number of the contact
    #[arg(group = "which")]
    id: Option<i64>,
    /// Contacts of this order, by id or code
    #[arg(long, value_name = "ORDER", group = "which")]
    order: Option<String>,
    /// Contacts with this email address
    #[arg(long, value_name = "MAIL", group = "which")]
    email: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Show) -> anyhow::Result<Outcome> {
    let who = match (options.id, &options.order, &options.email) {
        (Some(id), ..) => Who::Number(id),
        (_, Some(order), _) => Who::Order(order.clone()),
        (.., Some(email)) => Who::Mail(email.clone()),
        _ => bail!("name a contact by number, --order or --email"),
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
        ("other", contact.details.clone()),
        ("orders", Some(shown.orders.join(", "))),
        ("erased at", contact.erased_at.map(|at| at.to_string())),
        ("back after the erasure of", contact.after_erased_id.map(|id| format!("contact {id}"))),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {}", format::printable(&value));
        }
    }
    text
}
