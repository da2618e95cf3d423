use proptest::prelude::*;

use super::*;

/// All places of a document.
fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (key, child) in children {
        let path = format!("{path}/{key}");
        found.push(path.clone());
        pointers(child, &path, found);
    }
}

fn all_pointers() -> Vec<String> {
    let mut found = Vec::new();
    pointers(&serde_json::from_str(UNIFIED_EXAMPLE).unwrap(), "", &mut found);
    found
}

fn strange() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,40}".prop_map(Value::from),
        "[0-9+.,eE-]{0,40}".prop_map(Value::from),
        prop_oneof![Just("ACCEPTED"), Just("CANCELED"), Just("ALL"), Just("EUR"), Just("JPY")].prop_map(Value::from),
        proptest::collection::vec(any::<i8>(), 0..3).prop_map(Value::from),
        proptest::collection::btree_map("[0-9a-z]{0,3}", any::<i8>(), 0..3).prop_map(|map| json!(map)),
    ]
}

#[test]
fn no_truncation_is_read() {
    for length in 0..UNIFIED_EXAMPLE.trim_end().len() {
        let refused =
            read(&source(), &UNIFIED_EXAMPLE.as_bytes()[..length]).err().map(|refused| refused.reason.as_str());
        assert_eq!(refused, Some("invalid_json"), "{length}");
    }
}

#[test]
fn no_field_is_needed_to_survive() {
    for pointer in all_pointers() {
        for value in [json!(null), json!(""), json!([]), json!({}), json!([null]), json!("x"), json!(-1)] {
            let text = with(&pointer, value);
            let understood = matches!(classify(&source(), text.as_bytes()), Classified::Understood { .. });
            assert_eq!(understood, read(&source(), text.as_bytes()).is_ok(), "{pointer}");
        }
    }
}

proptest! {
    #[test]
    fn any_field_may_hold_anything(pointer in prop::sample::select(all_pointers()), value in strange()) {
        let text = with(&pointer, value);
        let understood = matches!(classify(&source(), text.as_bytes()), Classified::Understood { .. });
        prop_assert_eq!(understood, read(&source(), text.as_bytes()).is_ok());
    }

    #[test]
    fn no_refusal_repeats_a_text(
        pointer in prop::sample::select(all_pointers()),
        value in "[A-Z][a-z]{5,9} [A-Z][a-z]{5,9}",
    ) {
        if let Err(refused) = read(&source(), with(&pointer, json!(value)).as_bytes()) {
            prop_assert!(!refused.to_string().contains(&value), "{}", refused);
        }
    }

    #[test]
    fn any_bytes_are_classified(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let parked = matches!(classify(&source(), &bytes), Classified::Parked { .. });
        prop_assert!(parked);
    }
}
