//! Reading one table of the settings key by key. What was not asked for in the end is an unknown key.

use std::collections::BTreeMap;

use super::problem::{Origin, Problems};
use super::tree::{Entry, Node, Table};

/// A text value and where it was written.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) key: String,
    pub(super) origin: Origin,
}

impl Text {
    /// Reports a mistake in this value.
    pub(super) fn wrong(&self, problems: &mut Problems, text: impl Into<String>) {
        problems.add(&self.origin, &self.key, text);
    }
}

/// A table that is being read.
pub(super) struct Section {
    table: Table,
    path: String,
    asked: Vec<&'static str>,
    pub(super) origin: Origin,
}

impl Section {
    pub(super) fn new(table: Table, path: impl Into<String>, origin: Origin) -> Self {
        Self { table, path: path.into(), asked: Vec::new(), origin }
    }

    /// The full name of a key, such as `sources.museum.timezone`.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Names the table after what it turned out to be.
    pub(super) fn rename(&mut self, path: String) {
        self.path = path;
    }

    /// Reports a mistake of the table as a whole, or of a key that is missing.
    pub(super) fn wrong(&self, problems: &mut Problems, key: &str, text: impl Into<String>) {
        problems.add(&self.origin, self.path_of(key), text);
    }

    /// Notes what is valid and should be reconsidered.
    pub(super) fn warn(&self, problems: &mut Problems, key: &str, text: impl Into<String>) {
        problems.warn(&self.origin, self.path_of(key), text);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn take(&mut self, key: &'static str) -> Option<Entry> {
        self.asked.push(key);
        self.table.remove(key)
    }

    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Text> {
        let entry = self.take(key)?;
        let found = into_text(entry, self.path_of(key));
        found.map_err(|text| text.wrong(problems, "must be a string in quotes")).ok()
    }

    pub(super) fn required(&mut self, key: &'static str, hint: &str, problems: &mut Problems) -> Option<Text> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            self.wrong(problems, key, format!("is missing; {hint}"));
            return None;
        }
        self.text(key, problems)
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Text> {
        let path = self.path_of(key);
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Entry { node: Node::List(items), .. }) => items,
            Some(single) => vec![single],
        };
        let texts = items.into_iter().filter_map(|item| {
            let found = into_text(item, path.clone());
            found.map_err(|text| text.wrong(problems, "must be a string in quotes, or a list of strings")).ok()
        });
        texts.collect()
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
        default: i64,
        problems: &mut Problems,
    ) -> i64 {
        let Some(entry) = self.take(key) else { return default };
        let written = match (&entry.node, &entry.origin) {
            (Node::Number(text), _) | (Node::Text(text), Origin::Variable(_)) => text.parse().ok(),
            _ => None,
        };
        match written.filter(|number| bounds.contains(number)) {
            Some(number) => number,
            None => {
                let text = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
                problems.add(&entry.origin, self.path_of(key), text);
                default
            }
        }
    }

    /// A whole number within bounds, where leaving it out has a meaning of its own.
    pub(super) fn optional_number(
        &mut self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
        problems: &mut Problems,
    ) -> Option<i64> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            return None;
        }
        Some(self.number(key, bounds, 0, problems))
    }

    pub(super) fn section(&mut self, key: &'static str, problems: &mut Problems) -> Option<Self> {
        let path = self.path_of(key);
        let entry = self.take(key)?;
        match entry.node {
            Node::Table(table) => Some(Self::new(table, path, entry.origin)),
            _ => {
                problems.add(&entry.origin, path, "must be a table");
                None
            }
        }
    }

    /// A table whose keys are not ours.
    pub(super) fn map(&mut self, key: &'static str, problems: &mut Problems) -> Option<BTreeMap<String, Text>> {
        let path = self.path_of(key);
        let section = self.section(key, problems)?;
        let mut texts = BTreeMap::new();
        for (key, entry) in section.table {
            match into_text(entry, format!("{path}.{key}")) {
                Ok(text) => {
                    texts.insert(key, text);
                }
                Err(text) => text.wrong(problems, "must be a string in quotes"),
            }
        }
        Some(texts)
    }

    pub(super) fn sections(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Self> {
        let path = self.path_of(key);
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Node::List(items) = entry.node else {
            problems.add(&entry.origin, path, "must be a list of tables");
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match item.node {
                Node::Table(table) => sections.push(Self::new(table, path, item.origin)),
                _ => problems.add(&item.origin, path, "must be a table"),
            }
        }
        sections
    }

    /// Every key that was not asked for is a mistake.
    pub(super) fn finish(self, problems: &mut Problems) {
        for (key, entry) in &self.table {
            let text = format!("unknown key; known here: {}", self.asked.join(", "));
            problems.add(&entry.origin, self.path_of(key), text);
        }
    }
}

/// The text, or where it should be. Numbers and dates are taken as they were written.
fn into_text(entry: Entry, key: String) -> Result<Text, Text> {
    let origin = entry.origin;
    match entry.node {
        Node::Text(value) | Node::Number(value) | Node::Date(value) => Ok(Text { value, key, origin }),
        Node::Boolean | Node::List(_) | Node::Table(_) => Err(Text { value: String::new(), key, origin }),
    }
}
