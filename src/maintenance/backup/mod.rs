//! `backup`: copies the SQLite file as it is at one instant, beside a running daemon, and checks the copy before it
//! gets its name.
//!
//! It uses `VACUUM INTO` and not SQLite's page-by-page backup, which starts again whenever another process has written,
//! so that under load it may never end. `VACUUM INTO` reads one unchanging state and blocks nobody; until it ends, the
//! write-ahead log grows. Erased data is not in the copy, because only rows are copied.

mod series;
mod store;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::db;

pub use self::series::{name_at, superfluous};

/// Contents of a finished backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    pub file: PathBuf,
    pub bytes: u64,
    pub events: i64,
    /// Journal entries of all sources.
    pub entries: i64,
    /// Source, number and hash of the last entry, for every source that has entries.
    pub heads: Vec<(String, i64, String)>,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum Unsaved {
    #[error("{0} already exists and is never overwritten; name another file, or a folder with --keep")]
    Exists(PathBuf),
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, io::Error),
    #[error(
        "the backup is damaged and was removed: {0}; check the disk, and the database with `ticketledger ledger verify`"
    )]
    Unsound(String),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Copies the SQLite file `source` into a new file that only its owner can read, and checks the copy: its structure,
/// and that its hash chains are those of the source.
///
/// # Errors
/// When the file exists or cannot be written, or when the copy is not sound. No new file is left behind then.
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
    // The copy has everything that existed when it began, and nothing that the source lacks.
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

/// The file before it gets its name; it is deleted on drop.
struct Part {
    path: PathBuf,
}

impl Part {
    /// In the same folder, so that a link can publish it; readable only by its owner from the first byte on.
    fn create(file: &Path) -> Result<Self, Unsaved> {
        remove_abandoned(file);
        let mut path = file.as_os_str().to_owned();
        path.push(format!("{PART}{}", std::process::id()));
        let path = PathBuf::from(path);
        // Empty, as SQLite requires.
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        created.map_err(|error| Unsaved::Write(path.clone(), error))?;
        Ok(Self { path })
    }

    /// Makes the file durable and gives it its name, unless the name was taken meanwhile. Returns its size in bytes.
    fn publish(&self, file: &Path) -> Result<u64, Unsaved> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => Unsaved::Exists(file.to_owned()),
            _ => Unsaved::Write(file.to_owned(), error),
        };
        let part = File::open(&self.path).map_err(failed)?;
        part.sync_all().map_err(failed)?;
        // Unlike a rename, a hard link never replaces a file.
        std::fs::hard_link(&self.path, file).map_err(failed)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(part.metadata().map_err(failed)?.len())
    }
}

/// What stands before the number of the process in the name of an unfinished copy.
const PART: &str = ".part-";

/// Removes what backups into this folder left that were killed: it holds names and addresses.
fn remove_abandoned(file: &Path) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.rsplit_once(PART)).map(|(_, rest)| {
            let (process, ending) = rest.split_once('-').unwrap_or((rest, ""));
            (process.parse::<u32>(), ending)
        });
        let Some((Ok(process), "" | "journal" | "wal" | "shm")) = process else { continue };
        if !Path::new("/proc").join(process.to_string()).exists() {
            // The next backup will try again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The published name, if there is one, is another link to the same file.
        let _ = std::fs::remove_file(&self.path);
        // SQLite leaves these beside it when it is interrupted or the disk is full.
        for ending in ["-journal", "-wal", "-shm"] {
            let mut name = self.path.as_os_str().to_owned();
            name.push(ending);
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_backup_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let part = Part::create(&folder.path().join("saved.db")).expect("a file");
        for ending in ["-journal", "-wal", "-shm"] {
            std::fs::write(format!("{}{ending}", part.path.display()), "begun").expect("a file");
        }
        drop(part);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
