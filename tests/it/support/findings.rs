//! What must hold of the stored findings.

use ticketledger::db::Database;

use super::daemon::lines;

/// Findings that are said to follow from one that is settled, matters less, or has less money in it.
pub(crate) fn hidden_money(database: &Database) -> Vec<String> {
    let rank =
        |of: &str| format!("CASE {of}.severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END");
    let (effect, cause) = (rank("f"), rank("c"));
    lines(
        database,
        &format!(
            "SELECT f.reason || ' of ' || COALESCE(c.reason, '?') || ' in ' || f.order_id AS line FROM findings f \
             LEFT JOIN findings c ON c.fingerprint = f.consequence_of \
             WHERE f.consequence_of IS NOT NULL AND f.state IN ('open', 'acknowledged') AND (c.fingerprint IS NULL \
                OR c.state NOT IN ('open', 'acknowledged') OR {effect} < {cause} \
                OR (f.difference_minor IS NOT NULL AND (c.difference_minor IS NULL OR c.currency <> f.currency \
                    OR ABS(c.difference_minor) < ABS(f.difference_minor))))"
        ),
    )
}
