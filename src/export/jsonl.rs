//! JSON lines: an object for each posting, with the columns of `v_gl`; amounts are minor units, texts are exact.

use super::Error;
use super::file::{Finished, OutFile};
use super::plain;
use super::rows::Entry;
use super::writer::{Context, Writer};

pub(super) struct Jsonl {
    out: OutFile,
    rows: u64,
}

impl Jsonl {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Error> {
        let out = OutFile::create(context.folder, &format!("{}.jsonl", context.stem()))?;
        Ok(Self { out, rows: 0 })
    }
}

impl Writer for Jsonl {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error> {
        for line in entries.iter().flat_map(plain::lines) {
            let text = serde_json::to_string(&line).map_err(|error| Error::Format(error.to_string()))?;
            self.out.put(text.as_bytes())?;
            self.out.put(b"\n")?;
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<Finished>, Error> {
        Ok(vec![self.out.finish(self.rows)?])
    }
}
