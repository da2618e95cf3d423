//! Closing a month: the checks first, then what would be frozen, then the close, then its manifest.

mod names;
mod words;

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use self::names::Checks;
use self::words::Words;
use super::question::{Asked, Question};
use super::store;
use crate::config::{Config, Role};
use crate::console::act::{Deed, Outcome, act};
use crate::console::fault::Fault;
use crate::console::german::{self, Sentence};
use crate::console::grid::{address, address_with};
use crate::console::layout::{Area, Shell, When};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::sources::Sources;
use crate::console::visit::Visit;
use crate::console::words::{Table as _, fill};
use crate::console::wrong::{Allowed, missing, missing_as, wrong};
use crate::freshness;
use crate::inbox::operator::Reason;
use crate::ledger::book::Month;
use crate::ledger::close::{self, Blocker, Closing, Request, Settings, anchor};
use crate::report::format::printable;
use crate::report::pack::paper::Language;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    visit.needs(Role::Finance)?;
    match (rest, visit.is_post()) {
        ([], false) => first_look(site, visit).await,
        (["check"], true) => check(site, visit).await,
        ([], true) => carry_out(site, visit).await,
        _ => Err(Fault::NotFound),
    }
}

/// A check with what came of it.
struct Check {
    code: &'static str,
    name: &'static str,
    /// `passed`, `failed`, `forced` or `unknown`.
    word: &'static str,
    text: &'static str,
    detail: String,
    said: Option<Sentence>,
}

/// What the full check found.
struct Found {
    can_close: bool,
    /// Hash of the numbers that would be frozen.
    sha256: String,
    /// Hash of all that is shown: what is confirmed has to be that.
    shown: String,
}

#[derive(Template)]
#[template(path = "close.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    source: String,
    month: String,
    checks: Vec<Check>,
    warnings: Vec<String>,
    warnings_said: Vec<Sentence>,
    /// Something of it stays English.
    has_english: bool,
    /// It was closed along with a later month.
    is_closed: bool,
    /// After the full check.
    found: Option<Found>,
    /// Something stands in the way that no full check takes away.
    is_blocked: bool,
    /// What stands in the way can be overruled.
    forceable: bool,
    confirm: String,
}

impl Told for Page {
    fn told(&self) -> Value {
        let check = |check: &Check| json!({ "code": check.code, "result": check.word, "detail": check.detail });
        json!({
            "source": self.source, "period": self.month, "warnings": self.warnings,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "can_be_closed": self.found.as_ref().map(|found| found.can_close),
            "numbers_sha256": self.found.as_ref().map(|found| &found.sha256),
        })
    }
}

/// What is asked for, by a form or an address.
fn wanted(visit: &Visit) -> Result<(String, Month), Fault> {
    let source = visit.form.get("source").ok_or(Fault::NotFound)?.to_owned();
    let month = visit.form.must("period", Allowed::Month, Month::parse)?;
    Ok((source, month))
}

async fn first_look(site: &Arc<Site>, visit: &Visit) -> Answered {
    let (asked, clock) = (Asked::of(visit), site.clock.clone());
    let (source, month, closed, blockers, warnings) = site
        .work(move |database| {
            let question = database.read(|connection| Question::read(connection, &asked, true))?;
            let month = question.period.and_then(crate::ledger::totals::Period::month).ok_or_else(|| {
                match asked.get("period") {
                    Some(period) => wrong("period", period, Allowed::Month),
                    None => missing("period", Allowed::Month),
                }
            })?;
            let source = question.one_source()?.to_owned();
            let closed = store::manifest(&mut database.reader()?, &source, month)?.is_some();
            let (blockers, warnings) = close::first_look(database, &clock, &source, month)?;
            Ok((source, month, closed, blockers, warnings))
        })
        .await?;
    if closed {
        return Ok(reply::see_other(&address(&["books", "closed", &source, &month.to_string()])));
    }
    let warnings = warnings.into_iter().map(|warning| warning.detail).collect();
    page(site, visit, (&source, month), checks(visit, &blockers, &[], true), warnings, None)
}

