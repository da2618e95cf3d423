//! The queries of the reports: plain reads of the views, in no order ([`super::read`] sorts).

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Cell, Column, Shown, Table};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::on_engine;

/// The views as the query builder knows them. Diesel wants a key for each; nothing here updates by it.
mod views {
    diesel::table! {
        v_gl (source, entry_no, line_no) {
            source -> Text,
            entry_no -> BigInt,
            line_no -> Integer,
            period -> Text,
            account -> Text,
            currency -> Text,
            amount_minor -> BigInt,
        }
    }
    diesel::table! {
        v_trial_balance (source, currency, account) {
            source -> Text,
            currency -> Text,
            account -> Text,
            balance_minor -> BigInt,
        }
    }
    diesel::table! {
        v_revenue_by_event (source, currency, period) {
            source -> Text,
            currency -> Text,
            period -> Text,
            event_id -> Nullable<Text>,
            event_title -> Nullable<Text>,
            vat_bp -> Nullable<Integer>,
            qty -> BigInt,
            net_minor -> BigInt,
            vat_minor -> BigInt,
            gross_minor -> BigInt,
        }
    }
    diesel::table! {
        v_vat_by_rate (source, currency, period) {
            source -> Text,
            currency -> Text,
            period -> Text,
            vat_bp -> Nullable<Integer>,
            net_minor -> BigInt,
            vat_minor -> BigInt,
            gross_minor -> BigInt,
        }
    }
    diesel::table! {
        v_payments_by_method (source, currency, period) {
            source -> Text,
            currency -> Text,
            period -> Text,
            payment_method -> Nullable<Text>,
            paid_minor -> BigInt,
            refunded_minor -> BigInt,
            net_minor -> BigInt,
        }
    }
    diesel::table! {
        v_order_balance (source, order_id) {
            source -> Text,
            order_id -> Nullable<Text>,
            order_code -> Nullable<Text>,
            status -> Nullable<Text>,
            currency -> Nullable<Text>,
            billed_minor -> BigInt,
            settled_minor -> BigInt,
            balance_minor -> BigInt,
        }
    }
    diesel::table! {
        v_voucher_balance (source, voucher_id) {
            source -> Text,
            voucher_id -> Nullable<Text>,
            kind -> Text,
            currency -> Text,
            issued_minor -> BigInt,
            redeemed_minor -> BigInt,
            balance_minor -> BigInt,
        }
    }
    diesel::table! {
        v_open_findings (source, reason) {
            source -> Text,
            order_id -> Nullable<Text>,
            order_code -> Nullable<Text>,
            reason -> Text,
            severity -> Text,
            currency -> Nullable<Text>,
            expected_minor -> Nullable<BigInt>,
            actual_minor -> Nullable<BigInt>,
            difference_minor -> Nullable<BigInt>,
            first_seen -> Timestamp,
            evidence -> Text,
        }
    }
}
use views::*;

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Cell {
    fn from(instant: Timestamp) -> Self {
        Self::Text(Some(instant.to_string()))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<Option<i32>> for Cell {
    fn from(number: Option<i32>) -> Self {
        Self::Number(number.map(i64::from))
    }
}

/// A report over a view: `view { column: Type as Shown, .. }`, where `if period` adds the filter by month.
macro_rules! report {
    ($name:ident($($period:ident)?) $view:ident { $($column:ident: $type:ty as $shown:ident),+ $(,)? }) => {
        #[doc = concat!("Reads `", stringify!($view), "`.")]
        ///
        /// # Errors
        /// When the query fails.
        pub fn $name(connection: &mut Connection, source: Option<&str>, $($period: Option<&str>)?) -> Result<Table> {
            let rows: Vec<($($type,)+)> = on_engine!(connection, |c| {
                let mut query = $view::table.select(($($view::$column,)+)).into_boxed();
                if let Some(source) = source {
                    query = query.filter($view::source.eq(source));
                }
                $(if let Some($period) = $period {
                    query = query.filter($view::period.eq($period));
                })?
                query.load(c)?
            });
            let columns = vec![$(Column { name: stringify!($column), shown: Shown::$shown }),+];
            let rows = rows.into_iter().map(|($($column,)+)| vec![$(Cell::from($column)),+]).collect();
            Ok(Table { columns, rows })
        }
    };
}

report!(trial_balance() v_trial_balance {
    source: String as Text,
    currency: String as Text,
    account: String as Text,
    balance_minor: i64 as Amount,
});

report!(revenue(period) v_revenue_by_event {
    source: String as Text,
    currency: String as Text,
    period: String as Text,
    event_id: Option<String> as Text,
    event_title: Option<String> as Text,
    vat_bp: Option<i32> as Rate,
    qty: i64 as Count,
    net_minor: i64 as Amount,
    vat_minor: i64 as Amount,
    gross_minor: i64 as Amount,
});

report!(vat(period) v_vat_by_rate {
    source: String as Text,
    currency: String as Text,
    period: String as Text,
    vat_bp: Option<i32> as Rate,
    net_minor: i64 as Amount,
    vat_minor: i64 as Amount,
    gross_minor: i64 as Amount,
});

report!(payments(period) v_payments_by_method {
    source: String as Text,
    currency: String as Text,
    period: String as Text,
    payment_method: Option<String> as Text,
    paid_minor: i64 as Amount,
    refunded_minor: i64 as Amount,
    net_minor: i64 as Amount,
});

report!(balances() v_order_balance {
    source: String as Text,
    order_id: Option<String> as Text,
    order_code: Option<String> as Text,
    status: Option<String> as Text,
    currency: Option<String> as Text,
    billed_minor: i64 as Amount,
    settled_minor: i64 as Amount,
    balance_minor: i64 as Amount,
});

report!(vouchers() v_voucher_balance {
    source: String as Text,
    voucher_id: Option<String> as Text,
    kind: String as Text,
    currency: String as Text,
    issued_minor: i64 as Amount,
    redeemed_minor: i64 as Amount,
    balance_minor: i64 as Amount,
});

report!(findings() v_open_findings {
    source: String as Text,
    order_id: Option<String> as Text,
    order_code: Option<String> as Text,
    reason: String as Text,
    severity: String as Text,
    currency: Option<String> as Text,
    expected_minor: Option<i64> as Amount,
    actual_minor: Option<i64> as Amount,
    difference_minor: Option<i64> as Amount,
    first_seen: Timestamp as Text,
    evidence: String as Text,
});

/// What one month moved on each account, in the columns of the trial balance.
///
/// # Errors
/// When the query fails.
pub fn movements(connection: &mut Connection, source: Option<&str>, period: &str) -> Result<Table> {
    let rows: Vec<(String, String, String, i64)> = on_engine!(connection, |c| {
        // `sum` of the query builder would be a decimal, which SQLite reads through a float.
        let total = sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)");
        let mut query = v_gl::table
            .group_by((v_gl::source, v_gl::currency, v_gl::account))
            .select((v_gl::source, v_gl::currency, v_gl::account, total))
            .filter(v_gl::period.eq(period))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(v_gl::source.eq(source));
        }
        query.load(c)?
    });
    let text = |name| Column { name, shown: Shown::Text };
    let balance = Column { name: "balance_minor", shown: Shown::Amount };
    Ok(Table {
        columns: vec![text("source"), text("currency"), text("account"), balance],
        rows: rows
            .into_iter()
            .map(|(source, currency, account, minor)| {
                vec![source.into(), currency.into(), account.into(), minor.into()]
            })
            .collect(),
    })
}
