//! A report as text: a table for people, CSV and JSON for programs.
//!
//! JSON keeps minor units as whole numbers and the names of the view's columns: it is stable, and so is CSV with
//! [`Amounts::Minor`]. Other CSV has the same columns for people and spreadsheets: `net` in currency units instead of
//! `net_minor`, and no text that a spreadsheet takes for a formula. The table is for reading and may change. Only JSON
//! has texts exactly as they came; elsewhere control characters are replaced.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Cell, Column, Shown, Table};
use crate::money::{Currency, format_minor, format_percent};

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: amounts with decimals
    #[default]
    Table,
    /// Comma-separated values: amounts as --amounts says
    Csv,
    /// An array of objects: amounts in minor units (cents)
    Json,
}

/// How CSV writes amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Amounts {
    /// In currency units with a decimal point, for people: `net` is 10.50
    #[default]
    Units,
    /// In minor units (cents), for programs: `net_minor` is 1050
    Minor,
}

/// Why a report could not be written as text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The CSV writer failed.
    #[error("cannot write the report as CSV: {0}")]
    Csv(String),
    /// The JSON writer failed.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The report as text that ends with a line break.
///
/// # Errors
/// When a writer fails, which memory does not.
pub fn render(table: &Table, format: Format) -> Result<String, Error> {
    render_with(table, format, Amounts::default())
}

/// The same with a choice of how CSV writes amounts.
///
/// # Errors
/// When a writer fails, which memory does not.
pub fn render_with(table: &Table, format: Format, amounts: Amounts) -> Result<String, Error> {
    match format {
        Format::Table => Ok(for_people(table, &[])),
        Format::Csv => csv_text(table, amounts),
        Format::Json => Ok(serde_json::to_string_pretty(table)? + "\n"),
    }
}

/// The table for people, with totals below it: rows of the same columns.
pub fn for_people(table: &Table, totals: &[Vec<Cell>]) -> String {
    if table.rows.is_empty() {
        return "(no rows)\n".to_owned();
    }
    let alignment = |column: &Column| match column.shown {
        Shown::Text => CellAlignment::Left,
        Shown::Count | Shown::Amount | Shown::Rate => CellAlignment::Right,
    };
    let titles =
        table.columns.iter().map(|column| comfy_table::Cell::new(title(column)).set_alignment(alignment(column)));
    let mut text = plain_table(titles);
    for row in &table.rows {
        text.add_row(table.columns.iter().zip(row).map(|(column, cell)| {
            comfy_table::Cell::new(shown(table, row, *column, cell)).set_alignment(alignment(column))
        }));
    }
    let body = text.lines().count();
    for row in totals {
        text.add_row(table.columns.iter().zip(row).map(|(column, cell)| {
            let shown =
                if matches!(cell, Cell::Number(None)) { String::new() } else { shown(table, row, *column, cell) };
            comfy_table::Cell::new(shown).set_alignment(alignment(column))
        }));
    }
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    if !totals.is_empty() {
        // The same line as below the titles.
        let line = lines.get(1).cloned().unwrap_or_default();
        lines.insert(body, line);
    }
    lines.into_iter().fold(String::new(), |text, line| text + &line + "\n")
}

/// An empty table in the one look that all commands have.
pub fn plain_table(titles: impl IntoIterator<Item = impl Into<comfy_table::Cell>>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(line)).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles.into_iter().map(Into::into).collect::<Vec<comfy_table::Cell>>());
    table
}

/// The table as lines without trailing spaces.
pub fn finish(table: &comfy_table::Table) -> String {
    table.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn title(column: &Column) -> String {
    match column.name {
        "vat_bp" => "rate".to_owned(),
        name => name.trim_end_matches("_minor").replace('_', " "),
    }
}

fn shown(table: &Table, row: &[Cell], column: Column, cell: &Cell) -> String {
    match (column.shown, cell) {
        (Shown::Rate, Cell::Number(None)) => "undetermined".to_owned(),
        (Shown::Rate, Cell::Number(Some(basis_points))) => format!("{} %", format_percent(*basis_points)),
        (Shown::Amount, Cell::Number(Some(minor))) => format_minor(*minor, exponent(&table.columns, row)),
        (_, Cell::Number(Some(number))) => number.to_string(),
        (_, Cell::Text(Some(text))) => printable(text),
        (_, Cell::Text(None) | Cell::Number(None)) => String::new(),
    }
}

/// Decimals of the currency that the row names.
pub(super) fn exponent(columns: &[Column], row: &[Cell]) -> u32 {
    let named = columns.iter().zip(row).find(|(column, _)| column.name == "currency");
    match named {
        Some((_, Cell::Text(Some(code)))) => Currency::parse(code).map_or(0, Currency::exponent),
        _ => 0,
    }
}

/// A title or a reason may hold whatever a provider sent; a terminal must not obey it, and no character may turn around
/// or hide what stands beside it.
pub fn printable(text: &str) -> String {
    text.chars().map(|character| if is_hostile(character) { '\u{fffd}' } else { character }).collect()
}

/// Control characters, those that change the direction of a text, and breaks of lines that are none to the eye.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || character == '\u{feff}'
}

