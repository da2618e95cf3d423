//! The id of a ticket of Ticketpark is its code in small letters: it lets people in. What the books keep of a ticket is
//! named by it, so pages hide it wherever they say of which ticket they speak.

use serde_json::Value;

/// Words behind which the id of a ticket stands.
const WORDS: [&str; 3] = ["participant", "ticket", "teilnehmer"];
/// Shorter ids are no codes.
const SHORTEST: usize = 8;
/// Letters at the end that tell tickets apart, and let nobody in.
const SHOWN: usize = 4;

/// A text with `…` and the last letters in place of every id of a ticket: of `participant ID`, `ticket:ID`, and of
/// lists of them.
pub(super) fn hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = next(rest) {
        let (before, after) = rest.split_at(end);
        shown.push_str(before);
        rest = list(after, &mut shown);
    }
    shown + rest
}

/// Where the first id behind one of the words begins.
fn next(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let behind = |place: usize| {
        let begin = bytes.get(..place)?;
        let is = |word: &&str| {
            let at = begin.len().checked_sub(word.len());
            at.and_then(|at| begin.get(at..)).is_some_and(|last| last.eq_ignore_ascii_case(word.as_bytes()))
        };
        WORDS.iter().copied().find(is)
    };
    let mut signs = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b' ' | b':'));
    signs.find_map(|(place, _)| {
        behind(place)?;
        let begin = place.saturating_add(1);
        text.get(begin..).filter(|after| id(after) >= SHORTEST)?;
        Some(begin)
    })
}

/// How many bytes of an id a text begins with: digits, letters up to `f`, and hyphens.
fn id(text: &str) -> usize {
    let length = text.bytes().take_while(|byte| byte.is_ascii_hexdigit() || *byte == b'-').count();
    // Where other letters follow, it is a longer id of another kind, or a word.
    let ends = text.get(length..).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    if ends && text.starts_with(|c: char| c.is_ascii_hexdigit()) { length } else { 0 }
}

/// Hides an id, and those that follow it in a list; answers what comes after.
fn list<'t>(text: &'t str, shown: &mut String) -> &'t str {
    let mut rest = text;
    loop {
        let (taken, after) = rest.split_at_checked(id(rest)).unwrap_or(("", rest));
        shown.push('…');
        shown.push_str(taken.get(taken.len().saturating_sub(SHOWN)..).unwrap_or_default());
        rest = after;
        let sign = [", ", " and ", " und "]
            .into_iter()
            .find(|sign| rest.strip_prefix(sign).is_some_and(|after| id(after) >= SHORTEST));
        let Some(sign) = sign else { return rest };
        shown.push_str(sign);
        rest = rest.strip_prefix(sign).unwrap_or(rest);
    }
}

/// The same of all texts of what programs get.
pub(super) fn hide(value: &mut Value) {
    match value {
        Value::String(text) if next(text).is_some() => *text = hidden(text),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_tickets_are_hidden_and_nothing_else() {
        for (text, expected) in [
            ("sale:participant:6445cdbe3e9509e8", "sale:participant:…09e8"),
            ("coupon:c1@participant:6445cdbe3e9509e8 x", "coupon:c1@participant:…09e8 x"),
            ("(participant 6445cdbe3e9509e8)", "(participant …09e8)"),
            ("Teilnehmer 6445CDBE3E9509E8,", "Teilnehmer …09E8,"),
            ("Ticket 123456789 is gone", "Ticket …6789 is gone"),
            (
                "admission of participant 6445cdbe3e9509e8, 6445cdbe3e9509e9 and 6445cdbe3e9509ea; on",
                "admission of participant …09e8, …09e9 and …09ea; on",
            ),
            ("participant 8CB96870-68AC-4296-BEC2-F0F04B29D4F0:checked_in", "participant …D4F0:checked_in"),
            ("participant 1sd2e34f09ds43acx0011223344556677", "participant 1sd2e34f09ds43acx0011223344556677"),
            ("participant p1, ticket \"Tour\" on 2025-11-23", "participant p1, ticket \"Tour\" on 2025-11-23"),
            ("Flex-Ticket 12", "Flex-Ticket 12"),
            ("order 6445cdbe3e9509e8", "order 6445cdbe3e9509e8"),
            ("ticket:", "ticket:"),
            ("participant", "participant"),
        ] {
            assert_eq!(hidden(text), expected);
        }
    }
}
