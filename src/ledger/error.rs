//! Why a ledger operation failed, and for which order.

/// Why an order cannot be settled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] crate::db::Error),
    /// A sum left the range of 64-bit minor units.
    #[error("order {order_id}: {overflow}")]
    Overflow { order_id: String, overflow: crate::money::Overflow },
    /// A stored snapshot cannot be read back.
    #[error("order {order_id}: cannot read its stored snapshot: {detail}")]
    Snapshot {
        order_id: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A policy to try out has a switch or a value that is not known.
    #[error("cannot apply the policy: {0}")]
    Policy(String),
    /// The computation of one order panicked; the others are not affected.
    #[error("order {order_id}: settling it panicked: {detail}")]
    Panicked {
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
