//! The double-entry ledger: append-only, balanced, numbered without gaps and hash-chained per source.
//!
//! ```text
//! snapshot ──posting rules──> atoms ──compare with what is posted──> changes ──post──> entries
//! ```
//!
//! A [`Snapshot`](posting::Snapshot) is all that is known of an order. The [posting rules](posting::rules) turn it into
//! atoms, the smallest facts that can be undone alone; [`diff()`](posting::diff) compares them with the atoms that are
//! live in the journal; what differs is reversed and posted anew. So a redelivery posts nothing, any path to the same
//! state gives the same balances, and nothing is ever rewritten.
//!
//! Each room may use only those before it; the first lines of each say what belongs there, and `docs/architecture.md`
//! has the table.

mod error;

pub mod book;
pub mod posting;

pub mod vat_dates;

pub mod batch;
pub mod findings;
pub mod settle;

pub mod entered;

pub mod totals;

pub mod proof;

pub mod close;

pub mod reading;

pub use error::Error;
