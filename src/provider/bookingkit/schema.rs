//! The fields of bookingkit's documented types. A field beyond them is read on, and reported once per shape: it may be
//! news about money.

pub(super) const ORDER: &[&str] = &[
    "id",
    "code",
    "external_reference",
    "vendor_id",
    "date",
    "payment_date",
    "expire_date",
    "status",
    "lang",
    "currency",
    "email",
    "name",
    "company",
    "vat_number",
    "phone",
    "street",
    "streetnr",
    "zip",
    "city",
    "country",
    "internal_notes",
    "comment",
    "cancellation_date",
    "total_invoice",
    "additional_discount",
    "shipping_country",
    "shipping_city",
    "shipping_zip",
    "shipping_street",
    "shipping_streetnr",
    "shipping_name",
    "sale_params",
    "external_order_url",
    "affiliate_id",
    "email_newsletter_opt_in",
    "tickets",
    "voucherOrders",
    "products",
    "flexTickets",
    "redeemed_vouchers",
    "redeemed_coupons",
    "additional_information",
    "booking_channel",
    "payments",
];
pub(super) const TICKET: &[&str] = &[
    "id",
    "event_date_id",
    "date_id",
    "event_id",
    "code",
    "status",
    "comment",
    "cancellation_date",
    "title",
    "date",
    "vat",
    "participants",
];
pub(super) const PARTICIPANT: &[&str] = &[
    "id",
    "status",
    "name",
    "email",
    "phone",
    "comment",
    "price_id",
    "price_value",
    "price_title",
    "vat",
    "cancellation_date",
    "code",
    "checked_in",
    "entry_units",
    "redeemed_flexTicket",
];
pub(super) const ENTRY_UNIT: &[&str] = &["type"];
pub(super) const REDEEMED_FLEX_TICKET: &[&str] = &["id", "redeemed_value", "creation_date", "purchasing_order_id"];
/// The sample has `status` and `vat`, the types do not.
pub(super) const VOUCHER_ORDER: &[&str] = &["id", "status", "vat", "voucher", "related_items"];
pub(super) const VOUCHER: &[&str] = &["id", "code", "value", "currency"];
pub(super) const RELATED_ITEMS: &[&str] = &["refundedOrders", "payments"];
pub(super) const REFUNDED_ORDER: &[&str] = &["order_id", "order_code"];
pub(super) const REFUNDED_PAYMENT: &[&str] = &["id"];
pub(super) const PRODUCT: &[&str] = &["product_id", "status", "title", "price", "amount", "currency", "vat"];
pub(super) const FLEX_TICKET: &[&str] = &[
    "id",
    "code",
    "status",
    "title",
    "redemption_total",
    "redemption_available",
    "unlimited_redemptions",
    "price",
    "price_title",
    "currency",
    "vat",
    "flexOffer",
];
pub(super) const FLEX_OFFER: &[&str] = &["id", "price_category_id", "event_id"];
pub(super) const REDEEMED_VOUCHER: &[&str] =
    &["id", "redeemed_value", "usage_date", "creation_date", "purchasing_order_id"];
pub(super) const REDEEMED_COUPON: &[&str] = &["id", "title", "redeemed_value", "usage_date"];
pub(super) const BOOKING_CHANNEL: &[&str] = &["name", "id"];
pub(super) const PAYMENT: &[&str] =
    &["id", "code", "payment_method", "name", "value", "type", "payment_date", METHOD_IS_GUESSED];
/// Of a payment in what a sweep stored: no webhook has told its method. The provider does not send it.
pub(super) const METHOD_IS_GUESSED: &str = "method_is_guessed";
