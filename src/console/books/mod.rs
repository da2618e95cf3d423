//! The books: every report, what stands behind its figures, the month pack, exports, and the close.

mod account;
mod close;
mod columns;
mod entry;
mod exports;
mod file;
mod journal;
mod lines;
mod links;
mod pack;
mod question;
mod read;
pub(super) mod report;
mod store;
mod sum;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use self::report::Report;
pub(super) use self::report::choice;
use self::words::Words;
use super::fault::Fault;
use super::grid::{Cell, Grid, address, address_with};
use super::layout::{Area, Shell};
use super::reply::{self, Answered, Told};
use super::site::Site;
use super::sources::{self, Sources};
use super::visit::Visit;
use crate::ledger::book::Month;
use crate::ledger::totals::kept_months;

/// Work that reads a whole book is done by one page at a time; the others wait.
static HEAVY: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);

/// Months that the first page lists.
const MONTHS: usize = 36;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    match (rest, visit.is_post()) {
        ([], false) => index(site, visit).await,
        (["journal"], false) => journal::show(site, visit).await,
        (["account"], false) => account::show(site, visit).await,
        (["freshness"], false) => file::freshness(site, visit).await,
        (["lines"], false) => lines::behind(site, visit).await,
        (["entry", source, number], false) => entry::show(site, visit, source, number).await,
        (["pack", rest @ ..], false) => pack::route(site, visit, rest).await,
        (["exports", rest @ ..], _) => exports::route(site, visit, rest).await,
        (["close", rest @ ..], _) => close::route(site, visit, rest).await,
        (["closed", source, month], false) => close::closed(site, visit, source, month).await,
        (["closed", source, month, "manifest"], false) => close::manifest(site, visit, source, month).await,
        ([name], false) => match Report::parse(name) {
            Some(report) => report::show(site, visit, report).await,
            None => Err(Fault::NotFound),
        },
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "books.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    sources: Vec<(String, bool)>,
    /// Name and address of every report.
    reports: Vec<(&'static str, String)>,
    months: Grid,
}

impl Told for Page {
    fn told(&self) -> Value {
        let pages: Vec<&str> = self.reports.iter().map(|(_, address)| address.as_str()).collect();
        json!({ "pages": pages, "months": self.months.told() })
    }
}

async fn index(site: &Arc<Site>, visit: &Visit) -> Answered {
    let asked = sources::asked(visit);
    let (sources, months, states) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let months = kept_months(connection, asked.as_deref())?;
            let states = store::month_states(connection, asked.as_deref())?;
            Ok((sources, months, states))
        })
        .await?;
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Books, visit.words().books).with_command("ticketledger report --help");
    let chosen = sources.chosen.clone().unwrap_or_default();
    let to = |name: &str| address_with(&["books", name], &[("source", &chosen)]);
    // Each source counts its entries, so a journal is that of one.
    let one = sources.names().into_iter().next().unwrap_or_default();
    let mut reports: Vec<(&'static str, String)> =
        Report::ALL.iter().map(|report| (report.title(words), to(report.name()))).collect();
    reports.extend([
        (words.journal, address_with(&["books", "journal"], &[("source", &one)])),
        (words.account, to("account")),
        (words.pack, to("pack")),
        (words.exports, to("exports")),
    ]);
    let page =
        Page { sources: sources.options(), reports, months: grid(&shell, words, &months, &states), words, shell };
    reply::shown(visit, &page)
}

/// Months with what closing did to them, and where one goes from there.
fn grid(shell: &Shell, words: &Words, months: &[(String, Month)], states: &[store::MonthState]) -> Grid {
    let by_month: BTreeMap<(&str, &str), &store::MonthState> =
        states.iter().map(|state| ((state.source.as_str(), state.period.as_str()), state)).collect();
    let last_closed: BTreeMap<&str, &str> =
        states.iter().filter(|state| state.status == "closed").fold(BTreeMap::new(), |mut last, state| {
            let newest = last.entry(state.source.as_str()).or_insert(state.period.as_str());
            *newest = (*newest).max(state.period.as_str());
            last
        });
    let mut grid = Grid::new(words.months, words.no_months)
        .texts([("period", words.month), ("source", shell.words.source), ("status", words.status)])
        .texts([("closed", words.closed_by), ("", words.trial_balance), ("", words.pack)])
        .texts([("", words.exports), ("", words.close)]);
    for (source, month) in months.iter().take(MONTHS) {
        let period = month.to_string();
        let state = by_month.get(&(source.as_str(), period.as_str()));
        // A closed month closes every month before it.
        let is_closed = last_closed.get(source.as_str()).is_some_and(|last| period.as_str() <= *last);
        let (word, text) = match state.map(|state| state.status.as_str()) {
            _ if is_closed => ("closed", words.status_closed),
            Some("soft") => ("soft", words.status_soft),
            _ => ("info", words.status_open),
        };
        let by = state.and_then(|state| Some((state.closed_by.clone()?, shell.when(state.closed_at?, None).local)));
        let to = |name: &str| address_with(&["books", name], &[("source", source), ("period", &period)]);
        let close = match (is_closed, shell.is_finance()) {
            (true, _) if state.is_some() => {
                Cell::text(shell.words.details).to(address(&["books", "closed", source, &period]))
            }
            (false, true) => Cell::text(words.close).to(to("close")),
            _ => Cell::text(""),
        };
        grid.row(vec![
            Cell::day(&period).to(to("trial-balance")),
            Cell::text(source),
            Cell::state(word, text).told(if word == "info" { "open" } else { word }),
            by.map_or_else(|| Cell::text(""), |(by, at)| Cell::text(format!("{by}, {at}"))),
            Cell::text(words.trial_balance).to(to("trial-balance")),
            Cell::text(words.pack).to(to("pack")),
            Cell::text(words.exports).to(to("exports")),
            close,
        ]);
    }
    grid
}
