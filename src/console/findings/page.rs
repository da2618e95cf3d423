//! The page of a finding.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::words::Words;
use super::{grid, named};
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::german;
use crate::console::grid::Grid;
use crate::console::layout::{Area, Shell, When};
use crate::console::orders;
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::visit::Visit;
use crate::console::words::fill;
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::findings::operator::store::{self, FindingFilter, Listed};
use crate::report::format::printable;

#[derive(Template)]
#[template(path = "finding.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    row: FindingRow,
    evidence: german::Sentence,
    severity: String,
    state: String,
    order: Option<(String, String)>,
    amounts: Vec<(&'static str, String)>,
    first_seen: When,
    last_seen: When,
    consequences: Grid,
    /// Open, and the reader may acknowledge it.
    can_acknowledge: bool,
}

impl Told for Page {
    fn told(&self) -> Value {
        let row = &self.row;
        json!({
            "fingerprint": row.fingerprint, "source": row.source, "order_id": row.order_id, "reason": row.reason,
            "severity": row.severity.as_str(), "state": row.state.as_str(), "currency": row.currency,
            "expected_minor": row.expected_minor, "actual_minor": row.actual_minor,
            "difference_minor": row.difference_minor, "first_seen": row.first_seen, "last_seen": row.last_seen,
            "evidence": row.evidence, "acknowledged_by": row.acknowledged_by, "note": row.note,
            "consequence_of": row.consequence_of, "consequences": self.consequences.told(),
        })
    }
}

impl Page {
    /// Enough of a fingerprint to tell findings apart.
    fn short<'a>(&self, fingerprint: &'a str) -> &'a str {
        fingerprint.get(..12).unwrap_or(fingerprint)
    }
}

/// The finding with that fingerprint.
pub(super) fn find(connection: &mut crate::db::Connection, fingerprint: &str) -> Result<Listed, Fault> {
    let prefix = fingerprint.to_ascii_lowercase();
    let filter = FindingFilter { fingerprint: Some(prefix.clone()), ..FindingFilter::default() };
    let is_whole = prefix.len() == 64 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = if is_whole { store::list(connection, &filter)? } else { Vec::new() };
    found.into_iter().next().ok_or(Fault::NotFound)
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit, fingerprint: &str) -> Answered {
    let wanted = fingerprint.to_owned();
    let ((row, code), consequences) = site
        .read(move |connection| {
            let found = find(connection, &wanted)?;
            let consequences = store::consequences(connection, std::slice::from_ref(&found.0.fingerprint))?;
            Ok((found, consequences))
        })
        .await?;
    let words = Words::of(visit.language);
    let title = fill(words.title, &[("reason", &codes::finding(visit.language, &row.reason))]);
    let shell = Shell::new(site, visit, Area::Findings, &title).with_command(format!(
        "ticketledger findings ack {} --why TEXT",
        row.fingerprint.get(..12).unwrap_or_default()
    ));
    let amounts = [
        (words.expected, row.expected_minor),
        (words.actual, row.actual_minor),
        (words.difference, row.difference_minor),
    ];
    let amount = |(name, minor): (&'static str, Option<i64>)| {
        let (minor, currency) = minor.zip(row.currency.as_deref())?;
        Some((name, format!("{} {currency}", shell.money(&minor, currency))))
    };
    let order = row
        .order_id
        .as_ref()
        .map(|order| (printable(code.as_ref().unwrap_or(order)), orders::address_of(&row.source, order)));
    let page = Page {
        severity: named(visit.language, "severity", row.severity.as_str()),
        state: named(visit.language, "state", row.state.as_str()),
        amounts: amounts.into_iter().filter_map(amount).collect(),
        first_seen: shell.when(row.first_seen, None),
        last_seen: shell.when(row.last_seen, None),
        consequences: grid(&shell, words.consequences, &consequences, true),
        can_acknowledge: row.state == FindingState::Open && shell.is_finance(),
        order,
        evidence: german::sentence(visit.language, &row.evidence),
        row,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}
