//! A CSV file as rows whose cells are read one by one, noting every mistake instead of stopping at the first.
//!
//! No message quotes a cell: in a file that is not what it should be, a cell may hold anything.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use crate::money::{Currency, parse_decimal};

/// Longest reference, id or method.
const TEXT_CHARACTERS: usize = 128;

/// What is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong, in words that quote no cell.
    pub what: String,
}

impl Mistake {
    pub(super) fn new(line: u64, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The columns that a file must have, and those that it may have.
pub(super) struct Columns {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

impl Columns {
    fn known(&self, name: &str) -> Option<&'static str> {
        self.required.iter().chain(self.optional).copied().find(|known| *known == name)
    }
}

/// One row, with the mistakes of the whole file to add to.
pub(super) struct SheetRow<'m> {
    pub(super) line: u64,
    cells: BTreeMap<&'static str, String>,
    today: NaiveDate,
    mistakes: &'m mut Vec<Mistake>,
}

/// Reads the file and gives every row to `each`. Commas or semicolons separate; a byte order mark is skipped.
pub(super) fn rows<T>(
    bytes: &[u8],
    columns: &Columns,
    today: NaiveDate,
    mistakes: &mut Vec<Mistake>,
    mut each: impl FnMut(&mut SheetRow<'_>) -> Vec<T>,
) -> Vec<T> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(bytes);
    let Some(names) = header_of(&mut reader, columns, mistakes) else { return Vec::new() };
    let mut found = Vec::new();
    let mut lines = Lines { bytes, offset: 0, line: 1 };
    for record in reader.records() {
        match record {
            Err(error) => {
                let line = lines.at(error.position());
                mistakes.push(Mistake::new(line, "it is not UTF-8, or its number of cells differs from the header"));
            }
            Ok(record) => {
                let line = lines.at(record.position());
                let cells = names.iter().copied().zip(record.iter().map(str::to_owned)).collect();
                found.extend(each(&mut SheetRow { line, cells, today, mistakes }));
            }
        }
    }
    found
}

/// Counts lines. The position of a record is the end of the one before it, which may be several line breaks away.
struct Lines<'b> {
    bytes: &'b [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let end = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.offset);
        while let Some(byte) = self.bytes.get(self.offset) {
            let is_break = matches!(byte, b'\r' | b'\n');
            if self.offset >= end && !is_break {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.offset += 1;
        }
        self.line
    }
}

fn header_of(
    reader: &mut csv::Reader<&[u8]>,
    columns: &Columns,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<&'static str>> {
    let Ok(header) = reader.headers() else {
        mistakes.push(Mistake::new(1, "the header is not UTF-8"));
        return None;
    };
    let before = mistakes.len();
    let mut names = Vec::new();
    for (number, name) in (1..).zip(header) {
        match columns.known(name) {
            Some(known) if names.contains(&known) => {
                mistakes.push(Mistake::new(1, format!("column `{known}` appears twice")));
            }
            Some(known) => names.push(known),
            None => mistakes.push(Mistake::new(1, format!("column {number} must be one of: {}", all(columns)))),
        }
    }
    for missing in columns.required.iter().filter(|column| !names.contains(column)) {
        mistakes.push(Mistake::new(1, format!("column `{missing}` is missing")));
    }
    (mistakes.len() == before).then_some(names)
}

fn all(columns: &Columns) -> String {
    let names: Vec<&str> = columns.required.iter().chain(columns.optional).copied().collect();
    names.join(", ")
}

