//! CSV: a line for each posting, with the columns of `v_gl`.

use super::Error;
use super::file::{Finished, OutFile};
use super::plain;
use super::rows::Entry;
use super::writer::{Context, Writer};
use crate::ledger::totals::Row as _;
use crate::report::journal::JournalLine;
use crate::report::{Amounts, Column, Format, Stream};

pub(super) struct Csv {
    out: OutFile,
    stream: Stream,
    rows: u64,
}

impl Csv {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Error> {
        let columns: Vec<Column> = JournalLine::COLUMNS.iter().map(Column::from).collect();
        let amounts = if context.parameters.minor_units { Amounts::Minor } else { Amounts::Units };
        let mut out = OutFile::create(context.folder, &format!("{}.csv", context.stem()))?;
        let stream = stream(columns, amounts)?;
        out.put(stream.head()?.as_bytes())?;
        Ok(Self { out, stream, rows: 0 })
    }
}

/// A stream of CSV.
pub(super) fn stream(columns: Vec<Column>, amounts: Amounts) -> Result<Stream, Error> {
    Stream::new(columns, Format::Csv, amounts).ok_or_else(|| Error::Format("CSV is no stream".to_owned()))
}

impl Writer for Csv {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let rows: Vec<Vec<_>> = entries.iter().flat_map(plain::lines).map(JournalLine::into_values).collect();
        self.rows += rows.len() as u64;
        self.out.put(self.stream.rows(&rows)?.as_bytes())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Finished>, Error> {
        Ok(vec![self.out.finish(self.rows)?])
    }
}
