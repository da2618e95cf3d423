//! The settings as they were written: a tree that knows of every value where it stands. serde would stop at the first
//! mistake; walking this tree finds all of them.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problems};

pub(super) type Table = BTreeMap<String, Entry>;

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) node: Node,
    pub(super) origin: Origin,
}

/// A value. Numbers and dates keep their text: `8.10` must not pass through a float.
#[derive(Clone)]
pub(super) enum Node {
    Text(String),
    Number(String),
    Date(String),
    Boolean,
    List(Vec<Entry>),
    Table(Table),
}

/// Reads TOML. Broken syntax is reported, all of it; `None` then, as the rest would be guesswork.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Table> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let origin = error.span().map_or(Origin::File, |span| Origin::Line(line_of(text, span.start)));
        // The message alone: the error's own display quotes the line, which may hold what should be a secret.
        problems.add(&origin, "", format!("this is not TOML: {}", error.message().replace('\n', ", ")));
    }
    let origin = |span: std::ops::Range<usize>| Origin::Line(line_of(text, span.start));
    errors.is_empty().then(|| convert_table(table.into_inner(), &origin))
}

/// A value from the environment: a list or an inline table when it looks like one, else the text as it is.
pub(super) fn from_variable(name: &str, value: &str) -> Result<Entry, String> {
    let origin = Origin::Variable(name.to_owned());
    if !value.starts_with(['[', '{']) {
        return Ok(Entry { node: Node::Text(value.to_owned()), origin });
    }
    let parsed = DeValue::parse(value).map_err(|error| format!("this is not TOML: {}", error.message()))?;
    let node = convert(parsed.into_inner(), &|_| origin.clone());
    Ok(Entry { node, origin })
}

fn convert_table(table: DeTable<'_>, origin: &dyn Fn(std::ops::Range<usize>) -> Origin) -> Table {
    let entries = table.into_iter().map(|(key, value): (Spanned<_>, Spanned<_>)| {
        let place = origin(key.span());
        let node = convert(value.into_inner(), origin);
        (key.into_inner().into_owned(), Entry { node, origin: place })
    });
    entries.collect()
}

fn convert(value: DeValue<'_>, origin: &dyn Fn(std::ops::Range<usize>) -> Origin) -> Node {
    match value {
        DeValue::String(text) => Node::Text(text.into_owned()),
        DeValue::Integer(number) => Node::Number(number.to_string()),
        DeValue::Float(number) => Node::Number(number.as_str().to_owned()),
        DeValue::Boolean(_) => Node::Boolean,
        DeValue::Datetime(date) => Node::Date(date.to_string()),
        DeValue::Array(items) => {
            let entry = |item: Spanned<DeValue<'_>>| {
                let place = origin(item.span());
                Entry { node: convert(item.into_inner(), origin), origin: place }
            };
            Node::List(items.into_iter().map(entry).collect())
        }
        DeValue::Table(table) => Node::Table(convert_table(table, origin)),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
