//! A month as it was closed: the numbers of its manifest.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cell, Column, Cut, Kind, Shown, Table, cut};
use crate::db::{Connection, Database};
use crate::ledger::book::Month;
use crate::ledger::close;

/// Why a month cannot be shown as it was closed.
#[derive(Debug, thiserror::Error)]
pub enum NotClosed {
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] crate::db::Error),
    /// It is open, or softly closed.
    #[error(
        "{period} of source {source_name} is not closed, so it has no frozen numbers; choose another source with \
         --source, or close the month"
    )]
    Open {
        /// The source.
        source_name: String,
        /// The month.
        period: String,
    },
    /// The manifest is not of the form that this program writes.
    #[error("the manifest of {period} of source {source_name} cannot be read: {detail}")]
    Unreadable {
        /// The source.
        source_name: String,
        /// The month.
        period: String,
        /// What is wrong.
        detail: String,
    },
    /// There is no such report.
    #[error("findings are not frozen as a report; the manifest lists those that were open")]
    NoSuchReport,
}

#[derive(Deserialize)]
struct Manifest {
    observed: Observed,
    totals: Map<String, Value>,
}

#[derive(Deserialize)]
struct Observed {
    event_titles: BTreeMap<String, String>,
}

/// Reads a report of a closed month: for the reports of a month what the manifest says, for balances and vouchers
/// what they were at the end of the month as the close saw it.
///
/// # Errors
/// When a source has not closed the month, or the database cannot be read.
pub fn read_as_closed(
    database: &Database,
    kind: &Kind,
    source: Option<&str>,
    period: &str,
) -> Result<Table, NotClosed> {
    let sources = match source {
        Some(source) => vec![source.to_owned()],
        None => cut::store::sources(&mut database.reader()?)?,
    };
    database.read(|connection| {
        let mut whole: Option<Table> = None;
        for source in sources {
            let mut table = one(connection, kind, &source, period)?;
            match &mut whole {
                Some(whole) => whole.rows.append(&mut table.rows),
                None => whole = Some(table),
            }
        }
        let mut table = whole.unwrap_or(Table { columns: Vec::new(), rows: Vec::new() });
        table.rows.sort();
        Ok(table)
    })
}

fn one(connection: &mut Connection, kind: &Kind, source: &str, period: &str) -> Result<Table, NotClosed> {
    let open = || NotClosed::Open { source_name: source.to_owned(), period: period.to_owned() };
    let (doc, head) = close::manifest_of(connection, source, period)?.ok_or_else(open)?;
    let (section, columns): (&str, &[&'static str]) = match kind {
        Kind::TrialBalance { .. } => ("movements", &["source", "currency", "account", "balance_minor"]),
        Kind::Revenue { .. } => (
            "revenue",
            &[
                "source",
                "currency",
                "period",
                "event_id",
                "event_title",
                "vat_bp",
                "qty",
                "net_minor",
                "vat_minor",
                "gross_minor",
            ],
        ),
        Kind::Vat { .. } => {
            ("vat", &["source", "currency", "period", "vat_bp", "net_minor", "vat_minor", "gross_minor"])
        }
        Kind::Payments { .. } => (
            "payments",
            &["source", "currency", "period", "payment_method", "paid_minor", "refunded_minor", "net_minor"],
        ),
        Kind::Balances | Kind::Vouchers => {
            let month = Month::parse(period).ok_or_else(open)?;
            let cut = Cut { entries_until: Some(head), booked_until: Some(month.last_day()), ..Cut::default() };
            return Ok(cut::read(connection, kind, Some(source), &cut)?);
        }
        Kind::Findings => return Err(NotClosed::NoSuchReport),
    };
    let unreadable =
        |detail: String| NotClosed::Unreadable { source_name: source.to_owned(), period: period.to_owned(), detail };
    let manifest: Manifest = serde_json::from_str(&doc).map_err(|error| unreadable(error.to_string()))?;
    let rows = manifest.totals.get(section).and_then(Value::as_array);
    let rows = rows.ok_or_else(|| unreadable(format!("no {section}")))?;
    let columns: Vec<Column> = columns.iter().map(|name| Column { name, shown: shown(name) }).collect();
    let rows = rows.iter().map(|row| columns.iter().map(|column| cell(row, *column, &manifest.observed)).collect());
    Ok(Table { rows: rows.collect(), columns })
}

fn shown(name: &str) -> Shown {
    match name {
        "vat_bp" => Shown::Rate,
        "qty" => Shown::Count,
        _ if name.ends_with("_minor") => Shown::Amount,
        _ => Shown::Text,
    }
}

fn cell(row: &Value, column: Column, observed: &Observed) -> Cell {
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    match column.shown {
        Shown::Text if column.name == "event_title" => {
            Cell::Text(text("event_key").and_then(|key| observed.event_titles.get(&key).cloned()))
        }
        Shown::Text => Cell::Text(text(column.name)),
        Shown::Count | Shown::Amount | Shown::Rate => Cell::Number(row.get(column.name).and_then(Value::as_i64)),
    }
}
