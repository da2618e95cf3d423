//! `ticketledger inbox dismiss`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use super::selection::Conditions;
use super::stats::table_of;
use crate::clock::Clock;
use crate::command::options::{ActorOption, DetailFormat};
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::db::Database;
use crate::inbox::operator::dismiss::{self, Doubtful, Plan};
use crate::inbox::operator::{self, Reason, Selection};
use crate::inbox::{EventId, State};
use crate::money::{Currency, format_minor};
use crate::provider;
use crate::report::{Format, format};

/// Webhooks that are listed one by one; `--format json` lists all.
const LISTED: usize = 20;
/// Bodies that a preview reads to tell what they are worth.
const READ: usize = 1_000;

#[derive(Debug, Args)]
pub(in crate::command) struct Dismiss {
    /// Ids of webhooks to dismiss
    #[arg(value_name = "ID", conflicts_with_all = ["source", "state", "kind", "code", "since", "until", "entity"])]
    ids: Vec<EventId>,
    #[command(flatten)]
    conditions: Conditions,
    /// Only parked for this reason code, such as `invalid_json`
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Why they will never count, for the record; required unless --dry-run; name no customer
    #[arg(long, value_name = "TEXT", alias = "why", required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Also dismiss those that may be the only word of an order or of money, and record why
    #[arg(long, value_name = "REASON")]
    force: Option<String>,
    /// Show which webhooks would be dismissed, what they tell and which need --force, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    actor: ActorOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Shows what would be dismissed, asks, and dismisses it.
pub(super) fn run(config: &Config, options: &Dismiss) -> anyhow::Result<Outcome> {
    let reason = reason(options)?;
    let selection = selection(config, options)?;
    let database = settings::open(config)?;
    if let Selection::Ids(ids) = &selection {
        let unknown = operator::unknown(&database, ids)?;
        if !unknown.is_empty() {
            bail!("there are no webhooks with these ids: {unknown:?}; nothing was changed");
        }
    }
    let plan = dismiss::plan(&database, &Clock::System, &selection, provider::DOUBTS)?;
    if !plan.counted.is_empty() {
        bail!(
            "these webhooks were applied or superseded: {:?}; what they said has been counted and a dismissal would \
             not take it back; nothing was changed",
            plan.counted
        );
    }
    let money = money(config, &database, &plan)?;
    if options.dry_run {
        output::print(match options.format {
            DetailFormat::Table => in_words(&plan, &money)?,
            DetailFormat::Json => serde_json::to_string_pretty(&as_json(&plan, &money))? + "\n",
        })?;
        return Ok(Outcome::Fine);
    }
    if options.force.is_none() && !plan.doubtful.is_empty() {
        let doubtful = doubtful_in_words(&plan.doubtful);
        bail!("{}{doubtful}Nothing was changed.", needs_force(plan.doubtful.len()));
    }
    let question = format!("dismiss {} webhooks", plan.events());
    if plan.events() > 0 && !options.yes && !output::confirm(&in_words(&plan, &money)?, &question)? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let done = dismiss::dismiss(&database, &Clock::System, &plan, &selection, &reason, None)?;
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&done)? + "\n",
        DetailFormat::Table => {
            let mut text = format!("Dismissed: {}.\n", done.dismissed);
            let left = done.in_work + i64::try_from(plan.in_work.len())?;
            if left > 0 {
                text += &format!("Skipped, because a worker is processing them or they changed: {left}.\n");
            }
            text
        }
    })?;
    Ok(Outcome::Fine)
}

fn selection(config: &Config, options: &Dismiss) -> anyhow::Result<Selection> {
    if !options.ids.is_empty() {
        return Ok(Selection::Ids(options.ids.clone()));
    }
    let mut filter = options.conditions.checked(config, options.code.as_deref())?;
    if !options.dry_run && filter == operator::Filter::default() {
        let text = "say which webhooks: name their ids, or a filter such as --source, --code or --state";
        return Err(Usage(text.to_owned()).into());
    }
    let states = filter.states.get_or_insert_with(|| vec![State::Parked]);
    if states.iter().any(|state| matches!(state, State::Done | State::Superseded)) {
        let text = "webhooks that were applied or superseded have been counted and cannot be dismissed; select parked \
                    or pending ones";
        return Err(Usage(text.to_owned()).into());
    }
    Ok(Selection::Matching(filter))
}

/// Who dismisses and why; what `--force` says is recorded behind it.
fn reason(options: &Dismiss) -> anyhow::Result<Reason> {
    let blank = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
    for (name, text) in [("--reason", &options.reason), ("--force", &options.force)] {
        if blank(text) {
            return Err(Usage(format!("{name} is empty; write the reason")).into());
        }
    }
    let mut why = options.reason.clone().unwrap_or_default();
    if let Some(force) = &options.force {
        why += &format!(" (forced: {force})");
    }
    Ok(options.actor.reason(&why, options.dry_run)?)
}

