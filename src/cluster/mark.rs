//! Marks that tell one claim from every other, of this process or another.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Process;

/// A mark that was never used before. Without random bytes, the process, its start and a count still make it one. It is
/// short, because a row in work carries one: on SQLite a row that becomes longer may no longer fit into its page.
pub fn unique() -> String {
    let mut bytes = [0_u8; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => counted(),
    }
}

fn counted() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let Process { host, boot_id, id, started, .. } = Process::own();
    format!("{host}-{boot_id}-{id}-{started}-{}", MADE.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_marks_are_alike() {
        let marks: std::collections::BTreeSet<String> = [unique(), unique(), counted(), counted()].into();
        assert_eq!(marks.len(), 4);
        assert_eq!(unique().len(), 16);
    }
}
