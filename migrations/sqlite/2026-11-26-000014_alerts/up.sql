-- When something last happened at each source, by day, and which alerts are on.
-- The PostgreSQL tree has the same tables with their comments.

CREATE TABLE source_activity (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    last_received_at TEXT,
    longest_silence_seconds INTEGER NOT NULL,
    last_settled_at TEXT,
    PRIMARY KEY (source, day)
) STRICT;

CREATE TABLE alerts (
    alert TEXT NOT NULL CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence')),
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (alert, source)
) STRICT;

-- What is stored already tells what is usual.
INSERT INTO source_activity
SELECT source, date(received_at), max(received_at),
    max(COALESCE(unixepoch(received_at) - unixepoch(previous), 0)), max(settled_at)
FROM (
    SELECT source, received_at, CASE WHEN state IN ('done', 'superseded') THEN finished_at END AS settled_at,
        lag(received_at) OVER (PARTITION BY source ORDER BY received_at) AS previous
    FROM inbox_events
)
GROUP BY source, date(received_at);
