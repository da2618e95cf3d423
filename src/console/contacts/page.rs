//! The page of a customer.

use std::sync::Arc;

use askama::Template;
use serde_json::{Map, Value, json};

use super::words::Words;
use crate::config::Role;
use crate::console::fault::Fault;
use crate::console::grid::Grid;
use crate::console::layout::{Area, Shell, When};
use crate::console::orders;
use crate::console::reply::{self, Answered, Told};
use crate::console::search::{self, masked_mail, masked_name};
use crate::console::site::Site;
use crate::console::sources::Sources;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::contacts::{self, StoredContact, Who};
use crate::report::format::printable;

#[derive(Template)]
#[template(path = "contact.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    number: i64,
    source: String,
    /// Name for programs, name and value of what is known.
    facts: Vec<(&'static str, &'static str, String)>,
    is_masked: bool,
    erased: Option<When>,
    returned: Option<String>,
    orders: Grid,
    more_orders: bool,
    can_show: bool,
    can_erase: bool,
}

impl Told for Page {
    /// As it stands on the page: masked, unless the form has asked for it.
    fn told(&self) -> Value {
        let personal: Map<String, Value> =
            self.facts.iter().map(|(name, _, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        json!({
            "contact_id": self.number, "source": self.source, "personal": personal, "is_masked": self.is_masked,
            "erased_at": self.erased.as_ref().map(|at| at.at), "orders": self.orders.told(),
            "orders_are_cut": self.more_orders,
        })
    }
}

pub(super) async fn masked(site: &Arc<Site>, visit: &Visit, number: i64) -> Answered {
    show(site, visit, number, true).await
}

/// The answer to the form itself: no address shows personal data.
pub(super) async fn shown(site: &Arc<Site>, visit: &Visit, number: i64) -> Answered {
    visit.needs(Role::Finance)?;
    site.note(visit, "show_personal_data", &format!("contact:{number}")).await?;
    show(site, visit, number, false).await
}

async fn show(site: &Arc<Site>, visit: &Visit, number: i64, is_masked: bool) -> Answered {
    let contact = site.work(move |database| {
        let found = contacts::show(database, &Who::Number(number))?;
        found.into_iter().next().map(|found| found.contact).ok_or(Fault::NotFound)
    });
    let contact: StoredContact = contact.await?;
    let source = contact.source.clone();
    let (sources, (rows, more_orders)) = site
        .read(move |connection| {
            let sources = Sources::of(connection, &source)?;
            Ok((sources, search::orders_of_contact(connection, number)?))
        })
        .await?;
    let words = Words::of(visit.language);
    let title = fill(words.title, &[("n", &number.to_string())]);
    let shell =
        Shell::new(site, visit, Area::Contacts, &title).with_command(format!("ticketledger contact show {number}"));
    let is_there = contact.erased_at.is_none();
    let of_orders = orders::words::Words::of(visit.language);
    let page = Page {
        facts: facts(words, &contact, is_masked),
        is_masked,
        erased: contact.erased_at.map(|at| shell.when(at, Some(sources.zone(&contact.source)))),
        returned: contact.after_erased_id.map(|id| fill(words.returned, &[("n", &id.to_string())])),
        orders: orders::grid(&shell, of_orders, &sources, words.orders, &rows),
        more_orders,
        can_show: is_masked && is_there && shell.is_finance(),
        can_erase: is_there && shell.is_admin(),
        source: contact.source,
        number,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn facts(words: &Words, contact: &StoredContact, is_masked: bool) -> Vec<(&'static str, &'static str, String)> {
    let fields = [
        ("name", words.name, contact.name.as_deref(), masked_name as fn(&str) -> String),
        ("email", words.email, contact.email.as_deref(), masked_mail),
        ("phone", words.phone, contact.phone.as_deref(), hidden),
        ("company", words.company, contact.company.as_deref(), hidden),
        ("vat_number", words.vat_number, contact.vat_number.as_deref(), hidden),
        ("street", words.street, contact.street.as_deref(), hidden),
        ("postal_code", words.postal_code, contact.postal_code.as_deref(), hidden),
        ("city", words.city, contact.city.as_deref(), hidden),
        // Neither says who it is.
        ("country", words.country, contact.country.as_deref(), str::to_owned),
        ("language", words.language, contact.language.as_deref(), str::to_owned),
        ("details", words.details, contact.details.as_deref(), hidden),
    ];
    let known = fields.into_iter().filter_map(|(code, name, value, mask)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((code, name, if is_masked { printable(&mask(value)) } else { printable(value) }))
    });
    known.collect()
}

/// Not even its length.
fn hidden(_: &str) -> String {
    "•••".to_owned()
}
