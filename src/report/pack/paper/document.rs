//! A pack as it is laid out: pages of headings, facts, tables and charts, in the words of the reader. HTML shows them,
//! and so could any other layout.

use std::borrow::Cow;

use super::chart::Drawing;

/// Tables of more columns are written smaller.
const WIDE: usize = 7;
/// Tables of more rows may go on on the next sheet of paper.
const SHORT: usize = 14;

/// One page; the cover is the first.
pub(super) struct Page {
    /// Of the list of pages; all currencies have the same.
    pub(super) number: u8,
    /// Unique in the document.
    pub(super) anchor: String,
    pub(super) title: String,
    /// Absent on pages that are about all currencies.
    pub(super) currency: Option<String>,
    /// What its numbers agree with.
    pub(super) ties_to: Option<&'static str>,
    pub(super) blocks: Vec<Block>,
    /// Begins a sheet of paper.
    pub(super) breaks: bool,
}

pub(super) enum Block {
    Facts(Vec<Fact>),
    Table(Table),
    Chart(Chart),
    Note(String),
}

/// A name and what belongs to it.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// A hash, or another text that may break anywhere.
    pub(super) is_code: bool,
}

/// A drawing and its title.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) legend: Vec<(&'static str, String)>,
    /// `None` when there is nothing to draw.
    pub(super) drawing: Option<Drawing>,
}

#[derive(Default)]
pub(super) struct Table {
    pub(super) title: Option<String>,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// Stays on one sheet although it is not short.
    pub(super) is_kept: bool,
}

pub(super) struct Column {
    pub(super) title: Cow<'static, str>,
    pub(super) is_number: bool,
}

pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) is_total: bool,
}

pub(super) struct Cell {
    pub(super) text: String,
    pub(super) look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Text,
    Code,
    Number,
    /// A number below zero; it has its minus sign, too.
    Negative,
    Passed,
    Failed,
    NotChecked,
}

impl Look {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Number => "number",
            Self::Negative => "number negative",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotChecked => "not-checked",
        }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), look: Look::Text }
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), look: Look::Code }
    }

    pub(super) fn number(text: impl Into<String>) -> Self {
        let text = text.into();
        let look = if text.starts_with('-') { Look::Negative } else { Look::Number };
        Self { text, look }
    }

    pub(super) fn maybe(text: Option<String>) -> Self {
        Self::text(text.unwrap_or_default())
    }
}

impl Table {
    /// The title of a column, for a screen without room for columns.
    pub(super) fn label(&self, place: &usize) -> &str {
        self.columns.get(*place).map_or("", |column| column.title.as_ref())
    }

    /// Columns by their titles: first those of words, then those of numbers.
    pub(super) fn new(words: &[&'static str], numbers: &[&'static str]) -> Self {
        Self::default().and_words(words).and_numbers(numbers)
    }

    pub(super) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    pub(super) fn and_words(mut self, words: &[&'static str]) -> Self {
        self.columns.extend(words.iter().map(|title| Column { title: Cow::Borrowed(title), is_number: false }));
        self
    }

    pub(super) fn and_numbers(mut self, numbers: &[&'static str]) -> Self {
        self.columns.extend(numbers.iter().map(|title| Column { title: Cow::Borrowed(title), is_number: true }));
        self
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, is_total: false });
    }

    pub(super) fn total(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, is_total: true });
    }

    /// Stays on one sheet of paper.
    pub(super) fn is_short(&self) -> bool {
        self.is_kept || self.rows.len() <= SHORT
    }

    pub(super) fn is_wide(&self) -> bool {
        self.columns.len() > WIDE
    }

    /// Whether there is more than totals.
    pub(super) fn has_rows(&self) -> bool {
        self.rows.iter().any(|row| !row.is_total)
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Chart> for Block {
    fn from(chart: Chart) -> Self {
        Self::Chart(chart)
    }
}
