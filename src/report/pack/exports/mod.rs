//! Page 13: what was handed to other programs, and whether some of the period is still to be handed to them.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::rows::Export;
use super::span::Span;
use crate::db::{Connection, Error, Result};
use crate::ledger::book::Month;

/// The exports of a period.
pub(super) struct Handed {
    pub(super) exports: Vec<Export>,
    /// Entries of the period that a program which takes exports of this source does not have; `None` when none does.
    pub(super) missing: Option<i64>,
}

/// What is known of a written file.
#[derive(Deserialize)]
struct FileSum {
    sha256: String,
}

/// Reads the batches that were not taken back.
///
/// # Errors
/// When a query fails, or what is stored of a batch cannot be read.
pub(super) fn of_span(connection: &mut Connection, span: Span<'_>) -> Result<Handed> {
    let (mut exports, mut until) = (Vec::new(), BTreeMap::<(String, String), i64>::new());
    let mut targets = BTreeSet::new();
    for batch in store::batches(connection, span.source)? {
        targets.insert(batch.target.clone());
        if !span.has(&batch.period) {
            continue;
        }
        let reached = until.entry((batch.target.clone(), batch.period.clone())).or_default();
        *reached = batch.until_no.max(*reached);
        let name = format!("{}/{}/{}/{}", batch.target, span.source, batch.period, batch.number);
        let files: Vec<FileSum> = serde_json::from_str(&batch.files)
            .map_err(|error| Error::Inconsistent(format!("the files of batch {name} cannot be read: {error}")))?;
        let sha256 = files.iter().map(|file| file.sha256.as_str()).collect::<Vec<_>>().join(" ");
        exports.push(Export { target: batch.target, batch: name, rows: batch.file_rows, sha256 });
    }
    let mut missing = (!targets.is_empty()).then_some(0);
    for (target, month) in targets.iter().flat_map(|target| span.months().into_iter().map(move |month| (target, month)))
    {
        let reached = until.get(&(target.clone(), month.to_string())).copied().unwrap_or(0);
        let more = store::entries_after(connection, of_month(span, month), reached)?;
        missing = missing.map(|missing: i64| missing.saturating_add(more));
    }
    Ok(Handed { exports, missing })
}

fn of_month(span: Span<'_>, month: Month) -> Span<'_> {
    Span { first: month.first_day(), last: month.last_day(), ..span }
}
