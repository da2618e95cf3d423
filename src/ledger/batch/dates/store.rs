//! The rows of `event_dates`.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::EventDate;
use crate::clock::Timestamp;
use crate::db::compiled::{kept, padded};
use crate::db::schema::event_dates;
use crate::db::{Connection, Result};
use crate::{limits, on_engine};

/// Stores what is newer than what is known, and says something else.
pub(in crate::ledger::batch) fn save(
    connection: &mut Connection,
    source: &str,
    dates: BTreeMap<String, EventDate>,
) -> Result<()> {
    if dates.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = dates.keys().map(String::as_str).collect();
    let known = known_dates(connection, source, &ids)?;
    for date in dates.into_values() {
        let before = known.get(&date.event_date_id);
        let same = before.is_some_and(|before| (&before.title, before.starts_at) == (&date.title, date.starts_at));
        if same || before.is_some_and(|before| before.version > date.version) {
            continue;
        }
        let changes = (
            event_dates::title.eq(&date.title),
            event_dates::starts_at.eq(date.starts_at),
            event_dates::version.eq(date.version),
            event_dates::new_since.eq(date.new_since),
        );
        on_engine!(connection, |c| diesel::insert_into(event_dates::table)
            .values(&date)
            .on_conflict((event_dates::source, event_dates::event_date_id))
            .do_update()
            .set(changes)
            .execute(c))?;
    }
    Ok(())
}

/// What is known of these dates, by their id.
///
/// # Errors
/// When a statement fails.
pub fn known_dates(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<BTreeMap<String, EventDate>> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(limits::IN_VALUES) {
        let query = event_dates::table
            .filter(event_dates::source.eq(source))
            .filter(event_dates::event_date_id.eq_any(padded(ids)));
        let rows: Vec<EventDate> = on_engine!(connection, |c| kept(query.select(EventDate::as_select())).load(c))?;
        found.extend(rows.into_iter().map(|row| (row.event_date_id.clone(), row)));
    }
    Ok(found)
}

/// The first of those that nobody has looked at yet.
///
/// # Errors
/// When the statement fails.
pub fn unread_dates(connection: &mut Connection, source: &str, limit: i64) -> Result<Vec<EventDate>> {
    let query = event_dates::table
        .filter(event_dates::source.eq(source))
        .filter(event_dates::new_since.is_not_null())
        .order(event_dates::event_date_id)
        .limit(limit);
    Ok(on_engine!(connection, |c| query.select(EventDate::as_select()).load(c))?)
}

/// Notes that this date is to be looked at, or was.
///
/// # Errors
/// When the statement fails.
pub fn mark_date(connection: &mut Connection, source: &str, id: &str, new_since: Option<Timestamp>) -> Result<()> {
    let row = event_dates::table.find((source, id));
    on_engine!(connection, |c| diesel::update(row).set(event_dates::new_since.eq(new_since)).execute(c))?;
    Ok(())
}
