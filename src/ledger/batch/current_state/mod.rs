//! Current state for people and BI tools, derived from the newest snapshot of each order and rebuildable from it.

mod parts;
mod store;
mod words;

use diesel::prelude::*;

pub(in crate::ledger) use self::parts::{PartRows, refunded_orders, titles};
pub(in crate::ledger) use self::store::{
    delete_parts, forget_voucher, insert_parts, note_use, order_row, redeeming_orders, regimes_sold, save_vouchers,
    seller, uses, voucher,
};

pub use self::words::PaymentState;
pub(in crate::ledger) use self::words::{PartState, RegimeWord, VoucherOrigin};

use crate::clock::Timestamp;
use crate::db::schema::orders;
use crate::ledger::posting::{Issued, Snapshot};
use crate::policy::Regime;

/// A voucher or flex ticket as it is known now.
#[derive(Clone, Debug)]
pub(in crate::ledger) struct KnownVoucher {
    /// How it is taxed, if any order of the source or an import told.
    pub(in crate::ledger) regime: Option<Regime>,
    /// It is sold or issued, and that counts.
    pub(in crate::ledger) live: bool,
    /// In minor units.
    pub(in crate::ledger) face_minor: Option<i64>,
    /// ISO 4217 code.
    pub(in crate::ledger) currency: Option<String>,
    /// The oldest delivery that says that it was used.
    pub(in crate::ledger) first_used_by: Option<i64>,
}

impl KnownVoucher {
    /// What the order itself says that issues it.
    pub(in crate::ledger) fn of(issued: &Issued) -> Self {
        let Issued { regime, face_minor, live, currency } = *issued;
        let (face_minor, currency) = (Some(face_minor), Some(currency.code().to_owned()));
        Self { regime: Some(regime), live, face_minor, currency, first_used_by: None }
    }
}

/// An order as it is known now.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = orders, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(in crate::ledger) struct OrderRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) order_id: String,
    pub(in crate::ledger) order_code: Option<String>,
    pub(in crate::ledger) status: Option<String>,
    pub(in crate::ledger) currency: Option<String>,
    pub(in crate::ledger) ordered_at: Option<Timestamp>,
    pub(in crate::ledger) cancelled_at: Option<Timestamp>,
    pub(in crate::ledger) total_minor: Option<i64>,
    pub(in crate::ledger) external_reference: Option<String>,
    pub(in crate::ledger) channel_id: Option<String>,
    pub(in crate::ledger) versions: String,
    pub(in crate::ledger) first_event_id: Option<i64>,
    pub(in crate::ledger) first_snapshot_no: Option<i64>,
    pub(in crate::ledger) last_snapshot_no: Option<i64>,
}

impl OrderRow {
    /// An order that was never heard of.
    pub(in crate::ledger) fn unknown(source: &str, order_id: &str) -> Self {
        Self {
            source: source.to_owned(),
            order_id: order_id.to_owned(),
            order_code: None,
            status: None,
            currency: None,
            ordered_at: None,
            cancelled_at: None,
            total_minor: None,
            external_reference: None,
            channel_id: None,
            versions: "{}".to_owned(),
            first_event_id: None,
            first_snapshot_no: None,
            last_snapshot_no: None,
        }
    }

    /// Takes over what the snapshot with that number says.
    pub(in crate::ledger) fn take_over(&mut self, snapshot: &Snapshot, snapshot_no: i64) {
        self.status = Some(snapshot.status().as_str().to_owned());
        self.first_snapshot_no.get_or_insert(snapshot_no);
        self.last_snapshot_no = Some(snapshot_no);
        let order = &snapshot.order;
        let Some(header) = &order.header else {
            let payment = order.payments.iter().flatten().next();
            self.currency = payment.map(|payment| payment.currency.code().to_owned());
            return;
        };
        if header.code.is_some() {
            self.order_code.clone_from(&header.code);
        }
        self.currency = header.currency.map(|currency| currency.code().to_owned());
        self.ordered_at = header.ordered_at;
        self.cancelled_at = header.cancelled_at;
        self.total_minor = header.total_minor;
        self.external_reference.clone_from(&header.external_reference);
        self.channel_id.clone_from(&header.channel_id);
    }
}
