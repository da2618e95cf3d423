//! The anchor file: hashes of the chain outside the database, one JSON line for each close.
//!
//! Whoever can rewrite the database can rewrite every hash in it. A copy of these lines in another place (a mail, a
//! sheet of paper, a time stamp service) is what they cannot reach.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub source: String,
    pub period: String,
    /// The close entry.
    pub entry_no: i64,
    pub entry_hash: String,
    /// The manifest that the entry names.
    pub manifest_sha256: String,
    pub time: Timestamp,
}

impl Anchor {
    /// The line, without its end.
    pub fn to_line(&self) -> String {
        // Texts and numbers always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Adds to a file the lines that it does not have yet, all or none of them: whoever looks meanwhile, or after a
/// crash, sees the old file or the new one. Answers how many were added.
///
/// # Errors
/// When the file cannot be read or written.
pub fn append(path: &Path, lines: &[String]) -> io::Result<usize> {
    let mut text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let missing: Vec<&String> = lines.iter().filter(|line| !text.lines().any(|known| known == *line)).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    for line in &missing {
        text.push_str(line);
        text.push('\n');
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The new name is durable once the folder is.
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(missing.len())
}

/// Reads the lines of a file.
///
/// # Errors
/// When the file cannot be read, or has a line that is not an anchor.
pub fn read(path: &Path) -> io::Result<Vec<Anchor>> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty());
    lines
        .map(|(line, number)| {
            serde_json::from_str(line)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {error}")))
        })
        .collect()
}
