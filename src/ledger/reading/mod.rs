//! What a person reads about one order, entry or webhook: `explain` in words, `trace` from link to link.
//!
//! Belongs here: telling what is there. Does not: sums over many orders (`totals`), or anything that writes.

mod caused;
pub mod explain;
pub mod trace;

pub use self::caused::{Caused, caused};
