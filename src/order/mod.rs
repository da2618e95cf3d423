//! What a provider says an order is, in our own words: provider-neutral, exact to the minor unit, without personal
//! data. Both providers end here, and the ledger starts from here.
//!
//! Every type is part of the canonical JSON of an order snapshot: field names are stored, so renaming one is a change
//! of the stored format. What is not said takes no room in it: `None`, and lists of a part that are empty, are left
//! out. Amounts are gross minor units, rates basis points (1900 = 19 %), instants UTC.

mod code;
mod contact;
mod note;
mod provider;
mod sections;
mod status;

use serde::{Deserialize, Serialize};

pub use self::code::mask_code;
pub use self::contact::Contact;
pub use self::note::{MORE, Note, NoteReason, bounded};
pub use self::provider::Provider;
pub use self::sections::Versions;
pub use self::status::{OrderStatus, PartStatus};

use crate::clock::Timestamp;
use crate::money::Currency;

/// An order. A section that is `None` was never said; an empty list means that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The provider's id; opaque. For Ticketpark the booking's pid.
    pub order_id: String,
    /// All that is not a list. `None` when only facts about the order are known (a payment of an unread booking).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Booked dates with their participants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Vec<Ticket>>,
    /// Products sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Product>>,
    /// Flex tickets sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flex_tickets: Option<Vec<FlexTicket>>,
    /// Vouchers sold, or issued as a refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voucher_orders: Option<Vec<VoucherOrder>>,
    /// Vouchers that paid for this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_vouchers: Option<Vec<RedeemedVoucher>>,
    /// Coupons: price reductions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_coupons: Option<Vec<RedeemedCoupon>>,
    /// Money received and given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payments: Option<Vec<Payment>>,
}

/// The order's own fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The code that the customer knows. For Ticketpark `pid_readable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reseller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
    /// Normal form of the status.
    pub status: OrderStatus,
    /// `None` for a Ticketpark booking without priced tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// When it was placed; Ticketpark does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<Timestamp>,
    /// The header's own payment date; compared with the payments, never posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Only of an order that is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// Deadline or end of validity; the provider does not say which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The provider's total; compared, never posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_minor: Option<i64>,
    /// Reduction of the whole order, as said (a negative one is a finding).
    pub additional_discount_minor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
}

/// A booked date of an event. For Ticketpark one ticket, holding one participant with the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The provider's id; opaque.
    pub id: String,
    /// The event; Ticketpark does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The date of the event that was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_date_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Start of the booked date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    pub status: PartStatus,
    /// Rate of the ticket; the participant's wins. `None` = not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_bp: Option<i32>,
    /// Only of a ticket that is itself cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    pub participants: Vec<Participant>,
}

/// One admission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The provider's id; opaque.
    pub id: String,
    pub status: PartStatus,
    /// Gross price; `None` when there is none, which posts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// Of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_title: Option<String>,
    /// Rate; `None` = not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_bp: Option<i32>,
    /// Only of a participant that is itself cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// When the guest came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<Timestamp>,
    /// Kinds of visitors, such as `ADULT`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_units: Vec<String>,
    /// Flex tickets that paid for this admission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redeemed_flex_tickets: Vec<RedeemedFlexTicket>,
}

/// A product line. Lines have no id of their own; equal lines are told apart by counting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Product {
    /// The product, not the line.
    pub product_id: String,
    pub status: PartStatus,
    /// Gross price of one.
    pub price_minor: i64,
    pub quantity: i64,
    /// Of the price.
    pub currency: Currency,
    /// Rate; `None` = not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_bp: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A flex ticket sold: the right to several admissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlexTicket {
    /// The provider's id; opaque.
    pub id: String,
    pub status: PartStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub price_minor: i64,
    /// Of the price.
    pub currency: Currency,
    /// Rate; missing means 0, prepaid.
    pub vat_bp: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_title: Option<String>,
    /// Admissions bought.
    pub redemption_total: i64,
    /// Admissions left.
    pub redemption_available: i64,
    /// No limit on admissions.
    pub unlimited: bool,
    /// Hash of the code, which is as good as money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_sha256: Option<String>,
    /// Last four characters of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_last4: Option<String>,
    /// Events for which it is valid.
    pub offers: Vec<FlexOffer>,
}

/// What a flex ticket is valid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlexOffer {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_category_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// A redemption of a flex ticket on a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemedFlexTicket {
    pub id: String,
    /// What it paid.
    pub value_minor: i64,
    /// Of the value: the order's.
    pub currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_at: Option<Timestamp>,
    /// The order that sold it, as said here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchasing_order_id: Option<String>,
}

/// Vouchers sold together, or issued together as a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoucherOrder {
    /// The provider's id; opaque.
    pub id: String,
    /// Status; usually unsaid.
    pub status: PartStatus,
    /// Rate; missing means 0, multi-purpose.
    pub vat_bp: i32,
    pub vouchers: Vec<Voucher>,
    /// Orders that these vouchers refund, each once; not empty = a refund voucher.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunded_orders: Vec<RefundedOrder>,
    /// Payments that the vouchers refund, as said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunded_payment_ids: Vec<String>,
}

/// A voucher with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// The provider's id; opaque.
    pub id: String,
    /// Face value.
    pub value_minor: i64,
    /// Of the value.
    pub currency: Currency,
    /// Hash of the code, which is as good as money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_sha256: Option<String>,
    /// Last four characters of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_last4: Option<String>,
}

/// An order that a voucher refunds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedOrder {
    /// The provider's id of that order.
    pub order_id: String,
    /// The code that its customer knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_code: Option<String>,
}

/// A voucher that paid for this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemedVoucher {
    pub id: String,
    /// What it paid.
    pub value_minor: i64,
    /// Of the value: the order's.
    pub currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchasing_order_id: Option<String>,
}

/// A coupon: a price reduction without money behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemedCoupon {
    /// The provider's id; opaque.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The reduction, in the order's currency.
    pub value_minor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// Money received (positive) or given back (negative).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The provider's id: the same payment is never counted twice.
    pub id: String,
    /// The raw method; `unknown` when none is said.
    pub method: String,
    /// No webhook has told the method: a sweep took it from the API, which calls it otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_is_guessed: bool,
    /// Signed amount.
    pub amount_minor: i64,
    /// The order's for bookingkit, the webhook's for Ticketpark.
    pub currency: Currency,
    /// The raw type, such as `payment` or `refund`; the sign decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When; Ticketpark does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
}

impl Order {
    /// Ids of its payments, and of those that its refund vouchers name.
    pub fn payment_ids(&self) -> impl Iterator<Item = &str> {
        let own = self.payments.iter().flatten().map(|payment| payment.id.as_str());
        let vouchers = self.voucher_orders.iter().flatten();
        own.chain(vouchers.flat_map(|order| order.refunded_payment_ids.iter().map(String::as_str)))
    }

    /// The same, with the method of each payment taken for one that a webhook told.
    pub fn with_told_methods(mut self) -> Self {
        self.payments.iter_mut().flatten().for_each(|payment| payment.method_is_guessed = false);
        self
    }

    /// An order of which nothing is known yet.
    pub fn unknown(order_id: &str) -> Self {
        Self {
            order_id: order_id.to_owned(),
            header: None,
            tickets: None,
            products: None,
            flex_tickets: None,
            voucher_orders: None,
            redeemed_vouchers: None,
            redeemed_coupons: None,
            payments: None,
        }
    }

    /// Normal form of the status; pending while no header is known.
    pub fn status(&self) -> OrderStatus {
        self.header.as_ref().map_or(OrderStatus::Pending, |header| header.status)
    }
}
