//! A report that is written while it is read, because it may be larger than the memory.

use super::format::{self, Amounts, Error, Format};
use super::{Cell, Column};

/// Writes rows as CSV or JSON, some at a time; the text in all is that of a table with these rows.
pub struct Stream {
    columns: Vec<Column>,
    json: bool,
    amounts: Amounts,
    rows: u64,
}

impl Stream {
    /// A table for people is no stream: it is as wide as its widest row. `None` for that format.
    pub fn new(columns: Vec<Column>, format: Format, amounts: Amounts) -> Option<Self> {
        let json = match format {
            Format::Table => return None,
            Format::Csv => false,
            Format::Json => true,
        };
        Some(Self { columns, json, amounts, rows: 0 })
    }

    /// The text before the first row.
    ///
    /// # Errors
    /// When a writer fails, which memory does not.
    pub fn head(&self) -> Result<String, Error> {
        if self.json { Ok("[".to_owned()) } else { format::csv_head(&self.columns, self.amounts) }
    }

    /// The text of the next rows.
    ///
    /// # Errors
    /// When a writer fails, which memory does not.
    pub fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<String, Error> {
        if !self.json {
            return format::csv_rows(&self.columns, rows, self.amounts);
        }
        let mut text = String::new();
        for row in rows {
            text += if self.rows == 0 { "\n" } else { ",\n" };
            text += &format::json_row(&self.columns, row)?;
            self.rows += 1;
        }
        Ok(text)
    }

    /// The text after the last row.
    pub fn end(&self) -> &'static str {
        match (self.json, self.rows) {
            (false, _) => "",
            (true, 0) => "]\n",
            (true, _) => "\n]\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Shown, Table, format::render_with};

    #[test]
    fn a_stream_has_the_text_of_the_table() {
        let column = |name, shown| Column { name, shown };
        let columns =
            vec![column("a", Shown::Text), column("currency", Shown::Text), column("net_minor", Shown::Amount)];
        let row = |text: &str, currency: &str, minor| {
            vec![Cell::from(text.to_owned()), Cell::from(currency.to_owned()), Cell::Number(minor)]
        };
        let rows = vec![row("one\n\"two\"", "EUR", Some(-1050)), row("x,y", "JPY", Some(7)), row("", "EUR", None)];
        for rows in [vec![], rows] {
            let table = Table { columns: columns.clone(), rows: rows.clone() };
            for (format, amounts) in
                [(Format::Json, Amounts::Units), (Format::Csv, Amounts::Units), (Format::Csv, Amounts::Minor)]
            {
                let mut stream = Stream::new(columns.clone(), format, amounts).unwrap();
                let mut text = stream.head().unwrap();
                for row in &rows {
                    text += &stream.rows(std::slice::from_ref(row)).unwrap();
                }
                assert_eq!(text + stream.end(), render_with(&table, format, amounts).unwrap());
            }
        }
        assert!(Stream::new(columns, Format::Table, Amounts::Units).is_none());
    }
}
