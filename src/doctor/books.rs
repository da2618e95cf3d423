//! The settings beside what the books have fixed.

use super::Check;
use crate::config::Config;
use crate::db::Database;
use crate::ledger::book::store::fixed_books_from;

/// The first day of each book that has one, or should have none.
pub(super) fn checks(database: &Database, config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    for source in &config.sources {
        let fixed = database
            .reader()
            .and_then(|mut connection| fixed_books_from(&mut connection, &source.name, source.books_from));
        let check = match (fixed, source.books_from) {
            (Err(error), _) => Check::failed("books_from", error.to_string(), "check the database's log"),
            (Ok(Some(fixed)), _) => Check::failed("books_from", fixed, "until then the daemon does not start"),
            (Ok(None), Some(day)) => Check::ok("books_from", format!("the book begins on {day}")),
            (Ok(None), None) => continue,
        };
        checks.push(check.of(&source.name));
    }
    checks
}
