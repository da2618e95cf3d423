DROP TABLE alerted_events;
DROP TABLE alerts;
DROP TABLE source_activity;
DROP TABLE daemons;
