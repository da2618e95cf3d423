//! The files of a SQLite database: made for their owner alone, and watched, so that nothing is confirmed that went into
//! a file which is no longer where the next start will look for it.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::{Error, Result};

/// Only the owner may read and write, whatever the umask: SQLite gives the log the mode of the database.
const MODE: u32 = 0o600;

/// What a name leads to, whatever the name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl From<Metadata> for Identity {
    fn from(metadata: Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// The files as they were when the database was opened.
#[derive(Debug)]
pub(super) struct Files {
    file: PathBuf,
    /// Where links lead: SQLite keeps the log beside this one.
    real: PathBuf,
    log: PathBuf,
    /// What is at `file` itself, be it a link.
    named: Identity,
    opened: Identity,
    /// SQLite makes the log when it first needs it; from then on it stays as long as a connection is open.
    opened_log: OnceLock<Identity>,
    /// The index of the log.
    index: OnceLock<Option<File>>,
    /// Whether the last look found another file, which is logged once.
    displaced: AtomicBool,
}

impl Files {
    /// Notes what is at `path` now, where a connection is open.
    pub(super) fn opened(path: &Path) -> io::Result<Self> {
        let file = std::path::absolute(path)?;
        let named = Identity::from(std::fs::symlink_metadata(&file)?);
        let opened = Identity::from(std::fs::metadata(&file)?);
        let real = std::fs::canonicalize(&file)?;
        let log = beside(&real, "-wal");
        let (opened_log, index, displaced) = (OnceLock::new(), OnceLock::new(), AtomicBool::new(false));
        Ok(Self { file, real, log, named, opened, opened_log, index, displaced })
    }

    /// Fails while the database or its log is not the file that was opened. The first failure is logged, and the end.
    pub(super) fn check(&self) -> Result<()> {
        let fault = self.fault();
        let before = self.displaced.swap(fault.is_some(), Ordering::Relaxed);
        let Some((path, what)) = fault else {
            if before {
                tracing::info!(file = %self.file.display(), "the database files are back; webhooks are stored again");
            }
            return Ok(());
        };
        let error = Error::Displaced { path: path.to_owned(), what, process: std::process::id() };
        if !before {
            tracing::error!("{error}");
        }
        Err(error)
    }

    fn fault(&self) -> Option<(&Path, String)> {
        // A link to the very same file elsewhere does not do either: the next start would look for the log there.
        let ends = [
            (&self.file, std::fs::metadata(&self.file), self.opened),
            (&self.file, std::fs::symlink_metadata(&self.file), self.named),
            (&self.real, std::fs::symlink_metadata(&self.real), self.opened),
        ];
        for (path, found, opened) in ends {
            match found.map(Identity::from) {
                Ok(found) if found == opened => {}
                Ok(_) => return Some((path, "is another file now".to_owned())),
                Err(error) => return Some((path, missing(&error))),
            }
        }
        match (std::fs::symlink_metadata(&self.log).map(Identity::from), self.opened_log.get()) {
            (Ok(found), None) => {
                self.opened_log.get_or_init(|| found);
                None
            }
            (Ok(found), Some(opened)) if found == *opened => None,
            (Ok(_), Some(_)) => Some((&self.log, "is another file now".to_owned())),
            (Err(error), Some(_)) => Some((&self.log, missing(&error))),
            // Nothing was written yet.
            (Err(_), None) => None,
        }
    }

    /// Pages of the write-ahead log that are not written back, by the log's index: SQLite's file format, 2.1 of "The
    /// WAL-Index File Format". 0 when it cannot be read.
    pub(super) fn log_pages(&self) -> u32 {
        let index = self.index.get_or_init(|| File::open(beside(&self.real, "-shm")).ok());
        let mut head = [0; 100];
        let Some(Ok(())) = index.as_ref().map(|index| index.read_exact_at(&mut head, 0)) else { return 0 };
        let number =
            |at: usize| head.get(at..at + 4).and_then(|bytes| Some(u32::from_ne_bytes(bytes.try_into().ok()?)));
        let (frames, written_back) = (number(16).unwrap_or(0), number(96).unwrap_or(0));
        frames.saturating_sub(written_back)
    }

    /// Bytes of the write-ahead log.
    pub(super) fn log_bytes(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |metadata| metadata.len())
    }
}

fn missing(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "is gone".to_owned(),
        _ => format!("cannot be looked at ({error})"),
    }
}

/// The file whose name continues like this.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes an empty file, which SQLite takes for a new database. Returns whether it was not there before.
pub(super) fn make(path: &Path) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unopened(path, &error)),
    }
}

/// Locks a separate file beside the database, because SQLite's own locks come and go with its transactions.
pub(super) fn lock(path: &Path) -> Result<File> {
    let lock = beside(path, ".lock");
    let opened = OpenOptions::new().create(true).write(true).truncate(false).mode(MODE).open(&lock);
    let file = opened.map_err(|error| unopened(&lock, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(unopened(&lock, &error)),
    }
}

/// Refuses files that this process may not write: SQLite would open them for reading, and fail at the first delivery.
pub(super) fn refuse_foreign(path: &Path) -> Result<()> {
    for file in ["", "-wal", "-shm"].map(|ending| beside(path, ending)) {
        match access(&file, Access::READ_OK | Access::WRITE_OK) {
            // Whoever closes the database last removes its log at any time.
            Ok(()) | Err(Errno::NOENT) => {}
            Err(_) => return Err(unopened(&file, &ErrorKind::PermissionDenied.into())),
        }
    }
    Ok(())
}

/// The error, and whose the file is when that is the reason.
fn unopened(path: &Path, error: &io::Error) -> Error {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = absolute.as_path();
    let shown = path.display();
    if error.kind() != ErrorKind::PermissionDenied {
        return Error::Open(format!("{shown}: {error}"));
    }
    // A file that is not there yet belongs in a folder that we must be able to write.
    let (path, kind) = match path.exists() {
        true => (path, "file"),
        false => (folder(path), "folder"),
    };
    let me = std::fs::metadata("/proc/self").map_or_else(|_| "USER".to_owned(), |own| user_name(own.uid()));
    let shown_path = path.display();
    Error::Open(match std::fs::metadata(path) {
        Ok(found) if user_name(found.uid()) != me => format!(
            "{shown}: {error}: the {kind} {shown_path} belongs to {owner}, and this process runs as {me}; run `chown \
             {me} {shown_path}`, and run commands as {me} from now on",
            owner = user_name(found.uid())
        ),
        Ok(_) => format!("{shown}: {error}: run `chmod u+rw {shown_path}`"),
        Err(_) => format!("{shown}: {error}: {me} cannot look into the folder {shown_path}; check its owner and mode"),
    })
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The name of a user; the number, when the system's list does not have it.
fn user_name(id: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| id.to_string())
}
