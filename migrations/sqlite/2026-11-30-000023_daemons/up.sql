-- Running it: which daemons share the database, what the sources usually do, and which alerts are on.
-- The PostgreSQL tree also explains the columns.

-- The daemons that are running, and those that ended without signing off. Lease tokens begin with the id.
-- AUTOINCREMENT never assigns a number twice.
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

-- When each source last sent a delivery and had one settled, by UTC day. Written every few seconds.
CREATE TABLE source_activity (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    last_received_at TEXT,
    longest_silence_seconds INTEGER NOT NULL,
    last_settled_at TEXT,
    too_large_bodies INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, day)
) STRICT;

-- The alerts that are on. Whoever inserts or deletes a row sends the message, so that it is sent once.
CREATE TABLE alerts (
    alert TEXT NOT NULL CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence')),
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (alert, source)
) STRICT;

-- The parked events that an alert has told of, so that each new one is told once.
CREATE TABLE alerted_events (
    event_id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL
) STRICT;
