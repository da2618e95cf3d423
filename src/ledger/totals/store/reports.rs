//! Every total by its definition.
//!
//! A total has the columns of its view, in the order of the view: names and order are those of CSV, JSON and
//! manifests. Of everything, the view is read; as of some point, the lines are summed by what stands here. Tests hold
//! both to one another. A total that BI tools do not need has no view.

use std::collections::BTreeMap;

use super::columns::{row, view_rows};
use super::lines::{selected, sums};
use crate::db::{Connection, Result};
use crate::ledger::totals::{ClosedMonth, Selection, Total};

/// A typed row of a view that can also be summed over selected lines:
/// `Name of view(period) by keys where condition, { column: Kind [= SQL], .. }`; `period` stands there if the view has
/// it. After `frozen`: the rows as a manifest has them.
macro_rules! total {
    (
        $(#[$comment:meta])*
        $vis:vis $name:ident of $view:ident($($period:ident)?) by $keys:literal where $condition:expr,
        { $($column:ident: $kind:ident $(= $sql:expr)?,)+ }
        $(frozen |$closed:ident| $frozen:expr)?
    ) => {
        view_rows!($(#[$comment])* $vis $name of $view($($period)?) { $($column: $kind,)+ });
        sums!($name by $keys where $condition, { $($column: $kind $(= $sql)?,)+ });

        impl Total for $name {
            fn read(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Self>> {
                let view_knows_month = total!(@is_there $($period)?);
                let months = selection.in_view(view_knows_month);
                let mut rows = if months.is_some() {
                    Self::of_view(connection, selection.source, $({ let $period = months.flatten(); $period },)?)?
                } else {
                    Self::of_lines(connection, selection, None)?
                };
                rows.sort();
                Ok(rows)
            }

            $(fn frozen($closed: &ClosedMonth) -> Option<Vec<Self>> {
                Some($frozen)
            })?
        }
    };
    // Without a view: everything is summed over lines, too.
    (
        $(#[$comment:meta])*
        $vis:vis $name:ident by $keys:literal where $condition:expr,
        { $($column:ident: $kind:ident $(= $sql:expr)?,)+ }
    ) => {
        row!($(#[$comment])* $vis $name { $($column: $kind,)+ });
        sums!($name by $keys where $condition, { $($column: $kind $(= $sql)?,)+ });

        impl Total for $name {
            fn read(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Self>> {
                let mut rows = Self::of_lines(connection, selection, None)?;
                rows.sort();
                Ok(rows)
            }
        }
    };
    (@is_there) => { false };
    (@is_there $period:ident) => { true };
}

/// SQL that several totals share. Income and VAT are positive; the net is everything that is not VAT.
macro_rules! shared {
    (net) => {
        "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN 0 ELSE amount_minor END)"
    };
    (vat) => {
        "-SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN amount_minor ELSE 0 END)"
    };
    (gross) => {
        "-SUM(amount_minor)"
    };
    (revenue) => {
        "((item_kind IN ('ticket', 'product', 'discount', 'price_reduction') AND (account LIKE 'income:%' \
        OR account LIKE 'liabilities:vat:%' OR account = 'suspense:vat_undetermined')) \
        OR (item_kind IN ('voucher_redemption', 'flex_redemption') \
        AND account IN ('income:tickets', 'income:products', 'suspense:vat_undetermined')))"
    };
    // What a voucher adds to the net because it was taxed at another rate is less tax; the gross stays.
    (revenue vat) => {
        "SUM(CASE WHEN account LIKE 'liabilities:vat:%' THEN -amount_minor \
        WHEN item_kind IN ('voucher_redemption', 'flex_redemption') THEN amount_minor ELSE 0 END)"
    };
    (revenue gross) => {
        "-SUM(CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption') THEN 0 ELSE amount_minor END)"
    };
    (vat_report) => {
        "((vat_bp IS NOT NULL OR (account LIKE 'income:%' AND account <> 'income:breakage') \
        OR account = 'suspense:vat_undetermined' \
        OR (item_kind IN ('voucher_redemption', 'flex_redemption') AND account LIKE 'liabilities:voucher:spv:%')) \
        AND account <> 'equity:opening')"
    };
    (in a report) => {
        concat!("(", shared!(vat_report), " OR ", shared!(revenue), ")")
    };
    // Why a line of one of the two reports is not in the other.
    (part) => {
        concat!(
            "CASE WHEN NOT ",
            shared!(vat_report),
            " THEN 'revenue_only' \
            WHEN item_kind IN ('voucher_redemption', 'flex_redemption') AND ",
            shared!(revenue),
            " THEN 'voucher_rate_difference' \
            WHEN ",
            shared!(revenue),
            " THEN 'both' \
            WHEN account LIKE 'liabilities:deferred:%' AND event_type LIKE 'release.%' THEN 'deferred_released' \
            WHEN account LIKE 'liabilities:deferred:%' THEN 'deferred' \
            ELSE item_kind END AS part"
        )
    };
    (if billed, $then:literal, $else:literal) => {
        concat!(
            "CASE WHEN item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount', 'price_reduction') THEN ",
            $then,
            " ELSE ",
            $else,
            " END"
        )
    };
    (if used_up, $then:literal, $else:literal) => {
        concat!(
            "CASE WHEN item_kind IN ('voucher_redemption', 'flex_redemption', 'breakage') THEN ",
            $then,
            " ELSE ",
            $else,
            " END"
        )
    };
}

pub(super) use {shared, total};

total!(
    /// Balance of an account, debit positive; of one month: what it moved.
    pub AccountBalance of v_trial_balance() by "source, currency, account" where "1 = 1",
    {
        source: Text,
        currency: Text,
        account: Text,
        balance_minor: Amount = "SUM(amount_minor)",
    }
    frozen |closed| closed.totals.movements.clone()
);

total!(
    /// What was sold for an event at a rate in a month. The event has its latest title.
    pub RevenueByEvent of v_revenue_by_event(period)
    by "source, currency, period, event_id, event_title, vat_bp" where shared!(revenue),
    {
        source: Text,
        currency: Text,
        period: Text,
        event_id: MaybeText,
        event_title: MaybeText,
        vat_bp: Rate,
        qty: Count = "SUM(COALESCE(qty, 0))",
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(revenue vat),
        gross_minor: Amount = shared!(revenue gross),
    }
    frozen |closed| closed.totals.revenue.iter().map(|row| row.titled(closed.titles())).collect()
);

total!(
    /// The same by the key of the event, which no renaming changes: so a manifest has it.
    pub(in crate::ledger) RevenueByEventKey
    by "source, currency, period, event_id, event_key, vat_bp" where shared!(revenue),
    {
        source: Text,
        currency: Text,
        period: Text,
        event_id: MaybeText,
        event_key: MaybeText,
        vat_bp: Rate,
        qty: Count = "SUM(COALESCE(qty, 0))",
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(revenue vat),
        gross_minor: Amount = shared!(revenue gross),
    }
);

total!(
    /// What was taxed at a rate in a month; the rate is absent while it is undetermined.
    pub VatByRate of v_vat_by_rate(period) by "source, currency, period, vat_bp"
    where shared!(vat_report),
    {
        source: Text,
        currency: Text,
        period: Text,
        vat_bp: Rate,
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(vat),
        gross_minor: Amount = shared!(gross),
    }
    frozen |closed| closed.totals.vat.clone()
);

total!(
    /// What came in and went out by a method of payment in a month.
    pub PaymentsByMethod of v_payments_by_method(period) by "source, currency, period, payment_method"
    where "account LIKE 'assets:clearing:%' AND item_kind IN ('payment', 'refund')",
    {
        source: Text,
        currency: Text,
        period: Text,
        payment_method: MaybeText,
        paid_minor: Amount = "SUM(CASE WHEN item_kind = 'payment' THEN amount_minor ELSE 0 END)",
        refunded_minor: Amount = "SUM(CASE WHEN item_kind = 'refund' THEN amount_minor ELSE 0 END)",
        net_minor: Amount = "SUM(amount_minor)",
    }
    frozen |closed| closed.totals.payments.clone()
);

total!(
    /// What an order owes (positive) or is owed. As of some point it has no status, which is that of today, and an
    /// order appears with its first line.
    pub OrderBalance of v_order_balance() by "source, order_id, order_code, currency"
    where "account = 'assets:receivable'",
    {
        source: Text,
        order_id: MaybeText,
        order_code: MaybeText,
        status: MaybeText = "CAST(NULL AS TEXT)",
        currency: MaybeText,
        billed_minor: Amount = concat!("SUM(", shared!(if billed, "amount_minor", "0"), ")"),
        settled_minor: Amount = concat!("-SUM(", shared!(if billed, "0", "amount_minor"), ")"),
        balance_minor: Amount = "SUM(amount_minor)",
    }
);

total!(
    /// What a voucher or flex ticket is still worth. If the taxation of a voucher became known late, its lines moved
    /// to another account: the newest line decides on its kind.
    pub VoucherBalance of v_voucher_balance() by "source, voucher_id, voucher_class, currency"
    where "voucher_class IS NOT NULL",
    {
        source: Text,
        voucher_id: MaybeText,
        kind: Text = "CASE WHEN voucher_class = 'flex' THEN 'flex' WHEN \
            COALESCE(MAX(CASE WHEN account LIKE 'liabilities:voucher:spv:%' THEN entry_no END), 0) \
            > COALESCE(MAX(CASE WHEN account = 'liabilities:voucher:mpv' THEN entry_no END), 0) \
            THEN 'spv' ELSE 'mpv' END",
        currency: Text,
        issued_minor: Amount = concat!("-SUM(", shared!(if used_up, "0", "amount_minor"), ")"),
        redeemed_minor: Amount = concat!("SUM(", shared!(if used_up, "amount_minor", "0"), ")"),
        balance_minor: Amount = "-SUM(amount_minor)",
    }
);

total!(
    /// What lines of one kind moved on an account; what was brought in when the book began is a kind of its own.
    pub(in crate::ledger) Movement by "currency, account, moved" where "1 = 1",
    {
        currency: Text,
        account: Text,
        item_kind: Text = "moved",
        amount_minor: Amount = "SUM(amount_minor)",
    }
);

total!(
    /// What is in the VAT report, in the revenue report or in both, by the reason why it is not in the other one.
    pub(in crate::ledger) BridgePart by "source, currency, period, vat_bp, part"
    where shared!(in a report),
    {
        source: Text,
        currency: Text,
        period: Text,
        vat_bp: Rate,
        part: Text = shared!(part),
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(vat),
        gross_minor: Amount = shared!(gross),
    }
);

impl RevenueByEventKey {
    /// With titles by the keys of events.
    fn titled(&self, titles: &BTreeMap<String, String>) -> RevenueByEvent {
        let Self { source, currency, period, event_id, event_key, vat_bp, qty, net_minor, vat_minor, gross_minor } =
            self.clone();
        let event_title = event_key.and_then(|key| titles.get(&key).cloned());
        RevenueByEvent {
            source,
            currency,
            period,
            event_id,
            event_title,
            vat_bp,
            qty,
            net_minor,
            vat_minor,
            gross_minor,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ledger::book::ItemKind;

    /// The words in the list after `item_kind IN (`.
    fn words_in(sql: &str) -> Vec<ItemKind> {
        let list = sql.split("item_kind IN (").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
        let mut words: Vec<ItemKind> =
            list.split(',').map(|word| ItemKind::parse(word.trim().trim_matches('\'')).unwrap()).collect();
        words.sort();
        words
    }

    fn kinds(chosen: impl Fn(ItemKind) -> bool) -> Vec<ItemKind> {
        let mut kinds: Vec<ItemKind> = ItemKind::ALL.iter().copied().filter(|kind| chosen(*kind)).collect();
        kinds.sort();
        kinds
    }

    #[test]
    fn the_totals_count_the_same_kinds() {
        assert_eq!(words_in(shared!(if billed, "", "")), kinds(ItemKind::is_billed));
        assert_eq!(words_in(shared!(if used_up, "", "")), kinds(ItemKind::uses_up));
    }
}
