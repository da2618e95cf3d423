//! Sums over selected lines of the journal.

/// The view of all lines as the query builder knows it: what a selection limits. Diesel wants a key; nothing here
/// updates by it.
mod views {
    diesel::table! {
        v_ledger_lines (source, entry_no) {
            source -> Text,
            entry_no -> BigInt,
            booking_date -> Date,
            period -> Text,
            recorded_at -> Timestamp,
        }
    }
}
pub(super) use self::views::v_ledger_lines;

/// Keeps of a boxed query over the lines those of a [`Selection`](crate::ledger::totals::Selection).
macro_rules! selected {
    ($query:expr, $selection:expr) => {{
        let (mut query, selection) = ($query, $selection);
        if let Some(source) = selection.source {
            query = query.filter(v_ledger_lines::source.eq(source));
        }
        if let Some(period) = selection.period {
            // The months are in an index of their own; days are only in one by source.
            let months = period.listed_months();
            let days_decide = months.is_none() || period.whole_months().is_none();
            match (months, period.ends()) {
                (Some(months), _) => query = query.filter(v_ledger_lines::period.eq_any(months)),
                (None, (first, last)) if selection.source.is_none() => {
                    if let Some(first) = first {
                        query = query.filter(v_ledger_lines::period.ge(first.to_string()));
                    }
                    if let Some(last) = last {
                        query = query.filter(v_ledger_lines::period.le(last.to_string()));
                    }
                }
                (None, _) => {}
            }
            if days_decide {
                if let Some(first) = period.first_day() {
                    query = query.filter(v_ledger_lines::booking_date.ge(first));
                }
                if let Some(last) = period.last_day() {
                    query = query.filter(v_ledger_lines::booking_date.le(last));
                }
            }
        }
        if let Some(recorded_until) = selection.as_of.recorded_until {
            query = query.filter(v_ledger_lines::recorded_at.le(recorded_until));
        }
        if let Some(booked_until) = selection.as_of.booked_until {
            query = query.filter(v_ledger_lines::booking_date.le(booked_until));
        }
        if let Some(entries_until) = selection.as_of.entries_until {
            // With the sign SQLite finds the lines of each entry by its number, instead of all those up to the bound.
            let until = diesel::dsl::sql::<diesel::sql_types::Bool>("+entry_no <= ");
            query = query.filter(until.bind::<diesel::sql_types::BigInt, _>(entries_until));
        }
        query
    }};
}

/// `Row::of_lines`: one row for each value of the keys among the selected lines that meet the condition, and `also`
/// another one. A column is a key, or the SQL beside it. A sum is cast, because no engine gives a 64-bit integer by
/// itself: PostgreSQL refuses one that is too large in the cast, SQLite in the sum.
macro_rules! sums {
    ($name:ident by $keys:literal where $condition:expr, { $($column:ident: $kind:ident $(= $sql:expr)?,)+ }) => {
        impl $name {
            /// The rows in no order.
            ///
            /// # Errors
            /// When the query fails, or a sum leaves the range of 64 bits.
            pub(in crate::ledger) fn of_lines(
                connection: &mut crate::db::Connection,
                selection: &crate::ledger::totals::Selection<'_>,
                also: Option<&str>,
            ) -> crate::db::Result<Vec<Self>> {
                use crate::ledger::totals::store::kinds;
                use crate::ledger::totals::store::lines::v_ledger_lines;
                use diesel::dsl::sql;
                use diesel::prelude::*;
                Ok(crate::on_engine!(connection, |c| {
                    let mut lines = v_ledger_lines::table
                        .group_by(sql::<kinds::Text>($keys))
                        .select(($(sql::<kinds::$kind>(sums!(@column $column $kind $($sql)?)),)+))
                        .filter(sql::<diesel::sql_types::Bool>($condition))
                        .into_boxed();
                    if let Some(also) = also {
                        lines = lines.filter(sql::<diesel::sql_types::Bool>(also));
                    }
                    selected!(lines, selection).load(c)?
                }))
            }
        }
    };
    (@column $column:ident $kind:ident) => { stringify!($column) };
    (@column $column:ident Amount $sql:expr) => { concat!("CAST(", $sql, " AS BIGINT)") };
    (@column $column:ident Count $sql:expr) => { concat!("CAST(", $sql, " AS BIGINT)") };
    (@column $column:ident $kind:ident $sql:expr) => { $sql };
}

pub(super) use {selected, sums};
