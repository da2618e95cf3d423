//! How claims end. Every statement is guarded by the lease: without it, nothing is changed.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::compiled::{kept, padded};
use crate::db::schema::{inbox_attempts, inbox_events};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, Finish, State};
use crate::on_engine;

/// Ends the claim on an event as `finish` says. False means that it no longer belonged to `lease`: the caller must then
/// roll back.
///
/// # Errors
/// When a statement fails.
pub fn finish(connection: &mut Connection, lease: &str, id: EventId, finish: &Finish, now: Timestamp) -> Result<bool> {
    let chosen = inbox_events::table.find(id).filter(inbox_events::lease_token.eq(lease));
    let no_lease = inbox_events::lease_token.eq(None::<String>);
    let count = match finish {
        Finish::Applied { newer: true } => return Ok(finish_applied(connection, lease, &[id], &[], now)? == 1),
        Finish::Applied { newer: false } => return Ok(finish_applied(connection, lease, &[], &[id], now)? == 1),
        Finish::Parked { reason, detail, .. } => {
            let changes = (
                no_lease,
                inbox_events::state.eq(State::Parked),
                inbox_events::reason.eq(Some(*reason)),
                inbox_events::detail.eq(Some(detail)),
                inbox_events::finished_at.eq(Some(now)),
            );
            on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?
        }
        Finish::Retry { due_at, counts, reason, detail, .. } => {
            let changes = (
                no_lease,
                inbox_events::due_at.eq(*due_at),
                inbox_events::reason.eq(Some(*reason)),
                inbox_events::detail.eq(Some(detail)),
                inbox_events::attempts.eq(inbox_events::attempts - i32::from(!*counts)),
            );
            on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?
        }
    };
    record_attempt(connection, id, finish, now)?;
    Ok(count == 1)
}

/// Ends the claim on events that were applied, in one statement for each outcome. Answers how many still belonged to
/// `lease`: when it is not all of them, the caller must roll back.
///
/// # Errors
/// When a statement fails.
pub fn finish_applied(
    connection: &mut Connection,
    lease: &str,
    done: &[EventId],
    superseded: &[EventId],
    now: Timestamp,
) -> Result<usize> {
    let mut finished = 0;
    for (ids, state) in [(done, State::Done), (superseded, State::Superseded)] {
        let changes = (
            inbox_events::lease_token.eq(None::<String>),
            inbox_events::state.eq(state),
            inbox_events::reason.eq(None::<String>),
            inbox_events::detail.eq(None::<String>),
            inbox_events::finished_at.eq(Some(now)),
        );
        let own = inbox_events::lease_token.eq(lease);
        finished += match ids {
            [] => 0,
            // One event has a statement of its own, without a list.
            [id] => {
                let chosen = inbox_events::table.find(id).filter(own);
                on_engine!(connection, |c| kept(diesel::update(chosen).set(changes)).execute(c))?
            }
            ids => {
                let chosen = inbox_events::table.filter(inbox_events::id.eq_any(padded(ids))).filter(own);
                on_engine!(connection, |c| kept(diesel::update(chosen).set(changes)).execute(c))?
            }
        };
    }
    Ok(finished)
}

/// The history of failed attempts.
fn record_attempt(connection: &mut Connection, id: EventId, finish: &Finish, now: Timestamp) -> Result<()> {
    let (verdict, reason, detail, next_due_at) = match finish {
        Finish::Applied { .. } => return Ok(()),
        Finish::Parked { verdict, reason, detail } => (*verdict, reason.as_str(), detail, None),
        Finish::Retry { verdict, reason, detail, due_at, .. } => (*verdict, *reason, detail, Some(*due_at)),
    };
    let attempt = inbox_events::table.find(id).select(inbox_events::attempts);
    on_engine!(connection, |c| {
        let attempt: i32 = attempt.first(c)?;
        let row = (
            inbox_attempts::event_id.eq(id),
            inbox_attempts::at.eq(now),
            inbox_attempts::attempt.eq(attempt),
            inbox_attempts::verdict.eq(verdict),
            inbox_attempts::reason.eq(reason),
            inbox_attempts::detail.eq(detail),
            inbox_attempts::next_due_at.eq(next_due_at),
        );
        diesel::insert_into(inbox_attempts::table).values(row).execute(c)
    })?;
    Ok(())
}
