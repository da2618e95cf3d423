-- How many webhooks of each kind came in each hour, so that an unusual silence is noticed without reading the inbox.
-- Counted behind the inbox, some seconds later; kept for ten weeks.
-- The PostgreSQL tree also explains the columns.

CREATE TABLE delivery_hours (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    hour TEXT NOT NULL CHECK (hour GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:00:00'),
    deliveries INTEGER NOT NULL CHECK (deliveries > 0),
    last_at TEXT NOT NULL,
    PRIMARY KEY (source, kind, hour)
) STRICT;
CREATE INDEX delivery_hours_hour ON delivery_hours (hour);

-- The last event of the inbox that is counted: one row.
CREATE TABLE deliveries_counted (
    name TEXT PRIMARY KEY NOT NULL CHECK (name = 'inbox'),
    event_id INTEGER NOT NULL CHECK (event_id >= 0)
) STRICT;
