//! The double-entry ledger: append-only, balanced, numbered without gaps and hash-chained per source.
//!
//! ```text
//! snapshot ──target──> atoms ──compare with the live ones──> changes ──post──> entries
//! ```
//!
//! A [`Snapshot`] is all that is known of an order. [`target()`] turns it into atoms, the smallest facts that can be
//! undone alone; [`diff()`] compares them with the atoms that are live in the journal; what differs is reversed and
//! posted anew. So a redelivery posts nothing, any path to the same state gives the same balances, and nothing is ever
//! rewritten.

mod account;
mod atom;
mod book;
pub mod calibrate;
mod chain;
pub mod close;
mod dated;
mod dating;
mod desk;
mod diff;
pub mod explain;
mod finding;
pub mod import;
mod news;
mod policies;
pub mod policy;
mod posting;
mod projection;
pub mod rebuild;
pub mod reconcile;
mod regimes;
pub mod retain;
mod settle;
mod snapshot;
mod standing;
pub mod store;
mod target;
pub mod trace;
pub mod verify;

pub use account::Account;
pub use atom::{Atom, Effective, Line};
pub use book::Book;
pub use diff::{Change, LiveAtom, diff};
pub use finding::{Finding, Severity};
pub use news::{News, Step};
pub use policies::{Policies, Rules};
pub use policy::Policy;
pub use settle::{Settled, is_cancelled, read_ahead, settle};
pub use snapshot::{Regime, Snapshot};
pub use target::{Target, target};

/// Why an order cannot be settled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] crate::db::Error),
    /// A sum left the range of 64-bit minor units.
    #[error("order {order_id}: {overflow}")]
    Overflow {
        /// The order.
        order_id: String,
        /// What happened.
        overflow: crate::money::Overflow,
    },
    /// A stored snapshot cannot be read back.
    #[error("order {order_id}: its stored snapshot cannot be read: {detail}")]
    Snapshot {
        /// The order.
        order_id: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A policy to try out has a switch or a value that is not known.
    #[error("the policy cannot be used: {0}")]
    Policy(String),
    /// The computation of one order panicked; the others are not affected.
    #[error("order {order_id}: settling it panicked: {detail}")]
    Panicked {
        /// The order.
        order_id: String,
        /// The panic's message.
        detail: String,
    },
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}
