//! What in the books stops an export: everything at once, each thing once.

use std::collections::BTreeMap;

use serde::Serialize;

/// Different things that are listed; the rest is counted.
const LISTED: usize = 200;

/// What stops an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `unmapped_account`, `export_vat_mismatch`, `export_tax_key`, `export_unsupported_entry`, `export_currency`,
    /// `export_account_length` or `export_amount`.
    pub code: &'static str,
    pub detail: String,
    /// Rows that have it.
    pub rows: u64,
}

/// Collects them while the entries are read.
#[derive(Default)]
pub(super) struct Problems {
    found: BTreeMap<(&'static str, String), u64>,
    unlisted: BTreeMap<&'static str, u64>,
}

impl Problems {
    pub(super) fn add(&mut self, code: &'static str, detail: String) {
        let key = (code, detail);
        if let Some(rows) = self.found.get_mut(&key) {
            *rows += 1;
        } else if self.found.len() < LISTED {
            self.found.insert(key, 1);
        } else {
            *self.unlisted.entry(code).or_default() += 1;
        }
    }

    pub(super) fn into_list(self) -> Vec<Problem> {
        let listed = self.found.into_iter().map(|((code, detail), rows)| Problem { code, detail, rows });
        let unlisted = self.unlisted.into_iter().map(|(code, rows)| {
            let detail = "and more like these, which are not listed".to_owned();
            Problem { code, detail, rows }
        });
        listed.chain(unlisted).collect()
    }
}
