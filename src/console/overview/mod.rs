//! The first page: what waits, what is parked, what is found, and how the business goes.

pub(super) mod state;
mod store;
pub(super) mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};
use warp::http::{HeaderValue, StatusCode};

use self::state::{Charts, SourceState};
use self::words::Words;
use super::chart::{self, Bar};
use super::fault::Fault;
use super::german;
use super::layout::{Area, Shell, When};
use super::live::Snapshot;
use super::reply::{self, Answered};
use super::site::Site;
use super::visit::Visit;
use super::words::fill;
use crate::clock::Timestamp;
use crate::ledger::reading::explain::capitalised;
use crate::report::pack::paper::Language;

struct Card {
    name: String,
    fresh: String,
    backlog: String,
    oldest: Option<When>,
    parked: String,
    has_parked: bool,
    money: Vec<String>,
    unvalued: Option<String>,
    provider: &'static str,
    provider_state: &'static str,
    received: Option<When>,
    sweep: String,
    sweep_state: &'static str,
    findings: Vec<(&'static str, String)>,
}

/// The part that the stream replaces.
#[derive(Template)]
#[template(path = "overview_part.html", config = "src/console/askama.toml")]
struct Part {
    words: &'static Words,
    as_of: String,
    cards: Vec<Card>,
}

struct Figure {
    title: String,
    svg: Option<String>,
}

#[derive(Template)]
#[template(path = "overview.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    part: String,
    /// What the daemon's clock shows.
    time: String,
    figures: Vec<Figure>,
}

/// `/`.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit) -> Answered {
    let snapshot = site.seen_with_charts().await?;
    if visit.wants_json() {
        return told(&snapshot);
    }
    let shell = Shell::new(site, visit, Area::Overview, visit.words().overview);
    let part = part(&snapshot, &shell)?;
    let time = shell.minute(visit.now);
    if visit.wants_part() {
        let mut answer = reply::bytes(StatusCode::OK, "text/html; charset=utf-8", part);
        if let Ok(time) = HeaderValue::from_str(&time) {
            answer.headers_mut().insert("x-time", time);
        }
        return Ok(answer);
    }
    let words = Words::of(visit.language);
    let figures = figures(&snapshot.charts(), visit.language, &site.config());
    let mut shell = shell.with_command("ticketledger inbox stats");
    // Each card has its own sentence.
    shell.freshness.clear();
    reply::page(StatusCode::OK, &Page { shell, words, part, time, figures })
}

/// The part of the page that is live, in the words of the reader.
pub(super) fn part(snapshot: &Snapshot, shell: &Shell) -> Result<String, Fault> {
    let words = Words::of(shell.language);
    let cards = snapshot.sources.iter().map(|source| card(source, shell, words)).collect();
    // To the minute: what changes by the second would be sent by the second.
    let as_of = fill(shell.words.as_of, &[("time", &shell.minute(snapshot.at))]);
    Part { words, as_of, cards }.render().map_err(|error| Fault::Failed(error.into()))
}

fn card(source: &SourceState, shell: &Shell, words: &'static Words) -> Card {
    let zone = Some(source.zone);
    let number = |severity: &str| source.findings.get(severity).copied().filter(|number| *number > 0);
    let texts = [("high", words.findings_high), ("medium", words.findings_medium), ("low", words.findings_low)];
    let texts = texts.into_iter().chain([("info", words.findings_info)]);
    let finding = |(severity, text): (&'static str, &str)| {
        Some((severity, fill(text, &[("n", &shell.count(&number(severity)?))])))
    };
    let (provider, provider_state) = match source.is_down {
        None => (words.provider_sends, "unknown"),
        Some(false) => (words.provider_answers, "good"),
        Some(true) => (words.provider_down, "bad"),
    };
    let forms = (words.card_one, words.card_fine, words.card_bad);
    let (sweep, sweep_state) = sweep(source, shell.language, forms);
    Card {
        sweep,
        sweep_state,
        name: source.name.clone(),
        fresh: capitalised(&statement(source, shell.language)),
        backlog: shell.count(&source.backlog),
        oldest: source.oldest.map(|at| shell.when(at, zone)),
        parked: shell.count(&source.parked),
        has_parked: source.parked > 0,
        money: source
            .money
            .iter()
            .map(|(currency, minor)| format!("{} {currency}", shell.money(minor, currency)))
            .collect(),
        unvalued: (source.unvalued > 0).then(|| fill(words.unvalued, &[("n", &shell.count(&source.unvalued))])),
        provider,
        provider_state,
        received: source.received.map(|at| shell.when(at, zone)),
        findings: texts.filter_map(finding).collect(),
    }
}

/// One sentence: up to when everything is in, what is parked, and what the last comparison found.
pub(super) fn freshness(source: &SourceState, language: Language) -> String {
    format!("{}: {}", source.name, statement(source, language))
}

