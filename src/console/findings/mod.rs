//! Findings: what does not add up, with what to do about it, and acknowledging it.

mod acknowledge;
mod names;
mod page;
pub(super) mod words;

use std::sync::Arc;

use askama::Template;
use warp::http::StatusCode;

use self::names::Names;
use self::words::Words;
use super::fault::Fault;
use super::grid::{Cell, Grid, address};
use super::layout::{Area, Shell};
use super::orders;
use super::reply::{self, Answered};
use super::search::PAGE;
use super::site::Site;
use super::sources::{self, Sources};
use super::visit::{Fields, Visit};
use super::words::{Table as _, fill};
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store::{self, FindingFilter, Listed};
use crate::ledger::posting::{FindingReason, Severity};

/// Up to how many open ones are counted.
const COUNTED: i64 = 1000;
/// Characters of the evidence that a row shows.
const EVIDENCE: usize = 90;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    match (rest, visit.is_post()) {
        ([], false) => list(site, visit).await,
        (["acknowledge"], false) => acknowledge::preview(site, visit).await,
        (["acknowledge"], true) => acknowledge::carry_out(site, visit).await,
        ([fingerprint], false) => page::show(site, visit, fingerprint).await,
        _ => Err(Fault::NotFound),
    }
}

/// What a query or a form selects.
fn filter(fields: &Fields) -> Result<(FindingFilter, FindingState), Fault> {
    let state = match fields.get("state") {
        None => FindingState::Open,
        Some(word) => FindingState::parse(word).ok_or(Fault::NotFound)?,
    };
    let known = |word: &str| Severity::parse(word).is_some();
    let filter = FindingFilter {
        source: fields.get("source").map(str::to_owned),
        order: fields.get("order").map(str::to_owned),
        reasons: fields.all("reason").map(str::to_owned).collect(),
        severities: fields.all("severity").filter(|word| known(word)).map(str::to_owned).collect(),
        states: vec![state],
        fingerprint: None,
    };
    Ok((filter, state))
}

/// The command that lists the same.
fn command(filter: &FindingFilter, state: FindingState) -> String {
    let mut command = "ticketledger findings list".to_owned();
    let mut add = |option: &str, value: &str| {
        command += &format!(" --{option} {}", crate::report::format::printable(value));
    };
    if state != FindingState::Open {
        add("state", &state.as_str().replace('_', "-"));
    }
    filter.severities.iter().for_each(|severity| add("severity", severity));
    filter.reasons.iter().for_each(|reason| add("reason", reason));
    filter.order.iter().for_each(|order| add("order", order));
    filter.source.iter().for_each(|source| add("source", source));
    command
}

#[derive(Template)]
#[template(path = "findings.html", config = "src/console/askama.toml")]
struct ListPage {
    shell: Shell,
    words: &'static Words,
    sources: Vec<(String, bool)>,
    /// States: word, text, whether chosen, address.
    states: Vec<Tab>,
    severities: Vec<Tab>,
    reasons: Vec<(&'static str, bool)>,
    state: &'static str,
    severity: String,
    order: String,
    grid: Grid,
    next: Option<String>,
    /// To acknowledge all that match; only for who may.
    all: Option<String>,
}

/// A choice with its number, as a link.
struct Tab {
    name: String,
    number: String,
    is_current: bool,
    query: String,
}

async fn list(site: &Arc<Site>, visit: &Visit) -> Answered {
    let (filter, state) = filter(&visit.query)?;
    let after = visit.query.get("after").map(str::to_owned);
    let (asked, wanted) = (sources::asked(visit), filter.clone());
    let (sources, mut found, counts) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let most = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
            let found = store::page(connection, &wanted, state, after.as_deref(), most)?;
            let counts = store::open_by_severity(connection, wanted.source.as_deref(), COUNTED + 1)?;
            Ok((sources, found, counts))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Findings, visit.words().findings).with_command(command(&filter, state));
    let last = found.last().filter(|_| more).map(|(row, _)| row.fingerprint.clone());
    let base = visit.query.with("after", "");
    let is_narrow = filter.order.is_some() || !filter.reasons.is_empty() || !filter.severities.is_empty();
    let chosen = filter.severities.first().cloned().unwrap_or_default();
    let may = state == FindingState::Open && is_narrow && !found.is_empty() && shell.is_finance();
    let page = ListPage {
        sources: sources.options(),
        states: states(words, &base, state),
        severities: severities(&shell, &base, &counts, state, &chosen),
        reasons: FindingReason::ALL
            .iter()
            .map(|reason| (reason.as_str(), filter.reasons.iter().any(|word| word == reason.as_str())))
            .collect(),
        state: state.as_str(),
        severity: chosen,
        order: filter.order.clone().unwrap_or_default(),
        grid: grid(&shell, visit.words().findings, &found, true),
        next: last.map(|last| base.with("after", &last).query()),
        all: may.then(|| base.query()),
        words,
        shell,
    };
    reply::page(StatusCode::OK, &page)
}

