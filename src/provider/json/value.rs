//! The tree behind the reader.

use std::borrow::Cow;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::inbox::ParkReason;
use crate::provider::Unreadable;

/// Real documents have seven levels. The bound keeps the recursion small.
const LEVELS: usize = 32;

/// The fields of an object in the order of their keys, which costs less to make than a tree. Of a key that comes twice
/// the last one counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields<'t>(Vec<(Cow<'t, str>, Value<'t>)>);

impl<'t> Fields<'t> {
    fn of(mut fields: Vec<(Cow<'t, str>, Value<'t>)>) -> Self {
        // Equal keys stay as they came.
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self(fields)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value<'t>> {
        let at = self.0.binary_search_by(|(other, _)| other.as_ref().cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value<'t>> {
        self.0.iter().map(|(_, value)| value)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A JSON value whose numbers keep their digits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Value<'t>>),
    Map(Fields<'t>),
}

impl<'t> Value<'t> {
    /// Reads a whole text.
    pub(super) fn parse(text: &'t str) -> Result<Self, Unreadable> {
        // This checks the grammar of the whole text, without recursion; only escapes of surrogates are left unchecked.
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| Unreadable::new(ParkReason::InvalidJson, error.to_string()))?;
        Rest(raw.get()).value(0)
    }

    /// What says "none".
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(fields) => fields.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// A text, number or boolean as text.
    pub(super) fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(digits) => Some(Cow::Borrowed(digits)),
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(digits) => {
                RawValue::from_string((*digits).to_owned()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(fields) => serializer.collect_map(fields.0.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// What is still to be read of a text whose grammar was checked, so that one pass splits it: serde_json would have to
/// read each level once more to keep the digits of numbers.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn value(&mut self, level: usize) -> Result<Value<'t>, Unreadable> {
        if level > LEVELS {
            return Err(Unreadable::new(ParkReason::InvalidJson, format!("nested deeper than {LEVELS} levels")));
        }
        match self.next() {
            Some(b'{') => self.map(level),
            Some(b'[') => self.list(level),
            Some(b'"') => Ok(Value::Text(self.text()?)),
            _ => Ok(match self.take_while(|byte| !b",]}".contains(&byte) && !byte.is_ascii_whitespace()) {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                digits => Value::Number(digits),
            }),
        }
    }

    fn map(&mut self, level: usize) -> Result<Value<'t>, Unreadable> {
        let mut fields = Vec::with_capacity(8);
        self.skip(1);
        while self.next() == Some(b'"') {
            let key = self.text()?;
            // The colon.
            self.next();
            self.skip(1);
            fields.push((key, self.value(level + 1)?));
            self.separator();
        }
        self.skip(1);
        Ok(Value::Map(Fields::of(fields)))
    }

    fn list(&mut self, level: usize) -> Result<Value<'t>, Unreadable> {
        let mut items = Vec::new();
        self.skip(1);
        while self.next().is_some_and(|byte| byte != b']') {
            items.push(self.value(level + 1)?);
            self.separator();
        }
        self.skip(1);
        Ok(Value::List(items))
    }

    /// A text, from its quote to the next one that is not escaped.
    fn text(&mut self) -> Result<Cow<'t, str>, Unreadable> {
        self.skip(1);
        let plain = self.0.bytes().take_while(|byte| !matches!(byte, b'"' | b'\\')).count();
        if self.0.as_bytes().get(plain) != Some(&b'\\') {
            let text = self.split(plain);
            self.skip(1);
            return Ok(Cow::Borrowed(text));
        }
        let mut escaped = false;
        let written = self.take_while(|byte| {
            let goes_on = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            goes_on
        });
        self.skip(1);
        let text: String = serde_json::from_str(&format!("\"{written}\"")).map_err(lone_surrogate)?;
        Ok(Cow::Owned(without_nul(text)))
    }

    /// The comma before another element.
    fn separator(&mut self) {
        if self.next() == Some(b',') {
            self.skip(1);
        }
    }

    /// The first byte that is not blank, to which the text is moved.
    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.trim_ascii_start();
        self.0.as_bytes().first().copied()
    }

    fn take_while(&mut self, mut goes_on: impl FnMut(u8) -> bool) -> &'t str {
        let count = self.0.bytes().take_while(|byte| goes_on(*byte)).count();
        self.split(count)
    }

    fn skip(&mut self, count: usize) {
        self.split(count);
    }

    /// Takes `count` bytes; what is not as the grammar says ends the text, and never fails.
    fn split(&mut self, count: usize) -> &'t str {
        let (taken, rest) = self.0.split_at_checked(count).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }
}

/// The grammar was checked before, so this is all that can still be wrong. serde_json's own words hold a position
/// within the part only, which would mislead.
fn lone_surrogate(_error: serde_json::Error) -> Unreadable {
    Unreadable::new(ParkReason::LoneSurrogate, "a text holds half of a surrogate pair")
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
