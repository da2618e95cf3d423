//! The kinds of columns, and rows of a view by them.

/// The kinds as SQL types.
pub(crate) mod kinds {
    use diesel::sql_types;

    pub(crate) type Text = sql_types::Text;
    pub(crate) type MaybeText = sql_types::Nullable<sql_types::Text>;
    pub(crate) type Count = sql_types::BigInt;
    /// Minor units.
    pub(crate) type Amount = sql_types::BigInt;
    pub(crate) type MaybeAmount = sql_types::Nullable<sql_types::BigInt>;
    /// Basis points.
    pub(crate) type Rate = sql_types::Nullable<sql_types::Integer>;
    pub(crate) type Instant = sql_types::Timestamp;
    pub(crate) type Day = sql_types::Date;
    pub(crate) type MaybeDay = sql_types::Nullable<sql_types::Date>;
}

/// The kinds as types of fields.
pub(crate) mod rust {
    pub(crate) type Text = String;
    pub(crate) type MaybeText = Option<String>;
    pub(crate) type Count = i64;
    pub(crate) type MaybeCount = Option<i64>;
    pub(crate) type Amount = i64;
    pub(crate) type MaybeAmount = Option<i64>;
    pub(crate) type Rate = Option<i32>;
    pub(crate) type Instant = crate::clock::Timestamp;
    pub(crate) type Day = chrono::NaiveDate;
    pub(crate) type MaybeDay = Option<chrono::NaiveDate>;
}

/// What a kind of column holds.
macro_rules! holds {
    (Text) => {
        $crate::ledger::totals::Holds::Text
    };
    (MaybeText) => {
        $crate::ledger::totals::Holds::Text
    };
    (Instant) => {
        $crate::ledger::totals::Holds::Text
    };
    (Day) => {
        $crate::ledger::totals::Holds::Text
    };
    (MaybeDay) => {
        $crate::ledger::totals::Holds::Text
    };
    (MaybeCount) => {
        $crate::ledger::totals::Holds::Count
    };
    (Count) => {
        $crate::ledger::totals::Holds::Count
    };
    (Amount) => {
        $crate::ledger::totals::Holds::Amount
    };
    (MaybeAmount) => {
        $crate::ledger::totals::Holds::Amount
    };
    (Rate) => {
        $crate::ledger::totals::Holds::Rate
    };
}

/// A typed row with these columns, which can be printed, and read from JSON whose fields have their names and order.
macro_rules! row {
    ($(#[$comment:meta])* $vis:vis $name:ident { $($column:ident: $kind:ident,)+ }) => {
        $(#[$comment])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, diesel::Queryable, serde::Serialize, serde::Deserialize,
        )]
        $vis struct $name {
            $($vis $column: $crate::ledger::totals::store::rust::$kind,)+
        }

        impl $crate::ledger::totals::Row for $name {
            const COLUMNS: &'static [$crate::ledger::totals::Column] = &[$(
                $crate::ledger::totals::Column {
                    name: stringify!($column),
                    holds: $crate::ledger::totals::store::holds!($kind),
                },
            )+];

            fn into_values<V: $crate::ledger::totals::Value>(self) -> Vec<V> {
                vec![$(V::from(self.$column)),+]
            }
        }
    };
}

/// The rows of a view: a typed row with its columns, and `Row::of_view`, which reads them all or those of one source
/// (and some months, when the view has a column `period`).
macro_rules! view_rows {
    (
        $(#[$comment:meta])*
        $vis:vis $name:ident of $view:ident($($period:ident)?) { $($column:ident: $kind:ident,)+ }
    ) => {
        $crate::ledger::totals::store::row!($(#[$comment])* $vis $name { $($column: $kind,)+ });

        const _: () = {
            // Diesel wants a key; nothing updates by it.
            diesel::table! {
                use $crate::ledger::totals::store::kinds::*;

                $view (source) { $($column -> $kind,)+ }
            }

            impl $name {
                /// Every row of the view, in no order.
                ///
                /// # Errors
                /// When the query fails.
                pub(crate) fn of_view(
                    connection: &mut $crate::db::Connection,
                    source: Option<&str>,
                    $($period: Option<Vec<String>>,)?
                ) -> $crate::db::Result<Vec<Self>> {
                    use diesel::prelude::*;
                    Ok($crate::on_engine!(connection, |c| {
                        let mut query = $view::table.select(($($view::$column,)+)).into_boxed();
                        if let Some(source) = source {
                            query = query.filter($view::source.eq(source));
                        }
                        $(if let Some($period) = $period {
                            query = query.filter($view::period.eq_any($period));
                        })?
                        query.load(c)?
                    }))
                }
            }
        };
    };
}

pub(crate) use {holds, row, view_rows};
