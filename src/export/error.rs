//! Why an export did not happen.

use std::path::{Path, PathBuf};

use super::BatchName;
use crate::db;

/// Why an export did not happen. What stops an export because of the books is no error but a list of
/// [`Problem`](super::Problem)s.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("cannot write {}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{} is there already; move it away, or write to another folder with --out", path.display())]
    Exists { path: PathBuf },
    #[error(
        "another export has just written the batch {0}; run the command again for what has come since, or see \
         `ticketledger export list`"
    )]
    Overtaken(BatchName),
    #[error("the batch {batch} was remembered, but {error}. Write its files with `ticketledger export again {batch}`")]
    NotInPlace { batch: BatchName, error: Box<Error> },
    #[error("{0}")]
    Differs(Box<Difference>),
    #[error("the batch {0} was taken back; its entries go into a later batch, see `ticketledger export list`")]
    TakenBack(BatchName),
    #[error("there is no batch {0}; `ticketledger export list` has all")]
    Unknown(BatchName),
    #[error(
        "the batch {asked} is not the newest of its month: take back {newest} first, or correct the month in the next \
         batch"
    )]
    NotNewest { asked: BatchName, newest: BatchName },
    #[error("the batch {batch} cannot be read: {error}")]
    Unreadable { batch: BatchName, error: String },
    #[error("cannot write the rows: {0}")]
    Format(String),
}

/// How a file would differ from the one that was written first.
#[derive(Debug, thiserror::Error)]
#[error(
    "the batch {batch} cannot be written again as it was: {name} would differ from the file that version {version} \
     wrote (sha256 {expected} then, {found} now by version {}). Use the file that was kept, or that version. \
     `ticketledger ledger verify` says whether the journal is as it was",
    env!("CARGO_PKG_VERSION")
)]
pub struct Difference {
    pub batch: BatchName,
    pub name: String,
    /// That wrote the first file.
    pub version: String,
    pub expected: String,
    pub found: String,
}

impl Error {
    pub(super) fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
}

/// From a writer of text.
impl From<crate::report::format::Error> for Error {
    fn from(error: crate::report::format::Error) -> Self {
        Self::Format(error.to_string())
    }
}
