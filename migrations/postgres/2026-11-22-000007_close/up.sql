-- Closing a month: the frozen manifest, an entry in the chain that names it, and views on what a close shows.

-- A close moves no money, so its entry has no lines.
ALTER TABLE journal_entries DROP CONSTRAINT journal_entries_line_count_check;
ALTER TABLE journal_entries ADD CONSTRAINT journal_entries_line_count_check
    CHECK (line_count >= 2 OR (kind = 'close' AND line_count = 0));

CREATE TABLE period_manifests (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    period text COLLATE "C" NOT NULL CHECK (period ~ '^[0-9]{4}-[01][0-9]$'),
    entry_no bigint NOT NULL,
    doc text NOT NULL,
    doc_sha256 text NOT NULL CHECK (length(doc_sha256) = 64),
    closed_at timestamp NOT NULL,
    closed_by text NOT NULL,
    PRIMARY KEY (source, period)
);
COMMENT ON TABLE period_manifests IS 'What a month looked like when it was closed; the close entry in the chain names its hash.';
COMMENT ON COLUMN period_manifests.entry_no IS 'The close entry: entries after it see the month closed.';
CREATE TRIGGER period_manifests_change BEFORE UPDATE OR DELETE ON period_manifests
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER period_manifests_truncate BEFORE TRUNCATE ON period_manifests
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE OR REPLACE FUNCTION ledger_accepts_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines bigint; total numeric; lowest text; highest text; last_no bigint; last_hash text;
BEGIN
    PERFORM 1 FROM sources WHERE source = NEW.source FOR UPDATE;
    SELECT entry_no, entry_hash INTO last_no, last_hash FROM journal_entries
        WHERE source = NEW.source ORDER BY entry_no DESC LIMIT 1;
    IF NEW.entry_no <> COALESCE(last_no, 0) + 1 THEN
        RAISE EXCEPTION 'ledger: entry_no is not the next number';
    END IF;
    IF NEW.prev_hash <> COALESCE(last_hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'ledger: prev_hash does not match the last entry';
    END IF;
    SELECT count(*), sum(amount_minor), min(currency), max(currency) INTO lines, total, lowest, highest
        FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no;
    IF NEW.kind = 'close' THEN
        IF lines <> 0 OR NEW.line_count <> 0 OR NEW.currency <> 'XXX' OR NOT EXISTS (SELECT 1 FROM period_manifests m
            WHERE m.source = NEW.source AND 'close:' || m.period = NEW.atom_key AND m.doc_sha256 = NEW.atom_hash
                AND m.entry_no = NEW.entry_no) THEN
            RAISE EXCEPTION 'ledger: a close moves no money and names the manifest that is stored for it';
        END IF;
        RETURN NEW;
    END IF;
    IF lines <> NEW.line_count OR total IS DISTINCT FROM 0
        OR lowest IS DISTINCT FROM NEW.currency OR highest IS DISTINCT FROM NEW.currency THEN
        RAISE EXCEPTION 'ledger: entry is unbalanced or has a wrong line count';
    END IF;
    -- A closed month closes every month before it; a soft close only warns.
    IF EXISTS (SELECT 1 FROM periods WHERE source = NEW.source
        AND period >= ledger_period(NEW.booking_date) AND status = 'closed') THEN
        RAISE EXCEPTION 'ledger: period is not open';
    END IF;
    RETURN NEW;
END $$;

-- Every line with all that a report groups or cuts by. What reports with `--as-of` and `--booked-until` and the
-- manifest of a close are computed from; not part of the contract.
CREATE VIEW v_ledger_lines AS
SELECT
    e.source,
    e.entry_no,
    e.booking_date,
    ledger_period(e.booking_date) AS period,
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
         WHEN p.account_code LIKE 'liabilities:voucher:%' THEN 'voucher' END AS voucher_class
FROM journal_entries e
JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = p.order_id
LEFT JOIN event_titles t ON t.source = p.source AND t.event_key = p.event_key;

-- What guests owe, month by month: opening + all movements = closing. Each movement has the sign with which it moves
-- the receivable: a sale adds, a payment takes away. `billed` is net of discounts.
CREATE VIEW v_rollforward_receivable AS
SELECT
    m.source,
    m.currency,
    m.period,
    CAST(SUM(m.total) OVER months - m.total AS bigint) AS opening_minor,
    m.billed_minor,
    m.paid_minor,
    m.refunded_minor,
    m.redeemed_minor,
    m.refund_vouchers_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS bigint) AS closing_minor
FROM (
    SELECT
        e.source,
        e.currency,
        ledger_period(e.booking_date) AS period,
        CAST(SUM(CASE WHEN p.item_kind IN ('ticket', 'product', 'flex', 'voucher', 'discount') THEN p.amount_minor ELSE 0 END) AS bigint) AS billed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'payment' THEN p.amount_minor ELSE 0 END) AS bigint) AS paid_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund' THEN p.amount_minor ELSE 0 END) AS bigint) AS refunded_minor,
        CAST(SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS bigint) AS redeemed_minor,
        CAST(SUM(CASE WHEN p.item_kind = 'refund_voucher' THEN p.amount_minor ELSE 0 END) AS bigint) AS refund_vouchers_minor,
        -- Manual entries and imports.
        CAST(SUM(CASE WHEN p.item_kind NOT IN ('ticket', 'product', 'flex', 'voucher', 'discount', 'refund_voucher', 'voucher_redemption', 'flex_redemption', 'payment', 'refund') THEN p.amount_minor ELSE 0 END) AS bigint) AS other_minor,
        CAST(SUM(p.amount_minor) AS bigint) AS total
    FROM journal_entries e
    JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
    WHERE p.account_code = 'assets:receivable'
    GROUP BY e.source, e.currency, ledger_period(e.booking_date)
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
    CAST(SUM(m.total) OVER months - m.total AS bigint) AS opening_minor,
    m.issued_minor,
    m.redeemed_minor,
    m.other_minor,
    CAST(SUM(m.total) OVER months AS bigint) AS closing_minor
FROM (
    SELECT
        e.source,
        e.currency,
        p.account_code AS account,
        ledger_period(e.booking_date) AS period,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher', 'refund_voucher', 'flex') THEN p.amount_minor ELSE 0 END) AS bigint) AS issued_minor,
        CAST(-SUM(CASE WHEN p.item_kind IN ('voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS bigint) AS redeemed_minor,
        CAST(-SUM(CASE WHEN p.item_kind NOT IN ('voucher', 'refund_voucher', 'flex', 'voucher_redemption', 'flex_redemption') THEN p.amount_minor ELSE 0 END) AS bigint) AS other_minor,
        CAST(-SUM(p.amount_minor) AS bigint) AS total
    FROM journal_entries e
    JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
    WHERE p.account_code = 'liabilities:flex' OR p.account_code LIKE 'liabilities:voucher:%'
    GROUP BY e.source, e.currency, p.account_code, ledger_period(e.booking_date)
) m
WINDOW months AS (PARTITION BY m.source, m.currency, m.account ORDER BY m.period ROWS UNBOUNDED PRECEDING);

-- What came in after its month was closed, and where it was booked instead: `late_for` is the month it belongs to.
CREATE VIEW v_late_adjustments AS
SELECT
    e.source,
    substr(e.reason_code, 10) AS late_for,
    ledger_period(e.booking_date) AS period,
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
JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no
LEFT JOIN orders o ON o.source = p.source AND o.order_id = COALESCE(p.order_id, e.order_id)
WHERE e.reason_code LIKE 'late_for_%';
