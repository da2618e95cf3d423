//! Reading the fields of an object.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::Datelike as _;

use super::Element;
use super::value::{Fields, Value};
use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::money::{Currency, parse_decimal};
use crate::order::{Note, NoteReason};
use crate::provider::Unreadable;

/// Longest id in bytes. Ids are keys of indexes, and PostgreSQL refuses an index row of more than about 2,700 bytes.
pub const ID_BYTES: usize = 200;
/// Years that a date can mean. Outside are the stand-ins for "none" of other systems: `0001-01-01`, `1970-01-01`, and
/// years that don't survive being written with four digits.
const YEARS: RangeInclusive<i32> = 2000..=9998;
/// Largest amount in minor units, either way. No order is worth a hundred trillion, and views sum many amounts in 64
/// bits: one absurd amount must not make every report of a source fail.
pub const LARGEST_AMOUNT: i64 = 10_000_000_000_000_000;
/// Longest piece of an amount that an error repeats.
const ECHO_CHARACTERS: usize = 32;

/// An object and its place in the document.
#[derive(Clone)]
pub struct Object<'d> {
    path: String,
    fields: Option<&'d Fields<'d>>,
}

impl<'d> Object<'d> {
    pub(super) fn new(path: String, fields: Option<&'d Fields<'d>>) -> Self {
        Self { path, fields }
    }

