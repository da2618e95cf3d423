//! The statements of the retention. None opens a transaction.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::{Class, Table};
use crate::clock::Timestamp;
use crate::db::schema::{documents, inbox_attempts, inbox_events, journal_entries, periods};
use crate::db::{Connection, Result};
use crate::inbox::State;
use crate::ledger::book::{KnownSource, store as ledger};
use crate::on_engine;

/// Advisory lock of each step on PostgreSQL: two runs at once would only hinder each other.
const LOCK: i64 = 0x7072_756e;
/// Values per statement.
const PART: usize = 500;

/// Data that may be deleted if a rule allows it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) id: i64,
    pub(super) class: Class,
    pub(super) source: String,
    pub(super) entity: Option<String>,
    /// When it was received, fetched or tried.
    pub(super) at: Timestamp,
    pub(super) bytes: i64,
}

impl Candidate {
    /// The order that it is about, if any.
    pub(super) fn order_id(&self) -> Option<&str> {
        let (kind, id) = self.entity.as_deref()?.split_once(':')?;
        ["order", "booking"].contains(&kind).then_some(id)
    }
}

/// Name, time zone and last closed month of all sources, or of one.
pub(super) fn books(connection: &mut Connection, only: Option<&str>) -> Result<Vec<(KnownSource, Option<String>)>> {
    let mut books = Vec::new();
    let sources = ledger::sources(connection)?;
    for source in sources.into_iter().filter(|source| only.is_none_or(|only| only == source.name)) {
        let closed = periods::table
            .filter(periods::source.eq(&source.name))
            .filter(periods::status.eq("closed"))
            .select(diesel::dsl::max(periods::period));
        let closed: Option<String> = on_engine!(connection, |c| closed.first(c))?;
        books.push((source, closed));
    }
    Ok(books)
}

/// The highest row number of a table; 0 when it is empty.
pub(super) fn last_id(connection: &mut Connection, table: Table) -> Result<i64> {
    use diesel::dsl::max;
    let last: Option<i64> = on_engine!(connection, |c| match table {
        Table::Events => inbox_events::table.select(max(inbox_events::id)).first(c),
        Table::Documents => documents::table.select(max(documents::id)).first(c),
        Table::Attempts => inbox_attempts::table.select(max(inbox_attempts::id)).first(c),
    })?;
    Ok(last.unwrap_or(0))
}

/// Candidates with numbers after `after` up to `until`, in order. Never an event that waits, nor an import by a person.
pub(super) fn candidates(connection: &mut Connection, table: Table, after: i64, until: i64) -> Result<Vec<Candidate>> {
    match table {
        Table::Events => events(connection, after, until),
        Table::Documents => fetched(connection, after, until),
        Table::Attempts => attempts(connection, after, until),
    }
}

fn events(connection: &mut Connection, after: i64, until: i64) -> Result<Vec<Candidate>> {
    let query = inbox_events::table
        .filter(inbox_events::id.gt(after))
        .filter(inbox_events::id.le(until))
        .filter(inbox_events::state.ne("pending"))
        .filter(inbox_events::method.ne("IMPORT"))
        .filter(inbox_events::body.is_not_null())
        .order(inbox_events::id)
        .select((
            inbox_events::id,
            inbox_events::state,
            inbox_events::source,
            inbox_events::entity,
            inbox_events::received_at,
            // Only the length: neither engine reads the bytes for it.
            sql::<BigInt>("CAST(length(body) AS bigint)"),
        ));
    let rows: Vec<(i64, State, String, Option<String>, Timestamp, i64)> = on_engine!(connection, |c| query.load(c))?;
    let candidate = |(id, state, source, entity, at, bytes): (i64, State, _, _, _, _)| {
        let class = Class::ALL.into_iter().find(|class| class.states().contains(&state))?;
        Some(Candidate { id, class, source, entity, at, bytes })
    };
    Ok(rows.into_iter().filter_map(candidate).collect())
}

