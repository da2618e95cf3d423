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
    /// What is confirmed now would not be there after the next start.
    #[error(
        "the database file {} {what}: someone moved, removed or replaced it while process {process} has it open. \
         Nothing is stored until it is back. The open file can still be copied, as long as that process runs: \
         `ls -l /proc/{process}/fd` shows it",
        path.display()
    )]
    Displaced {
        /// The database, or its log.
        path: std::path::PathBuf,
        /// What is wrong with it.
        what: String,
        /// Who has the other file open.
        process: u32,
    },
    /// `database.expect = "existing"`, and there is none.
    #[error(
        "{0}, and `database.expect` is `existing`: check that its volume is mounted and that database.url is correct. \
         To begin with an empty database, start once with TICKETLEDGER_DATABASE__EXPECT=anything"
    )]
    Missing(String),
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
    /// Whether it has been logged when it began, so that those who meet it again need not repeat it.
    pub fn is_logged(&self) -> bool {
        matches!(self, Self::Displaced { .. })
    }

    /// Whether a retry may help, because the database and not the data is at fault.
    pub fn is_transient(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Query};
        match self {
            Self::Displaced { .. }
            | Self::Pool(_)
            | Self::Open(_)
            | Self::Unusable(_)
            | Self::Commit(_)
            | Self::Interrupted(_) => true,
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
