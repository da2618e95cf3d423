//! What the providers document of their webhooks: bookingkit the order, Ticketpark the envelope and what is in it.

/// What may stand at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Amount,
    Count,
    Date,
    /// A state, a type, a currency, a method.
    Word,
    /// What is sold is called so; it is in the books, too.
    Title,
    /// Personal, a code that is worth money or lets people in, or free text.
    Hidden,
    /// An object, or a list of them.
    Parts,
}

/// Names of fields by the path of what they stand in, and what they are.
const FIELDS: &[(&str, Kind, &[&str])] = &[
    ("", Kind::Id, &["id", "code", "vendor_id", "affiliate_id"]),
    ("", Kind::Date, &["date", "payment_date", "expire_date", "cancellation_date"]),
    ("", Kind::Word, &["status", "lang", "currency", "type"]),
    ("", Kind::Amount, &["total_invoice", "additional_discount"]),
    (
        "",
        Kind::Hidden,
        &[
            "external_reference",
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
            "shipping_country",
            "shipping_city",
            "shipping_zip",
            "shipping_street",
            "shipping_streetnr",
            "shipping_name",
            "sale_params",
            "external_order_url",
            "email_newsletter_opt_in",
        ],
    ),
    (
        "",
        Kind::Parts,
        &[
            "tickets",
            "voucherOrders",
            "products",
            "flexTickets",
            "redeemed_vouchers",
            "redeemed_coupons",
            "additional_information",
            "booking_channel",
            "payments",
            "payload",
        ],
    ),
    ("tickets", Kind::Id, &["id", "event_date_id", "date_id", "event_id"]),
    ("tickets", Kind::Word, &["status"]),
    ("tickets", Kind::Date, &["date", "cancellation_date"]),
    ("tickets", Kind::Amount, &["vat"]),
    ("tickets", Kind::Title, &["title"]),
    ("tickets", Kind::Hidden, &["code", "comment"]),
    ("tickets", Kind::Parts, &["participants"]),
    ("tickets/participants", Kind::Id, &["id", "price_id"]),
    ("tickets/participants", Kind::Word, &["status"]),
    ("tickets/participants", Kind::Amount, &["price_value", "vat"]),
    ("tickets/participants", Kind::Date, &["cancellation_date", "checked_in"]),
    ("tickets/participants", Kind::Title, &["price_title"]),
    ("tickets/participants", Kind::Hidden, &["name", "email", "phone", "comment", "code"]),
    ("tickets/participants", Kind::Parts, &["entry_units", "redeemed_flexTicket"]),
    ("tickets/participants/entry_units", Kind::Word, &["type"]),
    ("tickets/participants/redeemed_flexTicket", Kind::Id, &["id", "purchasing_order_id"]),
    ("tickets/participants/redeemed_flexTicket", Kind::Amount, &["redeemed_value"]),
    ("tickets/participants/redeemed_flexTicket", Kind::Date, &["creation_date"]),
    ("voucherOrders", Kind::Id, &["id"]),
    ("voucherOrders", Kind::Word, &["status"]),
    ("voucherOrders", Kind::Amount, &["vat"]),
    ("voucherOrders", Kind::Parts, &["voucher", "related_items"]),
    ("voucherOrders/voucher", Kind::Id, &["id"]),
    ("voucherOrders/voucher", Kind::Amount, &["value"]),
    ("voucherOrders/voucher", Kind::Word, &["currency"]),
    ("voucherOrders/voucher", Kind::Hidden, &["code"]),
    ("voucherOrders/related_items", Kind::Parts, &["refundedOrders", "payments"]),
    ("voucherOrders/related_items/refundedOrders", Kind::Id, &["order_id", "order_code"]),
    ("voucherOrders/related_items/payments", Kind::Id, &["id"]),
    ("products", Kind::Id, &["product_id"]),
    ("products", Kind::Word, &["status", "currency"]),
    ("products", Kind::Amount, &["price", "vat"]),
    ("products", Kind::Count, &["amount"]),
    ("products", Kind::Title, &["title"]),
    ("flexTickets", Kind::Id, &["id"]),
    ("flexTickets", Kind::Word, &["status", "currency"]),
    ("flexTickets", Kind::Amount, &["price", "vat"]),
    ("flexTickets", Kind::Count, &["redemption_total", "redemption_available", "unlimited_redemptions"]),
    ("flexTickets", Kind::Title, &["title", "price_title"]),
    ("flexTickets", Kind::Hidden, &["code"]),
    ("flexTickets", Kind::Parts, &["flexOffer"]),
    ("flexTickets/flexOffer", Kind::Id, &["id", "price_category_id", "event_id"]),
    ("redeemed_vouchers", Kind::Id, &["id", "purchasing_order_id"]),
    ("redeemed_vouchers", Kind::Amount, &["redeemed_value"]),
    ("redeemed_vouchers", Kind::Date, &["usage_date", "creation_date"]),
    ("redeemed_coupons", Kind::Id, &["id"]),
    ("redeemed_coupons", Kind::Amount, &["redeemed_value"]),
    ("redeemed_coupons", Kind::Date, &["usage_date"]),
    ("redeemed_coupons", Kind::Title, &["title"]),
    ("additional_information", Kind::Id, &["id"]),
    ("additional_information", Kind::Hidden, &["title", "value"]),
    ("booking_channel", Kind::Id, &["id"]),
    ("booking_channel", Kind::Hidden, &["name"]),
    ("payments", Kind::Id, &["id"]),
    ("payments", Kind::Word, &["code", "payment_method", "type"]),
    ("payments", Kind::Amount, &["value"]),
    ("payments", Kind::Date, &["payment_date"]),
    ("payments", Kind::Hidden, &["name"]),
    ("payload", Kind::Id, &["booking_pid", "payment_pid", "person_pid", "payment_method"]),
    ("payload", Kind::Amount, &["amount"]),
    ("payload", Kind::Word, &["currency"]),
    // The id of a ticket is its code: it lets people in.
    ("payload", Kind::Hidden, &["ticket_pids"]),
];

/// What is documented to stand at a path.
pub(super) fn kind(path: &str) -> Option<Kind> {
    if path.is_empty() {
        return Some(Kind::Parts);
    }
    let (within, name) = path.rsplit_once('/').unwrap_or(("", path));
    FIELDS.iter().find(|(of, _, names)| *of == within && names.contains(&name)).map(|(_, kind, _)| *kind)
}

/// The path of a field in what stands at a path; `None` if nobody documents it.
pub(super) fn field(path: &str, name: &str) -> Option<String> {
    if name.contains('/') {
        return None;
    }
    let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    kind(&inner).map(|_| inner)
}
