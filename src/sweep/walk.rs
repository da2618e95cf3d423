//! The walk over the pages of a list: where the next page begins, and when there is none.
//!
//! bookingkit's orders are listed by the date on which they were placed, which does not change, so pages overlap by
//! some records: if none of them comes again, something was removed before, and the walk steps back. The order of
//! Ticketpark's bookings is not known, so a list of several pages is walked until two walks agree.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::halt::Halt;
use super::store::Run;
use super::words::Resource;
use crate::provider::Record;

/// Records by which two pages overlap.
const OVERLAP: i64 = 10;
/// How often a walk may begin again, or step back.
const WALKS: i64 = 3;

/// What a page leads to.
pub(super) struct Step {
    /// The run, at its next page.
    pub(super) next: Run,
    /// The records that were not on the page before.
    pub(super) fresh: Vec<Record>,
    /// There is no next page.
    pub(super) last: bool,
}

/// What is remembered of a walk over bookings.
#[derive(Default, Serialize, Deserialize)]
struct Counted {
    listed: i64,
    /// There were fewer records than before.
    fell: bool,
}

/// The step after a page.
pub(super) fn step(run: &Run, records: Vec<Record>, total: Option<i64>) -> Result<Step, Halt> {
    match run.resource {
        Resource::Orders => orders(run, records),
        Resource::Bookings => bookings(run, records, total),
    }
}

fn orders(run: &Run, records: Vec<Record>) -> Result<Step, Halt> {
    let tail: HashSet<String> =
        serde_json::from_str::<Vec<String>>(&run.tail).unwrap_or_default().into_iter().collect();
    let overlap = OVERLAP.min(run.page_size / 2);
    let listed = i64::try_from(records.len()).unwrap_or(i64::MAX);
    let mut next = Run { pages: run.pages + 1, ..run.clone() };
    if !tail.is_empty() && !records.iter().any(|record| tail.contains(&record.id)) {
        if run.walk >= WALKS {
            return Err(Halt::Unstable);
        }
        next.walk += 1;
        next.next_offset = run.next_offset.saturating_sub(run.page_size).max(0);
        next.tail = "[]".to_owned();
        // What is on this page comes again.
        return Ok(Step { next, fresh: Vec::new(), last: false });
    }
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    let kept = ids.len().saturating_sub(usize::try_from(overlap).unwrap_or(0));
    next.tail = serde_json::to_string(ids.get(kept..).unwrap_or_default()).unwrap_or_else(|_| "[]".to_owned());
    next.next_offset = run.next_offset.saturating_add((listed - overlap).max(0));
    let fresh: Vec<Record> = records.into_iter().filter(|record| !tail.contains(&record.id)).collect();
    // A short page may be short because the provider gives no longer ones.
    let last = listed < run.page_size && (listed <= overlap || fresh.is_empty()) || listed == 0;
    Ok(Step { next, fresh, last })
}

fn bookings(run: &Run, records: Vec<Record>, total: Option<i64>) -> Result<Step, Halt> {
    let mut counted: Counted = serde_json::from_str(&run.tail).unwrap_or_default();
    let listed = i64::try_from(records.len()).unwrap_or(i64::MAX);
    counted.listed = counted.listed.saturating_add(listed);
    counted.fell |= run.next_offset > 0 && total.zip(run.total).is_some_and(|(now, before)| now < before);
    let sum = records.iter().fold(run.walk_sum, |sum, record| sum.wrapping_add(hash(&record.id)));
    let mut next = Run { pages: run.pages + 1, walk_sum: sum, total: total.or(run.total), ..run.clone() };
    let ended = match total {
        _ if listed == 0 => true,
        Some(total) => counted.listed >= total,
        None => listed < run.page_size && listed <= OVERLAP,
    };
    if !ended {
        next.next_offset += 1;
        next.tail = written(&counted);
        return Ok(Step { next, fresh: records, last: false });
    }
    let alone = run.next_offset == 0;
    let agrees = run.earlier_sum == Some(sum);
    if !counted.fell && (alone || agrees) {
        return Ok(Step { next, fresh: records, last: true });
    }
    if run.walk >= WALKS {
        return Err(Halt::Unstable);
    }
    next.walk += 1;
    (next.earlier_sum, next.walk_sum) = (Some(sum), 0);
    (next.next_offset, next.tail) = (0, written(&Counted::default()));
    Ok(Step { next, fresh: records, last: false })
}

fn written(counted: &Counted) -> String {
    serde_json::to_string(counted).unwrap_or_else(|_| "[]".to_owned())
}

fn hash(id: &str) -> i64 {
    let digest = Sha256::digest(id);
    digest.iter().take(8).fold(0, |sum: i64, byte| (sum << 8) | i64::from(*byte))
}

/// The same place with smaller pages; `None` when they cannot be smaller.
pub(super) fn with_smaller_pages(run: &Run) -> Option<Run> {
    let size = run.page_size;
    match run.resource {
        Resource::Orders if size > 1 => Some(Run { page_size: size / 2, ..run.clone() }),
        Resource::Bookings if size > 1 => {
            // A page of the old size must begin where one of the new size does.
            let factor = (2..=size).find(|factor| size % factor == 0).unwrap_or(size);
            Some(Run { page_size: size / factor, next_offset: run.next_offset * factor, ..run.clone() })
        }
        Resource::Orders | Resource::Bookings => None,
    }
}
