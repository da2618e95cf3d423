DROP TABLE inbox_causes;
DROP TABLE console_audit;
DROP FUNCTION console_keeps_record();
DROP TABLE console_tokens;
DROP TABLE console_sessions;
DROP TABLE console_users;
