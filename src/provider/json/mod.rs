//! A tolerant, exact reader of the JSON that providers send.
//!
//! Tolerant, because their backends are PHP: an empty map arrives as `[]`, a list with gaps as `{"1": …, "0": …}`, a
//! number as a number or as text, nothing as an absent key, `null` or `""`. Exact, because it is money: a number keeps
//! the digits that were sent and never becomes a float. Every refusal names the place (`payments[1].value`) and never
//! repeats what may be personal.
//!
//! ```text
//! parse(bytes) -> Document -> Object --list(key)--> Element --object()--> Object -> text, id, amount, timestamp, …
//! ```

mod object;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

use serde::{Serialize, Serializer};

pub use self::object::{ID_BYTES, LARGEST_AMOUNT, Object};

use self::value::Value;
use super::Unreadable;
use crate::inbox::ParkReason;

/// A whole JSON text, checked to its last string.
pub struct Document<'t>(Value<'t>);

/// A value and its place in the document.
#[derive(Clone)]
pub struct Element<'d> {
    path: String,
    value: &'d Value<'d>,
}

/// Reads a JSON text. A byte order mark is skipped, of a key that comes twice the last one counts, and characters
/// U+0000 are dropped from all texts, for no database would take them.
///
/// # Errors
/// `broken_utf8`, `invalid_json` (also for nesting deeper than any real document), `lone_surrogate`.
pub fn parse(bytes: &[u8]) -> Result<Document<'_>, Unreadable> {
    let is_utf16 = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        // Without a mark, a text has whole units, and JSON begins with a character of ASCII.
        [0, 1..0x80, ..] | [1..0x80, 0, ..] => bytes.len().is_multiple_of(2),
        _ => false,
    };
    if is_utf16 {
        return Err(Unreadable::new(ParkReason::BrokenUtf8, "the text is UTF-16; JSON is sent as UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let detail = format!("byte {at} is not UTF-8; the text may be Latin-1 (ISO 8859-1, Windows-1252)");
        Unreadable::new(ParkReason::BrokenUtf8, detail)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Value::parse(text).map(Document).map_err(|refused| match what_it_is(text) {
        Some(words) if refused.reason == ParkReason::InvalidJson => {
            Unreadable::new(ParkReason::InvalidJson, format!("{words} ({})", refused.detail))
        }
        _ => refused,
    })
}

/// What a text that is no JSON is instead, as far as its first characters tell.
fn what_it_is(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let name = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.%+[]".contains(byte)).count();
    match text.as_bytes().first() {
        None => Some("the body is empty"),
        Some(b'<') => Some("the body is XML or HTML, not JSON"),
        Some(b'-') if text.starts_with("--") => Some("the body is a multipart form, not JSON"),
        _ if name > 0 && text.as_bytes().get(name) == Some(&b'=') => {
            Some("the body is a form, not JSON; of forms only one is read whose single field `payload` holds the JSON")
        }
        _ => None,
    }
}

impl Document<'_> {
    /// The outermost value.
    pub fn root(&self) -> Element<'_> {
        Element { path: String::new(), value: &self.0 }
    }

    /// The outermost value as an object.
    ///
    /// # Errors
    /// `invalid_json` when it is anything else.
    pub fn object(&self) -> Result<Object<'_>, Unreadable> {
        self.root().object().map_err(|_| {
            let what = match &self.0 {
                Value::Text(text) if text.trim_start().starts_with(['{', '[']) => {
                    "a JSON text within a JSON text: it was encoded twice".to_owned()
                }
                Value::Text(_) => "a text".to_owned(),
                Value::List(items) => format!("a list of {} elements", items.len()),
                Value::Null => "null".to_owned(),
                Value::Bool(_) | Value::Number(_) | Value::Map(_) => "a single value".to_owned(),
            };
            Unreadable::new(ParkReason::InvalidJson, format!("the document is {what}, and not an object"))
        })
    }
}

impl<'d> Element<'d> {
    /// Where it stands, such as `payments[1]`; empty for the outermost value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// True for all that says "none": `null`, an empty or blank text, `[]` and `{}`.
    pub fn is_blank(&self) -> bool {
        self.value.is_blank()
    }

    /// A text, number or boolean as text; `None` when it is blank, a list or an object.
    pub fn text(&self) -> Option<String> {
        self.value.scalar().filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
    }

    /// The element as an object; PHP's empty map `[]` is one.
    ///
    /// # Errors
    /// `bad_object` for anything else.
    pub fn object(&self) -> Result<Object<'d>, Unreadable> {
        let fields = match self.value {
            Value::Map(fields) => Some(fields),
            Value::List(items) if items.is_empty() => None,
            _ => return Err(Unreadable::new(ParkReason::BadObject, format!("{} is not an object", self.path))),
        };
        Ok(Object::new(self.path.clone(), fields))
    }

    /// The element as a list. `null` is `None`: nothing is said. `[]`, `{}` and a blank text are a list without
    /// elements, a map whose keys are all integers is a list in numeric order of the keys, and any other object is a
    /// list of one: its required fields tell whether it was meant so.
    ///
    /// # Errors
    /// `bad_list` for a text, a number or a boolean.
    pub fn list(&self) -> Result<Option<Vec<Element<'d>>>, Unreadable> {
        let path = &self.path;
        let element = |key: &str, value: &'d Value<'d>| Element { path: format!("{path}[{key}]"), value };
        match self.value {
            Value::Null => Ok(None),
            value if value.is_blank() => Ok(Some(Vec::new())),
            Value::List(items) => {
                Ok(Some(items.iter().enumerate().map(|(index, item)| element(&index.to_string(), item)).collect()))
            }
            Value::Map(fields) => {
                let keys: Option<Vec<i64>> = fields.keys().map(integer_key).collect();
                let Some(keys) = keys else { return Ok(Some(vec![self.clone()])) };
                let mut items: Vec<_> = keys.into_iter().zip(fields.values()).collect();
                items.sort_by_key(|(key, _)| *key);
                Ok(Some(items.into_iter().map(|(key, item)| element(&key.to_string(), item)).collect()))
            }
            _ => Err(Unreadable::new(ParkReason::BadList, format!("{path} is not a list"))),
        }
    }
}

/// Writes the element as JSON again, numbers with the digits that were sent.
impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// The key of a PHP list: an integer as PHP writes it, so neither `01` nor `+1`.
fn integer_key(key: &str) -> Option<i64> {
    key.parse::<i64>().ok().filter(|number| number.to_string() == key)
}
