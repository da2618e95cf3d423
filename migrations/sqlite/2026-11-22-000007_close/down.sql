DROP VIEW v_late_adjustments;
DROP VIEW v_rollforward_voucher;
DROP VIEW v_rollforward_receivable;
DROP VIEW v_ledger_lines;
DROP TRIGGER journal_entries_insert;
DROP TABLE period_manifests;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'CHECK (line_count >= 2 OR (kind = ''close'' AND line_count = 0))', 'CHECK (line_count >= 2)')
    WHERE type = 'table' AND name = 'journal_entries';
PRAGMA writable_schema = RESET;
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
    SELECT RAISE(ABORT, 'ledger: entry is unbalanced or has a wrong line count') WHERE NOT EXISTS (
        SELECT 1 FROM (SELECT COUNT(*) n, SUM(amount_minor) s, MIN(currency) a, MAX(currency) b
            FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no)
        WHERE n = NEW.line_count AND s = 0 AND a = NEW.currency AND b = NEW.currency);
    SELECT RAISE(ABORT, 'ledger: period is not open') WHERE NEW.kind <> 'close' AND EXISTS (
        SELECT 1 FROM periods WHERE source = NEW.source AND period = substr(NEW.booking_date, 1, 7) AND status <> 'open');
END;
