//! The fields of bookingkit's documented types, with what they hold. A field beyond them is read on, and reported once
//! per shape: it may be news about money.

use crate::provider::documented::parts;

/// Of a payment in what a sweep stored: no webhook has told its method. The provider does not send it.
pub(super) const METHOD_IS_GUESSED: &str = "method_is_guessed";

parts! {
    ORDER at "" {
        Id: "id", "code", "vendor_id", "affiliate_id";
        Date: "date", "payment_date", "expire_date", "cancellation_date";
        Word: "status", "lang", "currency";
        Amount: "total_invoice", "additional_discount";
        Hidden: "external_reference", "email", "name", "company", "vat_number", "phone", "street", "streetnr", "zip",
            "city", "country", "internal_notes", "comment", "shipping_country", "shipping_city", "shipping_zip",
            "shipping_street", "shipping_streetnr", "shipping_name", "sale_params", "external_order_url",
            "email_newsletter_opt_in";
        Parts: "tickets", "voucherOrders", "products", "flexTickets", "redeemed_vouchers", "redeemed_coupons",
            "additional_information", "booking_channel", "payments";
    }
    TICKET at "tickets" {
        Id: "id", "event_date_id", "date_id", "event_id";
        Word: "status";
        Date: "date", "cancellation_date";
        Amount: "vat";
        Title: "title";
        Hidden: "code", "comment";
        Parts: "participants";
    }
    PARTICIPANT at "tickets/participants" {
        Id: "id", "price_id";
        Word: "status";
        Amount: "price_value", "vat";
        Date: "cancellation_date", "checked_in";
        Title: "price_title";
        Hidden: "name", "email", "phone", "comment", "code";
        Parts: "entry_units", "redeemed_flexTicket";
    }
    ENTRY_UNIT at "tickets/participants/entry_units" {
        Word: "type";
    }
    REDEEMED_FLEX_TICKET at "tickets/participants/redeemed_flexTicket" {
        Id: "id", "purchasing_order_id";
        Amount: "redeemed_value";
        Date: "creation_date";
    }
    /// The sample has `status` and `vat`, the types do not.
    VOUCHER_ORDER at "voucherOrders" {
        Id: "id";
        Word: "status";
        Amount: "vat";
        Parts: "voucher", "related_items";
    }
    VOUCHER at "voucherOrders/voucher" {
        Id: "id";
        Amount: "value";
        Word: "currency";
        Hidden: "code";
    }
    RELATED_ITEMS at "voucherOrders/related_items" {
        Parts: "refundedOrders", "payments";
    }
    REFUNDED_ORDER at "voucherOrders/related_items/refundedOrders" {
        Id: "order_id", "order_code";
    }
    REFUNDED_PAYMENT at "voucherOrders/related_items/payments" {
        Id: "id";
    }
    PRODUCT at "products" {
        Id: "product_id";
        Word: "status", "currency";
        Amount: "price", "vat";
        Count: "amount";
        Title: "title";
    }
    FLEX_TICKET at "flexTickets" {
        Id: "id";
        Word: "status", "currency";
        Amount: "price", "vat";
        Count: "redemption_total", "redemption_available", "unlimited_redemptions";
        Title: "title", "price_title";
        Hidden: "code";
        Parts: "flexOffer";
    }
    FLEX_OFFER at "flexTickets/flexOffer" {
        Id: "id", "price_category_id", "event_id";
    }
    REDEEMED_VOUCHER at "redeemed_vouchers" {
        Id: "id", "purchasing_order_id";
        Amount: "redeemed_value";
        Date: "usage_date", "creation_date";
    }
    REDEEMED_COUPON at "redeemed_coupons" {
        Id: "id";
        Amount: "redeemed_value";
        Date: "usage_date";
        Title: "title";
    }
    /// Questions of the order form with their answers.
    ADDITIONAL_INFORMATION at "additional_information" {
        Id: "id";
        Hidden: "title", "value";
    }
    BOOKING_CHANNEL at "booking_channel" {
        Id: "id";
        Hidden: "name";
    }
    PAYMENT at "payments" {
        Id: "id";
        Word: "code", "payment_method", "type", METHOD_IS_GUESSED;
        Amount: "value";
        Date: "payment_date";
        Hidden: "name";
    }
}
