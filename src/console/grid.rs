//! Tables of a page: rows of cells, some of which lead somewhere.

use std::fmt::Write as _;

use askama::Template;

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

    /// Adds columns of texts.
    pub(super) fn texts<const N: usize>(mut self, titles: [&str; N]) -> Self {
        self.heads.extend(titles.map(|title| Head { title: title.to_owned(), is_number: false }));
        self
    }

    /// Adds columns of numbers, which stand at the right.
    pub(super) fn numbers<const N: usize>(mut self, titles: [&str; N]) -> Self {
        self.heads.extend(titles.map(|title| Head { title: title.to_owned(), is_number: true }));
        self
    }

    pub(super) fn column(&mut self, title: String, is_number: bool) {
        self.heads.push(Head { title, is_number });
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, is_total: false });
    }

    pub(super) fn total(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, is_total: true });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Cell {
    /// A text that may be somebody else's.
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Self { text: printable(text.as_ref()), address: None, class: String::new(), title: String::new() }
    }

    pub(super) fn maybe(text: Option<impl AsRef<str>>) -> Self {
        text.map_or_else(|| Self::text(""), Self::text)
    }

    /// An id, a code of ours or a hash.
    pub(super) fn code(text: impl AsRef<str>) -> Self {
        Self::text(text).of("code")
    }

    pub(super) fn number(text: impl AsRef<str>) -> Self {
        let text = Self::text(text);
        let class = if text.text.starts_with('-') { "number negative" } else { "number" };
        text.of(class)
    }

    /// A day or a month, which stays in one line.
    pub(super) fn day(text: impl AsRef<str>) -> Self {
        Self::text(text).of("day")
    }

    /// Minor units of a currency, as the reader writes them.
    pub(super) fn money(language: Language, minor: i64, currency: &str) -> Self {
        Self::number(language.amount(minor, currency))
    }

    /// A state, told apart by its word and by a colour.
    pub(super) fn state(word: &str, text: impl AsRef<str>) -> Self {
        Self::text(text).of(&format!("state state-{word}"))
    }

    /// Where it leads to; a cell without a text leads nowhere.
    fn link(&self) -> Option<&str> {
        self.address.as_deref().filter(|_| !self.text.is_empty())
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
        let mut grid = Grid::new("a \"label\"", "none").texts(["<b>"]);
        let evil = "<script>alert(1)</script>\u{202e}";
        grid.row(vec![Cell::text(evil).to(address_with(&["orders", "a/b?\"<"], &[("q", "<&>"), ("x", "")]))]);
        let html = grid.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains('\u{202e}'), "{html}");
        // What is empty is left out.
        assert!(html.contains("href=\"/orders/a%2Fb%3F%22%3C?q=%3C%26%3E\""), "{html}");
    }
}
