//! Turns: two who act on the inbox at the same time act one after the other, whichever daemon or command they use, and
//! the later one learns of it before he does anything.

mod store;

use crate::db::{Connection, Database, Error};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// What was decided on may not be there any more.
    #[error("somebody else processed or dismissed webhooks since you looked; look again, nothing was changed")]
    Overtaken,
    #[error(transparent)]
    Database(#[from] Error),
}

/// The number of the last replay or dismissal, to be read before one looks at what one acts on; 0 when there was none.
///
/// # Errors
/// When the database cannot be read.
pub fn last_act(database: &Database) -> Result<i64, Error> {
    store::last_act(&mut database.reader()?)
}

/// Takes the turn until the end of the transaction. With `known`, only when nobody acted since then.
pub(super) fn take(connection: &mut Connection, known: Option<i64>) -> Result<(), Undone> {
    store::await_operators(connection)?;
    match known {
        Some(known) if store::last_act(connection)? != known => Err(Undone::Overtaken),
        _ => Ok(()),
    }
}
