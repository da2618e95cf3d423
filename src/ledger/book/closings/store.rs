//! The statements about closed months. None opens a transaction.

use diesel::prelude::*;

use super::{AnchorRow, ManifestRow, PeriodRow};
use crate::db::schema::{chain_anchors, journal_entries, period_manifests, periods};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryKind, EntryRow};
use crate::on_engine;

/// Every close entry of a source, in the order of the chain.
///
/// # Errors
/// When the query fails.
pub fn entries(connection: &mut Connection, source: &str) -> Result<Vec<EntryRow>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::kind.eq(EntryKind::Close))
        .order(journal_entries::entry_no)
        .select(EntryRow::as_select())
        .load(c))?)
}

/// The state of a month, unless nobody has touched it.
pub(in crate::ledger) fn period(connection: &mut Connection, source: &str, period: &str) -> Result<Option<PeriodRow>> {
    Ok(on_engine!(connection, |c| periods::table
        .find((source, period))
        .select(PeriodRow::as_select())
        .first(c)
        .optional())?)
}

pub(in crate::ledger) fn save_period(connection: &mut Connection, row: &PeriodRow) -> Result<()> {
    let known = on_engine!(connection, |c| {
        diesel::update(periods::table.find((&row.source, &row.period))).set(row).execute(c)
    })?;
    if known == 0 {
        on_engine!(connection, |c| diesel::insert_into(periods::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The manifest of a closed month.
pub(in crate::ledger) fn manifest(
    connection: &mut Connection,
    source: &str,
    period: &str,
) -> Result<Option<ManifestRow>> {
    Ok(on_engine!(connection, |c| period_manifests::table
        .find((source, period))
        .select(ManifestRow::as_select())
        .first(c)
        .optional())?)
}

/// Writes a manifest and the entry that names it, in this order: the entry is refused without it.
pub(in crate::ledger) fn insert(connection: &mut Connection, manifest: &ManifestRow, entry: &EntryRow) -> Result<()> {
    on_engine!(connection, |c| {
        diesel::insert_into(period_manifests::table).values(manifest).execute(c)?;
        diesel::insert_into(journal_entries::table).values(entry).execute(c)
    })?;
    Ok(())
}

/// Every anchor of a source, in the order of the chain.
pub(in crate::ledger) fn anchors(connection: &mut Connection, source: &str) -> Result<Vec<AnchorRow>> {
    Ok(on_engine!(connection, |c| chain_anchors::table
        .filter(chain_anchors::source.eq(source))
        .order(chain_anchors::anchor_no)
        .select(AnchorRow::as_select())
        .load(c))?)
}

pub(in crate::ledger) fn insert_anchor(connection: &mut Connection, row: &AnchorRow) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(chain_anchors::table).values(row).execute(c))?;
    Ok(())
}

/// The hash of an entry, if there is one with that number: what an anchor is compared with.
pub(in crate::ledger) fn hash_of(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<String>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .find((source, entry_no))
        .select(journal_entries::entry_hash)
        .first(c)
        .optional())?)
}
