DROP TABLE provider_tokens;
DROP TABLE oauth_tokens;
DROP TABLE documents;
DROP TABLE inbox_attempts;
DROP TABLE operator_actions;
DROP TABLE inbox_events;
DROP TABLE sources;
