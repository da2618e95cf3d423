//! What an order should have in the journal: snapshot, atoms, posting rules, difference and dates. Pure: no database.
//!
//! Belongs here: a rule that says what is booked, and when. Does not: reading or writing rows (`batch`, `settle`), or
//! judging whether the result makes sense (`findings`).

mod atom;
mod difference;
pub(in crate::ledger) mod effective_date;
mod finding;
pub mod rules;
mod snapshot;

pub use atom::{Atom, Dimensions, Effective, Line};
pub use difference::{Change, LiveAtom, diff};
pub use finding::{Finding, Severity};
pub(in crate::ledger) use snapshot::{FLEX, VOUCHER, stored_value_key};
pub use snapshot::{RecognisedCredit, Snapshot};
