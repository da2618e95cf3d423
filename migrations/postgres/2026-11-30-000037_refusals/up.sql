-- A line of the record about several refused paths has the last of them, too.

ALTER TABLE console_audit ADD COLUMN last_subject text CHECK (last_subject IS NULL OR outcome = 'refused');
COMMENT ON COLUMN console_audit.last_subject IS 'The last path of a line of several that were refused; it moves with their number.';
