//! Month by month: what was closed is still what it was, and every anchor is in the chain.

use std::collections::BTreeSet;

use super::store;
use crate::db::Connection;
use crate::hash;
use crate::ledger::Error;
use crate::ledger::book::{EntryRow, Month, closings, store as journal};
use crate::ledger::totals::{Head, MonthTotals, Stored, VERSION};

pub(super) fn check(connection: &mut Connection, source: &str) -> Result<Option<String>, Error> {
    for anchor in closings::store::anchors(connection, source)? {
        let (anchor_no, entry_no) = (anchor.anchor_no, anchor.entry_no);
        if closings::store::hash_of(connection, source, entry_no)?.as_ref() != Some(&anchor.entry_hash) {
            let fault =
                format!("source {source}, anchor {anchor_no}: the hash of entry {entry_no} differs from the anchor");
            return Ok(Some(fault));
        }
    }
    let mut in_the_chain = BTreeSet::new();
    for entry in closings::store::entries(connection, source)? {
        let Some(period) = entry.closes() else {
            return Ok(Some(format!("source {source}, entry {}: a close entry without a month", entry.entry_no)));
        };
        if let Some(fault) = fault(connection, &entry, period)? {
            return Ok(Some(format!("source {source}, close of {period}: {fault}")));
        }
        in_the_chain.insert(period.to_owned());
    }
    let mut closed = journal::closed_months(connection, source)?.into_iter();
    let stray = closed.find(|month| !in_the_chain.contains(&month.to_string()));
    Ok(stray.map(|month| format!("source {source}: {month} is closed, but no entry of the chain closes it")))
}

fn fault(connection: &mut Connection, entry: &EntryRow, period: &str) -> Result<Option<String>, Error> {
    let said = |text: &str| Ok(Some(text.to_owned()));
    let source = entry.source.as_str();
    let Some(month) = Month::parse(period) else { return said("it is not a month") };
    let Some(row) = closings::store::manifest(connection, source, period)? else { return said("it has no manifest") };
    if row.doc_sha256 != entry.atom_hash || row.entry_no != entry.entry_no {
        return said("the manifest is not the one named in the chain");
    }
    if hash::sha256(&row.doc) != row.doc_sha256 {
        return said("the manifest does not have the hash named in the chain");
    }
    let Ok(stored) = serde_json::from_str::<Stored<'_>>(&row.doc) else { return said("the manifest cannot be read") };
    if stored.version != VERSION {
        return Ok(Some(format!("the manifest has version {}, which this version does not know", stored.version)));
    }
    let totals = MonthTotals::compute(connection, source, month, entry.entry_no - 1)?;
    let head = Head { entry_no: entry.entry_no - 1, entry_hash: &entry.prev_hash };
    if totals.document(source, period, head, &stored.observed)? != row.doc {
        return said("its numbers computed today differ from the manifest");
    }
    let closed = closings::store::period(connection, source, period)?.filter(|row| row.status == "closed");
    let Some(closed) = closed else { return said("its month is not closed") };
    if closed.totals_sha256 != Some(totals.sha256()?) || closed.head_entry_no != Some(entry.entry_no - 1) {
        return said("the row in `periods` contradicts the manifest");
    }
    let intruder = store::first_intruder(connection, source, month.last_day(), entry.entry_no)?;
    Ok(intruder.map(|entry_no| format!("entry {entry_no} was posted later and is booked in a closed month")))
}