impl SheetRow<'_> {
    pub(super) fn mistake(&mut self, what: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.line, what));
    }

    /// The cell; `None` when it is empty or not in the file.
    pub(super) fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    pub(super) fn required(&mut self, column: &str) -> Option<String> {
        let cell = self.cell(column).map(str::to_owned);
        if cell.is_none() {
            self.mistake(format!("`{column}` is empty"));
        }
        cell
    }

    /// An id or a reference: it goes into the books, so it must not be able to hold a sentence or a mail address.
    pub(super) fn id(&mut self, column: &str) -> Option<String> {
        let cell = self.cell(column)?.to_owned();
        let fine = |c: char| c.is_ascii_alphanumeric() || "._:/#+-".contains(c);
        if cell.chars().count() <= TEXT_CHARACTERS && cell.chars().all(fine) {
            return Some(cell);
        }
        self.mistake(format!("`{column}` is too long, or has characters other than letters, digits and . _ : / # + -"));
        None
    }

    pub(super) fn required_id(&mut self, column: &str) -> Option<String> {
        self.required(column)?;
        self.id(column)
    }

    /// A payment method, as the provider writes it.
    pub(super) fn method(&mut self) -> Option<String> {
        let method = self.required("method")?;
        let fine = |c: char| c.is_alphanumeric() || " ._-/()".contains(c);
        if method.chars().count() <= TEXT_CHARACTERS && method.chars().all(fine) {
            return Some(method);
        }
        self.mistake("`method` is not a payment method");
        None
    }

    pub(super) fn currency(&mut self) -> Option<Currency> {
        let code = self.required("currency")?;
        let currency = Currency::parse(&code);
        if currency.is_none() {
            self.mistake("`currency` is not a currency code such as EUR");
        }
        currency
    }

    /// An exact amount in minor units, of either sign; `None` without a currency, whose mistake is noted already.
    pub(super) fn amount(&mut self, column: &str, currency: Option<Currency>) -> Option<i64> {
        let text = self.required(column)?;
        match parse_decimal(&text, currency?.exponent()) {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.mistake(format!("`{column}`: {error}; write an amount such as 1234.50"));
                None
            }
        }
    }

    /// An amount of either sign.
    pub(super) fn amount_but_zero(&mut self, currency: Option<Currency>) -> Option<i64> {
        let amount = self.amount("amount", currency)?;
        if amount == 0 {
            self.mistake("`amount` is zero");
        }
        Some(amount).filter(|amount| *amount != 0)
    }

    /// A sign that turns a refund into a payment is a mistake more often than a wish.
    pub(super) fn positive_amount(&mut self, column: &str, currency: Option<Currency>) -> Option<i64> {
        let amount = self.amount(column, currency)?;
        match amount {
            0 => self.mistake(format!("`{column}` is zero")),
            ..0 => self.mistake(format!("`{column}` is negative; the kind decides the direction")),
            _ => {}
        }
        Some(amount).filter(|amount| *amount > 0)
    }

    /// A rate in basis points; the outer `None` is a mistake.
    pub(super) fn rate_bp(&mut self, column: &str) -> Option<Option<i32>> {
        let Some(text) = self.cell(column) else { return Some(None) };
        let rate = parse_decimal(text, 2).ok().filter(|bp| (0..=10_000).contains(bp));
        match rate.and_then(|bp| i32::try_from(bp).ok()) {
            Some(bp) => Some(Some(bp)),
            None => {
                self.mistake(format!("`{column}` is not a percentage such as 19 or 8.1"));
                None
            }
        }
    }

    /// A day; the outer `None` is a mistake.
    pub(super) fn optional_day(&mut self, column: &str) -> Option<Option<NaiveDate>> {
        let Some(text) = self.cell(column) else { return Some(None) };
        match text.parse::<NaiveDate>() {
            Ok(day) => Some(Some(day)),
            Err(_) => {
                self.mistake(format!("`{column}` is not a date such as 2025-11-30"));
                None
            }
        }
    }

    /// A day that has come: what a person enters has happened.
    pub(super) fn past_day(&mut self, column: &str) -> Option<NaiveDate> {
        self.required(column)?;
        let day = self.optional_day(column)??;
        if day > self.today {
            self.mistake(format!("`{column}` is in the future"));
            return None;
        }
        Some(day)
    }
}
