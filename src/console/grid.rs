//! Tables of a page: rows of cells, some of which lead somewhere. The same rows are told to programs, by the names of
//! their columns.

use std::fmt::Write as _;

use askama::Template;
use serde_json::{Map, Value};

use super::layout::When;
use super::visit::escaped;
use crate::report::format::printable;
use crate::report::pack::paper::Language;

/// A table. In a template it stands as `{{ grid|safe }}`: it is escaped when it is rendered.
#[derive(Template)]
#[template(path = "grid.html", config = "src/console/askama.toml")]
pub(super) struct Grid {
    /// What it shows, for who cannot see it.
    label: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// Said in place of no rows.
    none: &'static str,
    /// A row without a link goes on with the row above.
    is_grouped: bool,
}

struct Head {
    /// As programs know it; empty for what only a person needs.
    name: &'static str,
    title: String,
    is_number: bool,
}

struct Row {
    cells: Vec<Cell>,
    is_total: bool,
}

impl Row {
    /// Where the row leads to: its first link.
    fn opens(&self) -> Option<&str> {
        self.cells.iter().find_map(Cell::link)
    }
}

/// A cell: a text, or a link with a text.
pub(super) struct Cell {
    text: String,
    address: Option<String>,
    class: String,
    /// A longer text for the pointer.
    title: String,
    /// What programs get: never a text in the language of the reader.
    value: Value,
    /// What belongs to it and has no column, such as the currency of an amount.
    also: Vec<(&'static str, Value)>,
    /// Stored as a sentence in English, whoever reads it.
    is_english: bool,
    /// The code behind the text.
    code: String,
    /// The title of its column, which stands beside it where there is no room for columns.
    label: String,
    /// It stands above the others there.
    is_title: bool,
}

impl Grid {
    pub(super) fn new(label: impl Into<String>, none: &'static str) -> Self {
        Self { label: label.into(), heads: Vec::new(), rows: Vec::new(), none, is_grouped: false }
    }

    /// Rows without a link belong to the row above.
    pub(super) fn grouped(mut self) -> Self {
        self.is_grouped = true;
        self
    }

