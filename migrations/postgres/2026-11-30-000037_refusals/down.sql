ALTER TABLE console_audit DROP COLUMN last_subject;
