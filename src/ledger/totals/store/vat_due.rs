//! What of the VAT is due on another day than the one on which it is posted.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::columns::row;
use super::kinds;
use super::lines::selected;
use crate::db::{Connection, Result};
use crate::ledger::totals::{Selection, VatByRate};
use crate::ledger::vat_dates::ShiftBasis;
use crate::on_engine;

/// The view of the shifts as the query builder knows it. Diesel wants a key; nothing here updates by it.
mod views {
    diesel::table! {
        v_vat_shift_lines (source, entry_no) {
            source -> Text,
            entry_no -> BigInt,
            booking_date -> Date,
            period -> Text,
            recorded_at -> Timestamp,
            basis -> Text,
        }
    }
}
use self::views::v_vat_shift_lines as v_ledger_lines;

row!(
    /// As `v_rollforward_vat_not_due`: VAT of a rate that is posted and not due yet. Opening + posted - due = closing.
    pub VatNotDue {
        source: Text,
        currency: Text,
        basis: Text,
        vat_bp: Rate,
        period: Text,
        opening_minor: Amount,
        posted_minor: Amount,
        due_minor: Amount,
        closing_minor: Amount,
    }
);

/// What of the selected VAT is due in another month than the one in which it is posted, by month and rate, in no order.
pub(in crate::ledger::totals) fn shifted(
    connection: &mut Connection,
    selection: &Selection<'_>,
    basis: ShiftBasis,
) -> Result<Vec<VatByRate>> {
    Ok(on_engine!(connection, |c| {
        let lines = v_ledger_lines::table
            .group_by(sql::<Text>("source, currency, period, vat_bp"))
            .select((
                sql::<kinds::Text>("source"),
                sql::<kinds::Text>("currency"),
                sql::<kinds::Text>("period"),
                sql::<kinds::Rate>("vat_bp"),
                sql::<kinds::Amount>("CAST(SUM(net_minor) AS BIGINT)"),
                sql::<kinds::Amount>("CAST(SUM(vat_minor) AS BIGINT)"),
                sql::<kinds::Amount>("CAST(SUM(net_minor + vat_minor) AS BIGINT)"),
            ))
            .filter(v_ledger_lines::basis.eq(basis.as_str()))
            .into_boxed();
        selected!(lines, selection).load(c)?
    }))
}
