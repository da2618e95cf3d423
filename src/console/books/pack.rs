//! The month pack: shown in the page, and as the files that the command writes.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::question::{Asked, Picker, Question};
use super::read::not_closed;
use super::words::Words;
use crate::config::Config;
use crate::console::fault::Fault;
use crate::console::grid::address_with;
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::console::wrong::{Allowed, missing_as, wrong_as};
use crate::db::Database;
use crate::export::account_map::AccountMap;
use crate::freshness;
use crate::ledger::totals::Period;
use crate::report::pack::paper::{body, html, json, plain_pdf};
use crate::report::pack::{self, Numbers, Outcome, Pack, Request, Unpackable};

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    match rest {
        [] => front(site, visit).await,
        ["show"] => show(site, visit).await,
        ["file", form @ ("html" | "json" | "pdf")] => file(site, visit, form).await,
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "pack.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    picker: Picker,
    /// Query of what is chosen, if it is whole.
    query: Option<String>,
    /// The pack, in our own HTML, with the sentence about its checks.
    pages: Option<(String, String)>,
    /// One of its checks did not pass.
    has_failed: bool,
    question: Value,
}

impl Told for Page {
    /// What is chosen, and where the pack itself is.
    fn told(&self) -> Value {
        json!({ "question": self.question, "pack": reply::next("/books/pack/file/json", self.query.as_ref()) })
    }
}

/// Chosen, but not made yet: that reads the whole book.
async fn front(site: &Arc<Site>, visit: &Visit) -> Answered {
    let question = question(site, visit).await?;
    page(site, visit, &question, None)
}

async fn question(site: &Arc<Site>, visit: &Visit) -> Result<Question, Fault> {
    let asked = Asked::of(visit);
    site.read(move |connection| Question::read(connection, &asked, true)).await
}

fn page(site: &Arc<Site>, visit: &Visit, question: &Question, pages: Option<(String, String, bool)>) -> Answered {
    let words = Words::of(visit.language);
    let title = match (question.sources.single(), question.period) {
        (Some(source), Some(period)) => format!("{}: {source} {period}", words.pack),
        _ => words.pack.to_owned(),
    };
    let language = visit.language.code();
    let shell = Shell::new(site, visit, Area::Books, &title)
        .with_command(format!("ticketledger report pack{} --language {language} --out packs", question.options()));
    let query = question.sources.single().zip(question.period).map(|(source, period)| {
        let view = if question.as_closed { "closed" } else { "" };
        let query = [("source", source), ("period", &*period.to_string()), ("view", view)];
        address_with(&[], &query).trim_start_matches('?').to_owned()
    });
    let (picker, question) = (question.picker(true), question.told());
    let has_failed = pages.as_ref().is_some_and(|(_, _, has_failed)| *has_failed);
    let pages = pages.map(|(pages, checks, _)| (pages, checks));
    reply::shown(visit, &Page { picker, query, pages, has_failed, question, title, words, shell })
}

async fn show(site: &Arc<Site>, visit: &Visit) -> Answered {
    if visit.wants_json() {
        return file(site, visit, "json").await;
    }
    let (question, made) = made(site, visit).await?;
    let words = Words::of(visit.language);
    let of = |outcome: Outcome| made.checks.iter().filter(|check| check.outcome == outcome).count().to_string();
    let checks = [("passed", Outcome::Passed), ("failed", Outcome::Failed), ("open", Outcome::NotChecked)]
        .map(|(name, outcome)| (name, of(outcome)));
    let checks = fill(words.pack_checks, &checks.each_ref().map(|(name, number)| (*name, number.as_str())));
    let pages = body(&made, visit.language).map_err(|error| Fault::Failed(error.into()))?;
    let has_failed = made.checks.iter().any(|check| check.outcome == Outcome::Failed);
    page(site, visit, &question, Some((pages, checks, has_failed)))
}

async fn file(site: &Arc<Site>, visit: &Visit, form: &str) -> Answered {
    let (_, made) = made(site, visit).await?;
    let closed = if made.view == pack::View::AsClosed { "-as-closed" } else { "" };
    let name = format!("{}-{}{closed}", made.source, made.period);
    let failed = |error| Fault::Failed(anyhow::Error::from(error));
    let language = visit.language.code();
    Ok(match form {
        "json" => reply::download(&format!("{name}.json"), "application/json", json(&made).map_err(failed)?),
        "pdf" => {
            let bytes = plain_pdf(&made, visit.language).map_err(failed)?;
            reply::download(&format!("{name}.{language}.pdf"), "application/pdf", bytes)
        }
        _ => {
            let text = html(&made, visit.language).map_err(failed)?;
            reply::download(&format!("{name}.{language}.html"), "text/html; charset=utf-8", text)
        }
    })
}

/// Makes the pack. One is made at a time: it reads and verifies the whole book.
async fn made(site: &Arc<Site>, visit: &Visit) -> Result<(Question, Pack), Fault> {
    let question = question(site, visit).await?;
    let source = question.sources.single().map(str::to_owned);
    let names = || Allowed::one_of(question.sources.names());
    let source =
        source.ok_or_else(|| missing_as("source", names(), Said::of(|language| Words::of(language).choose_source)))?;
    let period = question
        .period
        .ok_or_else(|| missing_as("period", Allowed::Period, Said::of(|language| Words::of(language).choose_source)))?;
    let (config, as_closed, now) = (site.config(), question.as_closed, visit.now);
    let _turn = super::HEAVY.acquire().await.map_err(|_| Fault::Busy)?;
    let pack = site
        .work(move |database| {
            make(database, &config, &source, period, as_closed, now).map_err(|why| match why {
                Unpackable::NotMonths(period) => {
                    wrong_as("period", &period, Allowed::Period, Said::of(|language| Words::of(language).not_months))
                }
                Unpackable::NotClosed(why) => not_closed(why),
                other => Fault::Failed(other.into()),
            })
        })
        .await?;
    Ok((question, pack))
}

fn make(
    database: &Database,
    config: &Config,
    source: &str,
    period: Period,
    as_closed: bool,
    now: crate::clock::Timestamp,
) -> Result<Pack, Unpackable> {
    let told = |body: &[u8]| freshness::told(config, source, body);
    let map = AccountMap::said(config, source);
    let today = now.utc().date_naive();
    let day = period.last_day().map_or(today, |last| last.min(today));
    let numbers = |code: &str, rates: &[i32]| map.as_ref().map(|map| map.numbers(code, rates, day)).unwrap_or_default();
    let numbers = map.as_ref().map(|map| Numbers { chart: map.chart.as_str(), of: &numbers });
    let made_by = concat!("ticketledger ", env!("CARGO_PKG_VERSION"));
    let request = Request { source, period, as_closed, now, made_by, numbers, told: &told };
    pack::read(database, &request)
}
