//! Identifies this process, and proves that another one is gone.

use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

use crate::limits;

/// Distinguishes a process from all others, including earlier and later ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Name of the host.
    pub host: String,
    /// Boot id of the host; empty when unknown.
    pub(super) boot_id: String,
    /// PID namespace and user: `id` can be looked up only within the same ones.
    pub(super) space: String,
    /// Number of the process on its host.
    pub id: i64,
    /// Start time in clock ticks since boot; zero when unknown.
    pub(super) started: i64,
}

impl Process {
    /// This process. Values that the system does not provide stay empty, and then prove nothing.
    pub fn own() -> Self {
        let id = i64::from(std::process::id());
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            // Our systemd unit hides that file and passes the same value in this variable.
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

    /// Whether `other`, of which nothing was heard for `silent_milliseconds`, cannot be running.
    pub fn proves_gone(&self, other: &Self, silent_milliseconds: i64) -> bool {
        if self.host != other.host || self.boot_id.is_empty() || other.boot_id.is_empty() {
            return false;
        }
        if self.boot_id != other.boot_id {
            // The host was rebooted; or it is another host of the same name, whose daemon would not be silent.
            return silent_milliseconds > limits::SILENT_MILLISECONDS;
        }
        self.space == other.space && self.started > 0 && other.started > 0 && started(other.id) != Some(other.started)
    }
}

/// Start time of a process of this host, in clock ticks since boot; `None` if there is no such process, or if it has
/// ended and only waits for its parent.
fn started(id: i64) -> Option<i64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The program name comes before, in parentheses, and may contain anything.
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
