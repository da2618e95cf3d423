//! A report as text: a table for people, CSV and JSON for programs.
//!
//! CSV and JSON keep minor units as whole numbers and the names of the view's columns: they are stable. The table is
//! for reading and may change.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Cell, Column, Shown, Table};
use crate::money::{Currency, format_minor};

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: amounts with decimals
    #[default]
    Table,
    /// Comma-separated values: amounts in minor units (cents)
    Csv,
    /// An array of objects: amounts in minor units (cents)
    Json,
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
    match format {
        Format::Table => Ok(for_people(table)),
        Format::Csv => csv_text(table).map_err(|error| Error::Csv(error.to_string())),
        Format::Json => {
            let objects: Vec<Object<'_>> =
                table.rows.iter().map(|cells| Object { columns: &table.columns, cells }).collect();
            Ok(serde_json::to_string_pretty(&objects)? + "\n")
        }
    }
}

fn for_people(table: &Table) -> String {
    if table.rows.is_empty() {
        return "(no rows)\n".to_owned();
    }
    let alignment = |column: &Column| match column.shown {
        Shown::Text => CellAlignment::Left,
        Shown::Count | Shown::Amount | Shown::Rate => CellAlignment::Right,
    };
    let titles =
        table.columns.iter().map(|column| comfy_table::Cell::new(title(column)).set_alignment(alignment(column)));
    let mut text = plain_table(titles.collect());
    for row in &table.rows {
        text.add_row(table.columns.iter().zip(row).map(|(column, cell)| {
            comfy_table::Cell::new(shown(table, row, *column, cell)).set_alignment(alignment(column))
        }));
    }
    finish(&text)
}

/// An empty table in the one look that all commands have.
pub fn plain_table(titles: Vec<comfy_table::Cell>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(line)).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles);
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
        (Shown::Rate, Cell::Number(Some(basis_points))) => percent(*basis_points),
        (Shown::Amount, Cell::Number(Some(minor))) => format_minor(*minor, exponent(table, row)),
        (_, Cell::Number(Some(number))) => number.to_string(),
        (_, Cell::Text(Some(text))) => printable(text),
        (_, Cell::Text(None) | Cell::Number(None)) => String::new(),
    }
}

/// Decimals of the currency that the row names.
fn exponent(table: &Table, row: &[Cell]) -> u32 {
    let named = table.columns.iter().zip(row).find(|(column, _)| column.name == "currency");
    match named {
        Some((_, Cell::Text(Some(code)))) => Currency::parse(code).map_or(0, Currency::exponent),
        _ => 0,
    }
}

/// `1900` is `19 %`, `260` is `2.6 %`.
fn percent(basis_points: i64) -> String {
    let text = format_minor(basis_points, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// A title or a reason may hold whatever a provider sent; a terminal must not obey it.
pub fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

fn csv_text(table: &Table) -> Result<String, Box<dyn std::error::Error>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|column| column.name))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => text.clone().unwrap_or_default(),
            Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
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
