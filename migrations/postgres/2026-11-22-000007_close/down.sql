DROP VIEW v_late_adjustments;
DROP VIEW v_rollforward_voucher;
DROP VIEW v_rollforward_receivable;
DROP VIEW v_ledger_lines;
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
    IF lines <> NEW.line_count OR total IS DISTINCT FROM 0
        OR lowest IS DISTINCT FROM NEW.currency OR highest IS DISTINCT FROM NEW.currency THEN
        RAISE EXCEPTION 'ledger: entry is unbalanced or has a wrong line count';
    END IF;
    IF NEW.kind <> 'close' AND EXISTS (SELECT 1 FROM periods WHERE source = NEW.source
        AND period = to_char(NEW.booking_date, 'YYYY-MM') AND status <> 'open') THEN
        RAISE EXCEPTION 'ledger: period is not open';
    END IF;
    RETURN NEW;
END $$;
DROP TABLE period_manifests;
ALTER TABLE journal_entries DROP CONSTRAINT journal_entries_line_count_check;
ALTER TABLE journal_entries ADD CONSTRAINT journal_entries_line_count_check CHECK (line_count >= 2);
