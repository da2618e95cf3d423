use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::money::Currency;

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn reason(bytes: &[u8]) -> &'static str {
    parse(bytes).err().map_or("read", |error| error.reason.as_str())
}

/// Reads the field `a` of the object with that value.
fn field<T>(value: &str, read: impl FnOnce(&Object<'_>) -> T) -> T {
    let text = format!(r#"{{"a":{value}}}"#);
    let document = parse(text.as_bytes()).expect(value);
    read(&document.object().unwrap())
}

fn paths(value: &str) -> Option<Vec<String>> {
    field(value, |object| {
        let list = object.list("a").unwrap();
        list.map(|items| {
            items.iter().map(|item| format!("{}={}", item.path(), item.text().unwrap_or_default())).collect()
        })
    })
}

#[test]
fn a_text_is_read_or_refused_as_a_whole() {
    assert_eq!(reason(b"\xef\xbb\xbf{}"), "read");
    assert_eq!(reason(b" {} \n"), "read");
    assert_eq!(reason(b"{\"a\":\"\xff\"}"), "broken_utf8");
    for text in ["", "{", "{}x", "{'a':1}", r#"{"a":NaN}"#, r#"{"a":01}"#, "{\"a\":\"\n\"}", r#"{"a":1,}"#] {
        assert_eq!(reason(text.as_bytes()), "invalid_json", "{text}");
    }
    for text in [
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"\ud800":1}"#,
        r#"{"unread":[{"b":["\ud83d"]}]}"#,
    ] {
        assert_eq!(reason(text.as_bytes()), "lone_surrogate", "{text}");
    }
    assert_eq!(field(r#""\ud83d\ude00""#, |object| object.text("a")).as_deref(), Some("😀"));
    assert_eq!(parse(b"[1]").unwrap().object().err().map(|error| error.reason.as_str()), Some("invalid_json"));
}

#[test]
fn nesting_is_bounded() {
    for (depth, expected) in [(30, "read"), (40, "invalid_json"), (500_000, "invalid_json")] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(reason(text.as_bytes()), expected, "{depth}");
    }
    assert_eq!(reason("[".repeat(500_000).as_bytes()), "invalid_json");
}

#[test]
fn the_last_of_equal_keys_counts() {
    let document = parse(br#"{"a":"first","a":"last"}"#).unwrap();
    assert_eq!(document.object().unwrap().text("a").as_deref(), Some("last"));
}

#[test]
fn the_shapes_of_nothing_are_told_apart() {
    let document = parse(br#"{"null":null,"text":"","list":[],"map":{}}"#).unwrap();
    let object = document.object().unwrap();
    assert!(object.get("absent").is_none());
    assert!(object.get("null").unwrap().is_null());
    for key in ["text", "list", "map"] {
        let element = object.get(key).unwrap();
        assert!(element.is_blank() && !element.is_null(), "{key}");
        assert_eq!(object.list(key).unwrap().map(|items| items.len()), Some(0), "{key}");
        assert_eq!(object.amount(key, euro()), Ok(None), "{key}");
        assert_eq!(object.id(key), Ok(None), "{key}");
    }
    assert!(object.list("absent").unwrap().is_none());
    assert!(object.list("null").unwrap().is_none());
    assert!(object.get("list").unwrap().object().unwrap().get("anything").is_none());
}

#[test]
fn texts_keep_all_but_nul() {
    for (value, text) in [
        (r#"" a\u0000b ""#, Some(" ab ")),
        ("19.90", Some("19.90")),
        ("true", Some("true")),
        (r#""""#, None),
        (r#""  ""#, None),
        (r#""\u0000""#, None),
        ("null", None),
        ("[1]", None),
        (r#"{"b":1}"#, None),
    ] {
        assert_eq!(field(value, |object| object.text("a")).as_deref(), text, "{value}");
    }
    assert_eq!(
        field("[1]", |object| object.word("a", ParkReason::UnknownStatus)).unwrap_err().reason.as_str(),
        "unknown_status"
    );
    assert_eq!(field("[]", |object| object.word("a", ParkReason::UnknownStatus)), Ok(None));
}

#[test]
fn ids_are_opaque_texts_or_integers() {
    for (value, id) in [
        ("18446744073709551617", Some("18446744073709551617")),
        ("-5", Some("-5")),
        (r#""1sd2e34f09ds43acx0011223344556677""#, Some("1sd2e34f09ds43acx0011223344556677")),
        (r#"" ""#, None),
        ("null", None),
    ] {
        assert_eq!(field(value, |object| object.id("a")).unwrap().as_deref(), id, "{value}");
    }
    let long = format!("\"{}\"", "x".repeat(201));
    for value in ["5.0", "1e3", "true", "[5]", &long] {
        assert_eq!(field(value, |object| object.id("a")).unwrap_err().reason.as_str(), "bad_id", "{value}");
    }
    assert_eq!(field("null", |object| object.required_id("a")).unwrap_err().to_string(), "missing_id: a is missing");
}

#[test]
fn lists_come_in_php_shapes() {
    assert_eq!(paths("[7,8]").unwrap(), ["a[0]=7", "a[1]=8"]);
    assert_eq!(paths(r#"{"10":"x","9":"y","-1":"z"}"#).unwrap(), ["a[-1]=z", "a[9]=y", "a[10]=x"]);
    assert_eq!(paths(r#"{"id":"x"}"#).unwrap(), ["a="]);
    assert_eq!(paths(r#"{"01":"x"}"#).unwrap(), ["a="]);
    assert_eq!(paths("{}").unwrap(), [""; 0]);
    assert_eq!(paths("null"), None);
    for value in [r#""x""#, "0", "false"] {
        assert_eq!(field(value, |object| object.list("a").err()).unwrap().to_string(), "bad_list: a is not a list");
    }
    assert_eq!(
        field("[null]", |object| object.list("a").unwrap().unwrap()[0].object().err()).unwrap().reason.as_str(),
        "bad_object"
    );
}

#[test]
fn amounts_are_exact_or_refused() {
    for value in ["20", "20.0", "\"20.00\"", "2e1", "\" +20 \"", "2.0E+1", "20.000"] {
        assert_eq!(field(value, |object| object.amount("a", euro())), Ok(Some(2000)), "{value}");
    }
    assert_eq!(field("19.9", |object| object.amount("a", euro())), Ok(Some(1990)));
    assert_eq!(field("90071992547409.93", |object| object.amount("a", euro())), Ok(Some(9_007_199_254_740_993)));
    for (value, detail) in [
        ("0.005", "a is refused: more decimal places than the currency has (`0.005`)"),
        ("1e30", "a is refused: out of range (`1e30`)"),
        ("-100000000000000.01", "a is refused: out of range"),
        ("\"1.000,00\"", "a is refused: not a decimal number (`1.000,00`)"),
        ("\"Frank Grimes\"", "a is refused: not a decimal number"),
        ("\"NaN\"", "a is refused: not a decimal number"),
        ("true", "a is not a number"),
        ("[1]", "a is not a number"),
    ] {
        let error = field(value, |object| object.amount("a", euro())).unwrap_err();
        assert_eq!((error.reason.as_str(), error.detail.as_str()), ("bad_amount", detail), "{value}");
    }
    let huge = field(&"9".repeat(10_000), |object| object.amount("a", euro())).unwrap_err();
    assert!(huge.detail.len() < 100);
    assert_eq!(field("\"\"", |object| object.required_amount("a", euro())).unwrap_err().detail, "a is missing");
}

#[test]
fn rates_quantities_and_flags() {
    for (value, rate) in
        [("\"19.00\"", Some(1900)), ("0", Some(0)), ("100", Some(10_000)), ("2.6", Some(260)), ("\"\"", None)]
    {
        assert_eq!(field(value, |object| object.rate_bp("a")), Ok(rate), "{value}");
    }
    for value in ["100.01", "-1", "7.125", "\"19 %\"", "1e9"] {
        assert_eq!(field(value, |object| object.rate_bp("a")).unwrap_err().reason.as_str(), "bad_vat_rate", "{value}");
    }
    for (value, quantity) in [("3", Some(3)), ("\"3\"", Some(3)), ("3.0", Some(3)), ("0", Some(0)), ("null", None)] {
        assert_eq!(field(value, |object| object.quantity("a")), Ok(quantity), "{value}");
    }
    for value in ["-1", "1.5", "\"two\"", "1e30"] {
        assert_eq!(field(value, |object| object.quantity("a")).unwrap_err().reason.as_str(), "bad_quantity", "{value}");
    }
    for (value, flag) in [("1", Some(true)), ("\"0\"", Some(false)), ("true", Some(true)), ("\"\"", None)] {
        assert_eq!(field(value, |object| object.flag("a")), Ok(flag), "{value}");
    }
    assert_eq!(field("2", |object| object.flag("a")).unwrap_err().reason.as_str(), "bad_flag");
}

#[test]
fn dates_never_park() {
    let read = |value: &str| {
        let mut notes = Vec::new();
        let instant = field(value, |object| object.expected_timestamp("a", "payment:7", &mut notes));
        (instant, notes.into_iter().map(|note| (note.reason.as_str(), note.subject, note.evidence)).collect::<Vec<_>>())
    };
    assert_eq!(read("\"2025-11-08T14:36:19Z\""), (Timestamp::parse("2025-11-08T14:36:19Z"), vec![]));
    for value in [
        "\"2025-11-08 14:36:19\"",
        "1762612579",
        "\"soon\"",
        "\"1970-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59-10:00\"",
        "[1]",
        "\"\"",
        "null",
    ] {
        let (instant, notes) = read(value);
        assert_eq!((instant, notes.len()), (None, 1), "{value}");
        assert_eq!((notes[0].0, notes[0].1.as_str()), ("date_unreadable", "payment:7:a"), "{value}");
        assert!(!notes[0].2.contains("soon"));
    }
}

#[test]
fn unknown_fields_are_named_by_shape() {
    let text = br#"{"list":[{"id":1,"new":2,"a@b.de":3}]}"#;
    let document = parse(text).unwrap();
    let list = document.object().unwrap().list("list").unwrap().unwrap();
    let object = list[0].object().unwrap();
    assert_eq!(object.path("id"), "list[0].id");
    assert_eq!(object.unknown_fields(|key| key == "id"), ["list[].?", "list[].new"]);
}

#[test]
fn an_element_is_written_with_its_digits() {
    let text = r#"{"a":[1.10,"é\n",null,true,{"b":12345678901234567890123}]}"#;
    let document = parse(text.as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&document.root()).unwrap(), text);
}

/// Documents with all kinds of values; texts without the character that no text keeps.
fn document() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let text = "[ -~\n\tÄ😀]{0,8}";
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(text, inner, 0..6).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn json_like_texts_are_read_or_refused(text in r#"[\[\]{}",:0-9a-z\\u\.\-]{0,40}"#) {
        if parse(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        }
    }

    #[test]
    fn any_document_is_read_as_serde_json_reads_it(document in document(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
        let text = text.expect("JSON is written");
        let read = parse(text.as_bytes()).expect("JSON is read");
        prop_assert_eq!(serde_json::to_value(read.root()).expect("it is JSON again"), document, "{}", text);
    }

    #[test]
    fn any_amount_reads_back(minor in -LARGEST_AMOUNT..=LARGEST_AMOUNT) {
        let text = crate::money::format_minor(minor, 2);
        for value in [text.clone(), format!("\"{text}\"")] {
            prop_assert_eq!(field(&value, |object| object.amount("a", euro())), Ok(Some(minor)));
        }
    }

    #[test]
    fn a_php_map_is_in_numeric_order(keys in proptest::collection::btree_set(any::<i64>(), 1..20)) {
        let fields: Vec<_> = keys.iter().rev().map(|key| format!("\"{key}\":\"{key}\"")).collect();
        let read = paths(&format!("{{{}}}", fields.join(","))).unwrap();
        let expected: Vec<_> = keys.iter().map(|key| format!("a[{key}]={key}")).collect();
        prop_assert_eq!(read, expected);
    }
}
