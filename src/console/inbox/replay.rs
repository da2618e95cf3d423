//! Processing webhooks again: the effect first, then the number to be confirmed, then the result.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::super::act::{self, Deed, Outcome};
use super::super::fault::Fault;
use super::super::german::{self, Sentence};
use super::super::layout::{Area, Shell};
use super::super::reply::{self, Answered, Told};
use super::super::said::Said;
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::{Table as _, counted, fill};
use super::super::wrong::{Allowed, missing_as};
use super::seen;
use super::selection;
use super::states::States;
use super::words::Words;
use crate::config::{Config, Role};
use crate::inbox::operator::{self, Count, Reason, Selection};
use crate::provider::classify_by_name;
use crate::report::pack::paper::Language;
use crate::worker::Worker;
use crate::worker::effect::{Effect, FindingChange, Stuck, effect};

/// Webhooks whose effect is computed: nothing else is written to SQLite meanwhile.
const TRIED: i64 = 200;
/// Rows of a kind that a page shows.
const SHOWN: usize = 40;

struct FindingLine {
    severity: String,
    reason: String,
    order: String,
    evidence: Sentence,
}

struct StuckLine {
    id: String,
    reason: String,
    detail: Option<Sentence>,
}

#[derive(Template)]
#[template(path = "inbox_replay.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    fields: Vec<(String, String)>,
    number: i64,
    seen: String,
    confirm: String,
    counts: Vec<Count>,
    notes: Vec<String>,
    effect: Effect,
    outcomes: Vec<(String, String, &'static str, String, i64)>,
    entries_note: String,
    findings: Vec<(&'static str, Vec<FindingLine>)>,
    stuck: Vec<StuckLine>,
    /// Something of why they would be stays English.
    has_english: bool,
    stuck_more: Option<String>,
    back: String,
}

impl Told for Page {
    fn told(&self) -> Value {
        json!({ "number": self.number, "effect": self.effect })
    }
}

/// How many are chosen, of which kinds; those that do not exist are an error.
fn count(database: &crate::db::Database, selection: &Selection) -> Result<(i64, Vec<Count>), Fault> {
    if let Selection::Ids(ids) = selection
        && !operator::unknown(database, ids)?.is_empty()
    {
        return Err(Fault::NotFound);
    }
    let counts = operator::preview(database, selection)?;
    Ok((counts.iter().map(|count| count.events).sum(), counts))
}

/// `GET /inbox/replay`.
pub(super) async fn preview(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let config = site.config();
    let selection = selection::of(visit, &visit.query, &config)?;
    let (chosen, clock) = (selection.clone(), site.clock.clone());
    let (number, counts, seen, effect) = site
        .work(move |database| {
            let (number, counts) = count(database, &chosen)?;
            let seen = seen::seen(database, &chosen, &counts)?;
            let worker = Worker::offline(database.clone(), clock.clone(), &config);
            let classify = classify_by_name(&config.sources);
            let effect = effect(database, &clock, &classify, &chosen, TRIED, |connection| worker.dry_run(connection))?;
            Ok((number, counts, seen, effect))
        })
        .await?;
    let words = Words::of(visit.language);
    let language = visit.language;
    let command = format!("ticketledger inbox replay{} --dry-run", selection::as_options(&selection));
    let shell = Shell::new(site, visit, Area::Inbox, words.replay_title).with_command(command);
    let mut notes = Vec::new();
    if effect.left_out > 0 {
        let values = [("n", language.count(effect.events)), ("more", language.count(effect.left_out))];
        notes.push(fill(words.replay_partly, &values.each_ref().map(|(name, value)| (*name, value.as_str()))));
    }
    if effect.from_archive > 0 {
        notes.push(counted(language, effect.from_archive, words.replay_archive, words.replay_archive));
    }
    let size = |length: usize| language.count(i64::try_from(length).unwrap_or(i64::MAX));
    let entries_note = if effect.entries.is_empty() {
        words.no_entries.to_owned()
    } else {
        fill(words.entries, &[("n", &size(effect.entries.len())), ("orders", &size(effect.orders.len()))])
    };
    let more = effect.stuck.len().saturating_sub(SHOWN);
    let stuck = stuck(&effect, language);
    let page = Page {
        has_english: stuck.iter().filter_map(|line| line.detail.as_ref()).any(|said| said.is_english),
        stuck,
        words,
        fields: selection::fields(&selection, &visit.query),
        confirm: fill(words.replay_confirm, &[("n", &language.count(number))]),
        number,
        seen,
        counts,
        notes,
        entries_note,
        outcomes: outcomes(&effect, language),
        findings: vec![
            (words.findings_opened, findings(&effect.findings_opened, &shell)),
            (words.findings_closed, findings(&effect.findings_closed, &shell)),
        ],
        stuck_more: (more > 0).then(|| fill(words.more, &[("n", &size(more))])),
        back: back(&selection),
        effect,
        shell,
    };
    reply::shown(visit, &page)
}

fn outcomes(effect: &Effect, language: Language) -> Vec<(String, String, &'static str, String, i64)> {
    let row = |outcome: &crate::worker::effect::Outcome| {
        let name = States::named(language, &outcome.state).unwrap_or_default();
        (
            outcome.source.clone(),
            outcome.state.clone(),
            name,
            outcome.reason.clone().unwrap_or_default(),
            outcome.events,
        )
    };
    effect.outcomes.iter().map(row).collect()
}

fn stuck(effect: &Effect, language: Language) -> Vec<StuckLine> {
    let line = |stuck: &Stuck| StuckLine {
        id: stuck.event_id.to_string(),
        reason: stuck.reason.clone().unwrap_or_default(),
        detail: stuck.detail.as_deref().and_then(|detail| german::detail(language, detail)),
    };
    effect.stuck.iter().take(SHOWN).map(line).collect()
}

fn findings(findings: &[FindingChange], shell: &Shell) -> Vec<FindingLine> {
    let line = |finding: &FindingChange| FindingLine {
        severity: finding.severity.clone(),
        reason: finding.reason.clone(),
        order: shell.foreign(finding.order_id.as_deref().unwrap_or_default()),
        evidence: german::sentence(shell.language, &finding.evidence),
    };
    findings.iter().take(SHOWN).map(line).collect()
}

/// Times of what is about several sources are those of the first.
pub(super) fn zone(config: &Config) -> chrono_tz::Tz {
    config.sources.first().map_or(chrono_tz::UTC, |source| source.timezone)
}

/// Where the result leads back to.
pub(super) fn back(selection: &Selection) -> String {
    match selection {
        Selection::Ids(ids) if ids.len() == 1 => {
            ids.first().map_or_else(|| "/inbox".to_owned(), |id| format!("/inbox/{id}"))
        }
        Selection::Ids(_) => "/inbox".to_owned(),
        Selection::Matching(_) => "/inbox/parked".to_owned(),
    }
}

/// What an action was done to, for the record. Ids beyond the first are left to the count.
pub(super) fn subject(selection: &Selection) -> String {
    match selection {
        Selection::Ids(ids) => {
            let shown: Vec<String> = ids.iter().take(10).map(ToString::to_string).collect();
            format!("event:{}{}", shown.join(","), if ids.len() > 10 { ",…" } else { "" })
        }
        Selection::Matching(filter) => filter.to_string(),
    }
}

/// What the reader confirmed: the number, and why.
pub(super) fn confirmed_number(visit: &Visit) -> Result<(i64, String), Fault> {
    let number = visit.form.must("number", Allowed::Number, |text| text.parse().ok())?;
    let why = visit.form.get("why").map(str::to_owned);
    Ok((
        number,
        why.ok_or_else(|| missing_as("why", Allowed::Text, Said::of(|language| Words::of(language).why_missing)))?,
    ))
}

/// Refuses when not as many match as were shown.
pub(super) fn still(shown: i64, now: i64) -> Result<(), Fault> {
    if shown == now {
        return Ok(());
    }
    Err(Fault::Conflict(Said::of(|language| {
        let values = [("before", language.count(shown)), ("after", language.count(now))];
        fill(Words::of(language).changed, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    })))
}

/// `POST /inbox/replay`.
pub(super) async fn confirmed(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let config = site.config();
    let selection = selection::of(visit, &visit.form, &config)?;
    let (shown, why) = confirmed_number(visit)?;
    let deed = Deed { action: "inbox_replay", subject: subject(&selection), back: back(&selection) };
    let (clock, zone) = (site.clock.clone(), zone(&config));
    let seen = visit.form.get("seen").ok_or(Fault::Forged("form_key"))?.to_owned();
    act::act(site, visit, deed, move |database, actor| {
        let look = || {
            let (now, counts) = count(database, &selection)?;
            seen::still(database, (&selection, &counts), &seen, zone)?;
            still(shown, now)
        };
        let reason = Reason { actor: actor.to_owned(), why: why.clone() };
        let classify = classify_by_name(&config.sources);
        let replayed = seen::acted(database, look, |(), known| {
            operator::replay(database, &clock, &classify, &selection, &reason, known, |_| {})
        })?;
        let mut outcome = Outcome::default().with("replayed", replayed.replayed);
        for (name, number) in
            [("in_work", replayed.in_work), ("still_parked", replayed.still_parked), ("pruned", replayed.pruned)]
        {
            if number > 0 {
                outcome = outcome.with(name, number);
            }
        }
        Ok(outcome.with("why", why))
    })
    .await
}