    /// Adds columns of texts: their names for programs, and their titles.
    pub(super) fn texts<const N: usize>(mut self, columns: [(&'static str, &str); N]) -> Self {
        self.heads.extend(columns.map(|(name, title)| Head { name, title: title.to_owned(), is_number: false }));
        self
    }

    /// Adds columns of numbers, which stand at the right.
    pub(super) fn numbers<const N: usize>(mut self, columns: [(&'static str, &str); N]) -> Self {
        self.heads.extend(columns.map(|(name, title)| Head { name, title: title.to_owned(), is_number: true }));
        self
    }

    pub(super) fn column(&mut self, name: &'static str, title: String, is_number: bool) {
        self.heads.push(Head { name, title, is_number });
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.push(cells, false);
    }

    pub(super) fn total(&mut self, cells: Vec<Cell>) {
        self.push(cells, true);
    }

    fn push(&mut self, mut cells: Vec<Cell>, is_total: bool) {
        for (head, cell) in self.heads.iter().zip(&mut cells) {
            head.title.clone_into(&mut cell.label);
        }
        let is_number = |cell: &Cell| cell.class.contains("number");
        let speaks = |(head, cell): (&Head, &Cell)| {
            !matches!(head.name, "currency" | "source") && !cell.text.is_empty() && !is_number(cell)
        };
        let title = cells.iter().position(|cell| cell.link().is_some() && !is_number(cell));
        let title = title.or_else(|| self.heads.iter().zip(&cells).position(speaks));
        if let Some(cell) = title.and_then(|place| cells.get_mut(place)) {
            cell.is_title = true;
        }
        self.rows.push(Row { cells, is_total });
    }

    /// Whether a phone shows each row as a block of lines.
    fn is_wide(&self) -> bool {
        self.heads.len() > 3
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether something in it is English, whoever reads it.
    pub(super) fn has_english(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.is_english)
    }

    /// The rows for programs, without those that only sum up, each with where it leads to.
    pub(super) fn told(&self) -> Value {
        let row = |row: &Row| {
            let mut fields = Map::new();
            for (head, cell) in self.heads.iter().zip(&row.cells) {
                if !head.name.is_empty() {
                    fields.insert(head.name.to_owned(), cell.value.clone());
                }
                fields.extend(cell.also.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            }
            fields.extend(row.opens().map(|address| ("href".to_owned(), Value::from(address))));
            Value::Object(fields)
        };
        self.rows.iter().filter(|row| !row.is_total).map(row).collect()
    }
}

impl Cell {
    /// A text that may be somebody else's.
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self {
            text: printable(text),
            address: None,
            class: String::new(),
            title: String::new(),
            value: if text.is_empty() { Value::Null } else { Value::from(text) },
            also: Vec::new(),
            is_english: false,
            code: String::new(),
            label: String::new(),
            is_title: false,
        }
    }

    pub(super) fn maybe(text: Option<impl AsRef<str>>) -> Self {
        text.map_or_else(|| Self::text(""), Self::text)
    }

    /// An id, a code of ours or a hash.
    pub(super) fn code(text: impl AsRef<str>) -> Self {
        Self::text(text).of("code")
    }

    /// A number as the reader writes it; programs get none of it.
    pub(super) fn number(text: impl AsRef<str>) -> Self {
        let text = Self::text(text);
        let class = if text.text.starts_with('-') { "number negative" } else { "number" };
        text.of(class).told(Value::Null)
    }

    pub(super) fn count(language: Language, number: i64) -> Self {
        Self::number(language.count(number)).told(number)
    }

    /// A day or a month, which stays in one line.
    pub(super) fn day(text: impl AsRef<str>) -> Self {
        Self::text(text).of("day")
    }

    /// Minor units of a currency, as the reader writes them.
    pub(super) fn money(language: Language, minor: i64, currency: &str) -> Self {
        Self::number(language.amount(minor, currency)).told(minor)
    }

    /// The same in a column of several currencies, or nothing.
    pub(super) fn amount(language: Language, amount: Option<(i64, &str)>) -> Self {
        let Some((minor, currency)) = amount else { return Self::number("").with("currency", Value::Null) };
        let text = format!("{} {currency}", language.amount(minor, currency));
        Self::number(text).told(minor).with("currency", currency)
    }

    /// An instant: local to be read, in UTC for the pointer and for programs.
    pub(super) fn when(when: Option<When>) -> Self {
        when.map_or_else(|| Self::text(""), |when| Self::text(when.local).titled(when.utc).told(when.at.to_string()))
    }

    /// A state, told apart by its word and by a colour.
    pub(super) fn state(word: &str, text: impl AsRef<str>) -> Self {
        Self::text(text).of(&format!("state state-{word}")).told(word)
    }

    /// Where it leads to; a cell without a text leads nowhere.
    fn link(&self) -> Option<&str> {
        self.address.as_deref().filter(|_| !self.text.is_empty())
    }

    fn classes(&self) -> String {
        let class = if self.is_state() { "" } else { self.class.as_str() };
        let title = if self.is_title { "title" } else { "" };
        [class, title].join(" ").trim().to_owned()
    }

    fn is_state(&self) -> bool {
        self.class.starts_with("state ") && !self.text.is_empty()
    }

    /// Leads to an address.
    pub(super) fn to(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    pub(super) fn of(mut self, class: &str) -> Self {
        class.clone_into(&mut self.class);
        self
    }

    /// What programs get instead of the text.
    pub(super) fn told(mut self, value: impl Into<Value>) -> Self {
        self.value = value.into();
        self
    }

    /// Something else that programs get with it.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.also.push((name, value.into()));
        self
    }

    /// Says that the text is English in every language.
    pub(super) fn in_english(mut self) -> Self {
        self.is_english = true;
        self
    }

    /// Shows the stored code of what the text says, by which commands and docs call it.
    pub(super) fn coded(mut self, code: impl AsRef<str>) -> Self {
        self.value = Value::from(code.as_ref());
        self.code = printable(code.as_ref());
        self
    }

    pub(super) fn titled(mut self, title: impl AsRef<str>) -> Self {
        self.title = printable(title.as_ref());
        self
    }
}

/// An address of these parts.
pub(super) fn address(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |mut path, part| {
        // Writing to a text cannot fail.
        let _ = write!(path, "/{}", escaped(part));
        path
    })
}

/// The same with a query; what is empty is left away.
pub(super) fn address_with(parts: &[&str], query: &[(&str, &str)]) -> String {
    let given: Vec<&(&str, &str)> = query.iter().filter(|(_, value)| !value.is_empty()).collect();
    let path = address(parts);
    // Pairs of texts: they can always be written.
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_escaped_wherever_they_stand() {
        let mut grid = Grid::new("a \"label\"", "none").texts([("b", "<b>")]);
        let evil = "<script>alert(1)</script>\u{202e}";
        grid.row(vec![Cell::text(evil).to(address_with(&["orders", "a/b?\"<"], &[("q", "<&>"), ("x", "")]))]);
        let html = grid.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains('\u{202e}'), "{html}");
        // What is empty is left out.
        assert!(html.contains("href=\"/orders/a%2Fb%3F%22%3C?q=%3C%26%3E\""), "{html}");
    }

    #[test]
    fn programs_get_values_and_not_what_is_read() {
        let mut grid = Grid::new("orders", "none").texts([("state", "Zustand")]).numbers([("count", "Anzahl")]);
        grid = grid.numbers([("balance_minor", "Saldo")]);
        let language = Language::De;
        let row = |state: &str, count: i64, amount| {
            let state = Cell::state(state, "geparkt").to(address(&["inbox", "1"]));
            vec![state, Cell::count(language, count), Cell::amount(language, amount)]
        };
        grid.row(row("parked", 1_234_567, Some((-123_456, "EUR"))));
        grid.total(row("", 1, None));
        let told = serde_json::json!([{
            "state": "parked", "count": 1_234_567, "balance_minor": -123_456, "currency": "EUR", "href": "/inbox/1"
        }]);
        assert_eq!(grid.told(), told);
    }
}
