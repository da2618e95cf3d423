DROP TABLE inbox_causes;
DROP TABLE console_audit;
DROP TABLE console_tokens;
DROP TABLE console_sessions;
DROP TABLE console_users;