/// The full check: it verifies the whole book and changes nothing.
async fn check(site: &Arc<Site>, visit: &Visit) -> Answered {
    let (source, month) = wanted(visit)?;
    let (of, clock, config) = (source.clone(), site.clock.clone(), site.config());
    let _turn = super::HEAVY.acquire().await.map_err(|_| Fault::Busy)?;
    let closing: Closing = site
        .work(move |database| {
            let request = Request { month, soft: false, force: false, reason: nobody() };
            let told = |body: &[u8]| freshness::told(&config, &of, body);
            let settings = Settings { tell: &told, grace_milliseconds: grace_milliseconds(&config, &of), shown: None };
            Ok(close::preview(database, &clock, &of, &request, settings)?)
        })
        .await?;
    let forceable = !closing.blockers.is_empty() && closing.blockers.iter().all(|blocker| blocker.can_be_forced);
    let found = Found {
        can_close: closing.blockers.is_empty() || forceable,
        sha256: closing.totals_sha256.clone(),
        shown: closing.shown_sha256.clone(),
    };
    let warnings = closing.warnings.iter().map(|warning| warning.detail.clone()).collect();
    page(site, visit, (&source, month), checks(visit, &closing.blockers, &closing.forced, false), warnings, Some(found))
}

/// How late a webhook of the month may be.
fn grace_milliseconds(config: &Config, source: &str) -> i64 {
    config.source(source).map_or(Settings::default().grace_milliseconds, |known| known.sweep.grace_milliseconds)
}

fn nobody() -> Reason {
    Reason { actor: String::new(), why: String::new() }
}

