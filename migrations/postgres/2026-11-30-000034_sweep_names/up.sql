-- What bookingkit's API leaves out or calls otherwise, as far as webhooks have told it.

CREATE TABLE event_dates (
    source text COLLATE "C" NOT NULL,
    event_date_id text COLLATE "C" NOT NULL,
    title text,
    starts_at timestamp NOT NULL,
    version bigint NOT NULL,
    new_since timestamp,
    PRIMARY KEY (source, event_date_id)
);
CREATE INDEX event_dates_new ON event_dates (source, event_date_id) WHERE new_since IS NOT NULL;
COMMENT ON TABLE event_dates IS 'Title and start of each date of an event, which the API of bookingkit leaves out.';
COMMENT ON COLUMN event_dates.version IS 'The delivery that told them first: the newest one counts.';
COMMENT ON COLUMN event_dates.new_since IS 'Orders that wait for it were not looked for since then.';
INSERT INTO event_dates (source, event_date_id, title, starts_at, version)
SELECT source, event_date_id, max(title), max(starts_at), 0
FROM order_lines
WHERE event_date_id IS NOT NULL AND starts_at IS NOT NULL
GROUP BY source, event_date_id;

CREATE TABLE sweep_methods (
    source text COLLATE "C" NOT NULL,
    api_name text COLLATE "C" NOT NULL,
    method text,
    PRIMARY KEY (source, api_name)
);
COMMENT ON TABLE sweep_methods IS 'The method of a payment by its name in the API, from payments that both told.';
COMMENT ON COLUMN sweep_methods.method IS 'As webhooks say it; NULL when they say several.';

CREATE TABLE sweep_waiting (
    source text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('date', 'method', 'guess')),
    name text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, kind, name, order_id)
);
COMMENT ON TABLE sweep_waiting IS 'Orders that a sweep stored without something that nobody had told.';
COMMENT ON COLUMN sweep_waiting.kind IS 'guess: the code of the payment stands in for its method.';
COMMENT ON COLUMN sweep_waiting.name IS 'The id of the date, or the name of the method in the API.';

CREATE TABLE sweep_totals (
    source text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    total bigint NOT NULL,
    PRIMARY KEY (source, name)
);
COMMENT ON TABLE sweep_totals IS 'What all runs of a source came to, for the metrics.';
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'requests', sum(requests) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'missed', sum(found_missed) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'late', sum(found_late) FROM sweep_runs GROUP BY source;
INSERT INTO sweep_totals (source, name, total)
SELECT source, 'run:' || result, count(*) FROM sweep_runs WHERE result <> 'running' GROUP BY source, result;

ALTER TABLE sweep_progress ADD COLUMN wait_error text, ADD COLUMN wait_detail text,
    ADD COLUMN live_since timestamp, ADD COLUMN live_looked bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sweep_progress.wait_error IS 'Why no run begins before not_before, in a word.';
COMMENT ON COLUMN sweep_progress.wait_detail IS 'The same in words.';
COMMENT ON COLUMN sweep_progress.live_since IS 'When the first webhook of the source came.';
COMMENT ON COLUMN sweep_progress.live_looked IS 'Events up to this one were looked at for it.';