/// A text for a cell of a spreadsheet: one that begins like a formula gets an apostrophe in front, so that it is none.
fn disarmed(text: &str) -> String {
    let text = printable(text);
    // Spreadsheets also take the wide forms that East Asian keyboards write.
    let formula = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    if text.starts_with(formula) { format!("'{text}") } else { text }
}

fn csv_text(table: &Table, amounts: Amounts) -> Result<String, Error> {
    Ok(csv_head(&table.columns, amounts)? + &csv_rows(&table.columns, &table.rows, amounts)?)
}

/// Amounts in a table whose rows have no currency cannot be shown in units.
fn in_units(columns: &[Column], amounts: Amounts) -> bool {
    amounts == Amounts::Units && columns.iter().any(|column| column.name == "currency")
}

/// The line of titles.
pub(super) fn csv_head(columns: &[Column], amounts: Amounts) -> Result<String, Error> {
    let units = in_units(columns, amounts);
    let title = |column: &Column| match column.shown {
        Shown::Amount if units => column.name.trim_end_matches("_minor"),
        _ => column.name,
    };
    csv_records(std::iter::once(columns.iter().map(|column| title(column).to_owned()).collect()))
}

/// Rows without the line of titles.
pub(super) fn csv_rows(columns: &[Column], rows: &[Vec<Cell>], amounts: Amounts) -> Result<String, Error> {
    let units = in_units(columns, amounts);
    csv_records(rows.iter().map(|row| {
        let exponent = exponent(columns, row);
        let cell = |(column, cell): (&Column, &Cell)| match cell {
            Cell::Text(text) => {
                let text = text.as_deref().unwrap_or_default();
                if amounts == Amounts::Units { disarmed(text) } else { printable(text) }
            }
            Cell::Number(Some(minor)) if units && column.shown == Shown::Amount => format_minor(*minor, exponent),
            Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        };
        columns.iter().zip(row).map(cell).collect()
    }))
}

fn csv_records(records: impl Iterator<Item = Vec<String>>) -> Result<String, Error> {
    let failed = |error: String| Error::Csv(error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(record).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// A row as indented JSON, as it stands in an array.
pub(super) fn json_row(columns: &[Column], cells: &[Cell]) -> Result<String, Error> {
    let object = serde_json::to_string_pretty(&Object { columns, cells })?;
    Ok(object.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

/// As in JSON: an array of objects whose fields have the names of the columns.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|cells| Object { columns: &self.columns, cells }))
    }
}

/// A row as a JSON object whose fields keep the order of the columns.
struct Object<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Text(text) => map.serialize_entry(column.name, text)?,
                Cell::Number(number) => map.serialize_entry(column.name, number)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_are_harmless_for_people_and_exact_in_json() {
        let columns = vec![
            Column { name: "title", shown: Shown::Text },
            Column { name: "net_minor", shown: Shown::Amount },
            Column { name: "currency", shown: Shown::Text },
        ];
        let texts = ["=1+1", "+1", "-1", "@a", "\t=1", "\u{ff1d}1", "a\u{202e}b\u{1b}[31m\r\n", "a=1"];
        let row = |text: &&str| vec![Cell::from((*text).to_owned()), Cell::from(-1050), Cell::from("EUR".to_owned())];
        let table = Table { columns, rows: texts.iter().map(row).collect() };
        let lines = |text: Result<String, Error>| -> Vec<String> {
            text.expect("it is written").lines().skip(1).map(str::to_owned).collect()
        };
        let people = lines(render(&table, Format::Csv));
        let expected = ["'=1+1", "'+1", "'-1", "'@a", "\u{fffd}=1", "'\u{ff1d}1"];
        let begin = |text: &str| format!("{text},-10.50,EUR");
        assert_eq!(people[..6], expected.map(begin));
        assert_eq!(people[6], begin("a\u{fffd}b\u{fffd}[31m\u{fffd}\u{fffd}"));
        assert_eq!(people[7], begin("a=1"));
        let programs = lines(render_with(&table, Format::Csv, Amounts::Minor));
        assert_eq!(programs[..4], ["=1+1", "+1", "-1", "@a"].map(|text| format!("{text},-1050,EUR")));
        assert_eq!(programs[6], "a\u{fffd}b\u{fffd}[31m\u{fffd}\u{fffd},-1050,EUR");
        let shown = render(&table, Format::Table).expect("it is written");
        assert!(!shown.contains(['\u{202e}', '\u{1b}', '\t', '\r']), "{shown:?}");
        let json: serde_json::Value =
            serde_json::from_str(&render(&table, Format::Json).expect("it is written")).expect("JSON");
        let titles: Vec<&str> = json.as_array().into_iter().flatten().filter_map(|row| row["title"].as_str()).collect();
        assert_eq!(titles, texts);
    }
}
