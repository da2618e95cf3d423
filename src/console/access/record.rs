//! The page of the record: what was done in the console, and what was refused.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::super::act;
use super::super::actions::Actions;
use super::super::layout::{Area, Shell, When};
use super::super::reply::{self, Answered, Told};
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::{Table as _, fill};
use super::store::{self, Record};
use super::words::Words;
use crate::config::Role;
use crate::report::pack::paper::Language;

struct RecordLine {
    at: When,
    actor: String,
    /// The role that it was done with, as it is stored and in words; commands and strangers have none.
    role: Option<String>,
    role_name: &'static str,
    /// As they are stored, for programs.
    code: String,
    outcome_code: String,
    times: i64,
    last: Option<String>,
    why: Option<String>,
    action: String,
    subject: String,
    outcome: String,
    /// Why something was refused, and how often if more than once.
    remarks: Vec<(String, Option<&'static str>)>,
    address: String,
    key: Option<String>,
}

#[derive(Template)]
#[template(path = "record.html", config = "src/console/askama.toml")]
struct RecordPage {
    shell: Shell,
    words: &'static Words,
    lines: Vec<RecordLine>,
    older: Option<String>,
}

impl Told for RecordPage {
    fn told(&self) -> Value {
        let line = |line: &RecordLine| {
            json!({
                "at": line.at.at, "actor": line.actor, "role": line.role, "action": line.code, "subject": line.subject,
                "outcome": line.outcome_code,
                "times": line.times, "last_subject": line.last, "why": line.why, "address": line.address,
                "href": line.key.as_ref().map(|key| format!("/done/{key}")),
            })
        };
        json!({
            "records": self.lines.iter().map(line).collect::<Vec<_>>(),
            "next": reply::next("/access/record", self.older.as_ref()),
        })
    }
}

/// `/access/record`.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let words = Words::of(visit.language);
    let before = visit.query.number("before")?;
    let mut records = site.read(move |connection| Ok(store::records(connection, before)?)).await?;
    let has_more = records.len() > 50;
    records.truncate(50);
    let older =
        records.last().filter(|_| has_more).map(|last| visit.query.with("before", &last.id.to_string()).query());
    let shell = Shell::new(site, visit, Area::Access, words.record);
    let named = |name: &str| Actions::named(visit.language, name).map_or_else(|| name.to_owned(), str::to_owned);
    let line = |record: Record| RecordLine {
        remarks: remarks(&record, visit.language),
        why: why(&record, Language::En),
        at: shell.moment(record.at),
        actor: record.actor,
        role_name: record.role.as_deref().and_then(Role::parse).map_or("", |role| shell.role_name(&role)),
        role: record.role,
        action: named(&record.action),
        code: record.action,
        times: record.times,
        last: record.last_subject,
        subject: record.subject,
        outcome: act::outcome_in_words(&record.outcome, shell.words).to_owned(),
        outcome_code: record.outcome,
        address: record.address,
        key: record.action_key,
    };
    let lines = records.into_iter().map(line).collect();
    reply::shown(visit, &RecordPage { words, lines, older, shell })
}

/// Why something was refused or failed, and how often.
fn remarks(record: &Record, language: Language) -> Vec<(String, Option<&'static str>)> {
    let words = Words::of(language);
    let why = why(record, language).map(|why| match Actions::named(language, &why) {
        Some(named) => (named.to_owned(), None),
        None => (why, act::error_in(&record.outcome, language)),
    });
    let times = (record.times > 1).then(|| fill(words.times, &[("n", &language.count(record.times))]));
    let last = record.last_subject.as_ref().map(|path| fill(words.last_path, &[("path", path)]));
    let ours = times.into_iter().chain(last).map(|text| (text, None));
    why.into_iter().chain(ours).collect()
}

/// What a result says of why.
fn why(record: &Record, language: Language) -> Option<String> {
    if record.outcome == "done" {
        // What a person wrote about it has a page of its own.
        return None;
    }
    act::facts(&record.result, language).into_iter().find(|(name, _)| name == "why").map(|(_, why)| why)
}
