//! DATEV: a booking batch, format EXTF 700, category 21, version 13. A row is gross; DATEV takes the VAT out by the
//! automatic account or the tax key.

mod encode;
mod header;
mod row;

use self::encode::windows_1252;
use self::header::{Header, titles};
use super::Error;
use super::file::{Finished, OutFile};
use super::mapped::Mapper;
use super::problem::Problems;
use super::rows::Entry;
use super::writer::{Context, Writer};

/// Version of the format of booking batches.
const FORMAT_VERSION: &str = "13";
/// Rows that DATEV takes in one file.
const FILE_ROWS: u64 = 99_999;

pub(super) struct Datev<'a> {
    context: Context<'a>,
    mapper: Mapper<'a>,
    settings: &'a crate::config::Datev,
    /// The file that is being written, and its rows.
    open: Option<(OutFile, u64)>,
    finished: Vec<Finished>,
}

/// How many files the rows of a batch need.
fn files(rows: u64) -> usize {
    usize::try_from(rows.div_ceil(FILE_ROWS).max(1)).unwrap_or(1)
}

/// The names of the files.
pub(super) fn names(context: &Context<'_>) -> Vec<String> {
    let count = files(context.rows);
    (1..=count).map(|file| name(context, file, count)).collect()
}

fn name(context: &Context<'_>, file: usize, files: usize) -> String {
    let part = if files > 1 { format!("-{file}of{files}") } else { String::new() };
    format!("EXTF_Buchungsstapel_{}{part}.csv", context.stem())
}

impl<'a> Datev<'a> {
    pub(super) fn new(context: Context<'a>) -> Result<Self, Error> {
        let missing = || Error::Format("the source has no exports.datev settings".to_owned());
        let parameters = context.parameters;
        let settings = parameters.datev.as_ref().ok_or_else(missing)?;
        let mapper = Mapper::new(context.scope.batch.target, parameters).ok_or_else(missing)?;
        let mut datev = Self { context, mapper, settings, open: None, finished: Vec::new() };
        datev.begin()?;
        Ok(datev)
    }

    /// Begins the next file.
    fn begin(&mut self) -> Result<(), Error> {
        let context = &self.context;
        let batch = &context.scope.batch;
        let (file, count) = (self.finished.len() + 1, files(context.rows));
        let chart = context.parameters.map.as_ref().map_or(crate::config::Chart::None, |map| map.chart);
        let header = Header {
            datev: self.settings,
            chart,
            month: batch.month,
            created_at: context.created_at,
            source: &batch.source,
            file: (file, count),
            batch_number: batch.number,
        };
        let mut out = OutFile::create(context.folder, &name(context, file, count))?;
        out.put(&windows_1252(&format!("{}\r\n{}\r\n", header.line(), titles())))?;
        self.open = Some((out, 0));
        Ok(())
    }

    fn put(&mut self, line: &str) -> Result<(), Error> {
        if self.open.as_ref().is_some_and(|(_, rows)| *rows >= FILE_ROWS) {
            self.end()?;
            self.begin()?;
        }
        if let Some((out, rows)) = &mut self.open {
            out.put(&windows_1252(line))?;
            out.put(b"\r\n")?;
            *rows += 1;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        if let Some((out, rows)) = self.open.take() {
            self.finished.push(out.finish(rows)?);
        }
        Ok(())
    }
}

impl Writer for Datev<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        // What has a problem has stopped the export before the first row.
        let mut problems = Problems::default();
        for entry in entries {
            let general = self.mapper.is_general_reversal(entry);
            let rows = self.mapper.rows(entry, &mut problems);
            let lines: Vec<String> = rows.iter().map(|row| row::line(entry, row, self.settings, general)).collect();
            lines.iter().try_for_each(|line| self.put(line))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Finished>, Error> {
        self.end()?;
        Ok(self.finished)
    }
}
