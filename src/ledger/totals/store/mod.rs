//! The statements of the totals: sums over lines of the journal, each defined once.

pub(super) mod behind;
pub(super) mod bridge_parts;
mod columns;
pub(super) mod details;
pub(super) mod kept;
pub(super) mod line;
mod lines;
mod month;
pub(super) mod reports;
pub(super) mod sheet;
pub(super) mod sheet_page;
pub(super) mod turnover;
pub(super) mod vat_due;

pub(crate) use self::columns::{holds, kinds, row, rust, view_rows};
pub(in crate::ledger) use self::month::{entries_of, open_orders};
