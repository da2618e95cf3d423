//! What must hold of the dates of VAT whenever nothing is being worked on.

use ticketledger::db::Database;

use super::daemon::lines;

/// What is due and what is not due yet are the VAT account; of an order that is paid, all is due that was posted here.
pub(crate) fn check_vat_dates(database: &Database, basis: &str) {
    let ties = format!(
        "SELECT a.account || ' ' || a.source || ' ' || a.currency AS line FROM \
         (SELECT source, currency, account_code AS account, -SUM(amount_minor) AS balance FROM postings \
             WHERE account_code LIKE 'liabilities:vat:%' AND item_kind <> 'opening_balance' \
             GROUP BY source, currency, account_code) a \
         WHERE balance <> COALESCE((SELECT SUM(d.vat_minor) FROM v_vat_by_{basis} d WHERE d.source = a.source \
             AND d.currency = a.currency AND 'liabilities:vat:' || d.vat_bp = a.account), 0) \
         + COALESCE((SELECT n.closing_minor FROM v_rollforward_vat_not_due n WHERE n.source = a.source \
             AND n.currency = a.currency AND 'liabilities:vat:' || n.vat_bp = a.account AND n.basis = '{basis}' \
             ORDER BY n.period DESC LIMIT 1), 0)"
    );
    assert_eq!(lines(database, &ties), Vec::<String>::new());
    let paid = format!(
        "SELECT s.order_id || ' ' || s.currency AS line FROM \
         (SELECT source, order_id, currency, vat_bp, SUM(vat_minor) AS shifted FROM vat_shifts \
             WHERE basis = '{basis}' GROUP BY source, order_id, currency, vat_bp) s \
         WHERE shifted <> 0 AND EXISTS (SELECT 1 FROM v_order_balance o WHERE o.source = s.source \
             AND o.order_id = s.order_id AND o.currency = s.currency AND o.balance_minor = 0) \
         AND NOT EXISTS (SELECT 1 FROM postings p WHERE p.source = s.source AND p.order_id = s.order_id \
             AND p.item_kind = 'write_off') \
         AND NOT EXISTS (SELECT 1 FROM journal_entries e WHERE e.source = s.source AND e.order_id = s.order_id \
             AND e.kind = 'opening')"
    );
    assert_eq!(lines(database, &paid), Vec::<String>::new());
}