fn page(
    site: &Arc<Site>,
    visit: &Visit,
    (source, month): (&str, Month),
    checks: Vec<Check>,
    warnings: Vec<String>,
    found: Option<Found>,
) -> Answered {
    let words = Words::of(visit.language);
    let text = month.to_string();
    let values = [("month", text.as_str()), ("source", source)];
    let title = fill(words.title, &values);
    let shell = Shell::new(site, visit, Area::Books, &title)
        .with_command(format!("ticketledger ledger close {month} --source {source} --dry-run"));
    let warnings_said: Vec<Sentence> =
        warnings.iter().map(|warning| german::sentence(visit.language, warning)).collect();
    let mut said = checks.iter().filter_map(|check| check.said.as_ref()).chain(&warnings_said);
    let page = Page {
        has_english: said.any(|sentence| sentence.is_english),
        warnings_said,
        is_closed: checks.iter().any(|check| check.code == "already_closed" && check.word == "failed"),
        is_blocked: checks.iter().any(|check| check.word == "failed"),
        forceable: checks.iter().any(|check| check.word == "forced"),
        confirm: fill(words.confirm, &values[..1]),
        source: source.to_owned(),
        month: text.clone(),
        checks,
        warnings,
        found,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// Every check; the last one is only made by the full check.
fn checks(visit: &Visit, blockers: &[Blocker], forced: &[Blocker], first: bool) -> Vec<Check> {
    let words = Words::of(visit.language);
    let codes = Checks::ALL.iter().map(|(code, ..)| *code);
    let check = |code: &'static str| {
        let blocker = blockers.iter().chain(forced).find(|blocker| blocker.code == code);
        let (word, text) = match blocker {
            Some(blocker) if blocker.can_be_forced => ("forced", words.can_be_forced),
            Some(_) => ("failed", words.stands_in_the_way),
            None if first && code == "books_do_not_hold" => ("unknown", words.not_checked),
            None => ("passed", words.passed),
        };
        Check {
            code,
            name: Checks::named(visit.language, code).unwrap_or(code),
            word,
            text,
            said: blocker.map(|blocker| german::sentence(visit.language, &blocker.detail)),
            detail: blocker.map(|blocker| blocker.detail.clone()).unwrap_or_default(),
        }
    };
    codes.map(check).collect()
}

/// What stands in the way.
fn refused(blockers: &[Blocker], language: Language) -> String {
    let named = |blocker: &Blocker| Checks::named(language, blocker.code).unwrap_or(blocker.code);
    let failed: Vec<&str> = blockers.iter().map(named).collect();
    fill(Words::of(language).refused, &[("why", &failed.join("; "))])
}

async fn carry_out(site: &Arc<Site>, visit: &Visit) -> Answered {
    let (source, month) = wanted(visit)?;
    let force = visit.form.get("force").is_some();
    let why = visit.form.get("why").unwrap_or_default().to_owned();
    if force && why.is_empty() {
        return Err(missing_as("why", Allowed::Text, Said::of(|language| Words::of(language).why_missing)));
    }
    let shown = visit.form.get("shown").ok_or(Fault::Forged("form_key"))?.to_owned();
    let (clock, config) = (site.clock.clone(), site.config());
    let anchors = config.anchor_file();
    let back = address(&["books", "closed", &source, &month.to_string()]);
    let (subject, zone) = (format!("{source} {month}"), visit.zone);
    act(site, visit, Deed { action: "close", subject, back }, move |database, actor| {
        let reason = Reason { actor: actor.to_owned(), why: why.clone() };
        let request = Request { month, soft: false, force, reason };
        let told = |body: &[u8]| freshness::told(&config, &source, body);
        let grace_milliseconds = grace_milliseconds(&config, &source);
        let settings = Settings { tell: &told, grace_milliseconds, shown: Some(&shown) };
        let closing = close::close(database, &clock, &source, &request, settings)?;
        if closing.result == "changed" {
            return Err(Fault::Conflict(Said::of(|language| Words::of(language).changed)));
        }
        if closing.result != "closed" {
            if closing.blockers.iter().any(|blocker| blocker.code == "already_closed")
                && let Some(by) = store::manifest(&mut database.reader()?, &source, month)?
            {
                let values = [("who", printable(&by.closed_by)), ("time", by.closed_at.local_second_named(zone))];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                return Err(Fault::Conflict(Said::of(|language| fill(Words::of(language).closed_before, &values))));
            }
            if !force && closing.blockers.iter().all(|blocker| blocker.can_be_forced) {
                return Err(missing_as(
                    "force",
                    Allowed::one_of(["yes"]),
                    Said::of(|language| Words::of(language).force_missing),
                ));
            }
            return Err(Fault::Conflict(Said::of(|language| refused(&closing.blockers, language))));
        }
        let mut outcome = Outcome::default().with("manifest_sha256", &closing.manifest_sha256);
        if let Some(anchor) = &closing.anchor {
            outcome = outcome.with("entry_no", anchor.entry_no).with("entry_hash", &anchor.entry_hash);
        }
        // The close is done; a line that is missing is written by the next one.
        let lines = close::anchor_lines(database, &source)?;
        match anchor::append(&anchors, &lines) {
            Ok(_) => outcome = outcome.with("anchor_file", anchors.display()),
            Err(error) => {
                tracing::warn!(file = %anchors.display(), %error, "cannot write the anchor file; the next close does");
                outcome = outcome.with("anchor_missing", error);
            }
        }
        Ok(if why.is_empty() { outcome } else { outcome.with("why", why) })
    })
    .await
}

#[derive(Template)]
#[template(path = "closed.html", config = "src/console/askama.toml")]
struct ClosedPage {
    shell: Shell,
    words: &'static Words,
    title: String,
    manifest: store::Manifest,
    at: When,
    entry: String,
    manifest_address: String,
    report: String,
    pack: String,
}

impl Told for ClosedPage {
    fn told(&self) -> Value {
        json!({
            "entry_no": self.manifest.entry_no, "manifest_sha256": self.manifest.doc_sha256,
            "numbers_sha256": self.manifest.totals_sha256,
            "closed_at": self.manifest.closed_at, "closed_by": self.manifest.closed_by, "entry": self.entry,
            "manifest": self.manifest_address, "trial_balance": self.report, "pack": self.pack,
        })
    }
}

/// A closed month with its manifest.
pub(super) async fn closed(site: &Arc<Site>, visit: &Visit, source: &str, month: &str) -> Answered {
    let (sources, manifest) = read(site, source, month).await?;
    let words = Words::of(visit.language);
    let title = fill(words.closed_title, &[("month", month), ("source", source)]);
    let shell = Shell::new(site, visit, Area::Books, &title)
        .with_command(format!("ticketledger report trial-balance --period {month} --as-closed --source {source}"));
    let query = [("source", source), ("period", month), ("view", "closed")];
    let page = ClosedPage {
        at: shell.when(manifest.closed_at, Some(sources.zone(source))),
        entry: address(&["books", "entry", source, &manifest.entry_no.to_string()]),
        manifest_address: address(&["books", "closed", source, month, "manifest"]),
        report: address_with(&["books", "trial-balance"], &query),
        pack: address_with(&["books", "pack"], &query),
        manifest,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

async fn read(site: &Arc<Site>, source: &str, month: &str) -> Result<(Sources, store::Manifest), Fault> {
    let month = Month::parse(month).ok_or(Fault::NotFound)?;
    let of = source.to_owned();
    site.read(move |connection| {
        let sources = Sources::of(connection, &of)?;
        let manifest = store::manifest(connection, &of, month)?.ok_or(Fault::NotFound)?;
        Ok((sources, manifest))
    })
    .await
}

/// The manifest as it is stored, to the byte.
pub(super) async fn manifest(site: &Arc<Site>, _visit: &Visit, source: &str, month: &str) -> Answered {
    let (_, manifest) = read(site, source, month).await?;
    Ok(reply::download(&format!("{source}-{month}-manifest.json"), "application/json", manifest.doc))
}
