//! What the system knows of this process: read from `/proc` when metrics are asked for. Elsewhere there is nothing.

use metrics::{counter, gauge};

/// Clock ticks per second in `/proc`: fixed at 100 for programs, whatever the kernel's own rate.
const TICKS_PER_SECOND: u64 = 100;
/// Fields of `/proc/self/stat` after the name of the program: user and system time.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// Sets the metrics of the process.
pub fn record() {
    if let Some(bytes) = field("/proc/self/status", "VmRSS:").and_then(|kib| kib.checked_mul(1024)) {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(most) = field("/proc/self/limits", "Max open files") {
        gauge!("process_max_fds").set(most as f64);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // Counting them opens one.
        gauge!("process_open_fds").set(open.count().saturating_sub(1) as f64);
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let Some((_, stat)) = stat.rsplit_once(')') else { return };
    let ticks = |index: usize| stat.split_whitespace().nth(index).and_then(|text| text.parse::<u64>().ok());
    if let (Some(user), Some(system)) = (ticks(USER_TIME), ticks(SYSTEM_TIME)) {
        counter!("process_cpu_seconds_total").absolute((user + system) / TICKS_PER_SECOND);
    }
}

/// The first number after `name` in a file of lines.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
