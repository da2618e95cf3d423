//! Backups in one folder, named by their time, of which the newest are kept.

use std::io;
use std::path::{Path, PathBuf};

use crate::clock::Timestamp;

const FORM: &str = "ticketledger-%Y%m%dT%H%M%SZ.db";

/// The name of a backup that is made now.
pub fn name_at(now: Timestamp) -> String {
    now.utc().format(FORM).to_string()
}

/// The backups of a folder but the newest `keep`. Only files with names of ours are looked at.
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
    // Their names sort by their time.
    names.sort();
    let surplus = names.len().saturating_sub(keep);
    Ok(names.into_iter().take(surplus).map(|name| folder.join(name)).collect())
}
