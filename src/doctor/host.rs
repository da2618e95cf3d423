//! The folder of a SQLite database.

use std::path::Path;

use super::Check;
use crate::limits;
use crate::monitor::disk;

/// Below this much room somebody should look, in bytes.
const ROOM_BYTES: u64 = 1024 * 1024 * 1024;

/// A log that is larger is held by a reader, in bytes: the daemon truncates one beyond [`limits::LOG_BYTES`].
const LOG_BYTES: u64 = 4 * limits::LOG_BYTES;

/// Whether the folder can be written, and has room.
pub(super) fn folder(file: &Path) -> Vec<Check> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = folder.display();
    let probe = folder.join(format!(".ticketledger-doctor-{}", std::process::id()));
    let written = std::fs::File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    let writable = match written {
        Ok(()) => Check::ok("folder", format!("{shown} is writable")),
        Err(error) => Check::failed(
            "folder",
            format!("cannot write to {shown}: {error}"),
            "SQLite writes files beside the database; give the daemon's user write access, and run this command as \
             that user",
        ),
    };
    vec![writable, room(file), log(file)]
}

/// The write-ahead log: it is written back all the time, unless somebody reads for long.
fn log(file: &Path) -> Check {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    let bytes = std::fs::metadata(Path::new(&name)).map_or(0, |metadata| metadata.len());
    let text = format!("the write-ahead log has {} MiB", bytes / 1_048_576);
    if bytes <= LOG_BYTES {
        return Check::ok("log", text);
    }
    let to_do = format!(
        "a program reads the database and does not end its transaction: `fuser -v {}` names those that have it open; \
         once it ends, the daemon writes the log back within a minute",
        file.display()
    );
    Check::warning("log", text, to_do)
}

fn room(file: &Path) -> Check {
    let free = match disk::free_bytes(file) {
        Ok(free) => free,
        Err(error) => return Check::failed("disk", format!("cannot read the free space: {error}"), "check the folder"),
    };
    let text = format!("{} MiB free", free / 1_048_576);
    let to_do = "free some space or move the database; nothing can be stored once the disk is full";
    match free {
        _ if free < limits::DISK_LEAST_BYTES => Check::failed("disk", text, to_do),
        _ if free < ROOM_BYTES => Check::warning("disk", text, to_do),
        _ => Check::ok("disk", text),
    }
}
