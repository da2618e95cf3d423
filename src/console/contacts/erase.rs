//! Erasing a customer: what is lost is shown first, and confirmed with a reason.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::words::Words;
use crate::config::Role;
use crate::console::act::{Deed, Outcome, act};
use crate::console::fault::Fault;
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::console::wrong::{Allowed, missing_as};
use crate::contacts::{self, Erased, Unerasable};
use crate::inbox::operator::Reason;

#[derive(Template)]
#[template(path = "erase.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    number: i64,
    /// Why it cannot be done.
    refused: Option<String>,
    /// It can, if parked webhooks may be erased too.
    parked_too: bool,
    effects: Vec<String>,
    erased: Option<Erased>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let erased = |erased: &Erased| {
            json!({
                "webhooks": erased.events, "documents": erased.documents, "parked_webhooks": erased.parked,
                "other_contacts": erased.other_contacts,
            })
        };
        json!({
            "contact_id": self.number, "would_erase": self.erased.as_ref().map(erased), "refused": self.refused,
        })
    }
}

fn list(ids: &[i64]) -> String {
    /// Numbers that a sentence names.
    const NAMED: usize = 20;
    let named: Vec<String> = ids.iter().take(NAMED).map(i64::to_string).collect();
    let more = if ids.len() > NAMED { format!(" + {}", ids.len() - NAMED) } else { String::new() };
    named.join(", ") + &more
}

/// Why it cannot be done.
fn refusal(why: Unerasable) -> Result<Said, Fault> {
    let (text, ids): (fn(&Words) -> &'static str, _) = match why {
        Unerasable::Unknown(_) => (|words| words.unknown, Vec::new()),
        Unerasable::Already(..) => (|words| words.already, Vec::new()),
        Unerasable::Pending(ids) => (|words| words.pending, ids),
        Unerasable::Parked(ids) => (|words| words.parked, ids),
        Unerasable::Changed => (|words| words.changed, Vec::new()),
        Unerasable::Database(error) => return Err(error.into()),
    };
    Ok(Said::of(|language| fill(text(Words::of(language)), &[("list", &list(&ids))])))
}

pub(super) async fn preview(site: &Arc<Site>, visit: &Visit, number: i64) -> Answered {
    visit.needs(Role::Admin)?;
    let words = Words::of(visit.language);
    let parked_too = visit.query.get("parked").is_some();
    let now = visit.now;
    let planned = site
        .work(move |database| {
            let nobody = Reason { actor: String::new(), why: String::new() };
            match contacts::erase(database, number, parked_too, &nobody, now, None, true) {
                Ok(erased) => Ok(Ok(erased)),
                Err(Unerasable::Unknown(_)) => Err(Fault::NotFound),
                Err(why) => {
                    let parked = matches!(why, Unerasable::Parked(_));
                    Ok(Err((refusal(why)?, parked)))
                }
            }
        })
        .await?;
    let title = fill(words.erase_title, &[("n", &number.to_string())]);
    let too = if parked_too { " --parked-too" } else { "" };
    let shell = Shell::new(site, visit, Area::Contacts, &title)
        .with_command(format!("ticketledger contact erase {number}{too} --dry-run"));
    let (effects, refused, parked_too, erased) = match planned {
        Ok(erased) => (effects(&shell, words, &erased), None, parked_too, Some(erased)),
        Err((why, parked)) => (Vec::new(), Some(why.to(visit.language).to_owned()), parked, None),
    };
    reply::shown(visit, &Page { shell, words, title, number, refused, parked_too, effects, erased })
}

fn effects(shell: &Shell, words: &Words, erased: &Erased) -> Vec<String> {
    let count = |number: usize| shell.language.count(i64::try_from(number).unwrap_or(i64::MAX));
    let mut effects = vec![
        words.effect_contact.to_owned(),
        fill(words.effect_events, &[("n", &count(erased.events))]),
        fill(words.effect_documents, &[("n", &count(erased.documents))]),
    ];
    if !erased.parked.is_empty() {
        effects.push(fill(words.effect_parked, &[("list", &list(&erased.parked))]));
    }
    if !erased.other_contacts.is_empty() {
        effects.push(fill(words.effect_others, &[("list", &list(&erased.other_contacts))]));
    }
    effects.push(words.effect_ledger.to_owned());
    effects
}

pub(super) async fn carry_out(site: &Arc<Site>, visit: &Visit, number: i64) -> Answered {
    visit.needs(Role::Admin)?;
    let why = visit.form.get("why").unwrap_or_default().to_owned();
    if why.is_empty() {
        return Err(missing_as("why", Allowed::Text, Said::of(|language| Words::of(language).why_missing)));
    }
    let shown = visit.form.get("shown").ok_or(Fault::Forged("form_key"))?.to_owned();
    let (parked_too, now) = (visit.form.get("parked").is_some(), visit.now);
    let deed =
        Deed { action: "contact_erase", subject: format!("contact:{number}"), back: format!("/contacts/{number}") };
    act(site, visit, deed, move |database, actor| {
        let reason = Reason { actor: actor.to_owned(), why: why.clone() };
        match contacts::erase(database, number, parked_too, &reason, now, Some(&shown), false) {
            Ok(erased) => Ok(Outcome::default()
                .with("erased_events", erased.events)
                .with("erased_documents", erased.documents)
                .with("why", why)),
            Err(why) => Err(Fault::Conflict(refusal(why)?)),
        }
    })
    .await
}
