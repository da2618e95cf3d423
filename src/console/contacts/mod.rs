//! Customers: masked until somebody asks, and erased when they want to be.

mod erase;
mod page;
mod words;

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use self::words::Words;
use super::fault::Fault;
use super::grid::{Cell, Grid, address};
use super::layout::{Area, Shell};
use super::reply::{self, Answered, Told};
use super::search::{self, ContactHit};
use super::site::Site;
use super::sources::{self, Sources};
use super::visit::Visit;
use super::words::fill;
use crate::config::Role;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    let number = |text: &str| text.parse::<i64>().map_err(|_| Fault::NotFound);
    match (rest, visit.is_post()) {
        ([], false) => list(site, visit).await,
        ([id], false) => page::masked(site, visit, number(id)?).await,
        ([id, "show"], true) => page::shown(site, visit, number(id)?).await,
        ([id, "erase"], false) => erase::preview(site, visit, number(id)?).await,
        ([id, "erase"], true) => erase::carry_out(site, visit, number(id)?).await,
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "contacts.html", config = "src/console/askama.toml")]
struct ListPage {
    shell: Shell,
    words: &'static Words,
    text: String,
    sources: Vec<(String, bool)>,
    /// What was looked for is nowhere.
    nothing: Option<String>,
    grid: Grid,
    older: Option<String>,
}

impl Told for ListPage {
    fn told(&self) -> Value {
        json!({ "contacts": self.grid.told(), "next": reply::next("/contacts", self.older.as_ref()) })
    }
}

async fn list(site: &Arc<Site>, visit: &Visit) -> Answered {
    let text = visit.query.get("q").unwrap_or_default().to_owned();
    let before = visit.query.number("before")?;
    let (asked, wanted, spells) = (sources::asked(visit), text.clone(), visit.may(Role::Finance));
    let (sources, (hits, next)) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let hits = match wanted.is_empty() {
                true => search::newest_contacts(connection, &sources.names(), before)?,
                false => (search::people(connection, &sources.names(), &wanted, spells)?, None),
            };
            Ok((sources, hits))
        })
        .await?;
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Contacts, visit.words().contacts)
        .with_command("ticketledger contact show --email MAIL");
    let nothing = if shell.is_finance() { words.nothing } else { words.nothing_reader };
    let is_nowhere = hits.is_empty() && !text.is_empty();
    let page = ListPage {
        nothing: is_nowhere.then(|| fill(nothing, &[("text", &shell.foreign(&text))])),
        grid: grid(&shell, visit.words().contacts, &hits),
        older: next.map(|before| visit.query.with("before", &before.to_string()).query()),
        sources: sources.options(),
        text,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// Customers as rows, masked.
pub(super) fn grid(shell: &Shell, label: &str, hits: &[ContactHit]) -> Grid {
    let (words, common) = (Words::of(shell.language), shell.words);
    let mut grid = Grid::new(label, common.none)
        .texts([("contact_id", words.number), ("name", common.name), ("email", words.email)])
        .texts([("source", common.source), ("state", common.state)]);
    for hit in hits {
        let number = hit.contact_id.to_string();
        grid.row(vec![
            Cell::code(&number).to(address(&["contacts", &number])),
            Cell::text(hit.name()),
            Cell::text(hit.email()),
            Cell::text(&hit.source),
            match hit.erased_at {
                Some(_) => Cell::state("erased", words.erased),
                None => Cell::text(""),
            },
        ]);
    }
    grid
}
