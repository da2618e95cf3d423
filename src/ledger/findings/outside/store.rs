//! The statements of one finding.

use diesel::prelude::*;

use crate::db::schema::findings;
use crate::db::{Connection, Result};
use crate::ledger::batch::FindingRow;
use crate::on_engine;

pub(super) fn read(connection: &mut Connection, fingerprint: &str) -> Result<Option<FindingRow>> {
    Ok(on_engine!(connection, |c| findings::table
        .find(fingerprint)
        .select(FindingRow::as_select())
        .first(c)
        .optional())?)
}

pub(super) fn insert(connection: &mut Connection, row: &FindingRow) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(findings::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

pub(super) fn update(connection: &mut Connection, row: &FindingRow) -> Result<()> {
    on_engine!(connection, |c| diesel::update(findings::table.find(&row.fingerprint)).set(row).execute(c))?;
    Ok(())
}
