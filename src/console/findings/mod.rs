//! Findings: what does not add up, with what to do about it, and acknowledging it.

mod acknowledge;
mod names;
mod page;
pub(super) mod words;

use std::sync::Arc;

use askama::Template;
use serde_json::{Map, Value, json};

use self::names::Names;
use self::words::Words;
use super::books::report::{downloads, file_format, kind_of};
use super::codes;
use super::fault::Fault;
use super::german;
use super::grid::{Cell, Grid, address};
use super::layout::{Area, Shell};
use super::orders;
use super::reply::{self, Answered, Told};
use super::search::PAGE;
use super::site::Site;
use super::sources::{self, Sources};
use super::tickets;
use super::visit::{Fields, Visit};
use super::words::Table as _;
use super::wrong::{Allowed, wrong};
use crate::config::{Config, Role};
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store::{self, AtLeast, FindingFilter, Listed};
use crate::ledger::posting::{FindingReason, Severity};
use crate::order::Provider;
use crate::report::format::render;
use crate::report::pack::paper::Language;
use crate::report::{self, Format};

/// Up to how many open ones are counted.
const COUNTED: usize = 1000;
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
    let states = || Allowed::one_of(FindingState::ALL.iter().map(|state| state.as_str()));
    let state = fields.read("state", states(), FindingState::parse)?.unwrap_or(FindingState::Open);
    if let Some(word) = fields.all("severity").find(|word| Severity::parse(word).is_none()) {
        return Err(wrong("severity", word, Allowed::one_of(Severity::ALL.iter().map(|severity| severity.as_str()))));
    }
    if let Some(word) = fields.all("reason").find(|word| FindingReason::parse(word).is_none()) {
        return Err(wrong("reason", word, Allowed::one_of(FindingReason::ALL.iter().map(|reason| reason.as_str()))));
    }
    let filter = FindingFilter {
        source: fields.get("source").map(str::to_owned),
        order: fields.get("order").map(str::to_owned),
        reasons: fields.all("reason").map(str::to_owned).collect(),
        severities: fields.all("severity").map(str::to_owned).collect(),
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
    /// Code, text, whether chosen.
    reasons: Vec<(&'static str, String, bool)>,
    state: &'static str,
    severity: String,
    order: String,
    /// Filters of the form that are set.
    filters: usize,
    grid: Grid,
    next: Option<String>,
    /// To acknowledge all that match; only for who may.
    all: Option<String>,
    /// Files of all that is open.
    downloads: Vec<(&'static str, String)>,
    /// How many there are of each severity.
    counts: Vec<(Severity, AtLeast)>,
}

impl Told for ListPage {
    fn told(&self) -> Value {
        let counts: Map<String, Value> =
            self.counts.iter().map(|(severity, count)| (severity.as_str().to_owned(), shown(*count).into())).collect();
        json!({
            "findings": self.grid.told(), "counts": counts, "next": reply::next("/findings", self.next.as_ref()),
        })
    }
}

/// A number for programs: `1000+` where there may be more.
fn shown((number, is_all): AtLeast) -> String {
    format!("{number}{}", if is_all { "" } else { "+" })
}

/// A choice with its number, as a link.
struct Tab {
    name: String,
    number: String,
    is_current: bool,
    query: String,
}

/// What is open, as `report findings` writes it: of one source or of all, and not otherwise narrowed.
async fn file(site: &Arc<Site>, visit: &Visit, format: Format) -> Answered {
    if let Some((name, value)) =
        ["order", "reason", "severity"].into_iter().find_map(|name| Some((name, visit.query.get(name)?)))
    {
        return Err(wrong(name, value, Allowed::Nothing(vec!["source", "state", "format"])));
    }
    visit.query.one_of("state", &["open"])?;
    let config = site.config();
    let (asked, is_reader) = (sources::asked(visit), !visit.may(Role::Finance));
    let (name, text) = site
        .work(move |database| {
            let sources = database.read(|connection| Sources::read(connection, asked.as_deref()))?;
            let mut table = report::findings(database, sources.chosen.as_deref())?;
            // Others have the file as the command writes it.
            if is_reader {
                hide_tickets(&mut table, &config);
            }
            let text = render(&table, format).map_err(|error| Fault::Failed(error.into()))?;
            Ok((sources.chosen.map(|source| format!("{source}-findings")), text))
        })
        .await?;
    let (ending, kind) = kind_of(format);
    Ok(reply::download(&format!("{}.{ending}", name.as_deref().unwrap_or("findings")), kind, text))
}

/// Hides the codes of tickets, which are their ids at Ticketpark.
fn hide_tickets(table: &mut report::Table, config: &Config) {
    let source = table.columns.iter().position(|column| column.name == "source");
    let is_plain = |row: &[report::Cell]| match source.and_then(|place| row.get(place)) {
        Some(report::Cell::Text(Some(name))) => {
            config.source(name).is_some_and(|source| source.provider != Provider::Ticketpark)
        }
        _ => false,
    };
    for row in table.rows.iter_mut().filter(|row| !is_plain(row)) {
        for cell in row {
            if let report::Cell::Text(Some(text)) = cell {
                *text = tickets::hidden(text);
            }
        }
    }
}

async fn list(site: &Arc<Site>, visit: &Visit) -> Answered {
    if let Some(format) = file_format(visit)? {
        return file(site, visit, format).await;
    }
    let (filter, state) = filter(&visit.query)?;
    let after = visit.query.get("after").map(str::to_owned);
    let (asked, wanted) = (sources::asked(visit), filter.clone());
    let (sources, mut found, counts) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let most = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
            let found = store::page(connection, &wanted, state, after.as_deref(), most)?;
            let found = found.ok_or_else(|| wrong("after", after.as_deref().unwrap_or_default(), Allowed::Place))?;
            let counts = store::by_severity(connection, &wanted, state, COUNTED)?;
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
        severities: severities(&shell, &base, &counts, &chosen),
        counts,
        reasons: reasons(visit.language, &filter),
        state: state.as_str(),
        severity: chosen,
        order: filter.order.clone().unwrap_or_default(),
        filters: visit.query.named(&["source", "reason", "order"]).set(),
        grid: grid(&shell, visit.words().findings, &found, true),
        downloads: downloads(&visit.query.named(&["source"])),
        next: last.map(|last| base.with("after", &last).query()),
        all: may.then(|| base.query()),
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// The reasons by how they are called.
fn reasons(language: Language, filter: &FindingFilter) -> Vec<(&'static str, String, bool)> {
    let is_chosen = |code: &str| filter.reasons.iter().any(|word| word == code);
    let reason = |reason: &FindingReason| {
        let code = reason.as_str();
        (code, codes::finding(language, code), is_chosen(code))
    };
    let mut reasons: Vec<_> = FindingReason::ALL.iter().map(reason).collect();
    reasons.sort_by_cached_key(|(_, text, _)| text.to_lowercase());
    reasons
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

fn severities(shell: &Shell, base: &Fields, counts: &[(Severity, AtLeast)], chosen: &str) -> Vec<Tab> {
    let number = |(number, is_all): AtLeast| {
        let text = shell.language.count(i64::try_from(number).unwrap_or(i64::MAX));
        if is_all { text } else { format!("{text}+") }
    };
    let mut tabs = vec![Tab {
        name: shell.words.all.to_owned(),
        number: String::new(),
        is_current: chosen.is_empty(),
        query: base.with("severity", "").query(),
    }];
    tabs.extend(counts.iter().map(|(severity, count)| Tab {
        name: named(shell.language, "severity", severity.as_str()),
        number: number(*count),
        is_current: severity.as_str() == chosen,
        query: base.with("severity", severity.as_str()).query(),
    }));
    tabs
}

/// A word of the database in words, such as `severity_high`.
pub(super) fn named(language: Language, group: &str, word: &str) -> String {
    Names::named(language, &format!("{group}_{word}")).map_or_else(|| word.to_owned(), str::to_owned)
}

/// Findings as rows, with the columns of their orders if they are of several.
pub(super) fn grid(shell: &Shell, label: &str, found: &[Listed], of_orders: bool) -> Grid {
    let (words, common) = (Words::of(shell.language), shell.words);
    let mut grid = Grid::new(label, common.none).texts([("severity", words.severity), ("reason", words.reason)]);
    if of_orders {
        grid = grid.texts([("order_id", common.order), ("source", common.source), ("first_seen", words.first_seen)]);
    }
    let grid = grid.numbers([("difference_minor", words.difference)]);
    let mut grid = grid.texts([("state", common.state), ("evidence", words.evidence_short)]);
    for (row, code) in found {
        let mut cells = vec![
            Cell::state(row.severity.as_str(), named(shell.language, "severity", row.severity.as_str())),
            Cell::text(codes::finding(shell.language, &row.reason))
                .to(address(&["findings", &row.fingerprint]))
                .coded(&row.reason)
                .told(row.reason.as_str()),
        ];
        if of_orders {
            let order = row.order_id.as_deref().unwrap_or_default();
            let shown = Cell::code(code.as_deref().unwrap_or(order)).to(orders::address_of(&row.source, order));
            cells.push(shown.told(row.order_id.clone()).with("order_code", code.clone()));
            cells.push(Cell::text(&row.source));
            let seen = shell.when(row.first_seen, None);
            let day = Cell::day(seen.local.get(..10).unwrap_or_default()).titled(seen.utc);
            cells.push(day.told(seen.at.to_string()));
        }
        let evidence = german::sentence(shell.language, &row.evidence);
        let shown = Cell::text(cut(&evidence.text)).of("long quiet").titled(&evidence.text);
        let shown = if evidence.is_english { shown.in_english() } else { shown };
        let difference = row.difference_minor.zip(row.currency.as_deref());
        cells.extend([
            Cell::amount(shell.language, difference),
            Cell::text(named(shell.language, "state", row.state.as_str())).told(row.state.as_str()),
            shown.told(row.evidence.as_str()),
        ]);
        grid.row(cells);
    }
    grid
}

fn cut(evidence: &str) -> String {
    if evidence.chars().count() <= EVIDENCE {
        return evidence.to_owned();
    }
    let begin: String = evidence.chars().take(EVIDENCE).collect();
    // Half a word may be another word.
    let whole = begin.rsplit_once(' ').map_or(begin.as_str(), |(words, _)| words);
    format!("{whole} …")
}
