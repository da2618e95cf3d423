//! Acknowledging findings: one, or all that match. The effect is shown first; what is confirmed is what was shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::words::Words;
use super::{command, filter, grid, page};
use crate::config::Role;
use crate::console::act::{Deed, Outcome, act};
use crate::console::fault::Fault;
use crate::console::grid::Grid;
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::visit::{Fields, Visit};
use crate::console::words::fill;
use crate::console::wrong::{Allowed, missing_as};
use crate::db::{Connection, Database};
use crate::hash;
use crate::inbox::operator::Reason;
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::findings::operator::{self, store, store::FindingFilter, store::Listed};
use crate::ledger::posting::Severity;
use crate::report::format::printable;

/// Findings that one action takes.
const MOST: usize = 500;

#[derive(Template)]
#[template(path = "acknowledge.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: &'static str,
    effect: String,
    sums: Vec<String>,
    chosen: Grid,
    consequences: Grid,
    with_consequences: Option<String>,
    /// The selection, to be sent again.
    fields: Vec<(String, String)>,
    number: usize,
    /// Hash of what is shown.
    shown: String,
    button: String,
    back: String,
}

impl Told for Page {
    fn told(&self) -> Value {
        json!({
            "number": self.number, "findings": self.chosen.told(), "consequences": self.consequences.told(),
        })
    }
}

/// The chosen findings that are open.
fn chosen(connection: &mut Connection, fields: &Fields) -> Result<(Vec<Listed>, FindingFilter), Fault> {
    if let Some(fingerprint) = fields.get("fingerprint") {
        let filter = FindingFilter { fingerprint: Some(fingerprint.to_owned()), ..FindingFilter::default() };
        let found = page::find(connection, fingerprint)?;
        let open = found.0.state == FindingState::Open;
        return Ok((if open { vec![found] } else { Vec::new() }, filter));
    }
    let (filter, _) = filter(fields)?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1);
    Ok((store::page(connection, &filter, FindingState::Open, None, most)?.unwrap_or_default(), filter))
}

/// Hash of findings and of what follows from them, as a page shows them: what is confirmed has to be that.
fn shown(found: &[Listed], consequences: &[Listed]) -> String {
    let line = |(row, _): &Listed| format!("{} {} {}", row.fingerprint, row.severity, row.evidence);
    let mut lines: Vec<String> = found.iter().chain(consequences).map(line).collect();
    lines.sort_unstable();
    hash::sha256(lines.join("\n"))
}

fn severities() -> Allowed {
    Allowed::one_of(Severity::ALL.iter().map(|severity| severity.as_str()))
}

/// Refuses what nobody should acknowledge by accident.
fn checked(filter: &FindingFilter, found: &[Listed]) -> Result<(), Fault> {
    let is_narrow = filter.fingerprint.is_some()
        || filter.order.is_some()
        || !filter.reasons.is_empty()
        || !filter.severities.is_empty();
    if !is_narrow {
        return Err(missing_as("severity", severities(), Said::of(|language| Words::of(language).narrow)));
    }
    if found.len() > MOST {
        let text = |language| fill(Words::of(language).too_many, &[("n", &MOST.to_string())]);
        return Err(Fault::BadRequest(Said::of(text)));
    }
    if found.is_empty() {
        return Err(Fault::Conflict(Said::of(|language| Words::of(language).none_left)));
    }
    Ok(())
}

