//! The page of a customer.

use std::sync::Arc;

use askama::Template;
use warp::http::StatusCode;

use super::words::Words;
use crate::config::Role;
use crate::console::fault::Fault;
use crate::console::grid::Grid;
use crate::console::layout::{Area, Shell, When};
use crate::console::orders;
use crate::console::reply::{self, Answered};
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
    /// Name and value of what is known.
    facts: Vec<(&'static str, String)>,
    is_masked: bool,
    erased: Option<When>,
    returned: Option<String>,
    orders: Grid,
    more_orders: bool,
    can_show: bool,
    can_erase: bool,
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
            let sources = Sources::read(connection, Some(&source))?;
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
    reply::page(StatusCode::OK, &page)
}

fn facts(words: &Words, contact: &StoredContact, is_masked: bool) -> Vec<(&'static str, String)> {
    let fields = [
        (words.name, contact.name.as_deref(), masked_name as fn(&str) -> String),
        (words.email, contact.email.as_deref(), masked_mail),
        (words.phone, contact.phone.as_deref(), hidden),
        (words.company, contact.company.as_deref(), hidden),
        (words.vat_number, contact.vat_number.as_deref(), hidden),
        (words.street, contact.street.as_deref(), hidden),
        (words.postal_code, contact.postal_code.as_deref(), hidden),
        (words.city, contact.city.as_deref(), hidden),
        // Neither says who it is.
        (words.country, contact.country.as_deref(), str::to_owned),
        (words.language, contact.language.as_deref(), str::to_owned),
        (words.details, contact.details.as_deref(), hidden),
    ];
    let known = fields.into_iter().filter_map(|(name, value, mask)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name, if is_masked { printable(&mask(value)) } else { printable(value) }))
    });
    known.collect()
}

/// Not even its length.
fn hidden(_: &str) -> String {
    "•••".to_owned()
}
