//! Parquet for analysts: the columns of `v_gl`, with each amount in minor units and as a decimal. No floating point.

use std::sync::Arc;

use chrono::NaiveDate;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::Error;
use super::file::{Finished, OutFile};
use super::plain;
use super::rows::Entry;
use super::writer::{Context, Writer};
use crate::clock::Timestamp;
use crate::report::journal::JournalLine;

/// Rows that are kept in memory and written together.
const GROUP: usize = 10_000;

/// Where the values of a column come from.
enum Values {
    Text(fn(&JournalLine) -> Option<&str>),
    Long(fn(&JournalLine) -> Option<i64>),
    Int(fn(&JournalLine) -> Option<i32>),
}
use self::Values::{Int, Long, Text};

/// A column: whether it may be empty, its type, name and meaning, and its values.
type Column = (bool, &'static str, &'static str, Values);

const COLUMNS: [Column; 28] = [
    (false, "source", "UTF8", Text(|line| Some(&line.source))),
    (false, "entry_no", "", Long(|line| Some(line.entry_no))),
    (false, "line_no", "", Long(|line| Some(line.line_no))),
    (false, "kind", "UTF8", Text(|line| Some(&line.kind))),
    (false, "event_type", "UTF8", Text(|line| Some(&line.event_type))),
    (false, "booking_date", "DATE", Int(|line| Some(days(line.booking_date)))),
    (false, "period", "UTF8", Text(|line| Some(&line.period))),
    (false, "effective_at", "TIMESTAMP(MICROS,true)", Long(|line| Some(micros(line.effective_at)))),
    (false, "recorded_at", "TIMESTAMP(MICROS,true)", Long(|line| Some(micros(line.recorded_at)))),
    (true, "order_id", "UTF8", Text(|line| line.order_id.as_deref())),
    (true, "order_code", "UTF8", Text(|line| line.order_code.as_deref())),
    (false, "account", "UTF8", Text(|line| Some(&line.account))),
    (false, "currency", "UTF8", Text(|line| Some(&line.currency))),
    (false, "amount_minor", "", Long(|line| Some(line.amount_minor))),
    (false, "amount", "DECIMAL(18,2)", Long(|line| Some(line.amount_minor))),
    (false, "debit_minor", "", Long(|line| Some(line.debit_minor))),
    (false, "credit_minor", "", Long(|line| Some(line.credit_minor))),
    (true, "vat_bp", "", Int(|line| line.vat_bp)),
    (false, "item_kind", "UTF8", Text(|line| Some(&line.item_kind))),
    (true, "event_id", "UTF8", Text(|line| line.event_id.as_deref())),
    (true, "event_title", "UTF8", Text(|line| line.event_title.as_deref())),
    (true, "service_date", "DATE", Int(|line| line.service_date.map(days))),
    (true, "payment_id", "UTF8", Text(|line| line.payment_id.as_deref())),
    (true, "payment_method", "UTF8", Text(|line| line.payment_method.as_deref())),
    (true, "voucher_id", "UTF8", Text(|line| line.voucher_id.as_deref())),
    (true, "reverses_no", "", Long(|line| line.reverses_no)),
    (false, "reason", "UTF8", Text(|line| Some(&line.reason))),
    (true, "inbox_event_id", "", Long(|line| line.inbox_event_id)),
];

/// Days since 1970.
fn days(day: NaiveDate) -> i32 {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    // Days that chrono knows fit.
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn micros(instant: Timestamp) -> i64 {
    instant.utc().timestamp_micros()
}

pub(super) struct Parquet {
    writer: SerializedFileWriter<OutFile>,
    group: Vec<JournalLine>,
    rows: u64,
}

/// From the library.
impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self::Format(format!("Parquet: {error}"))
    }
}

impl Parquet {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Error> {
        let columns: String = COLUMNS.iter().fold(String::new(), |text, (optional, name, meaning, values)| {
            let repetition = if *optional { "OPTIONAL" } else { "REQUIRED" };
            let physical = match values {
                Text(_) => "BYTE_ARRAY",
                Long(_) => "INT64",
                Int(_) => "INT32",
            };
            let meaning = if meaning.is_empty() { String::new() } else { format!(" ({meaning})") };
            format!("{text}{repetition} {physical} {name}{meaning}; ")
        });
        let schema = parse_message_type(&format!("message v_gl {{ {columns}}}"))?;
        let batch = &context.scope.batch;
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        let about = vec![
            pair("batch", batch.to_string()),
            pair("after_entry", context.scope.after_no.to_string()),
            pair("last_entry", context.scope.until_no.to_string()),
            pair("last_hash", context.head_hash.clone()),
        ];
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("ticketledger {}", context.version))
            .set_key_value_metadata(Some(about))
            .build();
        let out = OutFile::create(context.folder, &format!("{}.parquet", context.stem()))?;
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, group: Vec::with_capacity(GROUP), rows: 0 })
    }

    fn write_group(&mut self) -> Result<(), Error> {
        if self.group.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (optional, _, _, values) in &COLUMNS {
            let Some(mut column) = group.next_column()? else { break };
            let lines = &self.group;
            // Where a value may be missing, 1 says that it is there.
            let there = |is_there: Vec<bool>| -> Option<Vec<i16>> {
                optional.then(|| is_there.into_iter().map(i16::from).collect())
            };
            match values {
                Text(of) => {
                    let levels = there(lines.iter().map(|line| of(line).is_some()).collect());
                    let values: Vec<ByteArray> = lines.iter().filter_map(of).map(ByteArray::from).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, levels.as_deref(), None)?;
                }
                Long(of) => {
                    let levels = there(lines.iter().map(|line| of(line).is_some()).collect());
                    let values: Vec<i64> = lines.iter().filter_map(of).collect();
                    column.typed::<Int64Type>().write_batch(&values, levels.as_deref(), None)?;
                }
                Int(of) => {
                    let levels = there(lines.iter().map(|line| of(line).is_some()).collect());
                    let values: Vec<i32> = lines.iter().filter_map(of).collect();
                    column.typed::<Int32Type>().write_batch(&values, levels.as_deref(), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        self.rows += self.group.len() as u64;
        self.group.clear();
        Ok(())
    }
}

impl Writer for Parquet {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for line in entries.iter().flat_map(plain::lines) {
            self.group.push(line);
            if self.group.len() >= GROUP {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Finished>, Error> {
        self.write_group()?;
        let out = self.writer.into_inner()?;
        Ok(vec![out.finish(self.rows)?])
    }
}
