//! The cover and the exceptions: what state the books are in, whether everything came in, and what is not settled.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::figures::sum;
use super::read::Read;
use super::rows::{
    Acknowledged, Cover, Entries, Exceptions, FindingSum, Freshness, Head, MonthState, Parked, PolicyUse,
};
use super::{Request, store};
use crate::db::{Connection, Result};
use crate::freshness;
use crate::ledger::batch::FindingState;
use crate::ledger::book::Month;
use crate::ledger::findings::operator::store::{FindingFilter, Listed, list};

/// Acknowledged findings that are listed one by one.
const LISTED_FINDINGS: usize = 50;

pub(super) fn cover(connection: &mut Connection, request: &Request<'_>, read: &Read<'_>, zone: Tz) -> Result<Cover> {
    let span = read.span;
    let (count, first_no, last_no) = store::entries(connection, span)?;
    let head = store::head(connection, span)?.map(|(entry_no, entry_hash)| Head { entry_no, entry_hash });
    let policies = store::policies_of(connection, span)?;
    let policies = policies.into_iter().map(|(policy_id, doc_sha256)| PolicyUse { policy_id, doc_sha256 });
    Ok(Cover {
        months: months(connection, read)?,
        entries: Entries { count, first_no, last_no },
        head,
        policies: policies.collect(),
        freshness: freshness(connection, request, read, zone)?,
    })
}

fn months(connection: &mut Connection, read: &Read<'_>) -> Result<Vec<MonthState>> {
    let (states, late) = (store::months(connection, read.span)?, store::late_entries(connection, read.span)?);
    let state = |month: Month| {
        let name = month.to_string();
        let closed = read.closed.iter().find(|closed| closed.lines().period == Some(month.into()));
        let seal = closed.map(|closed| closed.seal());
        let (status, closed_at) = states.get(&name).cloned().unwrap_or_else(|| ("open".to_owned(), None));
        // A closed month closes every month before it.
        let is_closed = read.closed_through.is_some_and(|last| month <= last);
        MonthState {
            status: if is_closed { "closed".to_owned() } else { status },
            closed_at: seal.map(|seal| seal.closed_at).or(closed_at),
            closed_by: seal.map(|seal| seal.closed_by.clone()),
            close_entry_no: seal.map(|seal| seal.entry_no),
            manifest_sha256: seal.map(|seal| seal.manifest_sha256.clone()),
            late_entries: late.get(&name).copied().unwrap_or_default(),
            month: name,
        }
    };
    Ok(read.span.months().into_iter().map(state).collect())
}

/// As it is now; of a closed period as its closes saw it, but for what is parked, which somebody must look at.
fn freshness(connection: &mut Connection, request: &Request<'_>, read: &Read<'_>, zone: Tz) -> Result<Freshness> {
    let span = read.span;
    let bounds = (Month::of(span.first).starts_at(zone), Month::of(span.last).ends_at(zone));
    let (now, last_now) = store::received(connection, span.source, bounds)?;
    let known = freshness::Freshness::read(connection, request.source, request.told, request.now)?;
    let missed = freshness::missed_between(connection, span.source, bounds.0, bounds.1)?;
    let parked_of_period = now.get("parked").copied().unwrap_or_default();
    let as_closed = read.closed.last().filter(|_| request.as_closed);
    let (received, last_received_at) = match request.as_closed {
        false => (now, last_now),
        true => {
            let mut states: BTreeMap<String, i64> = BTreeMap::new();
            for (state, events) in read.closed.iter().flat_map(|month| &month.intake().states) {
                *states.entry(state.clone()).or_default() += events;
            }
            (states, read.closed.iter().filter_map(|month| month.intake().last_received_at).max())
        }
    };
    // What a sweep finds after the close comes as a late entry, so it is told in either view.
    let seen = match as_closed {
        Some(closed) => closed.freshness().cloned().unwrap_or_default(),
        None => known.clone(),
    };
    let swept = known.last_sweep.is_some();
    Ok(Freshness {
        statement: seen.in_words(zone),
        complete_up_to: seen.complete_up_to,
        last_sweep: seen.last_sweep.as_ref().map(|sweep| sweep.at),
        last_result: seen.last_sweep.map(|sweep| sweep.result),
        missed_found: swept.then_some(missed),
        received,
        last_received_at,
        parked: Parked {
            in_period: parked_of_period,
            in_all: known.parked.events,
            told: known.parked.told,
            without_sum: known.parked.without_sum,
        },
    })
}

