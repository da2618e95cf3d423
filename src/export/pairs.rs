//! CSV with a row for each two accounts of the accountant's chart: gross, with a VAT code.

use super::Error;
use super::csv::stream;
use super::file::{Finished, OutFile};
use super::mapped::Mapper;
use super::problem::Problems;
use super::rows::Entry;
use super::writer::{Context, Writer};
use crate::report::{Amounts, Cell, Column, Shown, Stream};

pub(super) struct Pairs<'a> {
    out: OutFile,
    mapper: Mapper<'a>,
    stream: Stream,
    rows: u64,
}

/// The columns, in their order.
const COLUMNS: [(&str, Shown); 14] = [
    ("date", Shown::Text),
    ("reference", Shown::Text),
    ("text", Shown::Text),
    ("debit_account", Shown::Text),
    ("credit_account", Shown::Text),
    ("amount_minor", Shown::Amount),
    ("currency", Shown::Text),
    ("vat_code", Shown::Text),
    ("vat_box", Shown::Text),
    ("vat_bp", Shown::Rate),
    ("vat_minor", Shown::Amount),
    ("service_date", Shown::Text),
    ("order", Shown::Text),
    ("reverses", Shown::Text),
];

impl<'a> Pairs<'a> {
    pub(super) fn new(context: &Context<'a>) -> Result<Self, Error> {
        let columns: Vec<Column> = COLUMNS.iter().map(|(name, shown)| Column { name, shown: *shown }).collect();
        let amounts = if context.parameters.minor_units { Amounts::Minor } else { Amounts::Units };
        let missing = || Error::Format("the batch has no account map".to_owned());
        let mapper = Mapper::new(context.scope.batch.target, context.parameters).ok_or_else(missing)?;
        let mut out = OutFile::create(context.folder, &format!("{}-pairs.csv", context.stem()))?;
        let stream = stream(columns, amounts)?;
        out.put(stream.head()?.as_bytes())?;
        Ok(Self { out, mapper, stream, rows: 0 })
    }
}

impl Writer for Pairs<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let mut rows = Vec::new();
        for entry in entries {
            let head = &entry.head;
            for row in self.mapper.rows(entry, &mut Problems::default()) {
                let (debit, credit) = row.sides();
                let text = entry
                    .title()
                    .map_or_else(|| head.event_type.clone(), |title| format!("{} {title}", head.event_type));
                let reverses = head.reverses_no.map(|number| format!("{}/{number}", head.source));
                rows.push(vec![
                    Cell::from(head.booking_date),
                    Cell::from(entry.name()),
                    Cell::from(text),
                    Cell::from(debit.to_owned()),
                    Cell::from(credit.to_owned()),
                    Cell::from(row.amount_minor),
                    Cell::from(head.currency.clone()),
                    Cell::from(row.vat_code.clone()),
                    Cell::from(row.vat_box.clone()),
                    Cell::from(row.tax.map(|tax| tax.bp)),
                    Cell::from(row.tax.map(|tax| tax.vat_minor)),
                    Cell::from(row.line.row.service_date),
                    Cell::from(entry.order().map(str::to_owned)),
                    Cell::from(reverses),
                ]);
            }
        }
        self.rows += rows.len() as u64;
        self.out.put(self.stream.rows(&rows)?.as_bytes())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Finished>, Error> {
        Ok(vec![self.out.finish(self.rows)?])
    }
}
