//! How many entities a transaction of settling takes: as many as its time allows, for deliveries wait meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::limits;

/// Entities that the first transaction tries.
const FIRST: usize = 32;

/// Learns from how long transactions take.
pub(super) struct Fitting(AtomicUsize);

impl Fitting {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(FIRST))
    }

    /// How many to try; at least one.
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A transaction of so many entities took so long, and maybe a delivery waited for its end.
    pub(super) fn settled(&self, settled: usize, took: Duration, delivery_waits: bool) {
        let time = if delivery_waits { limits::SETTLE_TIME_RECEIVING } else { limits::SETTLE_TIME };
        self.0.store(after(self.get(), settled, took, time), Ordering::Relaxed);
    }
}

/// It grows slowly, and shrinks at once.
fn after(fitting: usize, settled: usize, took: Duration, time: Duration) -> usize {
    let (took, time) = (took.as_micros().max(1), time.as_micros());
    if took > time {
        let share = u128::try_from(settled).unwrap_or(u128::MAX).saturating_mul(time) / took;
        return usize::try_from(share).unwrap_or(1).max(1);
    }
    let most = usize::try_from(limits::CLAIM_ENTITIES).unwrap_or(usize::MAX);
    if settled < fitting { fitting } else { fitting.saturating_add(fitting / 8 + 1).min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_keeps_to_its_time() {
        let time = limits::SETTLE_TIME;
        assert_eq!(after(100, 100, time * 2, time), 50);
        assert_eq!(after(100, 3, time * 10, time), 1, "one is always tried");
        assert_eq!(after(32, 32, time / 2, time), 37);
        assert_eq!(after(32, 5, time / 2, time), 32, "there was no more");
        assert_eq!(after(125, 125, time, time), 128, "as many as are claimed");
    }
}
