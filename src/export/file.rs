//! A file that is there as a whole or not at all: written beside its name, synced, and renamed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::hash;

/// A file of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// A file that is being written.
pub(super) struct OutFile {
    path: PathBuf,
    partial: Partial,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

/// The unfinished file; it is removed unless it was put in place.
struct Partial(Option<PathBuf>);

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Whoever ends here has an error of its own to tell.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl OutFile {
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self, Error> {
        let partial = folder.join(format!("{name}.partial"));
        let file = File::create(&partial).map_err(|error| Error::file(&partial, error))?;
        Ok(Self {
            path: folder.join(name),
            partial: Partial(Some(partial)),
            file: BufWriter::with_capacity(64 * 1024, file),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Writes bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write_all(bytes).map_err(|error| Error::file(&self.path, error))
    }

    /// Everything is on disk, under the name of the unfinished file.
    pub(super) fn finish(mut self, rows: u64) -> Result<Finished, Error> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| Error::file(&self.path, error))?;
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let record = FileRecord { name, rows, bytes: self.bytes, sha256: hash::finished(self.hash) };
        Ok(Finished { record, path: self.path, partial: self.partial })
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A file that is written and not yet in its place.
pub(super) struct Finished {
    pub(super) record: FileRecord,
    path: PathBuf,
    partial: Partial,
}

impl Finished {
    /// Gives it its name.
    pub(super) fn put_in_place(mut self) -> Result<(), Error> {
        let failed = |error| Error::file(&self.path, error);
        if let Some(partial) = &self.partial.0 {
            std::fs::rename(partial, &self.path).map_err(failed)?;
        }
        self.partial.0 = None;
        // The name is durable once the folder is.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| Error::file(&self.path, error))
    }
}
