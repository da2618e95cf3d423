//! Actions: confirmed once, carried out once, and recorded with who did it and what came of it. The page of the result
//! has an address of its own, which can be sent to others.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::store::{self, NewRecord};
use super::actions::Actions;
use super::common::Common;
use super::fault::Fault;
use super::layout::{Area, Shell, When};
use super::reply::{self, Answered, Told};
use super::said::Said;
use super::site::Site;
use super::visit::Visit;
use super::words::Table as _;
use crate::db::Database;
use crate::report::pack::paper::Language;

/// How long the sender of a form waits for the action; what takes longer goes on, and the page of the result waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is done, and to what.
pub(super) struct Deed {
    /// A name of the table of actions, such as `inbox_replay`.
    pub(super) action: &'static str,
    /// Such as `event:17`; no personal data.
    pub(super) subject: String,
    /// Where the page of the result leads back to.
    pub(super) back: String,
}

/// What came of it: names of the table of actions with their values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    facts: Vec<(String, String)>,
    /// Where the page of the result leads back to.
    back: String,
    /// Why nothing was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<Said>,
}

impl Outcome {
    fn refused(why: Said) -> Self {
        Self { refusal: Some(why), ..Self::default() }
    }

    /// What it says to whoever has this language.
    fn told(&self, language: Language) -> Vec<(String, String)> {
        let why = self.refusal.as_ref().map(|why| ("why".to_owned(), why.to(language).to_owned()));
        why.into_iter().chain(self.facts.iter().cloned()).collect()
    }

    /// Adds a value.
    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.push((name.to_owned(), value.to_string()));
        self
    }
}

/// Carries out what a form asks for, unless the same form did so already; leads to the page of the result. `work` runs
/// outside the asynchronous threads, in transactions of its own; it is told who acts. A [`Fault::Conflict`],
/// [`Fault::Wrong`] or [`Fault::BadRequest`] of it is a refusal: it must have changed nothing.
///
/// # Errors
/// When the form has no key, or nothing can be recorded: then nothing is done. When the work finds that something in
/// the form is wrong or missing, so that the form is shown again.
pub(super) async fn act(
    site: &Arc<Site>,
    visit: &Visit,
    deed: Deed,
    work: impl FnOnce(&Database, &str) -> Result<Outcome, Fault> + Send + 'static,
) -> Answered {
    let viewer = visit.viewer.as_ref().ok_or(Fault::Forbidden)?;
    let key = visit.form.get("key").unwrap_or_default().to_owned();
    if key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::Forged("form_key"));
    }
    let address = format!("/done/{key}");
    let begin = {
        let (actor, role, key) = (viewer.name.clone(), viewer.role, key.clone());
        let (at, from, subject, back) = (visit.now, visit.address(), deed.subject.clone(), deed.back.clone());
        let result = written(&Outcome { back, ..Outcome::default() });
        site.write("action", move |connection| {
            Ok(store::record(
                connection,
                &NewRecord {
                    at,
                    actor: &actor,
                    role: Some(role),
                    action: deed.action,
                    subject: &subject,
                    address: &from,
                    action_key: Some(&key),
                    outcome: "running",
                    result: &result,
                },
            )?)
        })
    };
    let Some(id) = begin.await? else { return Ok(reply::see_other(&address)) };
    let (site, actor) = (Arc::clone(site), viewer.name.clone());
    let running = tokio::spawn(async move {
        let done = site.database.run(move |database| work(database, &actor)).await;
        let (word, mut outcome) = match &done {
            Ok(outcome) => ("done", outcome.clone()),
            Err(Fault::Conflict(why) | Fault::BadRequest(why)) => ("refused", Outcome::refused(why.clone())),
            Err(Fault::Wrong(wrong)) => ("refused", Outcome::refused(Said::of(|language| wrong.in_words(language)))),
            Err(Fault::Failed(error)) => {
                tracing::warn!(%error, action = deed.action, "an action of the console failed");
                ("failed", Outcome::default().with("why", error))
            }
            Err(_) => ("failed", Outcome::default()),
        };
        outcome.back = deed.back;
        let result = written(&outcome);
        let finished = site.write("action", move |connection| Ok(store::finish_record(connection, id, word, &result)?));
        if let Err(Fault::Failed(error)) = finished.await {
            tracing::warn!(%error, "cannot record how an action of the console ended");
        }
        done.err().filter(|fault| matches!(fault, Fault::Wrong(_) | Fault::BadRequest(_)))
    });
    // It goes on when the sender has waited long enough.
    match tokio::time::timeout(PATIENCE, running).await {
        Ok(Ok(Some(wrong))) => Err(wrong),
        _ => Ok(reply::see_other(&address)),
    }
}

