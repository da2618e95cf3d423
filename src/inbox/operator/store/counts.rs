//! How many events there are of which kind.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::{Count, Selection};
use crate::db::schema::inbox_events;
use crate::db::{Connection, Result};
use crate::on_engine;

/// Counts events by source and state alone: an index has both, so that no event is read.
///
/// # Errors
/// When the query fails.
pub fn count_states(connection: &mut Connection, source: Option<&str>) -> Result<Vec<Count>> {
    let keys = (inbox_events::source, inbox_events::state);
    Ok(on_engine!(connection, |c| {
        let mut counts = inbox_events::table
            .group_by(keys)
            .select((
                inbox_events::source,
                inbox_events::state,
                sql::<Nullable<Text>>("NULL"),
                diesel::dsl::count_star(),
                diesel::dsl::min(inbox_events::received_at),
            ))
            .into_boxed();
        if let Some(source) = source {
            counts = counts.filter(inbox_events::source.eq(source));
        }
        counts.load(c)?
    }))
}

/// Counts events by source, state and reason.
///
/// # Errors
/// When the query fails.
pub fn count(connection: &mut Connection, selection: &Selection) -> Result<Vec<Count>> {
    let keys = (inbox_events::source, inbox_events::state, inbox_events::reason);
    Ok(on_engine!(connection, |c| {
        let counts = inbox_events::table
            .group_by(keys)
            .select((
                inbox_events::source,
                inbox_events::state,
                inbox_events::reason,
                diesel::dsl::count_star(),
                diesel::dsl::min(inbox_events::received_at),
            ))
            .into_boxed();
        chosen!(counts, selection).load(c)?
    }))
}
