//! Statuses in one normal form. The spelling differs by place (`CANCELLED` for the order, `CANCELED` below it), so both
//! are read everywhere, in any letter case. What is not in these tables parks the delivery.

use serde::{Deserialize, Serialize};

/// Status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Sold: its live parts count.
    Accepted,
    /// Only payments and refund vouchers stay.
    Cancelled,
    /// A request or a cart: `PENDING`, `OPEN`, an unconfirmed booking.
    Pending,
    /// Refused.
    Declined,
}

impl OrderStatus {
    /// Reads the provider's word; `None` if it is not a status of an order (`ALL`, an empty one, an unknown one).
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_uppercase().as_str() {
            "ACCEPTED" => Some(Self::Accepted),
            "CANCELLED" | "CANCELED" => Some(Self::Cancelled),
            "PENDING" | "OPEN" => Some(Self::Pending),
            "DECLINED" => Some(Self::Declined),
            _ => None,
        }
    }

    /// The word in views and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
            Self::Declined => "declined",
        }
    }
}

/// Status of a part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartStatus {
    /// Sold.
    Accepted,
    /// Nothing is said, which counts as sold.
    Unsaid,
    /// Called off.
    Cancelled,
    /// Not yet sold: `PENDING`, `OPEN`.
    Pending,
    /// `FAILURE`, of flex tickets only.
    Failure,
}

impl PartStatus {
    /// Reads the provider's word; an empty one is [`PartStatus::Unsaid`]. `None` is an unknown one: `DECLINED` and
    /// `ALL` are the status of no part, and `FAILURE` only that of a flex ticket.
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_uppercase().as_str() {
            "" => Some(Self::Unsaid),
            "ACCEPTED" => Some(Self::Accepted),
            "CANCELLED" | "CANCELED" => Some(Self::Cancelled),
            "PENDING" | "OPEN" => Some(Self::Pending),
            _ => None,
        }
    }

    /// Reads the word of a flex ticket, which can also have failed.
    pub fn parse_flex_ticket(word: &str) -> Option<Self> {
        if word.trim().eq_ignore_ascii_case("FAILURE") { Some(Self::Failure) } else { Self::parse(word) }
    }

    /// Whether the part counts, as long as what contains it does.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Accepted | Self::Unsaid)
    }
}
