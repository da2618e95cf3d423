//! What the reading of all sections has in common.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::header;
use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::limits;
use crate::money::Currency;
use crate::order::{self, Note, NoteReason, PartStatus};
use crate::provider::Unreadable;
use crate::provider::documented::Part;
use crate::provider::json::Object;

/// Most unknown fields that one delivery can report; a sender must not be able to flood the findings.
const UNKNOWN_FIELDS: usize = 50;

/// The reading of one delivery.
pub(super) struct Reader {
    /// The order's; of every part that says no other.
    pub(super) currency: Currency,
    /// Stands in for the date of a cancelled part that has none.
    pub(super) order_cancelled_at: Option<Timestamp>,
    pub(super) notes: Vec<Note>,
    unknown_fields: Vec<String>,
    /// How many parts were met, by the name of their list.
    met: BTreeMap<&'static str, usize>,
}

impl Reader {
    pub(super) fn new(currency: Currency) -> Self {
        let (notes, unknown_fields) = (Vec::new(), Vec::new());
        Self { currency, order_cancelled_at: None, notes, unknown_fields, met: BTreeMap::new() }
    }

    /// All oddities, each once, in an order that doesn't depend on the document's; of very many alike, the first ones.
    pub(super) fn into_notes(mut self) -> Vec<Note> {
        for field in std::mem::take(&mut self.unknown_fields) {
            let evidence = format!("`{field}` is not among the documented fields");
            self.note(NoteReason::SchemaExtraField, field, evidence);
        }
        order::bounded(self.notes)
    }

    /// Counts the parts of a list, whatever contains it.
    fn count(&mut self, key: &'static str, more: usize) -> Result<(), Unreadable> {
        let admissions = ["tickets", "participants"];
        let (names, most) = match admissions.contains(&key) {
            true => ("tickets and participants", limits::ORDER_ADMISSIONS),
            false => (key, limits::ORDER_PARTS),
        };
        let met = self.met.entry(names).or_default();
        *met = met.saturating_add(more);
        if *met > most && key != "entry_units" {
            let detail = format!("{met} {names} in one order, and at most {most} are read");
            return Err(Unreadable::new(ParkReason::TooManyParts, detail));
        }
        Ok(())
    }

    pub(super) fn note(&mut self, reason: NoteReason, subject: impl Into<String>, evidence: impl Into<String>) {
        self.notes.push(Note::new(reason, subject, evidence));
    }

    pub(super) fn note_unknown_fields(&mut self, object: &Object<'_>, known: &Part) {
        for field in object.unknown_fields(|key| known.has(key)) {
            if self.unknown_fields.len() < UNKNOWN_FIELDS && !self.unknown_fields.contains(&field) {
                self.unknown_fields.push(field);
            }
        }
    }

    /// Reads every object of a list; `None` when the list is not said.
    pub(super) fn each<T>(
        &mut self,
        object: &Object<'_>,
        key: &'static str,
        known: &Part,
        mut read: impl FnMut(&mut Self, &Object<'_>) -> Result<T, Unreadable>,
    ) -> Result<Option<Vec<T>>, Unreadable> {
        let Some(elements) = object.list(key)? else { return Ok(None) };
        self.count(key, elements.len())?;
        let mut parts = Vec::with_capacity(elements.len());
        for element in elements {
            let part = element.object()?;
            self.note_unknown_fields(&part, known);
            parts.push(read(self, &part)?);
        }
        Ok(Some(parts))
    }

    /// Keeps one of several identical parts with the same id. Parts that share an id and differ refuse the delivery:
    /// either one could be the true one.
    pub(super) fn once_each<T: PartialEq>(
        &mut self,
        parts: Vec<T>,
        what: &str,
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Unreadable> {
        let mut positions = HashMap::new();
        let mut kept: Vec<T> = Vec::with_capacity(parts.len());
        for part in parts {
            match positions.entry(id(&part).to_owned()) {
                Entry::Vacant(entry) => {
                    entry.insert(kept.len());
                    kept.push(part);
                }
                Entry::Occupied(entry) if kept.get(*entry.get()) == Some(&part) => {
                    self.note(
                        NoteReason::DuplicateKey,
                        format!("{what}:{}", entry.key()),
                        format!("the same {what} twice"),
                    );
                }
                Entry::Occupied(_) => return Err(conflicting_duplicate(what)),
            }
        }
        Ok(kept)
    }

    /// Status of a part; empty and absent are [`PartStatus::Unsaid`].
    pub(super) fn part_status(object: &Object<'_>) -> Result<PartStatus, Unreadable> {
        status(object, PartStatus::parse)
    }

    /// Status of a flex ticket.
    pub(super) fn flex_ticket_status(object: &Object<'_>) -> Result<PartStatus, Unreadable> {
        status(object, PartStatus::parse_flex_ticket)
    }

    /// The part's own currency, else the order's.
    pub(super) fn currency_of(&self, part: &Object<'_>) -> Result<Currency, Unreadable> {
        let Some(code) = part.word("currency", ParkReason::UnknownCurrency)? else { return Ok(self.currency) };
        Currency::parse(&code)
            .ok_or_else(|| header::unknown_word(ParkReason::UnknownCurrency, &part.path("currency"), &code))
    }
}

fn status(object: &Object<'_>, parse: fn(&str) -> Option<PartStatus>) -> Result<PartStatus, Unreadable> {
    let word = object.word("status", ParkReason::UnknownStatus)?.unwrap_or_default();
    parse(&word).ok_or_else(|| header::unknown_word(ParkReason::UnknownStatus, &object.path("status"), &word))
}

pub(super) fn conflicting_duplicate(what: &str) -> Unreadable {
    Unreadable::new(ParkReason::ConflictingDuplicate, format!("the same {what} id twice with different content"))
}
