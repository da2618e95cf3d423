//! Entry by entry: numbers, links, hashes, balances, dates, reversals.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{Verdict, store};
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::book::{EntryKind, EntryRow, KeptSums, PostingRow, chain, kept_sums, store as journal};
use crate::ledger::proof::store::entries;
use crate::money;

pub(super) fn check(
    connection: &mut Connection,
    source: &str,
    zone: Tz,
    verdict: &mut Verdict,
) -> Result<Option<String>, Error> {
    if let Some((entry_no, line_no)) = store::first_orphan(connection, source)? {
        return Ok(Some(format!("source {source}: line {line_no} of entry {entry_no} has no entry")));
    }
    let mut last_no = 0;
    let mut last_hash = chain::GENESIS.to_owned();
    let mut sums = KeptSums::default();
    loop {
        let page = entries(connection, source, last_no, i64::MAX)?;
        if page.is_empty() {
            break;
        }
        for (entry, own) in &page {
            let fault = entry_fault(entry, own, last_no, &last_hash, zone).or(reversal_fault(connection, entry, own)?);
            if let Some(fault) = fault {
                return Ok(Some(format!("source {source}, entry {}: {fault}", entry.entry_no)));
            }
            sums.add_entry(entry, own)?;
            last_no = entry.entry_no;
            last_hash.clone_from(&entry.entry_hash);
            verdict.entries += 1;
        }
    }
    if last_no > 0 {
        verdict.heads.push((source.to_owned(), last_hash));
    }
    let fault = kept_sums::fault(connection, source, &sums)?;
    Ok(fault.map(|fault| format!("source {source}: {fault}; `ledger rebuild --sums` writes the sums anew")))
}

fn entry_fault(entry: &EntryRow, lines: &[PostingRow], last_no: i64, last_hash: &str, zone: Tz) -> Option<String> {
    if entry.entry_no != last_no + 1 {
        return Some(format!("the number follows {last_no}, so {} is missing", last_no + 1));
    }
    if entry.prev_hash != last_hash {
        return Some("its previous hash is not the hash of the previous entry".to_owned());
    }
    let (kind, reason) = match (entry.kind(), entry.reason()) {
        (Ok(kind), Ok(reason)) => (kind, reason),
        (Err(unknown), _) | (_, Err(unknown)) => return Some(unknown.to_string()),
    };
    // A close moves no money; its own check is in `periods`.
    let shape_holds = if kind == EntryKind::Close { lines.is_empty() } else { lines.len() >= 2 };
    if usize::try_from(entry.line_count) != Ok(lines.len()) || !shape_holds {
        return Some(format!("it says {} lines and has {}", entry.line_count, lines.len()));
    }
    if let Some(line) = lines.iter().find(|line| line.currency != entry.currency) {
        return Some(format!("line {} is in {}, the entry in {}", line.line_no, line.currency, entry.currency));
    }
    if let Some(line) = lines.iter().find(|line| line.amount_minor == 0) {
        return Some(format!("line {} is zero", line.line_no));
    }
    match money::sum(lines.iter().map(|line| line.amount_minor)) {
        Ok(0) => {}
        Ok(sum) => return Some(format!("its lines sum to {sum} minor units instead of 0")),
        Err(overflow) => return Some(overflow.to_string()),
    }
    let local = entry.effective_at.local_date(zone);
    if entry.booking_date != local && reason.late_for().is_none() && kind != EntryKind::Manual {
        return Some(format!("it is booked on {}, but it happened on {local}", entry.booking_date));
    }
    if chain::entry_hash(entry, lines) != entry.entry_hash {
        return Some("its hash does not match its content".to_owned());
    }
    None
}

fn reversal_fault(
    connection: &mut Connection,
    entry: &EntryRow,
    lines: &[PostingRow],
) -> Result<Option<String>, Error> {
    let Some(reverses_no) = entry.reverses_no else { return Ok(None) };
    if reverses_no >= entry.entry_no {
        return Ok(Some(format!("it reverses entry {reverses_no}, which is not an earlier one")));
    }
    let (original, originals) = journal::entry(connection, &entry.source, reverses_no)?;
    if original.kind()? == EntryKind::Reverse {
        return Ok(Some(format!("it reverses entry {reverses_no}, which is a reversal")));
    }
    let by_number: BTreeMap<i32, &PostingRow> = originals.iter().map(|line| (line.line_no, line)).collect();
    let exact = lines.iter().all(|line| {
        let opposite = PostingRow {
            entry_no: reverses_no,
            amount_minor: line.amount_minor.wrapping_neg(),
            tax_base_minor: line.tax_base_minor.map(i64::wrapping_neg),
            qty: line.qty.map(i64::wrapping_neg),
            ..line.clone()
        };
        by_number.get(&line.line_no) == Some(&&opposite)
    });
    let same_length = originals.len() == lines.len();
    Ok((!exact || !same_length).then(|| format!("it is not the exact opposite of entry {reverses_no}")))
}
