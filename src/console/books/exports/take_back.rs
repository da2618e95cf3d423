//! Taking a batch back that nobody has used.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::words::Words;
use super::{address_of, failed};
use crate::config::Role;
use crate::console::act::{Deed, Outcome, act};
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::console::wrong::{Allowed, missing_as};
use crate::export::{BatchName, batch};

#[derive(Template)]
#[template(path = "take_back.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    effect: String,
    action: String,
    back: String,
    entries: i64,
}

impl Told for Page {
    fn told(&self) -> Value {
        json!({ "batch": self.back, "entries": self.entries })
    }
}

pub(super) async fn preview(site: &Arc<Site>, visit: &Visit, name: &BatchName) -> Answered {
    visit.needs(Role::Finance)?;
    let (wanted, words) = (name.clone(), Words::of(visit.language));
    let batch = site.work(move |database| batch::find(database, &wanted).map_err(failed)).await?;
    if batch.taken_back.is_some() {
        return Err(failed(crate::export::Error::TakenBack(name.clone())));
    }
    let title = fill(words.take_back_title, &[("batch", &name.to_string())]);
    let shell = Shell::new(site, visit, Area::Books, &title)
        .with_command(format!("ticketledger export take-back {name} --reason TEXT"));
    let page = Page {
        effect: fill(words.take_back_effect, &[("n", &shell.language.count(batch.entries))]),
        action: format!("{}/take-back", address_of(name)),
        back: address_of(name),
        entries: batch.entries,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

pub(super) async fn carry_out(site: &Arc<Site>, visit: &Visit, name: &BatchName) -> Answered {
    visit.needs(Role::Finance)?;
    let why = visit.form.get("why").unwrap_or_default().to_owned();
    if why.is_empty() {
        return Err(missing_as("why", Allowed::Text, Said::of(|language| Words::of(language).why_missing)));
    }
    let deed = Deed { action: "export_take_back", subject: name.to_string(), back: address_of(name) };
    let (name, clock) = (name.clone(), site.clock.clone());
    act(site, visit, deed, move |database, actor| {
        let taken = batch::take_back(database, &clock, &name, actor, &why).map_err(failed)?;
        Ok(Outcome::default().with("entries", taken.entries).with("why", why))
    })
    .await
}
