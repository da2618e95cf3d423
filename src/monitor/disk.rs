//! The room on a disk.

use std::path::Path;

/// Bytes that may still be written where a file is.
///
/// # Errors
/// When the system does not tell.
pub fn free_bytes(file: &Path) -> std::io::Result<u64> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let system = rustix::fs::statvfs(folder)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}
