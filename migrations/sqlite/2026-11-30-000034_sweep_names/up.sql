-- What bookingkit's API leaves out or calls otherwise, as far as webhooks have told it. The PostgreSQL tree also
-- explains the columns.

-- Title and start of each date of an event.
CREATE TABLE event_dates (
    source TEXT NOT NULL,
    event_date_id TEXT NOT NULL,
    title TEXT,
    starts_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    new_since TEXT,
    PRIMARY KEY (source, event_date_id)
) STRICT;
CREATE INDEX event_dates_new ON event_dates (source, event_date_id) WHERE new_since IS NOT NULL;
INSERT INTO event_dates (source, event_date_id, title, starts_at, version)
SELECT source, event_date_id, max(title), max(starts_at), 0
FROM order_lines
WHERE event_date_id IS NOT NULL AND starts_at IS NOT NULL
GROUP BY source, event_date_id;

-- The method of a payment by its name in the API.
CREATE TABLE sweep_methods (
    source TEXT NOT NULL,
    api_name TEXT NOT NULL,
    method TEXT,
    PRIMARY KEY (source, api_name)
) STRICT;

-- Orders that a sweep stored without something that nobody had told.
CREATE TABLE sweep_waiting (
    source TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('date', 'method', 'guess')),
    name TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (source, kind, name, order_id)
) STRICT;

-- What all runs of a source came to, for the metrics.
CREATE TABLE sweep_totals (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (source, name)
) STRICT;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'requests', sum(requests) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'missed', sum(found_missed) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'late', sum(found_late) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'run:' || result, count(*) FROM sweep_runs WHERE result <> 'running' GROUP BY source, result;

-- Why no run begins before `not_before`.
ALTER TABLE sweep_progress ADD COLUMN wait_error TEXT;
ALTER TABLE sweep_progress ADD COLUMN wait_detail TEXT;

-- When the first webhook of the source came, and up to which event it was looked for.
ALTER TABLE sweep_progress ADD COLUMN live_since TEXT;
ALTER TABLE sweep_progress ADD COLUMN live_looked INTEGER NOT NULL DEFAULT 0;
