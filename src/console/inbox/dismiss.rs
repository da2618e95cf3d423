//! Dismissing webhooks: which, what they tell, which of them are doubtful; then the number to be confirmed.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::super::act::{self, Deed, Outcome};
use super::super::fault::Fault;
use super::super::layout::{Area, Shell};
use super::super::reply::{self, Answered, Told};
use super::super::said::Said;
use super::super::site::Site;
use super::super::visit::Visit;
use super::super::words::fill;
use super::super::wrong::{Allowed, missing_as};
use super::replay::{back, confirmed_number, still, subject, zone};
use super::seen;
use super::selection;
use super::words::Words;
use crate::config::Role;
use crate::inbox::operator::dismiss::{self, Doubt, Plan};
use crate::inbox::operator::{self, Count, Reason, Selection};
use crate::monitor::Money;
use crate::provider;
use crate::report::pack::paper::Language;

/// Doubtful webhooks that a page shows.
const SHOWN: usize = 50;
/// Bodies that are read to tell what they are worth.
const READ: usize = 500;

struct DoubtLine {
    id: String,
    about: String,
    doubt: &'static str,
}

#[derive(Template)]
#[template(path = "inbox_dismiss.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    fields: Vec<(String, String)>,
    number: i64,
    seen: String,
    confirm: String,
    counts: Vec<Count>,
    notes: Vec<String>,
    money: Vec<(String, String, i64)>,
    doubtful: Vec<DoubtLine>,
    doubtful_title: String,
    doubtful_more: Option<String>,
    back: String,
}

impl Told for Page {
    fn told(&self) -> Value {
        let count = |count: &Count| {
            let Count { source, state, reason, events, .. } = count;
            json!({ "source": source, "state": state, "reason": reason, "webhooks": events })
        };
        let money = |sum: &(String, String, i64)| {
            let (source, currency, minor) = sum;
            json!({ "source": source, "currency": currency, "payments_minor": minor })
        };
        let doubt = |line: &DoubtLine| json!({ "id": line.id, "entity": line.about });
        json!({
            "number": self.number, "counts": self.counts.iter().map(count).collect::<Vec<_>>(),
            "money": self.money.iter().map(money).collect::<Vec<_>>(),
            "doubtful": self.doubtful.iter().map(doubt).collect::<Vec<_>>(),
        })
    }
}

fn plan(database: &crate::db::Database, clock: &crate::clock::Clock, selection: &Selection) -> Result<Plan, Fault> {
    if let Selection::Ids(ids) = selection
        && !operator::unknown(database, ids)?.is_empty()
    {
        return Err(Fault::NotFound);
    }
    Ok(dismiss::plan(database, clock, selection, provider::DOUBTS)?)
}

/// `GET /inbox/dismiss`.
pub(super) async fn preview(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let config = site.config();
    let selection = selection::of(visit, &visit.query, &config)?;
    let (chosen, clock) = (selection.clone(), site.clock.clone());
    let (plan, seen, money) = site
        .work(move |database| {
            let plan = plan(database, &clock, &chosen)?;
            let seen = seen::seen(database, &chosen, &plan.counts)?;
            let ids: Vec<_> = plan.ids().take(READ).collect();
            let money = crate::monitor::money_in(&mut database.reader()?, &config, &ids)?;
            Ok((plan, seen, money))
        })
        .await?;
    let (words, language) = (Words::of(visit.language), visit.language);
    let command = format!("ticketledger inbox dismiss{} --dry-run", selection::as_options(&selection));
    let shell = Shell::new(site, visit, Area::Inbox, words.dismiss_title)
        .with_command(command.replace(" --reason ", " --code "));
    let count = |length: usize| language.count(i64::try_from(length).unwrap_or(i64::MAX));
    let mut notes = Vec::new();
    for (text, number) in [
        (words.dismiss_counted, i64::try_from(plan.counted.len()).unwrap_or(i64::MAX)),
        (words.dismiss_already, plan.already),
        (words.dismiss_in_work, i64::try_from(plan.in_work.len()).unwrap_or(i64::MAX)),
    ] {
        if number > 0 {
            notes.push(fill(text, &[("n", &language.count(number))]));
        }
    }
    let more = plan.doubtful.len().saturating_sub(SHOWN);
    let doubt_line = |doubtful: &dismiss::Doubtful| DoubtLine {
        id: doubtful.id.to_string(),
        about: shell.foreign(doubtful.entity.as_deref().unwrap_or_default()),
        doubt: match doubtful.doubt {
            Doubt::NotProcessed => words.doubt_not_processed,
            Doubt::OwnFact => words.doubt_own_fact,
            Doubt::LastWord => words.doubt_last_word,
            Doubt::MayTellOfMoney => words.doubt_may_tell_of_money,
        },
    };
    let page = Page {
        words,
        fields: selection::fields(&selection, &visit.query),
        confirm: fill(words.dismiss_confirm, &[("n", &language.count(plan.events()))]),
        number: plan.events(),
        seen,
        counts: plan.counts.clone(),
        notes,
        money: sums(money),
        doubtful: plan.doubtful.iter().take(SHOWN).map(doubt_line).collect(),
        doubtful_title: fill(words.doubtful, &[("n", &count(plan.doubtful.len()))]),
        doubtful_more: (more > 0).then(|| fill(words.more, &[("n", &count(more))])),
        back: back(&selection),
        shell,
    };
    reply::shown(visit, &page)
}

/// Source, currency and minor units.
fn sums(money: Money) -> Vec<(String, String, i64)> {
    money.amounts.into_iter().map(|((source, currency), minor)| (source, currency, minor)).collect()
}

/// `POST /inbox/dismiss`.
pub(super) async fn confirmed(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Admin)?;
    let config = site.config();
    let selection = selection::of(visit, &visit.form, &config)?;
    let (shown, why) = confirmed_number(visit)?;
    let force = visit.form.get("force").map(str::to_owned);
    let deed = Deed { action: "inbox_dismiss", subject: subject(&selection), back: back(&selection) };
    let (clock, zone) = (site.clock.clone(), zone(&config));
    let seen = visit.form.get("seen").ok_or(Fault::Forged("form_key"))?.to_owned();
    act::act(site, visit, deed, move |database, actor| {
        let look = || {
            let plan = plan(database, &clock, &selection)?;
            seen::still(database, (&selection, &plan.counts), &seen, zone)?;
            if !plan.counted.is_empty() {
                let number = i64::try_from(plan.counted.len()).unwrap_or(i64::MAX);
                let text =
                    |language: Language| fill(Words::of(language).dismiss_counted, &[("n", &language.count(number))]);
                return Err(Fault::Conflict(Said::of(text)));
            }
            still(shown, plan.events())?;
            if force.is_none() && !plan.doubtful.is_empty() {
                return Err(missing_as("force", Allowed::Text, Said::of(|language| Words::of(language).force_missing)));
            }
            Ok(plan)
        };
        let forced = force.as_ref().map(|force| format!(" (forced: {force})")).unwrap_or_default();
        let reason = Reason { actor: actor.to_owned(), why: format!("{why}{forced}") };
        let done = seen::acted(database, look, |plan, known| {
            dismiss::dismiss(database, &clock, plan, &selection, &reason, known)
        })?;
        let mut outcome = Outcome::default().with("dismissed", done.dismissed);
        if done.in_work > 0 {
            outcome = outcome.with("in_work", done.in_work);
        }
        let outcome = outcome.with("why", &why);
        Ok(if let Some(force) = &force { outcome.with("force", force) } else { outcome })
    })
    .await
}
