//! Errors of the database, with messages that name the next step.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database.url: `{scheme}:` is not supported; write `sqlite:PATH` or `postgres://USER@HOST/NAME`")]
    Scheme {
        /// The part before the colon.
        scheme: String,
    },
    #[error("cannot open the database: {0}")]
    Open(String),
    #[error(
        "another ticketledger daemon is using {path}; stop it first, or give this one its own database \
         (several daemons can share a PostgreSQL database)"
    )]
    InUse {
        /// The SQLite file.
        path: String,
    },
    #[error(
        "the database holds an unfinished copy of a SQLite database; run the same `ticketledger database copy` again \
         to resume it"
    )]
    Unfinished,
    /// No connection became free in time.
    #[error("no database connection: {0}")]
    Pool(#[from] r2d2::Error),
    #[error("database: {0}")]
    Query(#[from] diesel::result::Error),
    #[error("database: the commit failed, and it is unknown whether it took effect: {0}")]
    Commit(diesel::result::Error),
    #[error("cannot migrate the database schema: {0}")]
    Migration(String),
    /// The server answers, but its state or its settings make it unusable.
    #[error("{0}")]
    Unusable(String),
    /// Work on another thread did not complete.
    #[error("{0} interrupted work on the database")]
    Interrupted(&'static str),
    /// A setting that the book has fixed says something else now.
    #[error("{0}")]
    Fixed(String),
    #[error("the database holds a value that cannot be read: {0}")]
    Inconsistent(String),
}

impl Error {
    /// Whether a retry may help, because the database and not the data is at fault.
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
