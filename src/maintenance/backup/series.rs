//! Backups in one folder, named by their time, of which the newest are kept.

use std::io;
use std::path::{Path, PathBuf};

use crate::clock::Timestamp;

const FORM: &str = "ticketledger-%Y%m%dT%H%M%SZ.db";

/// The name of a backup made at `now`.
pub fn name_at(now: Timestamp) -> String {
    now.utc().format(FORM).to_string()
}

/// All backups in a folder except the newest `keep`. Files with other names are ignored.
///
/// # Errors
/// When the folder cannot be read.
pub fn superfluous(folder: &Path, keep: usize) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        if chrono::NaiveDateTime::parse_from_str(name, FORM).is_ok() {
            names.push(name.to_owned());
        }
    }
    // The names sort by time.
    names.sort();
    let surplus = names.len().saturating_sub(keep);
    Ok(names.into_iter().take(surplus).map(|name| folder.join(name)).collect())
}
