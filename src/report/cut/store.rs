//! The queries of the reports with a cut: sums over lines, in no order ([`super::read`] sorts).

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::{Cut, nothing};
use crate::db::{Connection, Result};
use crate::on_engine;
use crate::report::{Cell, Column, Shown, Table};

/// The view as the query builder knows it. Diesel wants a key; nothing here updates by it.
mod views {
    diesel::table! {
        v_ledger_lines (source, entry_no) {
            source -> Text,
            entry_no -> BigInt,
            booking_date -> Date,
            period -> Text,
            recorded_at -> Timestamp,
            order_id -> Nullable<Text>,
            order_code -> Nullable<Text>,
            account -> Text,
            currency -> Text,
            amount_minor -> BigInt,
            item_kind -> Text,
            event_id -> Nullable<Text>,
            event_key -> Nullable<Text>,
            event_title -> Nullable<Text>,
            vat_bp -> Nullable<Integer>,
            payment_method -> Nullable<Text>,
            voucher_id -> Nullable<Text>,
            voucher_class -> Nullable<Text>,
        }
    }
}
use views::v_ledger_lines;

/// Keeps of a boxed query over the lines what is inside the cut.
macro_rules! inside {
    ($query:expr, $source:expr, $period:expr, $cut:expr) => {{
        let mut query = $query;
        if let Some(source) = $source {
            query = query.filter(v_ledger_lines::source.eq(source));
        }
        if let Some(period) = $period {
            query = query.filter(v_ledger_lines::period.eq(period));
        }
        if let Some(as_of) = $cut.as_of {
            query = query.filter(v_ledger_lines::recorded_at.le(as_of));
        }
        if let Some(booked_until) = $cut.booked_until {
            query = query.filter(v_ledger_lines::booking_date.le(booked_until));
        }
        if let Some(entries_until) = $cut.entries_until {
            query = query.filter(v_ledger_lines::entry_no.le(entries_until));
        }
        query
    }};
}

/// Sums of lines that meet a condition, by key:
/// `name [key: Type as Shown, ..] { measure = SQL, as Shown, .. } where SQL`.
macro_rules! sums {
    (
        $(#[$comment:meta])*
        $name:ident($($period:ident)?) [$($key:ident: $type:ty as $shown:ident),+ $(,)?]
        { $($measure:ident = $sql:literal as $counted:ident),+ $(,)? } where $condition:literal
    ) => {
        $(#[$comment])*
        ///
        /// # Errors
        /// When the query fails.
        pub fn $name(
            connection: &mut Connection,
            source: Option<&str>,
            $($period: Option<&str>,)?
            cut: &Cut,
        ) -> Result<Table> {
            let month = None::<&str>;
            $(let month = month.or($period);)?
            let rows: Vec<($($type,)+ $(sums!(@number $measure),)+)> = on_engine!(connection, |c| {
                let lines = v_ledger_lines::table
                    .group_by(($(v_ledger_lines::$key,)+))
                    .select((
                        $(v_ledger_lines::$key,)+
                        $(sql::<BigInt>(concat!("CAST(", $sql, " AS BIGINT)")),)+
                    ))
                    .filter(sql::<Bool>($condition))
                    .into_boxed();
                inside!(lines, source, month, cut).load(c)?
            });
            let columns = vec![
                $(Column { name: stringify!($key), shown: Shown::$shown },)+
                $(Column { name: stringify!($measure), shown: Shown::$counted },)+
            ];
            let rows = rows
                .into_iter()
                .map(|($($key,)+ $($measure,)+)| vec![$(Cell::from($key),)+ $(Cell::from($measure),)+])
                .collect();
            Ok(Table { columns, rows })
        }
    };
    (@number $measure:ident) => { i64 };
}

sums!(
    /// Balance of each account; of one month: its movements.
    trial_balance(period) [source: String as Text, currency: String as Text, account: String as Text]
    { balance_minor = "SUM(amount_minor)" as Amount } where "1 = 1"
);

sums!(
    /// Revenue as `v_revenue_by_event` defines it.
    revenue(period) [
        source: String as Text,
        currency: String as Text,
        period: String as Text,
        event_id: Option<String> as Text,
        event_title: Option<String> as Text,
        vat_bp: Option<i32> as Rate,
    ] {
        qty = "SUM(COALESCE(qty, 0))" as Count,
        net_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN 0 ELSE amount_minor END)" as Amount,
        vat_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN amount_minor ELSE 0 END)" as Amount,
        gross_minor = "-SUM(amount_minor)" as Amount,
    } where "item_kind IN ('ticket', 'product', 'discount') AND (account LIKE 'income:%' \
        OR account LIKE 'liabilities:vat:%' OR account = 'suspense:vat_undetermined')"
);

sums!(
    /// Revenue by the key of the event, which no renaming changes.
    revenue_by_key(period) [
        source: String as Text,
        currency: String as Text,
        period: String as Text,
        event_id: Option<String> as Text,
        event_key: Option<String> as Text,
        vat_bp: Option<i32> as Rate,
    ] {
        qty = "SUM(COALESCE(qty, 0))" as Count,
        net_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN 0 ELSE amount_minor END)" as Amount,
        vat_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN amount_minor ELSE 0 END)" as Amount,
        gross_minor = "-SUM(amount_minor)" as Amount,
    } where "item_kind IN ('ticket', 'product', 'discount') AND (account LIKE 'income:%' \
        OR account LIKE 'liabilities:vat:%' OR account = 'suspense:vat_undetermined')"
);

