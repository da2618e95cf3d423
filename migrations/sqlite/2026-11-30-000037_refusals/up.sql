-- A line of the record about several refused paths has the last of them, too. The PostgreSQL tree also explains the
-- columns.

ALTER TABLE console_audit ADD COLUMN last_subject TEXT CHECK (last_subject IS NULL OR outcome = 'refused');