fn fetched(connection: &mut Connection, after: i64, until: i64) -> Result<Vec<Candidate>> {
    let query = documents::table
        .filter(documents::id.gt(after))
        .filter(documents::id.le(until))
        .filter(documents::body.is_not_null())
        .order(documents::id)
        .select((
            documents::id,
            documents::source,
            documents::entity,
            documents::started_at,
            sql::<BigInt>("CAST(length(body) AS bigint)"),
        ));
    let rows: Vec<(i64, String, String, Timestamp, i64)> = on_engine!(connection, |c| query.load(c))?;
    let class = Class::Documents;
    let candidate = |(id, source, entity, at, bytes)| Candidate { id, class, source, entity: Some(entity), at, bytes };
    Ok(rows.into_iter().map(candidate).collect())
}

fn attempts(connection: &mut Connection, after: i64, until: i64) -> Result<Vec<Candidate>> {
    let query = inbox_attempts::table
        .inner_join(inbox_events::table.on(inbox_events::id.eq(inbox_attempts::event_id)))
        .filter(inbox_attempts::id.gt(after))
        .filter(inbox_attempts::id.le(until))
        // Actions of operators stay, and events that wait or are parked need their history.
        .filter(inbox_attempts::action_id.is_null())
        .filter(inbox_events::state.eq_any(["done", "superseded"]))
        .order(inbox_attempts::id)
        .select((inbox_attempts::id, inbox_events::source, inbox_events::entity, inbox_attempts::at));
    let rows: Vec<(i64, String, Option<String>, Timestamp)> = on_engine!(connection, |c| query.load(c))?;
    let class = Class::Attempts;
    let candidate = |(id, source, entity, at)| Candidate { id, class, source, entity, at, bytes: 0 };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Those of the orders that have entries after a day.
pub(super) fn moving(
    connection: &mut Connection,
    source: &str,
    orders: &BTreeSet<&str>,
    day: NaiveDate,
) -> Result<BTreeSet<String>> {
    let orders: Vec<&str> = orders.iter().copied().collect();
    let mut moving = BTreeSet::new();
    for part in orders.chunks(PART) {
        let query = journal_entries::table
            .filter(journal_entries::source.eq(source))
            .filter(journal_entries::order_id.eq_any(part))
            .filter(journal_entries::booking_date.gt(day))
            .select(journal_entries::order_id.assume_not_null());
        let rows: Vec<String> = on_engine!(connection, |c| query.load(c))?;
        moving.extend(rows);
    }
    Ok(moving)
}

/// Whether no other run is in the middle of a step. SQLite has only one writer anyway.
pub(super) fn only_one(connection: &mut Connection) -> Result<bool> {
    let Connection::Postgres(c) = connection else { return Ok(true) };
    let query = diesel::select(sql::<Bool>(&format!("pg_try_advisory_xact_lock({LOCK})")));
    Ok(query.get_result(&mut **c)?)
}

/// Deletes the data of rows that have not changed since they were read. Returns their numbers.
pub(super) fn take(connection: &mut Connection, table: Table, rows: &[Candidate]) -> Result<BTreeSet<i64>> {
    if let Connection::Sqlite(c) = connection {
        // Otherwise the bytes would stay in free pages of the file.
        diesel::sql_query("PRAGMA secure_delete = ON").execute(&mut **c)?;
    }
    let mut gone = BTreeSet::new();
    for class in Class::ALL {
        let ids: Vec<i64> = rows.iter().filter(|row| row.class == class).map(|row| row.id).collect();
        if ids.is_empty() {
            continue;
        }
        let nothing = None::<Vec<u8>>;
        let taken: Vec<i64> = on_engine!(connection, |c| match table {
            // A replay may have reset an event meanwhile.
            Table::Events => {
                let chosen = inbox_events::table
                    .filter(inbox_events::id.eq_any(&ids))
                    .filter(inbox_events::state.eq_any(class.states()));
                diesel::update(chosen).set(inbox_events::body.eq(nothing)).returning(inbox_events::id).get_results(c)
            }
            Table::Documents => {
                let chosen = documents::table.filter(documents::id.eq_any(&ids));
                diesel::update(chosen).set(documents::body.eq(nothing)).returning(documents::id).get_results(c)
            }
            Table::Attempts => {
                let chosen = inbox_attempts::table.filter(inbox_attempts::id.eq_any(&ids));
                diesel::delete(chosen).returning(inbox_attempts::id).get_results(c)
            }
        })?;
        gone.extend(taken);
    }
    Ok(gone)
}
