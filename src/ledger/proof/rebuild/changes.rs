//! How two entries of one fact differ, in words.

use serde::Serialize;
use serde_json::Value;

use crate::ledger::book::EntryWithLines;
use crate::money::{self, Currency};

/// The sum of the debits, as a decimal number.
pub(super) fn amount((entry, lines): &EntryWithLines) -> String {
    let debits = lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0);
    let exponent = Currency::parse(&entry.currency).map_or(0, Currency::exponent);
    money::sum(debits).map_or_else(|overflow| overflow.to_string(), |sum| money::format_minor(sum, exponent))
}

/// What follows from the place in the chain and not from the content.
const PLACE: [&str; 4] = ["entry_no", "prev_hash", "entry_hash", "reverses_no"];

/// Every field that differs, with both values.
pub(super) fn changes(
    (rebuilt, rebuilt_lines): &EntryWithLines,
    (stored, stored_lines): &EntryWithLines,
) -> Vec<String> {
    let mut changes = fields(rebuilt, stored, "");
    if rebuilt.reverses_no.is_some() != stored.reverses_no.is_some() {
        changes.push(format!("reverses_no is {:?} instead of {:?}", stored.reverses_no, rebuilt.reverses_no));
    }
    if rebuilt_lines.len() != stored_lines.len() {
        changes.push(format!("it has {} lines instead of {}", stored_lines.len(), rebuilt_lines.len()));
    }
    for (rebuilt, stored) in rebuilt_lines.iter().zip(stored_lines) {
        changes.extend(fields(rebuilt, stored, &format!("line {}: ", stored.line_no)));
    }
    changes
}

fn fields(rebuilt: &impl Serialize, stored: &impl Serialize, place: &str) -> Vec<String> {
    let (Ok(Value::Object(rebuilt)), Ok(Value::Object(stored))) =
        (serde_json::to_value(rebuilt), serde_json::to_value(stored))
    else {
        return Vec::new();
    };
    let differing = stored.iter().filter(|(name, value)| {
        !PLACE.contains(&name.as_str()) && rebuilt.get(*name).is_some_and(|other| other != *value)
    });
    let in_words = |(name, value): (&String, &Value)| {
        let other = rebuilt.get(name).cloned().unwrap_or(Value::Null);
        format!("{place}{name} is {value} instead of {other}")
    };
    differing.map(in_words).collect()
}
