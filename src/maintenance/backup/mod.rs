//! `backup`: a copy of the SQLite file as it was at one instant, made beside a running daemon and looked at before it
//! gets its name.
//!
//! It is made with `VACUUM INTO`, not with SQLite's page by page backup: that one begins again whenever another process
//! has written, so under load it may never end. This one reads one unchanging view, which holds up nobody; until it
//! ends, the write-ahead log grows. What was erased is not in it, for only rows are copied.

mod series;
mod store;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::db;

pub use self::series::{name_at, superfluous};

/// What a finished backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    pub file: PathBuf,
    pub bytes: u64,
    /// Deliveries in it.
    pub events: i64,
    /// Entries in it, of all sources.
    pub entries: i64,
    /// The end of the chain of every source that has entries: source, number and hash of the last entry.
    pub heads: Vec<(String, i64, String)>,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum Unsaved {
    /// A backup never replaces anything.
    #[error("{0} already exists and is never overwritten; name another file, or a folder with --keep")]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, io::Error),
    /// The copy is not what it should be.
    #[error(
        "the backup is damaged and was removed: {0}; check the disk, and the database with `ticketledger ledger verify`"
    )]
    Unsound(String),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Copies the SQLite file `source` into a new file that only its owner can read, and looks at the copy: its structure,
/// and that its chains are those of the source.
///
/// # Errors
/// When the file exists, cannot be written, or is not sound. There is no file of that name then.
pub fn backup(source: &Path, file: &Path) -> Result<Backup, Unsaved> {
    if file.exists() {
        return Err(Unsaved::Exists(file.to_owned()));
    }
    let part = Part::create(file)?;
    let before = store::state(source)?;
    store::vacuum_into(source, &part.path)?;
    let saved = store::check_copy(&part.path)?;
    if let Some(fault) = saved.fault {
        return Err(Unsaved::Unsound(fault));
    }
    // All that was there when it began is in it, and all that is in it is in the source.
    if saved.state.events < before.events {
        let fault = format!("it has {} webhooks; the database had {} at the start", saved.state.events, before.events);
        return Err(Unsaved::Unsound(fault));
    }
    let chain = store::first_missing(&part.path, &before.heads)?.or(store::first_missing(source, &saved.state.heads)?);
    if let Some(fault) = chain {
        return Err(Unsaved::Unsound(fault));
    }
    let bytes = part.publish(file)?;
    let store::State { events, entries, heads } = saved.state;
    Ok(Backup { file: file.to_owned(), bytes, events, entries, heads })
}

/// The file until it has its name; it goes when it never gets one.
struct Part {
    path: PathBuf,
}

impl Part {
    /// In the same folder, so that it can get its name at once; for the owner alone from the first byte on.
    fn create(file: &Path) -> Result<Self, Unsaved> {
        let mut path = file.as_os_str().to_owned();
        path.push(format!(".part-{}", std::process::id()));
        let path = PathBuf::from(path);
        // Empty, as SQLite wants it.
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        created.map_err(|error| Unsaved::Write(path.clone(), error))?;
        Ok(Self { path })
    }

    /// Makes it durable and gives it its name, unless that was taken meanwhile. Answers its size.
    fn publish(&self, file: &Path) -> Result<u64, Unsaved> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => Unsaved::Exists(file.to_owned()),
            _ => Unsaved::Write(file.to_owned(), error),
        };
        let part = File::open(&self.path).map_err(failed)?;
        part.sync_all().map_err(failed)?;
        // Unlike a rename this never replaces.
        std::fs::hard_link(&self.path, file).map_err(failed)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(part.metadata().map_err(failed)?.len())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The name that it has now, if it has one, is another link to it.
        let _ = std::fs::remove_file(&self.path);
    }
}
