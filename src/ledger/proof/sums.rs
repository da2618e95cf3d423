//! `ledger rebuild --sums`: the sums that are kept beside the journal, written anew from its lines.

use super::store;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::book::{KeptSums, KnownSource, kept_sums, store as journal};

/// Writes the kept sums of every source, or of one, anew. Answers for each source what was wrong first, in words;
/// `None` when they held.
///
/// # Errors
/// When the database cannot be read or written, or an amount overflows.
pub fn write_anew(database: &Database, only: Option<&str>) -> Result<Vec<(String, Option<String>)>, Error> {
    let sources = journal::sources(&mut database.reader()?)?;
    let mut done = Vec::new();
    for KnownSource { name, .. } in sources.into_iter().filter(|known| only.is_none_or(|only| only == known.name)) {
        let fault = database.transaction("write the sums anew", |connection| {
            journal::lock_source(connection, &name)?;
            let sums = sums_of_lines(connection, &name)?;
            let fault = kept_sums::fault(connection, &name, &sums)?;
            kept_sums::store::replace(connection, &name, sums)?;
            Ok::<_, Error>(fault)
        })?;
        done.push((name, fault));
    }
    Ok(done)
}

fn sums_of_lines(connection: &mut Connection, source: &str) -> Result<KeptSums, Error> {
    let (mut sums, mut last_no) = (KeptSums::default(), 0);
    loop {
        let page = store::entries(connection, source, last_no, i64::MAX)?;
        let Some((last, _)) = page.last() else { return Ok(sums) };
        last_no = last.entry_no;
        for (entry, lines) in &page {
            sums.add_entry(entry, lines)?;
        }
    }
}
