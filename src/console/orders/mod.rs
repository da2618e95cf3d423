//! Orders, and the search for whatever somebody has in hand.

pub(super) mod names;
pub(super) mod page;
mod timeline;
pub(super) mod words;

use std::sync::Arc;

use askama::Template;
use serde_json::{Map, Value, json};

use self::words::Words;
use super::codes;
use super::contacts;
use super::fault::Fault;
use super::grid::{Cell, Grid, address};
use super::layout::{Area, Shell};
use super::reply::{self, Answered, Told};
use super::search::{self, Found, OrderRow};
use super::site::Site;
use super::sources::{self, Sources};
use super::visit::Visit;
use super::vouchers;
use super::words::fill;
use crate::config::Role;
use crate::report::pack::paper::Language;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    if visit.is_post() {
        return Err(Fault::NotFound);
    }
    match rest {
        [] => list(site, visit).await,
        [source, order_id] => page::show(site, visit, source, order_id).await,
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "orders.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    text: String,
    sources: Vec<(String, bool)>,
    /// What was looked for is nowhere.
    nothing: Option<String>,
    /// What it is for programs, title and rows.
    found: Vec<(&'static str, &'static str, Grid)>,
    more: bool,
    newest: Option<Grid>,
    older: Option<String>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let mut told: Map<String, Value> =
            self.found.iter().map(|(name, _, grid)| ((*name).to_owned(), grid.told())).collect();
        if let Some(newest) = &self.newest {
            told.insert("orders".to_owned(), newest.told());
        }
        told.insert("is_cut".to_owned(), self.more.into());
        told.insert("next".to_owned(), reply::next("/orders", self.older.as_ref()));
        json!(told)
    }
}

async fn list(site: &Arc<Site>, visit: &Visit) -> Answered {
    let text = visit.query.get("q").unwrap_or_default().to_owned();
    let before = visit.query.number("before")?;
    let (asked, wanted, spells) = (sources::asked(visit), text.clone(), visit.may(Role::Finance));
    let (sources, found, newest) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let found = search::everywhere(connection, &sources.names(), &wanted, spells)?;
            let newest = match wanted.is_empty() {
                true => Some(search::newest_orders(connection, sources.chosen.as_deref(), before)?),
                false => None,
            };
            Ok((sources, found, newest))
        })
        .await?;
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Orders, visit.words().orders);
    let shell = match text.is_empty() {
        true => shell.with_command("ticketledger report balances"),
        false => shell.with_command("ticketledger ledger explain ORDER"),
    };
    let older = newest.as_ref().and_then(|(_, next)| *next);
    let nothing = found.orders.is_empty() && found.vouchers.is_empty() && found.contacts.is_empty();
    let page = Page {
        nothing: (nothing && !text.is_empty()).then(|| fill(words.nothing_found, &[("text", &shell.foreign(&text))])),
        more: found.more,
        newest: newest.map(|(rows, _)| grid(&shell, words, &sources, words.heard_last, &rows)),
        found: sections(&shell, words, &sources, found),
        older: older.map(|before| visit.query.with("before", &before.to_string()).query()),
        sources: sources.options(),
        text,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn sections(
    shell: &Shell,
    words: &'static Words,
    sources: &Sources,
    found: Found,
) -> Vec<(&'static str, &'static str, Grid)> {
    let mut sections = Vec::new();
    if !found.orders.is_empty() {
        let rows = grid(shell, words, sources, words.found_orders, &found.orders);
        sections.push(("orders", words.found_orders, rows));
    }
    if !found.vouchers.is_empty() {
        let rows = vouchers::grid(shell, words, words.found_vouchers, &found.vouchers);
        sections.push(("vouchers", words.found_vouchers, rows));
    }
    if !found.contacts.is_empty() {
        let rows = contacts::grid(shell, words.found_contacts, &found.contacts);
        sections.push(("contacts", words.found_contacts, rows));
    }
    sections
}

/// Orders as rows.
pub(super) fn grid(shell: &Shell, words: &Words, sources: &Sources, label: &str, rows: &[OrderRow]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(label, common.none)
        .texts([("order_code", words.code), ("order_id", words.id), ("source", common.source)])
        .texts([("status", words.status), ("ordered_at", words.placed)])
        .numbers([("balances_minor", words.balance)]);
    for OrderRow { order, balances } in rows {
        let to = address(&["orders", &order.source, &order.order_id]);
        let status = order.status.as_deref().unwrap_or_default();
        let placed = order.ordered_at.map(|at| shell.when(at, Some(sources.zone(&order.source))));
        let code = order.order_code.as_ref().unwrap_or(&order.order_id);
        grid.row(vec![
            Cell::code(code).to(&to).told(order.order_code.clone()),
            Cell::code(&order.order_id),
            Cell::text(&order.source),
            Cell::state(status, codes::status(shell.language, status)),
            Cell::when(placed),
            Cell::number(in_words(shell.language, balances)).told(owed(balances)),
        ]);
    }
    grid
}

/// Balances with their currencies.
fn in_words(language: Language, balances: &[(String, i64)]) -> String {
    let texts = balances.iter().map(|(currency, minor)| format!("{} {currency}", language.amount(*minor, currency)));
    texts.collect::<Vec<_>>().join(", ")
}

/// Balances for programs: minor units by currency.
fn owed(balances: &[(String, i64)]) -> Value {
    balances.iter().map(|(currency, minor)| (currency.clone(), Value::from(*minor))).collect()
}

/// The page of an order; by its code when only that is known.
pub(super) fn address_of(source: &str, order_id: &str) -> String {
    address(&["orders", source, order_id])
}