    /// The place of a field, such as `payments[1].value`.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The field, `None` when it is absent. `null` is there: see [`Element::is_null`] and [`Element::is_blank`].
    pub fn get(&self, key: &str) -> Option<Element<'d>> {
        self.value(key).map(|value| Element { path: self.path(key), value })
    }

    /// A text, number or boolean as text, as it was sent but for characters U+0000; `None` when it is absent, blank, a
    /// list or an object. For what only informs; what decides is read with [`Object::word`].
    pub fn text(&self, key: &str) -> Option<String> {
        self.value(key)?.scalar().filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
    }

    /// Like [`Object::text`], but a list or an object that holds something is refused, so that a status in a new
    /// shape is never taken for one that wasn't said.
    ///
    /// # Errors
    /// `reason`.
    pub fn word(&self, key: &str, reason: ParkReason) -> Result<Option<String>, Unreadable> {
        match self.said(key) {
            None => Ok(None),
            Some(value) => match value.scalar() {
                Some(text) => Ok(Some(text.into_owned())),
                None => Err(self.refuse(reason, key, "is not a text")),
            },
        }
    }

    /// An opaque id: a text, or an integer with its digits as sent. `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_id` for anything else, and for an id longer than an index could hold.
    pub fn id(&self, key: &str) -> Result<Option<String>, Unreadable> {
        match self.said(key) {
            None => Ok(None),
            Some(Value::Text(text)) if text.len() <= ID_BYTES => Ok(Some(text.clone().into_owned())),
            Some(Value::Number(digits)) if digits.len() <= ID_BYTES && is_integer(digits) => {
                Ok(Some((*digits).to_owned()))
            }
            Some(_) => Err(self.refuse(ParkReason::BadId, key, "is not an id")),
        }
    }

    /// An id without which nothing can be done.
    ///
    /// # Errors
    /// `missing_id`, and `bad_id` as [`Object::id`].
    pub fn required_id(&self, key: &str) -> Result<String, Unreadable> {
        self.id(key)?.ok_or_else(|| self.refuse(ParkReason::MissingId, key, "is missing"))
    }

    /// A list in any of the shapes that [`Element::list`] reads. Absent and `null` are `None`: nothing is said.
    ///
    /// # Errors
    /// `bad_list`.
    pub fn list(&self, key: &str) -> Result<Option<Vec<Element<'d>>>, Unreadable> {
        self.get(key).map_or(Ok(None), |element| element.list())
    }

    /// A nested object; `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_object`.
    pub fn object(&self, key: &str) -> Result<Option<Object<'d>>, Unreadable> {
        self.get(key).filter(|element| !element.is_blank()).map(|element| element.object()).transpose()
    }

    /// An amount in minor units, exact, from a text or a number; `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_amount` for what is no number, is more precise than the currency or larger than [`LARGEST_AMOUNT`].
    pub fn amount(&self, key: &str, currency: Currency) -> Result<Option<i64>, Unreadable> {
        match self.decimal(key, currency.exponent(), ParkReason::BadAmount)? {
            Some(minor) if minor.unsigned_abs() > LARGEST_AMOUNT.unsigned_abs() => {
                Err(self.refuse(ParkReason::BadAmount, key, "is refused: out of range"))
            }
            minor => Ok(minor),
        }
    }

    /// An amount that has to be there.
    ///
    /// # Errors
    /// `bad_amount`.
    pub fn required_amount(&self, key: &str, currency: Currency) -> Result<i64, Unreadable> {
        self.amount(key, currency)?.ok_or_else(|| self.refuse(ParkReason::BadAmount, key, "is missing"))
    }

    /// A percentage in basis points (`"19.00"` is 1900); `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_vat_rate` for what is no number, has more than two decimals or isn't within 0 and 100.
    pub fn rate_bp(&self, key: &str) -> Result<Option<i32>, Unreadable> {
        let Some(rate) = self.decimal(key, 2, ParkReason::BadVatRate)? else { return Ok(None) };
        let within = i32::try_from(rate).ok().filter(|rate| (0..=10_000).contains(rate));
        within.map(Some).ok_or_else(|| self.refuse(ParkReason::BadVatRate, key, "is not within 0 and 100"))
    }

    /// A whole number of pieces, also as a text or as `3.0`; `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_quantity` for what is no whole number, or a negative one.
    pub fn quantity(&self, key: &str) -> Result<Option<i64>, Unreadable> {
        match self.decimal(key, 0, ParkReason::BadQuantity)? {
            Some(quantity) if quantity < 0 => Err(self.refuse(ParkReason::BadQuantity, key, "is negative")),
            quantity => Ok(quantity),
        }
    }

    /// A switch: `true`, `1`, `"1"`, `"true"` and their opposites; `None` when it is absent or blank.
    ///
    /// # Errors
    /// `bad_flag`.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Unreadable> {
        let Some(word) = self.word(key, ParkReason::BadFlag)? else { return Ok(None) };
        match word.trim().to_ascii_lowercase().as_str() {
            "1" | "true" => Ok(Some(true)),
            "0" | "false" => Ok(Some(false)),
            _ => Err(self.refuse(ParkReason::BadFlag, key, "is neither true nor false")),
        }
    }

    /// An instant. A missing one is `None`; so is an unreadable one, with a note `date_unreadable`, for a date never
    /// parks a delivery. `subject` says whose date it is, such as `payment:ID`.
    pub fn timestamp(&self, key: &str, subject: &str, notes: &mut Vec<Note>) -> Option<Timestamp> {
        let value = self.said(key)?;
        let instant = value.scalar().and_then(|text| Timestamp::parse(text.trim()));
        let instant = instant.filter(|instant| YEARS.contains(&instant.utc().year()));
        if instant.is_none() {
            notes.push(self.date_note(key, subject, "is not an instant with a time zone"));
        }
        instant
    }

    /// An instant that ought to be there: missing is noted like unreadable.
    pub fn expected_timestamp(&self, key: &str, subject: &str, notes: &mut Vec<Note>) -> Option<Timestamp> {
        if self.said(key).is_none() {
            notes.push(self.date_note(key, subject, "is missing"));
        }
        self.timestamp(key, subject, notes)
    }

    /// The shapes of the fields that are not known, such as `voucherOrders[].status`. A name that may be more than a
    /// name is not repeated: maps are sometimes keyed by what should be a value.
    pub fn unknown_fields(&self, is_known: impl Fn(&str) -> bool) -> Vec<String> {
        let keys = self.fields.into_iter().flat_map(Fields::keys);
        let unknown = keys.filter(|key| !is_known(key));
        unknown.map(|key| shape(&self.path(if is_plain_name(key) { key } else { "?" }))).collect()
    }

    fn value(&self, key: &str) -> Option<&'d Value<'d>> {
        self.fields?.get(key)
    }

    /// The value, unless it is absent or blank.
    fn said(&self, key: &str) -> Option<&'d Value<'d>> {
        self.value(key).filter(|value| !value.is_blank())
    }

    fn decimal(&self, key: &str, exponent: u32, reason: ParkReason) -> Result<Option<i64>, Unreadable> {
        let text = match self.said(key) {
            None => return Ok(None),
            Some(Value::Text(text)) => text.as_ref(),
            Some(Value::Number(digits)) => digits,
            Some(_) => return Err(self.refuse(reason, key, "is not a number")),
        };
        parse_decimal(text, exponent)
            .map(Some)
            .map_err(|error| self.refuse(reason, key, &format!("is refused: {error}{}", echo(text))))
    }

    fn refuse(&self, reason: ParkReason, key: &str, what: &str) -> Unreadable {
        Unreadable::new(reason, format!("{} {what}", self.path(key)))
    }

    fn date_note(&self, key: &str, subject: &str, what: &str) -> Note {
        let evidence = format!("{} {what}", shape(&self.path(key)));
        Note::new(NoteReason::DateUnreadable, format!("{subject}:{key}"), evidence)
    }
}

/// The text of a refused amount, when it looks like one: whatever else stands there may be personal.
fn echo(text: &str) -> String {
    let text = text.trim();
    let harmless = |letter: char| letter.is_ascii_digit() || "+-.,'eE".contains(letter);
    if text.chars().all(harmless) {
        format!(" (`{}`)", text.chars().take(ECHO_CHARACTERS).collect::<String>())
    } else {
        String::new()
    }
}

/// The path without positions, which change from delivery to delivery: `payments[1].value` becomes `payments[].value`.
fn shape(path: &str) -> String {
    let mut parts = path.split('[');
    let mut shape = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shape.push_str("[]");
        shape.push_str(part.split_once(']').map_or(part, |(_, rest)| rest));
    }
    shape
}

fn is_plain_name(key: &str) -> bool {
    key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn is_integer(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}