sums!(
    /// VAT as `v_vat_by_rate` defines it.
    vat(period) [
        source: String as Text,
        currency: String as Text,
        period: String as Text,
        vat_bp: Option<i32> as Rate,
    ] {
        net_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN 0 ELSE amount_minor END)" as Amount,
        vat_minor = "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN amount_minor ELSE 0 END)" as Amount,
        gross_minor = "-SUM(amount_minor)" as Amount,
    } where "(vat_bp IS NOT NULL OR account LIKE 'income:%' OR account = 'suspense:vat_undetermined')"
);

sums!(
    /// Payments as `v_payments_by_method` defines them.
    payments(period) [
        source: String as Text,
        currency: String as Text,
        period: String as Text,
        payment_method: Option<String> as Text,
    ] {
        paid_minor = "SUM(CASE WHEN item_kind = 'payment' THEN amount_minor ELSE 0 END)" as Amount,
        refunded_minor = "SUM(CASE WHEN item_kind = 'refund' THEN amount_minor ELSE 0 END)" as Amount,
        net_minor = "SUM(amount_minor)" as Amount,
    } where "account LIKE 'assets:clearing:%' AND item_kind IN ('payment', 'refund')"
);

sums!(
    orders_billed() [
        source: String as Text,
        order_id: Option<String> as Text,
        order_code: Option<String> as Text,
        currency: String as Text,
    ] {
        billed_minor = "SUM(CASE WHEN item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount') \
            THEN amount_minor ELSE 0 END)" as Amount,
        settled_minor = "-SUM(CASE WHEN item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount') \
            THEN 0 ELSE amount_minor END)" as Amount,
        balance_minor = "SUM(amount_minor)" as Amount,
    } where "account = 'assets:receivable'"
);

sums!(
    vouchers_moved() [
        source: String as Text,
        voucher_id: Option<String> as Text,
        voucher_class: Option<String> as Text,
        currency: String as Text,
    ] {
        issued_minor = "-SUM(CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption') \
            THEN 0 ELSE amount_minor END)" as Amount,
        redeemed_minor = "SUM(CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption') \
            THEN amount_minor ELSE 0 END)" as Amount,
        balance_minor = "-SUM(amount_minor)" as Amount,
        single_purpose = "CASE WHEN \
            COALESCE(MAX(CASE WHEN account LIKE 'liabilities:voucher:spv:%' THEN entry_no END), 0) \
            > COALESCE(MAX(CASE WHEN account = 'liabilities:voucher:mpv' THEN entry_no END), 0) \
            THEN 1 ELSE 0 END" as Count,
    } where "voucher_class IS NOT NULL"
);

/// What each order owed, in the columns of `v_order_balance`.
///
/// # Errors
/// When the query fails.
pub fn balances(connection: &mut Connection, source: Option<&str>, cut: &Cut) -> Result<Table> {
    let mut table = orders_billed(connection, source, cut)?;
    table.columns.insert(3, Column { name: "status", shown: Shown::Text });
    for row in &mut table.rows {
        row.insert(3, nothing());
    }
    Ok(table)
}

/// What each voucher was worth, in the columns of `v_voucher_balance`.
///
/// # Errors
/// When the query fails.
pub fn vouchers(connection: &mut Connection, source: Option<&str>, cut: &Cut) -> Result<Table> {
    let mut table = vouchers_moved(connection, source, cut)?;
    table.columns.pop();
    for column in &mut table.columns {
        if column.name == "voucher_class" {
            column.name = "kind";
        }
    }
    for row in &mut table.rows {
        let single_purpose = row.pop() == Some(Cell::Number(Some(1)));
        if let Some(kind) = row.get_mut(2)
            && *kind != Cell::from("flex".to_owned())
        {
            *kind = Cell::from(if single_purpose { "spv" } else { "mpv" }.to_owned());
        }
    }
    Ok(table)
}

/// What a month moved, as `currency, account, kind of item, minor units`.
///
/// # Errors
/// When the query fails.
pub fn moved_by_kind(
    connection: &mut Connection,
    source: &str,
    period: &str,
    cut: &Cut,
) -> Result<Vec<(String, String, String, i64)>> {
    Ok(on_engine!(connection, |c| {
        let keys = (v_ledger_lines::currency, v_ledger_lines::account, v_ledger_lines::item_kind);
        let lines = v_ledger_lines::table
            .group_by(keys)
            .select((
                v_ledger_lines::currency,
                v_ledger_lines::account,
                v_ledger_lines::item_kind,
                sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)"),
            ))
            .into_boxed();
        inside!(lines, Some(source), Some(period), cut).load(c)?
    }))
}

/// What each order still owed or was owed, as `currency, order_id, balance`, in their order.
///
/// # Errors
/// When the query fails.
pub fn open_orders(connection: &mut Connection, source: &str, cut: &Cut) -> Result<Vec<(String, Option<String>, i64)>> {
    let mut rows: Vec<(String, Option<String>, i64)> = on_engine!(connection, |c| {
        let lines = v_ledger_lines::table
            .group_by((v_ledger_lines::currency, v_ledger_lines::order_id))
            .select((
                v_ledger_lines::currency,
                v_ledger_lines::order_id,
                sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)"),
            ))
            .filter(v_ledger_lines::account.eq("assets:receivable"))
            .having(sql::<Bool>("SUM(amount_minor) <> 0"))
            .into_boxed();
        inside!(lines, Some(source), None::<&str>, cut).load(c)?
    });
    rows.sort();
    Ok(rows)
}

/// Names of all sources that have a book.
///
/// # Errors
/// When the query fails.
pub fn sources(connection: &mut Connection) -> Result<Vec<String>> {
    use crate::db::schema::sources;
    Ok(on_engine!(connection, |c| sources::table.order(sources::source).select(sources::source).load(c))?)
}
