//! Banana: text with column headers, separated by tabs, for Actions > Import to accounting > Transactions.

use super::Error;
use super::file::{Finished, OutFile};
use super::mapped::Mapper;
use super::problem::Problems;
use super::rows::Entry;
use super::text::{amount, one_line};
use super::writer::{Context, Writer};

/// Banana's own names of the columns, which it knows by these names in every language.
const COLUMNS: [&str; 8] =
    ["Date", "DateDocument", "Doc", "Description", "AccountDebit", "AccountCredit", "Amount", "VatCode"];

pub(super) struct Banana<'a> {
    out: OutFile,
    mapper: Mapper<'a>,
    rows: u64,
}

impl<'a> Banana<'a> {
    pub(super) fn new(context: &Context<'a>) -> Result<Self, Error> {
        let missing = || Error::Format("the batch has no account map".to_owned());
        let mapper = Mapper::new(context.scope.batch.target, context.parameters).ok_or_else(missing)?;
        let mut out = OutFile::create(context.folder, &format!("{}-banana.txt", context.stem()))?;
        out.put(format!("{}\r\n", COLUMNS.join("\t")).as_bytes())?;
        Ok(Self { out, mapper, rows: 0 })
    }
}

impl Writer for Banana<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for entry in entries {
            let head = &entry.head;
            for row in self.mapper.rows(entry, &mut Problems::default()) {
                let (debit, credit) = row.sides();
                let order = entry.order().map(one_line).unwrap_or_default();
                let title = entry.title().map(one_line).unwrap_or_default();
                let text = [head.event_type.as_str(), &title, &order].map(str::trim).join(" ");
                let fields = [
                    head.booking_date.to_string(),
                    head.booking_date.to_string(),
                    entry.name(),
                    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
                    debit.to_owned(),
                    credit.to_owned(),
                    amount(row.amount_minor, &head.currency),
                    row.vat_code.clone().unwrap_or_default(),
                ];
                self.out.put(format!("{}\r\n", fields.join("\t")).as_bytes())?;
                self.rows += 1;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Finished>, Error> {
        Ok(vec![self.out.finish(self.rows)?])
    }
}
