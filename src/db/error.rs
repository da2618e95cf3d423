//! What can go wrong with the database, in words that name the next step.

/// A failed database operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address in `database.url` has a scheme we do not know.
    #[error("database.url: `{scheme}:` is not known; write `sqlite:PATH` or `postgres://USER@HOST/NAME`")]
    Scheme {
        /// What stood before the colon.
        scheme: String,
    },
    /// The database could not be opened at all.
    #[error("cannot open the database: {0}")]
    Open(String),
    /// Another daemon holds the SQLite file.
    #[error(
        "another ticketledger daemon is using {path}; stop it first, or give this one a database of its own \
         (several daemons can share a PostgreSQL database)"
    )]
    InUse {
        /// The database file.
        path: String,
    },
    /// A copy into the database has not ended.
    #[error(
        "the database holds an unfinished copy of a SQLite database; run the same `ticketledger database copy` again, \
         which goes on where it stood"
    )]
    Unfinished,
    /// No connection became free in time.
    #[error("no database connection: {0}")]
    Pool(#[from] r2d2::Error),
    /// A statement failed.
    #[error("database: {0}")]
    Query(#[from] diesel::result::Error),
    /// The commit failed: whether it took place is unknown.
    #[error("database: the commit failed, and whether it took place is not known: {0}")]
    Commit(diesel::result::Error),
    /// A migration failed.
    #[error("cannot bring the database schema up to date: {0}")]
    Migration(String),
    /// The server answers, but cannot be worked with as it is.
    #[error("{0}")]
    Unusable(String),
    /// Work that was handed to another thread did not end.
    #[error("{0} interrupted work on the database")]
    Interrupted(&'static str),
    /// A stored value cannot be what it is.
    #[error("the database holds a value that cannot be read: {0}")]
    Inconsistent(String),
}

impl Error {
    /// Whether trying again later may help: the database, not the data, is at fault.
    pub fn is_transient(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Query};
        match self {
            Self::Pool(_) | Self::Open(_) | Self::Unusable(_) | Self::Commit(_) | Self::Interrupted(_) => true,
            Self::Query(Query::BrokenTransactionManager | Query::RollbackErrorOnCommit { .. }) => true,
            Self::Query(Query::DatabaseError(kind, information)) => match kind {
                Kind::SerializationFailure
                | Kind::ClosedConnection
                | Kind::UnableToSendCommand
                | Kind::ReadOnlyTransaction => true,
                Kind::Unknown => {
                    let message = information.message();
                    ["locked", "deadlock", "canceling statement", "disk", "connection", "recovery", "read-only"]
                        .iter()
                        .any(|sign| message.contains(sign))
                }
                _ => false,
            },
            _ => false,
        }
    }
}
