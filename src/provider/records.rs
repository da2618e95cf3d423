//! A page of a list, taken apart into its records.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::inbox::ParkReason;
use crate::provider::{Unreadable, json};

/// One record of a list. The body may hold personal data, so there is no `Debug`.
#[derive(Clone)]
pub struct Record {
    pub id: String,
    /// Its JSON, with the digits that were sent.
    pub body: Vec<u8>,
}

/// The records of a page, in its order. `key` is the field with the id.
///
/// # Errors
/// When it is not a list, or a record has no id: one that is passed over could be the one that was missed.
pub fn records(page: &[u8], key: &str) -> Result<Vec<Record>, Unreadable> {
    let text = std::str::from_utf8(page.strip_prefix(b"\xef\xbb\xbf").unwrap_or(page))
        .map_err(|_| Unreadable::new(ParkReason::BrokenUtf8, "the page is not UTF-8"))?;
    elements(text)?
        .into_iter()
        .map(|element| {
            let body = element.get().as_bytes().to_vec();
            let id = json::parse(&body)?.object()?.required_id(key)?;
            Ok(Record { id, body })
        })
        .collect()
}

/// Whether it is a list, whatever is in it.
pub fn is_list(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| elements(text).is_ok())
}

/// A list, or what PHP makes of a list with gaps. An empty object is none: a provider in trouble says that, too.
/// Whoever takes it for an empty list has to make sure first.
pub(in crate::provider) fn elements(text: &str) -> Result<Vec<&RawValue>, Unreadable> {
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return Ok(list);
    }
    let numbered = serde_json::from_str::<BTreeMap<u64, &RawValue>>(text);
    let numbered = numbered.ok().filter(|list| !list.is_empty());
    numbered
        .map(|list| list.into_values().collect())
        .ok_or_else(|| Unreadable::new(ParkReason::BadList, "it is not a list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_list_or_what_php_makes_of_it() {
        let ids = |page: &str| {
            let found = records(page.as_bytes(), "id");
            found
                .map(|found| found.into_iter().map(|record| record.id).collect::<Vec<_>>())
                .map_err(|error| error.reason)
        };
        assert_eq!(ids(r#"[{"id":"b","value":1.10},{"id":7}]"#), Ok(vec!["b".to_owned(), "7".to_owned()]));
        assert_eq!(ids(r#"{"10":{"id":"b"},"9":{"id":"a"}}"#), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(ids("[]"), Ok(Vec::new()));
        for nothing in ["{}", " ", "null"] {
            assert_eq!(ids(nothing), Err(ParkReason::BadList), "{nothing}");
        }
        assert_eq!(ids(r#"[{"id":"a"},{"code":"b"}]"#), Err(ParkReason::MissingId));
        assert_eq!(ids(r#"{"error":"x"}"#), Err(ParkReason::BadList));
        let lists = ["[]", "[1]", r#"{"0":{}}"#, "{}", "null", r#"{"error":"x"}"#, "[", "\u{fffd}"];
        assert_eq!(lists.map(|text| is_list(text.as_bytes())), [true, true, true, false, false, false, false, false]);
        assert_eq!(records(br#"[{"id":"b","value":1.10}]"#, "id").ok().unwrap()[0].body, br#"{"id":"b","value":1.10}"#);
    }
}
