//! The query of the findings.

use crate::ledger::totals::store::view_rows;

view_rows!(
    /// A finding that is open.
    pub(super) ListedFinding of v_open_findings() {
        source: Text,
        order_id: MaybeText,
        order_code: MaybeText,
        reason: Text,
        severity: Text,
        currency: MaybeText,
        expected_minor: MaybeAmount,
        actual_minor: MaybeAmount,
        difference_minor: MaybeAmount,
        first_seen: Instant,
        evidence: Text,
    }
);
