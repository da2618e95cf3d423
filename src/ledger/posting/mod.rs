//! What an order should have in the journal: snapshot, atoms, posting rules, difference and dates. Pure: no database.
//!
//! Belongs here: a rule that says what is booked, and when. Does not: reading or writing rows (`batch`, `settle`), or
//! judging whether the result makes sense (`findings`).

mod atom;
mod difference;
pub(in crate::ledger) mod effective_date;
mod finding;
mod finding_reason;
pub(in crate::ledger) mod opening;
pub(in crate::ledger) mod part_key;
mod places;
mod remedy;
pub mod rules;
mod snapshot;
mod stored_value;

pub use atom::{Atom, Dimensions, Effective, Line};
pub use difference::{AtomChange, LiveAtom, diff};
pub use finding::{Finding, Severity};
pub use finding_reason::FindingReason;
pub use opening::Opening;
pub(in crate::ledger) use snapshot::redeemed_by;
pub use snapshot::{Issued, RecognisedCredit, Snapshot, ToldMethod, Use};
pub use stored_value::{StoredValueClass, StoredValueKey};
