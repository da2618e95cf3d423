//! A month as it was closed: the numbers of its manifest.

use super::Table;
use crate::db::Database;
use crate::ledger::book::{Month, store::sources};
use crate::ledger::totals::{Total, Unreadable, closed_month};

/// Why a month cannot be shown as it was closed.
#[derive(Debug, thiserror::Error)]
pub enum NotClosed {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is open, or softly closed.
    #[error(
        "{month} of source {source_name} is not closed, so it has no frozen numbers; choose another source with \
         --source, or close the month"
    )]
    Open { source_name: String, month: Month },
}

impl From<crate::db::Error> for NotClosed {
    fn from(error: crate::db::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

/// Reads a report of a closed month: for the reports of a month what the manifest says, for balances and vouchers
/// what they were at the end of the month as the close saw it.
///
/// # Errors
/// When a source has not closed the month, or the database cannot be read.
pub fn read_as_closed<R: Total>(database: &Database, source: Option<&str>, month: Month) -> Result<Table, NotClosed> {
    database.read(|connection| {
        let sources = match source {
            Some(source) => vec![source.to_owned()],
            None => sources(connection)?.into_iter().map(|source| source.name).collect(),
        };
        let mut rows: Vec<R> = Vec::new();
        for source in sources {
            let closed = closed_month(connection, &source, month)?;
            let closed = closed.ok_or_else(|| NotClosed::Open { source_name: source, month })?;
            rows.append(&mut R::as_closed(&closed, connection)?);
        }
        rows.sort();
        Ok(Table::of(rows))
    })
}
