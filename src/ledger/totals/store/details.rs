//! Finer sums, from which the month pack tells how each balance came to be. No BI tool needs them, so none has a view.

use super::columns::row;
use super::lines::{selected, sums};
use super::reports::{shared, total};
use crate::db::{Connection, Result};
use crate::ledger::totals::{Selection, Total};

/// What a line counts as: whether the VAT report has it, and whether the revenue report has it.
macro_rules! counted {
    (in_vat) => {
        concat!("CASE WHEN ", shared!(vat_report), " THEN 'yes' ELSE 'no' END AS in_vat")
    };
    (in_revenue) => {
        concat!("CASE WHEN ", shared!(revenue), " THEN 'yes' ELSE 'no' END AS in_revenue")
    };
}

/// SQL about the entry of a line.
macro_rules! of_entry {
    (late_for $select:literal) => {
        concat!(
            "(SELECT ",
            $select,
            " FROM journal_entries e WHERE e.source = v_ledger_lines.source AND e.entry_no = v_ledger_lines.entry_no)"
        )
    };
    // The month in which its fact was booked first: of an order by its atom, of a manual entry by what it reverses. Of
    // a month and not of a day, because SQLite would look for the least day in the index by days.
    (first_booked) => {
        "COALESCE((SELECT MIN(substr(CAST(f.booking_date AS TEXT), 1, 7)) FROM journal_entries e \
         JOIN journal_entries f \
         ON f.source = e.source AND f.order_id = e.order_id AND f.atom_key = e.atom_key AND f.entry_no <= e.entry_no \
         WHERE e.source = v_ledger_lines.source AND e.entry_no = v_ledger_lines.entry_no), \
         (SELECT substr(CAST(f.booking_date AS TEXT), 1, 7) FROM journal_entries e JOIN journal_entries f \
         ON f.source = e.source AND f.entry_no = e.reverses_no \
         WHERE e.source = v_ledger_lines.source AND e.entry_no = v_ledger_lines.entry_no))"
    };
}

total!(
    /// What lines of one kind moved on an account, debit positive.
    pub AccountMove by "source, currency, account, item_kind, moved, in_vat, in_revenue" where "1 = 1",
    {
        source: Text,
        currency: Text,
        account: Text,
        item_kind: Text,
        // `opening` for what was brought in when the book began, else the kind.
        moved: Text,
        in_vat: Text = counted!(in_vat),
        in_revenue: Text = counted!(in_revenue),
        // A reversal takes back the entry that it reverses.
        transactions: Count = "SUM(CASE WHEN kind = 'reverse' THEN -1 ELSE 1 END)",
        amount_minor: Amount = "SUM(amount_minor)",
    }
);

total!(
    /// The same of what was booked late, by the closed month that it belongs to.
    pub LateMove by "source, currency, late_for, period, account, item_kind, moved, in_vat, in_revenue"
    where of_entry!(late_for "e.reason_code LIKE 'late_for_%'"),
    {
        source: Text,
        currency: Text,
        late_for: Text = concat!(of_entry!(late_for "substr(e.reason_code, 10)"), " AS late_for"),
        period: Text,
        account: Text,
        item_kind: Text,
        moved: Text,
        in_vat: Text = counted!(in_vat),
        in_revenue: Text = counted!(in_revenue),
        amount_minor: Amount = "SUM(amount_minor)",
    }
);

total!(
    /// The net of the revenue report by the day of booking.
    pub RevenueByDay by "source, currency, booking_date" where shared!(revenue),
    {
        source: Text,
        currency: Text,
        booking_date: Day,
        net_minor: Amount = shared!(net),
    }
);

total!(
    /// The revenue report with what was sold apart from what was returned, and products apart from tickets.
    pub EventSales by "source, currency, category, event_id, event_key, event_title, vat_bp" where shared!(revenue),
    {
        source: Text,
        currency: Text,
        category: Text = "CASE WHEN item_kind = 'product' OR account = 'income:products' \
            OR (event_key IS NULL AND item_kind IN ('discount', 'price_reduction')) \
            THEN 'products' ELSE 'tickets' END AS category",
        event_id: MaybeText,
        event_key: MaybeText,
        event_title: MaybeText,
        vat_bp: Rate,
        sold: Count = "SUM(CASE WHEN COALESCE(qty, 0) > 0 THEN qty ELSE 0 END)",
        returned: Count = "-SUM(CASE WHEN COALESCE(qty, 0) < 0 THEN qty ELSE 0 END)",
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(revenue vat),
        gross_minor: Amount = shared!(revenue gross),
    }
);

total!(
    /// What the VAT report has of facts by the month in which they were booked first: a cancellation, or the
    /// correction of a price, concerns an earlier month.
    pub VatOfEarlier by "source, currency, concerns, vat_bp" where shared!(vat_report),
    {
        source: Text,
        currency: Text,
        concerns: MaybeText = concat!(of_entry!(first_booked), " AS concerns"),
        vat_bp: Rate,
        net_minor: Amount = shared!(net),
        vat_minor: Amount = shared!(vat),
        gross_minor: Amount = shared!(gross),
    }
);

total!(
    /// By how much the liability of vouchers and flex tickets grew in a month.
    pub StoredValueByMonth by "source, currency, period" where "voucher_class IS NOT NULL",
    {
        source: Text,
        currency: Text,
        period: Text,
        grown_minor: Amount = "-SUM(amount_minor)",
    }
);

total!(
    /// What a voucher or flex ticket is worth, and on which day it was first issued here.
    pub VoucherWorth by "source, voucher_id, voucher_class, currency" where "voucher_class IS NOT NULL",
    {
        source: Text,
        voucher_id: MaybeText,
        voucher_class: Text,
        currency: Text,
        issued_on: MaybeDay = concat!("MIN(", shared!(if used_up, "NULL", "booking_date"), ")"),
        balance_minor: Amount = "-SUM(amount_minor)",
    }
);

total!(
    /// What came to and went from a clearing account on a day.
    pub ClearingDay by "source, currency, account, booking_date" where "account LIKE 'assets:clearing:%'",
    {
        source: Text,
        currency: Text,
        account: Text,
        booking_date: Day,
        debit_minor: Amount = "SUM(CASE WHEN amount_minor > 0 THEN amount_minor ELSE 0 END)",
        credit_minor: Amount = "-SUM(CASE WHEN amount_minor < 0 THEN amount_minor ELSE 0 END)",
    }
);
