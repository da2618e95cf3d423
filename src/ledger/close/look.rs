//! A first look at a close: what can be said of it without reading the whole book.

use super::check::{self, Blocker, Warning};
use crate::clock::Clock;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::book::{KnownSource, Month, store as journal};

/// What already stands in the way of a close and what to think of, without the verification of the whole book that a
/// close begins with.
///
/// # Errors
/// When the database cannot be read, or there is no such book.
pub fn first_look(
    database: &Database,
    clock: &Clock,
    source: &str,
    month: Month,
) -> Result<(Vec<Blocker>, Vec<Warning>), Error> {
    database.read(|connection| {
        let zone = known_source(connection, source)?.timezone;
        let blockers = check::blockers(connection, source, zone, month, clock.now())?;
        Ok((blockers, check::warnings(connection, source, zone)?))
    })
}

pub(super) fn known_source(connection: &mut Connection, source: &str) -> Result<KnownSource, Error> {
    let known = journal::sources(connection)?.into_iter().find(|known| known.name == source);
    known.ok_or_else(|| {
        let text = format!("source {source} has no book yet; start `ticketledger serve` once to create it");
        crate::db::Error::Inconsistent(text).into()
    })
}
