//! The limit of open files. Every connection is one, and when there are none left the listeners, the database and the
//! log all fail at once; so the daemon takes what the system allows, and lets senders have less than that.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits;
use crate::receive::Timeouts;

/// Raises the limit of this process as far as it may by itself, and answers it. Without a limit it is the largest
/// number there is.
pub(super) fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    match raised {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            current.unwrap_or(u64::MAX)
        }
    }
}

/// The timeouts with as many connections of senders as fit into the limit of open files.
pub(super) fn within(files: u64) -> Timeouts {
    let usual = Timeouts::default();
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    // At least some, however small the limit is: half of it then.
    let connections = usual.connections.min(files.saturating_sub(limits::RESERVED_FILES).max(files / 2).max(1));
    if connections < usual.connections {
        tracing::warn!(
            files,
            connections,
            "few files may be open, so fewer connections are taken at once; raise LimitNOFILE= of the service"
        );
    }
    Timeouts { connections, ..usual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_leave_files_for_all_else() {
        for (files, connections) in [
            (u64::MAX, limits::CONNECTIONS),
            (2048, limits::CONNECTIONS),
            (1024, 1024 - limits::RESERVED_FILES),
            (256, 128),
            (1, 1),
        ] {
            assert_eq!(within(files).connections, connections, "{files}");
        }
    }
}
