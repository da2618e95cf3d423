DROP INDEX inbox_events_leased;
DROP INDEX inbox_events_due;
CREATE INDEX inbox_events_due ON inbox_events (due_at, id) WHERE state = 'pending';
DROP TABLE daemons;
