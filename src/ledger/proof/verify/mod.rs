//! `ledger verify`: proves that the books hold, without trusting what wrote them.
//!
//! For each source: numbers without gaps, links and hashes of the chain, balance and line count of every entry, exact
//! reversals, no orphan line, for every order that the live atoms are the target of its last snapshot, and for every
//! closed month that its manifest comes out the same today.

mod chain;
mod orders;
mod periods;
mod store;

use chrono_tz::Tz;

use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::book::PolicyHistory;

/// What was looked at, and the first thing that is broken.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Sources looked at.
    pub sources: usize,
    /// Entries recomputed.
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
    database.read(|connection| look(connection, only))
}

/// As [`verify`], inside a transaction of the caller.
pub(in crate::ledger) fn look(connection: &mut Connection, only: Option<&str>) -> Result<Verdict, Error> {
    let mut verdict = Verdict::default();
    for (source, zone) in store::sources(connection)? {
        if only.is_some_and(|only| only != source) {
            continue;
        }
        verdict.sources += 1;
        let zone: Tz = match zone.parse() {
            Ok(zone) => zone,
            Err(_) => {
                verdict.broken = Some(format!("source {source}: `{zone}` is not a valid time zone"));
                break;
            }
        };
        verdict.broken = match chain::check(connection, &source, zone, &mut verdict)? {
            Some(broken) => Some(broken),
            None => {
                let policies = PolicyHistory::load(connection, &source, zone)?;
                match orders::check(connection, &source, &policies, &mut verdict)? {
                    Some(broken) => Some(broken),
                    None => periods::check(connection, &source)?,
                }
            }
        };
        if verdict.broken.is_some() {
            break;
        }
    }
    Ok(verdict)
}