/// What the bodies tell of payments, as far as they can be read.
#[derive(Debug, Default, Serialize)]
struct Money {
    /// Each payment once.
    payments: Vec<Sum>,
    /// Webhooks whose payments are not known.
    unread: usize,
}

/// Minor units of one currency.
#[derive(Debug, Serialize)]
struct Sum {
    source: String,
    currency: String,
    amount_minor: i64,
}

fn money(config: &Config, database: &Database, plan: &Plan) -> anyhow::Result<Money> {
    let mut connection = database.reader()?;
    let mut payments = BTreeMap::new();
    let mut read = 0;
    let ids: Vec<EventId> = plan.ids().take(READ).collect();
    for id in &ids {
        let Some(event) = operator::store::show(&mut connection, *id)? else { continue };
        let body = operator::store::body(&mut connection, *id)?;
        let source = config.sources.iter().find(|source| source.name == event.source);
        let Some(told) = source.zip(body).and_then(|(source, body)| provider::payments_in(source, &body)) else {
            continue;
        };
        read += 1;
        for payment in told {
            payments.insert((event.source.clone(), payment.currency.code(), payment.id), payment.amount_minor);
        }
    }
    let mut sums: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for ((source, currency, _), minor) in payments {
        let sum = sums.entry((source, currency)).or_default();
        *sum = sum.saturating_add(minor);
    }
    let sum = |((source, currency), amount_minor): ((String, &str), i64)| Sum {
        source,
        currency: currency.to_owned(),
        amount_minor,
    };
    let events = usize::try_from(plan.events()).unwrap_or(usize::MAX);
    Ok(Money { payments: sums.into_iter().map(sum).collect(), unread: events - read })
}

fn in_words(plan: &Plan, money: &Money) -> anyhow::Result<String> {
    let mut text = String::new();
    if plan.events() == 0 {
        text.push_str("No webhook would be dismissed.\n");
    } else {
        text += &format::render(&table_of(&plan.counts), Format::Table)?;
        text.push_str(
            "\nThey will count for nothing any more: in no alert, in no close of a month. What is known of their \
             orders stays, and so does what is booked of them.\n`ticketledger inbox replay ID` takes one up again.\n",
        );
    }
    for sum in &money.payments {
        let exponent = Currency::parse(&sum.currency).map_or(0, Currency::exponent);
        let amount = format_minor(sum.amount_minor, exponent);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Payments that they tell of, {}: {amount} {}.", sum.source, sum.currency);
    }
    if money.unread > 0 {
        let _ = writeln!(text, "Webhooks whose payments, if any, cannot be read: {}.", money.unread);
    }
    if plan.already > 0 {
        let _ = writeln!(text, "Dismissed before: {}.", plan.already);
    }
    if !plan.in_work.is_empty() {
        let _ = writeln!(text, "Left alone, because a worker is processing them: {}.", plan.in_work.len());
    }
    if !plan.doubtful.is_empty() {
        text = text + &needs_force(plan.doubtful.len()) + &doubtful_in_words(&plan.doubtful);
    }
    Ok(text)
}

fn needs_force(count: usize) -> String {
    let them = if count == 1 { "it" } else { "them" };
    format!(
        "{count} of these webhooks may be the only word of an order or of money; --force \"REASON\" dismisses {them} \
         all the same:\n"
    )
}

fn doubtful_in_words(doubtful: &[Doubtful]) -> String {
    let mut text = String::new();
    for Doubtful { id, source, entity, doubt } in doubtful.iter().take(LISTED) {
        let entity = entity.as_deref().map_or_else(String::new, |entity| format!(", {}", format::printable(entity)));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  webhook {id} of {source}{entity}: {doubt}");
    }
    if doubtful.len() > LISTED {
        let _ = writeln!(text, "  … and {} more (--dry-run --format json lists all)", doubtful.len() - LISTED);
    }
    text
}

fn as_json(plan: &Plan, money: &Money) -> serde_json::Value {
    let counts: Vec<_> = plan
        .counts
        .iter()
        .map(|count| {
            serde_json::json!({"source": count.source, "state": count.state, "reason": count.reason,
                "events": count.events})
        })
        .collect();
    serde_json::json!({
        "events": plan.events(),
        "counts": counts,
        "payments": money.payments,
        "payments_unread": money.unread,
        "needs_force": plan.doubtful,
        "already_dismissed": plan.already,
        "in_work": plan.in_work,
    })
}
