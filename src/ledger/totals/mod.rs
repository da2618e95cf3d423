//! Sums of the journal as typed rows: what reports print, what a close freezes and what `verify` computes again.
//!
//! Belongs here: the definition of each total, of everything and as of some point, the roll-forwards, and the document
//! in which a close freezes them. Does not: deciding whether a month may be closed (`close`), or how a row looks
//! (`report`).
//!
//! A report is one entry of `store/reports.rs`: its columns, their sums, and the view that has the same rows for BI
//! tools. The typed row, both queries, the JSON of a manifest and the printed columns follow from it.

mod bridge;
mod manifest;
mod month;
mod period;
mod rollforward;
mod row;
mod selection;
pub(crate) mod store;
mod vat_due;

pub use self::bridge::{BRIDGE_STEPS, Bridge};
pub use self::manifest::{ClosedMonth, Seal, SeenFinding, SeenIntake, Unreadable, closed_month};
pub(in crate::ledger) use self::manifest::{Head, Stored, VERSION};
pub(in crate::ledger) use self::month::MonthTotals;
pub use self::period::Period;
pub use self::row::{Column, Holds, Row, Total, Value};
pub use self::selection::{Accounts, AsOf, Selection};
pub use self::store::behind::{Counted, LinePlace, OfRow, SumBehind, entries_in_month, lines_behind, sum_behind};
pub use self::store::details::{
    AccountMove, ClearingDay, EventSales, LateMove, RevenueByDay, StoredValueByMonth, VatOfEarlier, VoucherWorth,
};
pub use self::store::kept::kept_months;
pub use self::store::line::Line;
pub use self::store::reports::*;
pub use self::store::sheet::{Place, account_codes, booked_months, lines_of_account};
pub use self::store::sheet_page::{SheetOf, sheet_balance, sheet_page};
pub use self::store::turnover::TrialBalance;
pub use self::store::vat_due::VatNotDue;
pub use self::vat_due::{vat_due, vat_not_due};