/// Findings that are not settled. A closed period shows those of the day of its close.
pub(super) fn exceptions(connection: &mut Connection, request: &Request<'_>, read: &Read<'_>) -> Result<Exceptions> {
    let filter = FindingFilter {
        source: Some(request.source.to_owned()),
        states: FindingState::UNRESOLVED.to_vec(),
        ..FindingFilter::default()
    };
    let today = list(connection, &filter)?;
    let Some(closed) = read.closed.last().filter(|_| request.as_closed) else {
        let is_open = |row: &&Listed| row.0.state == FindingState::Open;
        let open = today
            .iter()
            .filter(is_open)
            .map(|(row, _)| (row.severity.to_string(), row.reason.clone(), row.currency.clone(), row.difference_minor));
        let open = sums(open)?;
        let known: Vec<Acknowledged> = today.iter().filter(|row| !is_open(row)).map(acknowledged).collect();
        return Ok(shortened(open, known));
    };
    let seen = || closed.findings().iter();
    let open = seen().filter(|finding| finding.state == "open").map(|finding| {
        (finding.severity.clone(), finding.reason.clone(), finding.currency.clone(), finding.difference_minor)
    });
    let open = sums(open)?;
    // Who acknowledged one, and why, is kept with the finding as long as it is acknowledged.
    let known = seen().filter(|finding| finding.state != "open").map(|finding| {
        let today = today.iter().find(|(row, _)| row.fingerprint == finding.fingerprint);
        let today = today.filter(|(row, _)| row.state == FindingState::Acknowledged);
        Acknowledged {
            severity: finding.severity.clone(),
            reason: finding.reason.clone(),
            order_code: today.and_then(|(_, code)| code.clone()),
            currency: finding.currency.clone(),
            difference_minor: finding.difference_minor,
            by: today.and_then(|(row, _)| row.acknowledged_by.clone()),
            why: today.and_then(|(row, _)| row.note.clone()),
        }
    });
    Ok(shortened(open, known.collect()))
}

fn acknowledged((row, order_code): &Listed) -> Acknowledged {
    Acknowledged {
        severity: row.severity.to_string(),
        reason: row.reason.clone(),
        order_code: order_code.clone(),
        currency: row.currency.clone(),
        difference_minor: row.difference_minor,
        by: row.acknowledged_by.clone(),
        why: row.note.clone(),
    }
}

fn shortened(open: Vec<FindingSum>, mut acknowledged: Vec<Acknowledged>) -> Exceptions {
    let more = acknowledged.len().saturating_sub(LISTED_FINDINGS);
    acknowledged.truncate(LISTED_FINDINGS);
    Exceptions { open, acknowledged, more_acknowledged: i64::try_from(more).unwrap_or(i64::MAX) }
}

/// Severity, reason, currency and difference of findings, by kind: the worst first.
fn sums(findings: impl Iterator<Item = (String, String, Option<String>, Option<i64>)>) -> Result<Vec<FindingSum>> {
    let mut kinds: BTreeMap<(usize, String, Option<String>), FindingSum> = BTreeMap::new();
    for (severity, reason, currency, difference) in findings {
        let rank = ["high", "medium", "low", "info"].iter().position(|known| *known == severity).unwrap_or_default();
        let kind = kinds.entry((rank, reason.clone(), currency.clone())).or_insert(FindingSum {
            severity,
            reason,
            currency,
            findings: 0,
            difference_minor: 0,
        });
        kind.findings += 1;
        kind.difference_minor = sum([kind.difference_minor, difference.unwrap_or_default().saturating_abs()])?;
    }
    Ok(kinds.into_values().collect())
}

/// The reason of findings that say why an account is not empty.
pub(super) fn reason_of(account: &str) -> Option<&'static str> {
    match account {
        "suspense:vat_undetermined" => Some("vat_unknown"),
        "assets:voucher_refund_unallocated" => Some("refund_voucher_unallocated"),
        _ => None,
    }
}

/// How many findings explain the balance of an account in a currency.
pub(super) fn explained(exceptions: &Exceptions, account: &str, currency: &str) -> i64 {
    let Some(reason) = reason_of(account) else { return 0 };
    let is_it = |of: &str, in_currency: Option<&str>| of == reason && in_currency.is_none_or(|in_| in_ == currency);
    let open = exceptions.open.iter().filter(|row| is_it(&row.reason, row.currency.as_deref()));
    let known = exceptions.acknowledged.iter().filter(|row| is_it(&row.reason, row.currency.as_deref()));
    open.map(|row| row.findings).sum::<i64>() + i64::try_from(known.count()).unwrap_or(i64::MAX)
}
