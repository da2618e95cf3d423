//! The dates of events, as tickets tell them. The ledger does not need them; whoever reads orders of which the dates
//! are left out does.

pub(super) mod store;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::event_dates;

/// Title and start of a date of an event.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = event_dates, treat_none_as_default_value = false)]
pub struct EventDate {
    pub source: String,
    pub event_date_id: String,
    pub title: Option<String>,
    pub starts_at: Timestamp,
    /// The delivery that told it first: the newest one counts.
    pub version: i64,
    /// Orders that wait for it were not looked for since then.
    pub new_since: Option<Timestamp>,
}
