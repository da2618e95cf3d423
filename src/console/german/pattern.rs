//! Patterns of sentences: texts with places, which are filled by texts that fit them. A place names what it takes:
//!
//! ```text
//! {x} any text   {q} a title, best without quotation marks   {w} a word   {n} an integer   {a} an amount
//! {m} an amount with its currency   {p} percent
//! {t} a day or a time   {status} {finding} {park} stored codes   any other name: one of the rules of that group
//! ```
//!
//! Behind a colon stands what tells two places of the same kind apart.

use std::collections::{BTreeMap, HashMap};

use super::Rule;
use crate::console::codes;
use crate::money::Currency;
use crate::report::pack::paper::Language;

/// Tries that one sentence is worth: titles are written by others, and may look like anything.
const TRIES: u32 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Text(&'static str),
    /// What it takes, and its whole name.
    Place(&'static str, &'static str),
}

struct Pattern {
    english: Vec<Piece>,
    german: Vec<Piece>,
}

pub(super) struct Grammar {
    groups: BTreeMap<&'static str, Vec<Pattern>>,
}

/// Who reads, how much may still be tried, and what was found for parts of the sentence: by group, place and length.
struct Reading {
    language: Language,
    quotes: Quotes,
    tries: u32,
    known: HashMap<(&'static str, usize, usize), Option<String>>,
}

/// Which quotation marks a `{q}` may have: titles have some of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    None,
    /// Each that opens is closed again.
    Paired,
    Any,
}