fn states(words: &Words, base: &Fields, state: FindingState) -> Vec<Tab> {
    let all = [
        (FindingState::Open, words.state_open),
        (FindingState::Acknowledged, words.state_acknowledged),
        (FindingState::AutoClosed, words.state_auto_closed),
    ];
    let tab = |(this, name): (FindingState, &'static str)| Tab {
        name: name.to_owned(),
        number: String::new(),
        is_current: this == state,
        query: base.with("state", this.as_str()).query(),
    };
    all.map(tab).into()
}

fn severities(
    shell: &Shell,
    base: &Fields,
    counts: &[(Severity, usize)],
    state: FindingState,
    chosen: &str,
) -> Vec<Tab> {
    let words = Words::of(shell.language);
    let number = |count: usize| match i64::try_from(count) {
        Ok(count) if count <= COUNTED => shell.language.count(count),
        _ => fill(words.capped, &[("n", &shell.language.count(COUNTED))]),
    };
    let mut tabs = vec![Tab {
        name: shell.words.all.to_owned(),
        number: String::new(),
        is_current: chosen.is_empty(),
        query: base.with("severity", "").query(),
    }];
    tabs.extend(counts.iter().map(|(severity, count)| Tab {
        name: named(shell, "severity", severity.as_str()),
        // Only what is open is counted.
        number: if state == FindingState::Open { number(*count) } else { String::new() },
        is_current: severity.as_str() == chosen,
        query: base.with("severity", severity.as_str()).query(),
    }));
    tabs
}

/// A word of the database in words, such as `severity_high`.
fn named(shell: &Shell, group: &str, word: &str) -> String {
    Names::named(shell.language, &format!("{group}_{word}")).map_or_else(|| word.to_owned(), str::to_owned)
}

/// Findings as rows, with the columns of their orders if they are of several.
pub(super) fn grid(shell: &Shell, label: &str, found: &[Listed], of_orders: bool) -> Grid {
    let (words, common) = (Words::of(shell.language), shell.words);
    let mut grid = Grid::new(label, common.none).texts([words.severity, words.reason]);
    if of_orders {
        grid = grid.texts([common.order, common.source]);
    }
    if of_orders {
        grid = grid.texts([words.first_seen]);
    }
    let mut grid = grid.numbers([words.difference]).texts([common.state, words.evidence_short]);
    for (row, code) in found {
        let mut cells = vec![
            Cell::state(row.severity.as_str(), named(shell, "severity", row.severity.as_str())),
            Cell::code(&row.reason).to(address(&["findings", &row.fingerprint])),
        ];
        if of_orders {
            let order = row.order_id.as_deref().unwrap_or_default();
            cells.push(Cell::code(code.as_deref().unwrap_or(order)).to(orders::address_of(&row.source, order)));
            cells.push(Cell::text(&row.source));
            let seen = shell.when(row.first_seen, None);
            cells.push(Cell::day(seen.local.get(..10).unwrap_or_default()).titled(seen.utc));
        }
        let difference = row.difference_minor.zip(row.currency.as_deref());
        cells.extend([
            Cell::number(difference.map_or_else(String::new, |(minor, currency)| {
                format!("{} {currency}", shell.language.amount(minor, currency))
            })),
            Cell::text(named(shell, "state", row.state.as_str())),
            Cell::text(cut(&row.evidence)).of("long quiet").titled(&row.evidence),
        ]);
        grid.row(cells);
    }
    grid
}

fn cut(evidence: &str) -> String {
    if evidence.chars().count() <= EVIDENCE {
        return evidence.to_owned();
    }
    evidence.chars().take(EVIDENCE).chain(['…']).collect()
}
