-- When something last happened at each source, by day, and which alerts are on.

CREATE TABLE source_activity (
    source text COLLATE "C" NOT NULL,
    day date NOT NULL,
    last_received_at timestamp,
    longest_silence_seconds bigint NOT NULL,
    last_settled_at timestamp,
    PRIMARY KEY (source, day)
);
COMMENT ON TABLE source_activity IS 'When a source last sent and was last settled, by day of UTC; written every few seconds, not with each event.';
COMMENT ON COLUMN source_activity.longest_silence_seconds IS 'The longest time without a delivery that ended on this day.';

CREATE TABLE alerts (
    alert text COLLATE "C" NOT NULL CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence')),
    source text COLLATE "C" NOT NULL,
    began_at timestamp NOT NULL,
    seen_at timestamp NOT NULL,
    PRIMARY KEY (alert, source)
);
COMMENT ON TABLE alerts IS 'The alerts that are on: whoever adds or removes a row tells people, so each alert is told once.';
COMMENT ON COLUMN alerts.seen_at IS 'When a daemon last saw the cause.';

-- What is stored already tells what is usual.
INSERT INTO source_activity
SELECT source, received_at::date, max(received_at),
    max(COALESCE(floor(extract(epoch FROM received_at - previous))::bigint, 0)), max(settled_at)
FROM (
    SELECT source, received_at, CASE WHEN state IN ('done', 'superseded') THEN finished_at END AS settled_at,
        lag(received_at) OVER (PARTITION BY source ORDER BY received_at) AS previous
    FROM inbox_events
) AS events
GROUP BY source, received_at::date;
