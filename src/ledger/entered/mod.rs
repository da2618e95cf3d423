//! What a person or the calendar enters: imports, manual entries, their reversal, credit that becomes income.
//!
//! Belongs here: entries that no webhook causes. Does not: the close of a month (`close`).

pub mod import;
pub mod recognise_credit;
