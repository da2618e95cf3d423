use super::*;
use crate::money::Currency;
use crate::order::*;

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_paid_order_is_read_whole() {
    let said = said(PAID_ORDER);
    assert_eq!(said.notes, []);
    let order = said.order;
    assert_eq!(order.order_id, ORDER_ID);
    assert_eq!(
        order.header,
        Some(Header {
            code: text("RQW-ETD72D"),
            external_reference: None,
            status: OrderStatus::Accepted,
            currency: Some(euro()),
            ordered_at: at("2025-11-08T14:36:19Z"),
            paid_at: at("2025-11-11T14:36:45Z"),
            cancelled_at: None,
            expires_at: None,
            total_minor: Some(2000),
            additional_discount_minor: 0,
            channel_id: None,
            channel_name: None,
        })
    );
    let participant = |id: &str| Participant {
        id: id.to_owned(),
        status: PartStatus::Accepted,
        price_minor: Some(1000),
        currency: Some(euro()),
        price_id: text("5"),
        price_title: text("standard"),
        vat_bp: Some(1900),
        cancelled_at: None,
        checked_in_at: None,
        entry_units: vec!["ADULT".to_owned()],
        redeemed_flex_tickets: vec![],
    };
    assert_eq!(
        order.tickets,
        Some(vec![Ticket {
            id: "645f68637614967689b2b3ebc441138a".to_owned(),
            event_id: text("8f9f810d91b7323a7a433d303b80cc77"),
            event_date_id: text("8e4f8e59727e843f87d58930e1676565"),
            title: text("Some awesome experience"),
            starts_at: at("2025-11-23T10:01:00Z"),
            status: PartStatus::Accepted,
            vat_bp: Some(1900),
            cancelled_at: None,
            participants: vec![
                participant("5677664545693063f1209942b9190b35"),
                participant("76f46c39e491221e4004fef6edea987f"),
            ],
        }])
    );
    assert_eq!(
        order.payments,
        Some(vec![Payment {
            id: "8b38027ccab4c18531f3a724203c9a09".to_owned(),
            method: "StripeBankWire".to_owned(),
            method_is_guessed: false,
            amount_minor: 2000,
            currency: euro(),
            kind: text("payment"),
            paid_at: at("2025-11-11T14:36:45Z"),
        }])
    );
    assert_eq!((order.products, order.flex_tickets, order.voucher_orders), (Some(vec![]), Some(vec![]), Some(vec![])));
    assert_eq!((order.redeemed_vouchers, order.redeemed_coupons), (Some(vec![]), Some(vec![])));
}

#[test]
fn the_unified_example_says_its_header_and_tickets() {
    let order = said(UNIFIED_EXAMPLE).order;
    assert_eq!(
        order.header,
        Some(Header {
            code: text("QBP-UPRHC4"),
            external_reference: text("GYG_GYGN11111111"),
            status: OrderStatus::Accepted,
            currency: Some(euro()),
            ordered_at: at("2025-11-04T16:37:52Z"),
            paid_at: at("2025-11-04T16:42:27Z"),
            cancelled_at: None,
            expires_at: at("2027-11-04T16:42:27Z"),
            total_minor: Some(10_000),
            additional_discount_minor: 0,
            channel_id: text("C12asdXas13"),
            channel_name: text("Reseller Name"),
        })
    );
    assert_eq!(
        order.tickets,
        Some(vec![Ticket {
            id: "11223344556677889900aabbccddeeff".to_owned(),
            event_id: text("fedcba98765432100123456789abcdef"),
            event_date_id: text("aa00bb11cc22dd33ee44ff5566778899"),
            title: text("Black Mesa Transit System Tram"),
            starts_at: at("2025-11-14T10:00:00Z"),
            status: PartStatus::Accepted,
            vat_bp: Some(1900),
            cancelled_at: None,
            participants: vec![Participant {
                id: "1sd2e34f09ds43acx0011223344556677".to_owned(),
                status: PartStatus::Accepted,
                price_minor: Some(10_000),
                currency: Some(euro()),
                price_id: text("813"),
                price_title: text("Preiskategorie"),
                vat_bp: Some(1900),
                cancelled_at: None,
                checked_in_at: at("2025-11-16T10:00:00Z"),
                entry_units: vec!["ADULT".to_owned()],
                redeemed_flex_tickets: vec![RedeemedFlexTicket {
                    id: "f32e9fb7fcb9f4a3f02b84e2902a9db1".to_owned(),
                    value_minor: 10_000,
                    currency: euro(),
                    redeemed_at: at("2025-11-11T15:31:48Z"),
                    purchasing_order_id: text("83ab6f7d03a8b87cf44953b0c2388bc9"),
                }],
            }],
        }])
    );
    assert_eq!(
        order.products,
        Some(vec![Product {
            product_id: "b47570f18b3c990509ffa6fd04beba79".to_owned(),
            status: PartStatus::Accepted,
            price_minor: 300,
            quantity: 1,
            currency: euro(),
            vat_bp: Some(1900),
            title: text("Product name"),
        }])
    );
}