type Found = Vec<(&'static str, String)>;

fn pieces(text: &'static str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        found.push(Piece::Place(name.split(':').next().unwrap_or(name), name));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

impl Grammar {
    pub(super) fn new(tables: &[&[Rule]]) -> Self {
        let mut groups: BTreeMap<&'static str, Vec<Pattern>> = BTreeMap::new();
        for (group, english, german) in tables.iter().copied().flatten() {
            let pattern = Pattern { english: pieces(english), german: pieces(german) };
            groups.entry(*group).or_default().push(pattern);
        }
        Self { groups }
    }

    /// The text as a rule of the group says it; `None` if none fits.
    pub(super) fn said(&self, language: Language, group: &'static str, text: &str) -> Option<String> {
        // The fewer are taken for a part of a title, the surer it is where the title ends.
        let all = [Quotes::None, Quotes::Paired, Quotes::Any];
        let mut reading = |quotes| {
            let tries = if quotes == Quotes::None { TRIES } else { TRIES / 4 };
            let mut reading = Reading { language, quotes, tries, known: HashMap::new() };
            self.group(&mut reading, group, text)
        };
        let most = if text.contains('"') { all.len() } else { 1 };
        all.into_iter().take(most).find_map(&mut reading)
    }

    fn group(&self, reading: &mut Reading, group: &'static str, text: &str) -> Option<String> {
        // All are parts of one sentence, so where they begin tells them apart.
        let key = (group, text.as_ptr().addr(), text.len());
        if let Some(known) = reading.known.get(&key) {
            return known.clone();
        }
        let found = self.rules(reading, group, text);
        // When nothing may be tried any more, nothing is known.
        if reading.tries > 0 {
            reading.known.insert(key, found.clone());
        }
        found
    }

    fn rules(&self, reading: &mut Reading, group: &'static str, text: &str) -> Option<String> {
        for pattern in self.groups.get(group)? {
            let mut found = Vec::new();
            if self.fits(reading, &pattern.english, text, &mut found) {
                let filled = |piece: &Piece| match piece {
                    Piece::Text(text) => (*text).to_owned(),
                    Piece::Place(_, name) => {
                        found.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default()
                    }
                };
                return Some(pattern.german.iter().map(filled).collect());
            }
        }
        None
    }

    fn fits(&self, reading: &mut Reading, pieces: &[Piece], text: &str, found: &mut Found) -> bool {
        let Some(rest) = reading.tries.checked_sub(1) else { return false };
        reading.tries = rest;
        match pieces.split_first() {
            None => text.is_empty(),
            Some((Piece::Text(expected), after)) => {
                // A sentence may begin with what stands elsewhere in the middle.
                let begins = text.get(..expected.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(expected));
                begins && self.fits(reading, after, text.get(expected.len()..).unwrap_or_default(), found)
            }
            Some((Piece::Place(kind, name), after)) => {
                let ends: Vec<usize> = match after.first() {
                    None => vec![text.len()],
                    // What is last in the pattern is last in the text.
                    Some(Piece::Text(last)) if after.len() == 1 => {
                        text.strip_suffix(last).map(|before| vec![before.len()]).unwrap_or_default()
                    }
                    Some(Piece::Text(next)) => text.match_indices(next).map(|(end, _)| end).collect(),
                    Some(Piece::Place(..)) => (0..=text.len()).filter(|end| text.is_char_boundary(*end)).collect(),
                };
                for end in ends {
                    let (taken, rest) = text.split_at(end);
                    let Some(value) = self.value(reading, kind, taken) else { continue };
                    found.push((name, value));
                    if self.fits(reading, after, rest, found) {
                        return true;
                    }
                    found.pop();
                }
                false
            }
        }
    }

    fn value(&self, reading: &mut Reading, kind: &'static str, text: &str) -> Option<String> {
        let is = |allowed: &[u8]| text.bytes().all(|byte| byte.is_ascii_digit() || allowed.contains(&byte));
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        match kind {
            "x" => (!text.is_empty()).then(|| text.to_owned()),
            "q" => {
                let fits = match reading.quotes {
                    Quotes::None => !text.contains('"'),
                    Quotes::Paired => has_pairs(text),
                    Quotes::Any => true,
                };
                (!text.is_empty() && fits).then(|| text.to_owned())
            }
            "w" => (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned()),
            "n" => text.parse().ok().map(|number: i64| number.to_string()),
            "a" => amount(reading.language, text),
            "m" => {
                let (number, currency) = text.split_once(' ')?;
                let known = currency.len() == 3 && Currency::parse(currency).is_some();
                amount(reading.language, number).filter(|_| known).map(|number| format!("{number} {currency}"))
            }
            "p" => (begins && is(b".")).then(|| decimal(reading.language, text)),
            // A zone may follow.
            "t" => {
                let (time, zone) = text.split_at_checked(16).unwrap_or((text, ""));
                let is_time = time.bytes().all(|byte| byte.is_ascii_digit() || b"-: ".contains(&byte));
                let is_zone = zone.is_empty() || (zone.starts_with(' ') && zone.len() < 7 && !zone.contains(';'));
                let is_day = matches!(time.len(), 7 | 10 | 16) && time.as_bytes().get(4) == Some(&b'-');
                (begins && is_time && is_zone && is_day).then(|| text.to_owned())
            }
            "status" => {
                let known = !text.is_empty() && !text.contains(char::is_whitespace);
                known.then(|| codes::status(reading.language, &text.to_ascii_lowercase()))
            }
            "finding" => Some(codes::finding(reading.language, text)).filter(|said| said != text),
            "park" => Some(codes::parked(reading.language, text)).filter(|said| said != text),
            group => self.group(reading, group, text),
        }
    }

    /// Every place of the German is one of the English, and every group has rules. Answers how many there are.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        let places = |pieces: &[Piece]| {
            let name = |piece: &Piece| match piece {
                Piece::Place(kind, name) => Some((*kind, *name)),
                Piece::Text(_) => None,
            };
            let mut places: Vec<_> = pieces.iter().filter_map(name).collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        let built_in = ["x", "q", "w", "n", "a", "m", "p", "t", "status", "finding", "park"];
        for pattern in self.groups.values().flatten() {
            assert_eq!(places(&pattern.english), places(&pattern.german), "{:?}", pattern.english);
            for (kind, name) in places(&pattern.english) {
                assert!(built_in.contains(&kind) || self.groups.contains_key(kind), "{name} has no rule");
            }
        }
        self.groups.values().flatten().count()
    }
}

/// Whether each quotation mark opens before a word or closes after one, in turn: so the end of one text and the
/// beginning of the next are not taken for one text.
fn has_pairs(text: &str) -> bool {
    let (mut is_open, mut before) = (false, ' ');
    for letter in text.chars() {
        if letter == '"' {
            let opens = before == ' ' || before == '(';
            if opens == is_open {
                return false;
            }
            is_open = opens;
        }
        before = letter;
    }
    !is_open
}

/// `-1401.00`, with a plus at most, as the reader writes it.
fn amount(language: Language, text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => ("+", digits),
        None => ("", text),
    };
    let whole = digits.trim_start_matches('-');
    let is_number = whole.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && whole.matches('.').count() <= 1
        && digits.len() - whole.len() <= 1;
    is_number.then(|| format!("{sign}{}", decimal(language, digits)))
}

fn decimal(language: Language, text: &str) -> String {
    language.localised(text)
}
