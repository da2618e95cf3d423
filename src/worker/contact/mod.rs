//! The customers: kept beside the books, never in them.

pub mod store;
