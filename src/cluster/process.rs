//! What tells this process from every other, and whether another one is gone.

use std::os::unix::fs::MetadataExt as _;

use crate::limits;

/// A process, told apart from all others, earlier and later ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) host: String,
    /// The boot of the host; empty when it is not known.
    pub(super) boot_id: String,
    /// PID namespace and user: only within them can it be looked up.
    pub(super) space: String,
    pub(super) id: i64,
    /// Clock ticks from the boot to its start; zero when it is not known.
    pub(super) started: i64,
}

impl Process {
    /// This process. What the system does not tell stays empty, and then proves nothing.
    pub(super) fn own() -> Self {
        let id = i64::from(std::process::id());
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            // Our unit hides that file, and hands the same number over by this name.
            .or_else(|_| std::env::var("BOOT_ID"))
            .unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let user = std::fs::metadata("/proc/self").map(|process| process.uid().to_string()).unwrap_or_default();
        Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot_id: boot_id.trim().replace('-', ""),
            space: format!("{} user:{user}", namespace.display()),
            id,
            started: started(id).unwrap_or(0),
        }
    }

    /// Whether `other`, which has been silent for so many milliseconds, cannot be alive.
    pub(super) fn proves_gone(&self, other: &Self, silent_milliseconds: i64) -> bool {
        if self.host != other.host || self.boot_id.is_empty() || other.boot_id.is_empty() {
            return false;
        }
        if self.boot_id != other.boot_id {
            // The host was started anew; or it is another one of the same name, whose daemon would not be silent.
            return silent_milliseconds > limits::SILENT_MILLISECONDS;
        }
        self.space == other.space && self.started > 0 && other.started > 0 && started(other.id) != Some(other.started)
    }
}

/// When a process of this host started; `None` when there is none, or one that has ended and only waits for its parent.
fn started(id: i64) -> Option<i64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name of the program comes before, in brackets, and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::signal::unix::{SignalKind, signal};

    use super::*;

    #[test]
    fn a_process_is_gone_only_when_that_is_certain() {
        let own = Process::own();
        assert!(own.started > 0 && !own.boot_id.is_empty(), "{own:?}");
        assert!(!own.proves_gone(&own, 0));
        let earlier = Process { started: own.started - 1, ..own.clone() };
        assert!(own.proves_gone(&earlier, 0), "its number is used again");
        let ended = Process { id: i64::from(u32::MAX), ..own.clone() };
        assert!(own.proves_gone(&ended, 0));
        for other in [
            Process { host: "elsewhere".to_owned(), ..ended.clone() },
            Process { space: "a container".to_owned(), ..ended.clone() },
            Process { boot_id: String::new(), ..ended.clone() },
            Process { started: 0, ..ended.clone() },
        ] {
            assert!(!own.proves_gone(&other, i64::MAX), "{other:?}");
        }
        let earlier_boot = Process { boot_id: "another".to_owned(), ..own.clone() };
        assert!(!own.proves_gone(&earlier_boot, 0), "it may be another host of the same name");
        assert!(own.proves_gone(&earlier_boot, limits::SILENT_MILLISECONDS + 1));
    }

    #[tokio::test]
    async fn a_child_that_was_killed_is_gone_before_its_parent_looks() {
        let own = Process::own();
        let mut ended = signal(SignalKind::child()).expect("a signal can be listened to");
        let mut child = std::process::Command::new("sleep").arg("infinity").spawn().expect("a child");
        let id = i64::from(child.id());
        let process = Process { id, started: started(id).expect("it runs"), ..own.clone() };
        assert!(!own.proves_gone(&process, 0));
        child.kill().expect("it can be killed");
        // The signal may be about a child of another test.
        while started(id).is_some() {
            ended.recv().await;
        }
        assert!(own.proves_gone(&process, 0));
        child.wait().expect("it ended");
    }
}
