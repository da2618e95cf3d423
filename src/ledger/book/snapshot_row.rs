//! A snapshot of an order as it is stored, and what caused it.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::order_snapshots;
use crate::db::vocabulary::Vocabulary;

/// A snapshot of an order, as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_snapshots, treat_none_as_default_value = false)]
pub struct SnapshotRow {
    pub source: String,
    pub snapshot_no: i64,
    pub order_id: String,
    pub inbox_event_id: i64,
    pub document_id: Option<i64>,
    pub cause: String,
    pub recorded_at: Timestamp,
    pub doc: String,
    pub doc_sha256: String,
}

/// What caused a snapshot. The words are stored and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotCause {
    /// The first usable delivery of the order: its sales take the order's date.
    FirstDelivery,
    /// A later delivery.
    Delivery,
    /// How a voucher that the order redeems is taxed became known by the order with this id, or changed there.
    VoucherOf(String),
    /// The same, by an import or its reversal.
    ImportOfVouchers,
    /// Credit of the order became income, or does so no longer.
    RecognisedCredit,
}

impl SnapshotCause {
    const FIRST_DELIVERY: &str = "first delivery";
    const VOUCHER_OF: &str = "voucher of ";
}

impl Vocabulary for SnapshotCause {
    const COLUMN: &'static str = "order_snapshots.cause";

    fn of_word(word: &str) -> Option<Self> {
        match word {
            Self::FIRST_DELIVERY => Some(Self::FirstDelivery),
            "delivery" => Some(Self::Delivery),
            "import of vouchers" => Some(Self::ImportOfVouchers),
            "retained" => Some(Self::RecognisedCredit),
            _ => word.strip_prefix(Self::VOUCHER_OF).map(|order_id| Self::VoucherOf(order_id.to_owned())),
        }
    }
}

impl std::fmt::Display for SnapshotCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FirstDelivery => f.write_str(Self::FIRST_DELIVERY),
            Self::Delivery => f.write_str("delivery"),
            Self::VoucherOf(order_id) => write!(f, "{}{order_id}", Self::VOUCHER_OF),
            Self::ImportOfVouchers => f.write_str("import of vouchers"),
            Self::RecognisedCredit => f.write_str("retained"),
        }
    }
}

impl SnapshotRow {
    /// Whether the first usable delivery of the order brought it.
    pub fn is_first_delivery(&self) -> bool {
        self.cause == SnapshotCause::FIRST_DELIVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_read_back() {
        for word in ["first delivery", "delivery", "voucher of A", "import of vouchers", "retained"] {
            assert_eq!(SnapshotCause::of_word(word).map(|cause| cause.to_string()).as_deref(), Some(word));
        }
    }
}
