//! The tree behind the reader.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::inbox::ParkReason;
use crate::provider::Unreadable;

/// Real documents have seven levels. The bound keeps the recursion, and the reading of a level once per level, cheap.
const LEVELS: usize = 32;

/// A JSON value whose numbers keep their digits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Value<'t>>),
    Map(BTreeMap<String, Value<'t>>),
}

impl<'t> Value<'t> {
    /// Reads a whole text.
    pub(super) fn parse(text: &'t str) -> Result<Self, Unreadable> {
        // This checks the grammar of the whole text, without recursion; only escapes of surrogates are left unchecked.
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| Unreadable::new(ParkReason::InvalidJson, error.to_string()))?;
        Self::read(raw, 0)
    }

    fn read(raw: &'t RawValue, level: usize) -> Result<Self, Unreadable> {
        let text = raw.get();
        match text.as_bytes().first() {
            _ if level > LEVELS => {
                Err(Unreadable::new(ParkReason::InvalidJson, format!("nested deeper than {LEVELS} levels")))
            }
            Some(b'{') => {
                let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(lone_surrogate)?;
                let read = |(key, raw)| Ok((without_nul(key), Self::read(raw, level + 1)?));
                Ok(Self::Map(fields.into_iter().map(read).collect::<Result<_, _>>()?))
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(lone_surrogate)?;
                Ok(Self::List(items.into_iter().map(|raw| Self::read(raw, level + 1)).collect::<Result<_, _>>()?))
            }
            Some(b'"') => Self::read_text(text),
            Some(b'n') => Ok(Self::Null),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            _ => Ok(Self::Number(text)),
        }
    }

    fn read_text(quoted: &'t str) -> Result<Self, Unreadable> {
        let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        if let Some(plain) = inner.filter(|text| !text.contains('\\')) {
            return Ok(Self::Text(Cow::Borrowed(plain)));
        }
        let text: String = serde_json::from_str(quoted).map_err(lone_surrogate)?;
        Ok(Self::Text(Cow::Owned(without_nul(text))))
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
            Self::Map(fields) => serializer.collect_map(fields),
        }
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