/// What a recorded result says to whoever has this language: of an action, or the bare list of what no form asked for.
pub(super) fn facts(result: &str, language: Language) -> Vec<(String, String)> {
    let outcome = serde_json::from_str::<Outcome>(result).map(|outcome| outcome.told(language));
    outcome.or_else(|_| serde_json::from_str(result)).unwrap_or_default()
}

/// The language of why something ended so, if the reader has another one: what failed says so in English.
pub(super) fn error_in(outcome: &str, reader: Language) -> Option<&'static str> {
    (outcome == "failed" && reader != Language::En).then(|| Language::En.code())
}

/// How something ended, in a word.
pub(super) fn outcome_in_words(outcome: &str, words: &'static Common) -> &'static str {
    match outcome {
        "running" => words.done_is_running,
        "done" => words.done_done,
        "refused" => words.done_refused,
        _ => words.done_failed,
    }
}

fn written(outcome: &Outcome) -> String {
    // Texts in a list: serialization cannot fail.
    serde_json::to_string(outcome).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "done.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    /// As they are recorded.
    code: String,
    recorded: Vec<(String, String)>,
    action: String,
    outcome: String,
    outcome_words: &'static str,
    actor: String,
    at: When,
    subject: String,
    /// With the language of what is in another one than the page.
    facts: Vec<(String, String, Option<&'static str>)>,
    back: String,
}

/// `/done/KEY`.
pub(super) async fn result(site: &Arc<Site>, visit: &Visit, key: &str) -> Answered {
    let wanted = key.to_owned();
    let found = site.read(move |connection| Ok(store::record_of(connection, &wanted)?)).await?;
    let Some(record) = found else { return Err(Fault::NotFound) };
    let outcome: Outcome = serde_json::from_str(&record.result).unwrap_or_default();
    let words = visit.words();
    let named = |name: &str| Actions::named(visit.language, name).map_or_else(|| name.to_owned(), str::to_owned);
    let fact = |(name, value): (String, String)| {
        let language = (name == "why").then(|| error_in(&record.outcome, visit.language)).flatten();
        (named(&name), value, language)
    };
    let outcome_words = match record.outcome.as_str() {
        "running" => words.done_running,
        "refused" => words.done_refused_text,
        other => outcome_in_words(other, words),
    };
    let mut shell = Shell::new(site, visit, Area::Other, words.done_title);
    // A daemon that was stopped meanwhile finishes nothing any more.
    shell.reloads = record.outcome == "running" && visit.now.milliseconds_since(record.at) < 600_000;
    let page = Page {
        action: named(&record.action),
        code: record.action,
        recorded: outcome.told(Language::En),
        outcome_words,
        actor: record.actor,
        at: shell.moment(record.at),
        subject: record.subject,
        facts: outcome.told(visit.language).into_iter().map(fact).collect(),
        back: if outcome.back.starts_with('/') { outcome.back } else { "/".to_owned() },
        outcome: record.outcome,
        shell,
    };
    reply::shown(visit, &page)
}

impl Told for Page {
    fn told(&self) -> Value {
        let facts = self.recorded.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        json!({
            "action": self.code, "outcome": self.outcome, "actor": self.actor, "at": self.at.at,
            "subject": self.subject, "facts": facts.collect::<Vec<_>>(), "href": self.back,
        })
    }
}
