-- Closing a month: the frozen manifest, an entry in the chain that names it, and views on what a close shows.

-- A close moves no money, so its entry has no lines. SQLite cannot alter a check; this is the way its documentation
-- gives for loosening one: every stored row still holds.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'CHECK (line_count >= 2)', 'CHECK (line_count >= 2 OR (kind = ''close'' AND line_count = 0))')
    WHERE type = 'table' AND name = 'journal_entries';
PRAGMA writable_schema = RESET;

CREATE TABLE period_manifests (
    source TEXT NOT NULL REFERENCES sources (source),
    period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    entry_no INTEGER NOT NULL,
    doc TEXT NOT NULL,
    doc_sha256 TEXT NOT NULL CHECK (length(doc_sha256) = 64),
    closed_at TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    PRIMARY KEY (source, period)
) STRICT;
CREATE TRIGGER period_manifests_insert BEFORE INSERT ON period_manifests
WHEN EXISTS (SELECT 1 FROM period_manifests m WHERE m.source = NEW.source AND m.period = NEW.period)
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;
CREATE TRIGGER period_manifests_update BEFORE UPDATE ON period_manifests
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;
CREATE TRIGGER period_manifests_delete BEFORE DELETE ON period_manifests
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;

DROP TRIGGER journal_entries_insert;
CREATE TRIGGER journal_entries_insert BEFORE INSERT ON journal_entries BEGIN
    SELECT RAISE(ABORT, 'ledger: entry_no is not the next number')
        WHERE NEW.entry_no <> 1 + COALESCE((SELECT MAX(entry_no) FROM journal_entries WHERE source = NEW.source), 0);
    SELECT RAISE(ABORT, 'ledger: a reversal is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source AND reverses_no = NEW.reverses_no);
    SELECT RAISE(ABORT, 'ledger: the posting key is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source AND posting_key = NEW.posting_key);
    SELECT RAISE(ABORT, 'ledger: the entry hash is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source AND entry_hash = NEW.entry_hash);
    SELECT RAISE(ABORT, 'ledger: prev_hash does not match the last entry')
        WHERE NEW.prev_hash <> COALESCE(
            (SELECT entry_hash FROM journal_entries WHERE source = NEW.source AND entry_no = NEW.entry_no - 1),
            '0000000000000000000000000000000000000000000000000000000000000000');
    SELECT RAISE(ABORT, 'ledger: entry is unbalanced or has a wrong line count') WHERE NEW.kind <> 'close' AND NOT EXISTS (
        SELECT 1 FROM (SELECT COUNT(*) n, SUM(amount_minor) s, MIN(currency) a, MAX(currency) b
            FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no)
        WHERE n = NEW.line_count AND s = 0 AND a = NEW.currency AND b = NEW.currency);
    SELECT RAISE(ABORT, 'ledger: a close moves no money and names the manifest that is stored for it')
        WHERE NEW.kind = 'close' AND (NEW.line_count <> 0 OR NEW.currency <> 'XXX'
            OR EXISTS (SELECT 1 FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no)
            OR NOT EXISTS (SELECT 1 FROM period_manifests m WHERE m.source = NEW.source
                AND 'close:' || m.period = NEW.atom_key AND m.doc_sha256 = NEW.atom_hash AND m.entry_no = NEW.entry_no));
    -- A closed month closes every month before it; a soft close only warns.
    SELECT RAISE(ABORT, 'ledger: period is not open') WHERE NEW.kind <> 'close' AND EXISTS (
        SELECT 1 FROM periods
        WHERE source = NEW.source AND period >= substr(NEW.booking_date, 1, 7) AND status = 'closed');
END;

-- Every line with all that a report groups or cuts by. What reports with `--as-of` and `--booked-until` and the
-- manifest of a close are computed from; not part of the contract.
CREATE VIEW v_ledger_lines AS
SELECT
    e.source,
    e.entry_no,
    e.booking_date,
    substr(e.booking_date, 1, 7) AS period,
    e.recorded_at,
    p.order_id,
    o.order_code,
    p.account_code AS account,
    e.currency,
    p.amount_minor,
    p.item_kind,
    p.event_id,
    p.event_key,
    t.title AS event_title,
    p.vat_bp,
    p.qty,
    p.payment_method,
    p.voucher_id,
    CASE WHEN p.account_code = 'liabilities:flex' THEN 'flex'
         WHEN p.account_code GLOB 'liabilities:voucher:*' THEN 'voucher' END AS voucher_class
FROM journal_entries e
CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = p.order_id
LEFT JOIN event_titles t ON t.source = p.source AND t.event_key = p.event_key;

-- What guests owe, month by month: opening + all movements = closing. Each movement has the sign with which it moves
-- the receivable: a sale adds, a payment takes away. `billed` is net of discounts.
CREATE VIEW v_rollforward_receivable AS
SELECT
    m.source,
    m.currency,
    m.period,
    CAST(SUM(m.total) OVER months - m.total AS INTEGER) AS opening_minor,
    m.billed_minor,
    m.paid_minor,
    m.refunded_minor,
    m.redeemed_minor,
    m.refund_vouchers_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS INTEGER) AS closing_minor
FROM (
    SELECT
        e.source,
        e.currency,
        substr(e.booking_date, 1, 7) AS period,
        CAST(SUM(CASE WHEN p.item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS billed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'payment' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS paid_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS refunded_minor,
        CAST(SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS redeemed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund_voucher' THEN p.amount_minor ELSE 0 END) AS INTEGER) AS refund_vouchers_minor,
        -- Manual entries and imports.
        CAST(SUM(CASE WHEN p.item_kind NOT IN ('ticket', 'product', 'flex', 'voucher', 'discount', 'refund_voucher', 'voucher_redemption', 'flex_redemption', 'payment', 'refund') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS other_minor,
        CAST(SUM(p.amount_minor) AS INTEGER) AS total
    FROM journal_entries e
    CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
    WHERE p.account_code = 'assets:receivable'
    GROUP BY e.source, e.currency, substr(e.booking_date, 1, 7)
) m
WINDOW months AS (PARTITION BY m.source, m.currency ORDER BY m.period ROWS UNBOUNDED PRECEDING);

-- What we owe on vouchers and flex tickets, by account and month: opening + issued + redeemed + other = closing.
-- A liability is positive here; a redemption is negative.
CREATE VIEW v_rollforward_voucher AS
SELECT
    m.source,
    m.currency,
    m.account,
    m.period,
    CAST(SUM(m.total) OVER months - m.total AS INTEGER) AS opening_minor,
    m.issued_minor,
    m.redeemed_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS INTEGER) AS closing_minor
FROM (
    SELECT
        e.source,
        e.currency,
        p.account_code AS account,
        substr(e.booking_date, 1, 7) AS period,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher', 'refund_voucher', 'flex') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS issued_minor,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS redeemed_minor,
        CAST(-SUM(CASE WHEN p.item_kind NOT IN ('voucher', 'refund_voucher', 'flex', 'voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS INTEGER) AS other_minor,
        CAST(-SUM(p.amount_minor) AS INTEGER) AS total
    FROM journal_entries e
    CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
    WHERE p.account_code = 'liabilities:flex' OR p.account_code GLOB 'liabilities:voucher:*'
    GROUP BY e.source, e.currency, p.account_code, substr(e.booking_date, 1, 7)
) m
WINDOW months AS (PARTITION BY m.source, m.currency, m.account ORDER BY m.period ROWS UNBOUNDED PRECEDING);

-- What came in after its month was closed, and where it was booked instead: `late_for` is the month it belongs to.
CREATE VIEW v_late_adjustments AS
SELECT
    e.source,
    substr(e.reason_code, 10) AS late_for,
    substr(e.booking_date, 1, 7) AS period,
    e.entry_no,
    p.line_no,
    e.kind,
    e.event_type,
    e.booking_date,
    e.effective_at,
    e.recorded_at,
    COALESCE(p.order_id, e.order_id) AS order_id,
    o.order_code,
    p.account_code AS account,
    p.currency,
    p.amount_minor,
    p.vat_bp
FROM journal_entries e
CROSS JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = COALESCE(p.order_id, e.order_id)
WHERE e.reason_code GLOB 'late_for_*';
