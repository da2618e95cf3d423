-- How many webhooks of each kind came in each hour, so that an unusual silence is noticed without reading the inbox.

CREATE TABLE delivery_hours (
    source text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    hour timestamp NOT NULL CHECK (hour = date_trunc('hour', hour)),
    deliveries bigint NOT NULL CHECK (deliveries > 0),
    last_at timestamp NOT NULL,
    PRIMARY KEY (source, kind, hour)
);
CREATE INDEX delivery_hours_hour ON delivery_hours (hour);
COMMENT ON TABLE delivery_hours IS
    'Webhooks by source, kind and hour. Counted behind the inbox, some seconds later; kept for ten weeks.';
COMMENT ON COLUMN delivery_hours.hour IS 'Where the hour begins, in UTC.';
COMMENT ON COLUMN delivery_hours.last_at IS 'When the last of them came.';

CREATE TABLE deliveries_counted (
    name text COLLATE "C" PRIMARY KEY CHECK (name = 'inbox'),
    event_id bigint NOT NULL CHECK (event_id >= 0)
);
COMMENT ON TABLE deliveries_counted IS 'The last event of the inbox that is counted: one row.';
