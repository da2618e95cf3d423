//! Proof that the books hold: `verify` recomputes what is stored, `rebuild` makes it anew and compares.
//!
//! Belongs here: checks that trust nothing that was written before. Does not: changing what they find wrong, except the
//! sums that are kept beside the journal (`sums`).

pub mod rebuild;
mod store;
pub mod sums;
pub mod verify;