pub(super) async fn preview(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Finance)?;
    let words = Words::of(visit.language);
    let query = visit.query.clone();
    let (found, consequences, filter) = site
        .work(move |database| {
            let (found, filter) = chosen(&mut database.reader()?, &query)?;
            checked(&filter, &found)?;
            let consequences = operator::consequences_of(database, &found)?;
            Ok((found, consequences, filter))
        })
        .await?;
    let listed = command(&filter, FindingState::Open).replace("findings list", "findings ack");
    let listed = match visit.query.get("fingerprint") {
        Some(fingerprint) => format!("ticketledger findings ack {}", fingerprint.get(..12).unwrap_or_default()),
        None => listed,
    };
    let shell = Shell::new(site, visit, Area::Findings, words.acknowledge)
        .with_command(format!("{listed} --why TEXT --dry-run"));
    let number = shell.language.count(i64::try_from(found.len()).unwrap_or(i64::MAX));
    let names = ["fingerprint", "source", "order", "reason", "severity"];
    let fields = names
        .iter()
        .flat_map(|name| visit.query.all(name).map(|value| ((*name).to_owned(), value.to_owned())).collect::<Vec<_>>());
    let back = match visit.query.get("fingerprint") {
        Some(fingerprint) => format!("/findings/{fingerprint}"),
        None => format!("/findings?{}", visit.query.query()),
    };
    let with =
        (!consequences.is_empty()).then(|| fill(words.with_consequences, &[("n", &consequences.len().to_string())]));
    let page = Page {
        shown: shown(&found, &consequences),
        title: words.acknowledge,
        effect: fill(words.effect, &[("n", &number)]),
        sums: sums(&shell, &found),
        chosen: grid(&shell, words.effect_title, &found, true),
        consequences: grid(&shell, words.consequences, &consequences, true),
        with_consequences: with,
        fields: fields.collect(),
        button: fill(words.acknowledge_these, &[("n", &number)]),
        number: found.len(),
        back,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// The differences of each currency together.
fn sums(shell: &Shell, found: &[Listed]) -> Vec<String> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (row, _) in found {
        if let (Some(currency), Some(minor)) = (row.currency.as_deref(), row.difference_minor) {
            let sum = sums.entry(currency).or_default();
            *sum = sum.saturating_add(minor);
        }
    }
    sums.into_iter().map(|(currency, minor)| format!("{} {currency}", shell.money(&minor, currency))).collect()
}

pub(super) async fn carry_out(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Finance)?;
    let why = visit.form.get("why").unwrap_or_default().to_owned();
    if why.is_empty() {
        return Err(missing_as("why", Allowed::Text, Said::of(|language| Words::of(language).why_missing)));
    }
    let number = visit.form.must("number", Allowed::Number, |number| number.parse::<usize>().ok())?;
    let seen = visit.form.get("shown").ok_or(Fault::Forged("form_key"))?.to_owned();
    let (form, now) = (visit.form.clone(), visit.now);
    let selection = selected(&form);
    let back = form.get("fingerprint").map_or_else(|| "/findings".to_owned(), |one| format!("/findings/{one}"));
    let deed = Deed { action: "findings_acknowledge", subject: selection.clone(), back };
    act(site, visit, deed, move |database, actor| {
        let (mut found, filter) = chosen(&mut database.reader()?, &form)?;
        if found.is_empty() {
            return Err(none_left(database, &form)?);
        }
        checked(&filter, &found)?;
        if found.len() != number {
            let numbers = [("shown", number.to_string()), ("now", found.len().to_string())];
            let numbers = numbers.each_ref().map(|(name, number)| (*name, number.as_str()));
            return Err(Fault::Conflict(Said::of(|language| fill(Words::of(language).number_changed, &numbers))));
        }
        let consequences = operator::consequences_of(database, &found)?;
        if shown(&found, &consequences) != seen {
            return Err(Fault::Conflict(Said::of(|language| Words::of(language).others_now)));
        }
        if form.get("consequences").is_some() {
            found.extend(consequences);
        }
        let rows: Vec<FindingRow> = found.into_iter().map(|(row, _)| row).collect();
        let reason = Reason { actor: actor.to_owned(), why: why.clone() };
        let done = operator::acknowledge(database, now, &rows, &reason, &selection)?;
        // Of those that were not, somebody else acknowledged some, or they are gone.
        let open = if done == rows.len() { 0 } else { operator::still_open(database, &rows)? };
        if done == 0 && open == 0 {
            return Err(none_left(database, &form)?);
        }
        let mut outcome = Outcome::default().with("acknowledged", done).with("stay_open", open);
        let gone = rows.len().saturating_sub(done).saturating_sub(open);
        if gone > 0 {
            outcome = outcome.with("not_open", gone);
        }
        Ok(outcome.with("why", why))
    })
    .await
}

/// Why there is nothing to acknowledge: of one finding it is told who did so.
fn none_left(database: &Database, form: &Fields) -> Result<Fault, Fault> {
    let who = match form.get("fingerprint") {
        Some(fingerprint) => page::find(&mut database.reader()?, fingerprint)?.0.acknowledged_by,
        None => None,
    };
    Ok(Fault::Conflict(Said::of(|language| {
        let words = Words::of(language);
        match &who {
            Some(who) => fill(words.acknowledged_before, &[("who", &printable(who))]),
            None => words.none_left.to_owned(),
        }
    })))
}

/// How the findings were selected, in the words of the command.
fn selected(form: &Fields) -> String {
    let names = ["fingerprint", "source", "order", "reason", "severity"];
    let words: Vec<String> = names
        .iter()
        .flat_map(|name| form.all(name).map(|value| format!("{name}={value}")).collect::<Vec<_>>())
        .collect();
    words.join(" ")
}
