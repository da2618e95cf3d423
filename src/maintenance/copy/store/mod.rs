//! The statements of the copy. None opens a transaction.

pub(super) mod source;
pub(super) mod target;