#[test]
fn the_unified_example_says_its_stored_value() {
    let order = said(UNIFIED_EXAMPLE).order;
    assert_eq!(
        order.flex_tickets,
        Some(vec![FlexTicket {
            id: "f32e9fb7fcb9f4a3f02b84e2902a9db1".to_owned(),
            status: PartStatus::Accepted,
            title: text("Flex Ticket Offer"),
            price_minor: 50_000,
            currency: euro(),
            vat_bp: 0,
            price_title: text("Standard"),
            redemption_total: 5,
            redemption_available: 5,
            unlimited: false,
            code_sha256: text("850efa519441714f67d714ca03fcf3e458298671d9d634504cf89c6336c9b1ad"),
            code_last4: text("S9PT"),
            offers: vec![FlexOffer {
                id: "b23eb1c9ccc9b185af5dc1869d306831".to_owned(),
                price_category_id: text("836"),
                event_id: text("3c6315e9b79a4af73eefeb5fdbedcbd4"),
            }],
        }])
    );
    assert_eq!(
        order.voucher_orders,
        Some(vec![VoucherOrder {
            id: "13579bdf2468ace00112233445566778".to_owned(),
            status: PartStatus::Unsaid,
            vat_bp: 0,
            vouchers: vec![Voucher {
                id: "abcdef0123456789fedcba9876543210".to_owned(),
                value_minor: 10_000,
                currency: euro(),
                code_sha256: text("fc6fdb2bca2f785aae1fc046ee73303b903d92d830e25ce857de43f25a3b09f4"),
                code_last4: text("R6DH"),
            }],
            refunded_orders: vec![RefundedOrder { order_id: ORDER_ID.to_owned(), order_code: text("QBP-UPRHC4") }],
            refunded_payment_ids: vec!["8899aabbccddeeff0011223344556677".to_owned()],
        }])
    );
    assert_eq!(
        order.redeemed_vouchers,
        Some(vec![RedeemedVoucher {
            id: "59638e924822be1d0dc305873c798315".to_owned(),
            value_minor: 10_000,
            currency: euro(),
            used_at: at("2025-11-04T16:37:52Z"),
            created_at: at("2025-10-03T14:36:19Z"),
            purchasing_order_id: text("2c7fcf4de0a159ee0828349fdaf7f77f"),
        }])
    );
}

#[test]
fn the_unified_example_says_its_money() {
    let order = said(UNIFIED_EXAMPLE).order;
    assert_eq!(
        order.redeemed_coupons,
        Some(vec![RedeemedCoupon {
            id: "3134a04cb9f55c8df9489fb5ad5be918".to_owned(),
            title: text("Coupon name"),
            value_minor: 200,
            used_at: at("2025-11-04T16:37:52Z"),
        }])
    );
    let payment = |id: &str, amount_minor, kind, paid_at| Payment {
        id: id.to_owned(),
        method: "StripeBankWire".to_owned(),
        method_is_guessed: false,
        amount_minor,
        currency: euro(),
        kind: text(kind),
        paid_at: at(paid_at),
    };
    assert_eq!(
        order.payments,
        Some(vec![
            payment("00112233445566778899aabbccddeeff", 11_000, "payment", "2025-11-04T16:38:20Z"),
            payment("99392919391329338899aabbccddeeff", -1000, "refund", "2025-11-06T16:58:20Z"),
        ])
    );
}

#[test]
fn the_unified_example_is_noted_for_one_oddity() {
    assert_eq!(
        said(UNIFIED_EXAMPLE).notes,
        [note(
            "dangling_payment_ref",
            "payment:8899aabbccddeeff0011223344556677",
            "voucherOrders[].related_items.payments names it, payments does not"
        ),]
    );
}

#[test]
fn both_examples_are_the_same_entity() {
    for body in [PAID_ORDER, UNIFIED_EXAMPLE] {
        let expected = Classified::Understood { kind: "order".to_owned(), entity: Entity::Order(ORDER_ID.to_owned()) };
        assert_eq!(classify(&source(), body.as_bytes()), expected);
    }
}

#[test]
fn an_order_holds_no_personal_data_and_no_code() {
    let order = serde_json::to_string(&said(UNIFIED_EXAMPLE).order).unwrap();
    for personal in [
        "homersimpson",
        "Grimes",
        "0177",
        "Muehlenweg",
        "10407",
        "Berlin",
        "Germany",
        "Notes",
        "Comment",
        "comment",
        "DE123456789",
        "Bookingkit GmbH",
        "Buntestrasse",
        "Product receiver",
        "Maxi",
        "maximuster",
        "0162",
        "7648V",
        "M7W7W",
        "H88LR2",
        "ZUN",
        "Typed Answer",
        "campaign",
        "partner-system",
        "abcd\"",
    ] {
        assert!(!order.contains(personal), "{personal}");
    }
    let stored: Order = serde_json::from_str(&order).unwrap();
    assert_eq!(stored, said(UNIFIED_EXAMPLE).order);
}
