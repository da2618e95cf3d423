//! `ledger verify`: proves that the books hold, without trusting what wrote them.
//!
//! For each source: numbers without gaps, links and hashes of the chain, balance and line count of every entry, exact
//! reversals, no orphan line, for every order that the live atoms are those that its last snapshot asks for and that
//! its VAT is due when its lines say, for every voucher and flex ticket that what is owed on it is what was issued and
//! not used, and for every closed month that its manifest comes out the same today.

mod chain;
mod orders;
mod periods;
mod store;
mod vouchers;

use crate::db::{self, Connection, Database};
use crate::ledger::Error;
use crate::ledger::book::{KnownSource, PolicyHistory, store as journal};

/// What was looked at, and the first thing that is broken.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Sources looked at.
    pub sources: usize,
    pub entries: i64,
    /// Orders compared with their last snapshot.
    pub orders: i64,
    /// `(source, hash)` of the last entry of each source that has one.
    pub heads: Vec<(String, String)>,
    /// The first broken thing, in words; `None` when all holds.
    pub broken: Option<String>,
}

/// Looks at every source, or at one, and stops at the first broken thing.
///
/// # Errors
/// When the database cannot be read; a broken ledger is not an error but a [`Verdict`].
pub fn verify(database: &Database, only: Option<&str>) -> Result<Verdict, Error> {
    database.read(|connection| verify_in(connection, only))
}

/// As [`verify`], inside a transaction of the caller.
///
/// # Errors
/// As [`verify`].
pub fn verify_in(connection: &mut Connection, only: Option<&str>) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    let sources = match journal::sources(connection) {
        Ok(sources) => sources,
        // A stored time zone that is none is a broken book: it dates every entry.
        Err(db::Error::Inconsistent(broken)) => {
            verdict.broken = Some(broken);
            return Ok(verdict);
        }
        Err(error) => return Err(error.into()),
    };
    for source in sources.iter().filter(|source| only.is_none_or(|only| only == source.name)) {
        verdict.sources += 1;
        verdict.broken = fault_of(connection, source, &mut verdict)?;
        if verdict.broken.is_some() {
            break;
        }
    }
    Ok(verdict)
}

/// The first thing that is broken in the book of a source, in words.
fn fault_of(connection: &mut Connection, source: &KnownSource, verdict: &mut Verdict) -> Result<Option<String>, Error> {
    let KnownSource { name, timezone } = source;
    if let Some(broken) = chain::check(connection, name, *timezone, verdict)? {
        return Ok(Some(broken));
    }
    let policies = PolicyHistory::load(connection, name, *timezone)?;
    if let Some(broken) = orders::check(connection, name, &policies, verdict)? {
        return Ok(Some(broken));
    }
    if let Some(broken) = vouchers::check(connection, name)? {
        return Ok(Some(broken));
    }
    periods::check(connection, name)
}
