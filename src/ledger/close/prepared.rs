//! What is known before a month is closed, as it is told.

use serde_json::value::RawValue;

use super::anchor::Anchor;
use super::{Closing, PreparedClose, Request};
use crate::hash;
use crate::ledger::Error;

impl PreparedClose {
    pub(super) fn shown_sha256(&self) -> String {
        let mut lines: Vec<String> =
            self.blockers.iter().chain(&self.forced).map(|one| format!("{} {}", one.code, one.detail)).collect();
        // Their texts say how fresh the book is, which changes with every sweep.
        lines.extend(self.warnings.iter().map(|warning| warning.code.to_owned()));
        lines.sort_unstable();
        lines.insert(0, self.totals_sha256.clone());
        hash::sha256(lines.join("\n"))
    }

    pub(super) fn into_closing(
        self,
        source: &str,
        request: &Request,
        result: &'static str,
        anchor: Option<Anchor>,
    ) -> Result<Closing, Error> {
        let unreadable = |error: serde_json::Error| crate::db::Error::Inconsistent(error.to_string());
        Ok(Closing {
            shown_sha256: self.shown_sha256(),
            source: source.to_owned(),
            period: request.month.to_string(),
            result,
            blockers: self.blockers,
            forced: self.forced,
            warnings: self.warnings,
            changed_since_soft_close: self.changed,
            anchor,
            totals_sha256: self.totals_sha256,
            manifest_sha256: self.manifest_sha256,
            manifest: RawValue::from_string(self.manifest).map_err(unreadable)?,
        })
    }
}