/// The same where the name of the source stands beside it. What is unknown is said, as `report freshness` does.
fn statement(source: &SourceState, language: Language) -> String {
    let words = Words::of(language);
    let local = |at: Timestamp| at.local_minute_named(source.zone);
    let fresh = &source.freshness;
    let complete = match fresh.complete_up_to {
        Some(at) => fill(words.fresh_complete, &[("time", &local(at))]),
        None => words.fresh_unknown.to_owned(),
    };
    let money =
        source.money.iter().map(|(currency, minor)| format!("{} {currency}", language.amount(*minor, currency)));
    let money = money.collect::<Vec<_>>().join(", ");
    let text = match (source.parked, money.is_empty(), source.unvalued) {
        (0, ..) => words.fresh_nothing_parked,
        (_, true, _) => words.fresh_parked,
        (_, false, 0) => words.fresh_parked_money,
        (_, false, _) => words.fresh_parked_partly,
    };
    let (number, more) = (language.count(source.parked), language.count(source.unvalued));
    let parked = fill(text, &[("n", &number), ("money", &money), ("more", &more)]);
    let (sweep, _) = sweep(source, language, (words.sweep_one, words.sweep_fine, words.sweep_bad));
    format!("{complete}; {parked}; {sweep}")
}

/// What the last comparison with the provider found, and how that is to be taken.
fn sweep(source: &SourceState, language: Language, (one, many, bad): (&str, &str, &str)) -> (String, &'static str) {
    let words = Words::of(language);
    let local = |at: Timestamp| at.local_minute_named(source.zone);
    match &source.freshness.last_sweep {
        None => (words.sweep_never.to_owned(), "unknown"),
        Some(sweep) if sweep.ended_well() => {
            let values = [("time", local(sweep.at)), ("n", language.count(sweep.differences))];
            let text = if sweep.differences == 1 { one } else { many };
            let text = fill(text, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
            (text, if sweep.differences == 0 { "good" } else { "warn" })
        }
        Some(sweep) => {
            let why = sweep.ended_in_words();
            let why = german::sentence(language, &why).text;
            (fill(bad, &[("time", &local(sweep.at)), ("why", &why)]), "bad")
        }
    }
}

fn figures(charts: &Charts, language: Language, config: &crate::config::Config) -> Vec<Figure> {
    let words = Words::of(language);
    let zone = config.sources.first().map_or(chrono_tz::Tz::UTC, |source| source.timezone);
    let hour = |(at, value): &(Timestamp, i64)| Bar {
        short: at.utc().with_timezone(&zone).format("%H").to_string(),
        long: at.local_minute_named(zone),
        value: *value,
    };
    let hours: Vec<Bar> = charts.deliveries.iter().map(hour).collect();
    let count = |value: i64| language.count(value);
    let title = words.deliveries.to_owned();
    let mut figures = vec![Figure { svg: chart::bars(&title, &hours, count, count), title }];
    for (text, sums) in [(words.revenue, &charts.revenue), (words.payments, &charts.payments)] {
        for (currency, values) in sums {
            let title = fill(text, &[("currency", currency)]);
            let bar = |(month, value): (&String, &i64)| Bar {
                short: month.rsplit('-').next().unwrap_or_default().to_owned(),
                long: month.clone(),
                value: *value,
            };
            let bars: Vec<Bar> = charts.months.iter().zip(values).map(bar).collect();
            let (axis, exact) =
                (|value: i64| language.scale(value, currency), |value: i64| language.amount(value, currency));
            figures.push(Figure { svg: chart::bars(&title, &bars, axis, exact), title });
        }
    }
    figures
}

/// The same for programs.
fn told(snapshot: &Snapshot) -> Answered {
    let source = |source: &SourceState| {
        let money: serde_json::Map<String, serde_json::Value> =
            source.money.iter().map(|(currency, minor)| (currency.clone(), minor.to_string().into())).collect();
        json!({
            "source": source.name, "waiting": source.backlog.to_string(), "oldest_waiting": source.oldest,
            "parked": source.parked.to_string(), "parked_payments_minor": money,
            "parked_without_amount": source.unvalued.to_string(), "provider_down": source.is_down,
            "last_received": source.received, "open_findings": source.findings,
            "complete_up_to": source.freshness.complete_up_to, "last_sweep": source.freshness.last_sweep,
        })
    };
    let sources = snapshot.sources.iter().map(source).collect::<Vec<_>>();
    reply::json(json!({ "as_of": snapshot.at, "sources": sources, "charts": charts_told(&snapshot.charts()) }))
}

/// Webhooks by hour, and sums of minor units by currency and month.
fn charts_told(charts: &Charts) -> Value {
    let hour = |(at, number): &(Timestamp, i64)| json!({ "from": at, "webhooks": number });
    let sums = |sums: &BTreeMap<String, Vec<i64>>| {
        let months = |values: &[i64]| {
            let pairs = charts.months.iter().cloned().zip(values.iter().map(|minor| Value::from(*minor)));
            pairs.collect::<serde_json::Map<_, _>>()
        };
        sums.iter().map(|(currency, values)| (currency.clone(), Value::from(months(values)))).collect::<Value>()
    };
    json!({
        "deliveries": charts.deliveries.iter().map(hour).collect::<Vec<_>>(),
        "revenue_minor": sums(&charts.revenue), "payments_minor": sums(&charts.payments),
    })
}
