//! A line of the journal as sheets of accounts and what stands behind a figure have it: its columns in one place, for
//! statements over the view of all lines and over the tables.

use super::columns::row;

row!(
    /// A line on an account; debit is positive.
    pub Line {
        booking_date: Day,
        entry_no: Count,
        line_no: Count,
        kind: Text,
        event_type: Text,
        item_kind: Text,
        account: Text,
        order_id: MaybeText,
        order_code: MaybeText,
        payment_id: MaybeText,
        payment_method: MaybeText,
        voucher_id: MaybeText,
        vat_bp: Rate,
        currency: Text,
        amount_minor: Amount,
    }
);

/// The columns of a [`Line`], of `v_ledger_lines` or of its tables.
macro_rules! line_columns {
    (of the view) => {
        (
            v_ledger_lines::booking_date,
            v_ledger_lines::entry_no,
            sql::<BigInt>("CAST(line_no AS BIGINT)"),
            sql::<Text>("kind"),
            sql::<Text>("event_type"),
            sql::<Text>("item_kind"),
            sql::<Text>("account"),
            sql::<kinds::MaybeText>("order_id"),
            sql::<kinds::MaybeText>("order_code"),
            sql::<kinds::MaybeText>("payment_id"),
            sql::<kinds::MaybeText>("payment_method"),
            sql::<kinds::MaybeText>("voucher_id"),
            sql::<kinds::Rate>("vat_bp"),
            sql::<Text>("currency"),
            sql::<BigInt>("amount_minor"),
        )
    };
    (of the tables) => {
        (
            journal_entries::booking_date,
            journal_entries::entry_no,
            sql::<BigInt>("CAST(postings.line_no AS BIGINT)"),
            journal_entries::kind,
            journal_entries::event_type,
            postings::item_kind,
            postings::account_code,
            postings::order_id,
            orders::order_code.nullable(),
            postings::payment_id,
            postings::payment_method,
            postings::voucher_id,
            postings::vat_bp,
            postings::currency,
            postings::amount_minor,
        )
    };
}
pub(super) use line_columns;
