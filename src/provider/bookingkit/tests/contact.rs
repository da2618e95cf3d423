use super::*;

fn contact(text: &str) -> Option<Contact> {
    said(text).contact
}

#[test]
fn the_unified_example_says_who() {
    let contact = contact(UNIFIED_EXAMPLE).unwrap();
    let details = json!({
        "internal_notes": "Notes",
        "comment": "Comment",
        "shipping_country": "Germany",
        "shipping_city": "Berlin",
        "shipping_zip": "11111",
        "shipping_street": "Buntestrasse",
        "shipping_streetnr": "22",
        "shipping_name": "Product receiver",
        "sale_params": "source=partner_website&campaign=summer_sale",
        "external_order_url": "https://partner-system.example.com/orders/12345",
        "affiliate_id": "abcd",
        "email_newsletter_opt_in": "2025-11-14T10:00:00Z",
        "additional_information": [
            { "id": "09b6615d0f8d96554172a10cfe62e460", "title": "I agree to checkbox", "value": "true" },
            { "id": "050bcef45bac06b499c94dc33cd791d6", "title": "Short Answer Field", "value": "Typed Answer" },
            { "id": "d6dad9b9ff40c1460fd093821081dc4b", "title": "Dropdown Label", "value": "Dropdown answer 1" },
        ],
        "tickets": [{ "id": "11223344556677889900aabbccddeeff", "comment": "Ticket comment" }],
        "participants": [{
            "id": "1sd2e34f09ds43acx0011223344556677",
            "name": "Maxi Muster",
            "email": "maximuster@gmail.com",
            "phone": "0162 9999 9999",
            "comment": "Customer Comment",
        }],
    });
    assert_eq!(serde_json::from_str::<Value>(contact.details.as_deref().unwrap()).unwrap(), details);
    let text = |text: &str| Some(text.to_owned());
    let expected = Contact {
        match_key: "email:iamhomersimpson@hotmail.com".to_owned(),
        name: text("Frank Grimes"),
        email: text("iamhomersimpson@hotmail.com"),
        phone: text("0177 1234 789"),
        company: text("Bookingkit GmbH"),
        vat_number: text("DE123456789"),
        street: text("Muehlenweg 7"),
        postal_code: text("10407"),
        city: text("Berlin"),
        country: text("Germany"),
        language: text("en"),
        details: contact.details.clone(),
    };
    assert!(contact == expected);
}

#[test]
fn a_customer_is_found_again_by_mail_else_by_order() {
    for (email, key) in [
        (json!("  IAmHomer@Example.COM "), "email:iamhomer@example.com"),
        (json!(""), "order:1a3c5e7f9b2d4f6a8c0e1f23456789ab"),
        (json!(null), "order:1a3c5e7f9b2d4f6a8c0e1f23456789ab"),
        (json!("-"), "order:1a3c5e7f9b2d4f6a8c0e1f23456789ab"),
    ] {
        assert_eq!(contact(&edit(PAID_ORDER, "/email", Some(email))).unwrap().match_key, key);
    }
    let long = json!(format!("{}@example.com", "x".repeat(300)));
    assert!(contact(&with("/email", long)).unwrap().match_key.starts_with("order:"));
}

#[test]
fn nobody_is_nobody() {
    let nobody = json!({
        "id": "1", "vendor_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "status": "ACCEPTED", "currency": "EUR",
        "lang": "en", "email": "", "name": null, "affiliate_id": "abcd",
    });
    assert!(contact(&nobody.to_string()).is_none());
    let somebody = contact(&edit(&nobody.to_string(), "/zip", Some(json!(10407)))).unwrap();
    let expected = Contact {
        match_key: "order:1".to_owned(),
        postal_code: Some("10407".to_owned()),
        language: Some("en".to_owned()),
        details: Some(r#"{"affiliate_id":"abcd"}"#.to_owned()),
        ..no_contact()
    };
    assert!(somebody == expected);
}

#[test]
fn details_are_kept_in_whatever_shape_they_come() {
    for value in [json!({"a": [1.5, {"b": true}]}), json!([{"value": ["x"]}])] {
        let details = contact(&with("/additional_information", value.clone())).unwrap().details.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&details).unwrap()["additional_information"], value);
    }
}
