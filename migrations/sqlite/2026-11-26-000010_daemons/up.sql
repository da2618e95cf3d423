-- Several daemons on one database: who they are, and claims that cost the same however much waits.
-- The PostgreSQL tree has the same table with its comments. Numbers are never used again: leases begin with them.

CREATE TABLE daemons (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    host TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    process_space TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    process_started INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL
) STRICT;

-- A claim walks this index from the front of one source and stops when it has enough.
DROP INDEX inbox_events_due;
CREATE INDEX inbox_events_due ON inbox_events (source, due_at, id) WHERE state = 'pending';
-- What is in hand, which is never much.
CREATE INDEX inbox_events_leased ON inbox_events (source, entity) WHERE lease_token IS NOT NULL;
