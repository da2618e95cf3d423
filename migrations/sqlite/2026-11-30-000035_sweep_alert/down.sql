ALTER TABLE alerts RENAME TO alerts_after;
CREATE TABLE alerts (
    alert TEXT NOT NULL CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence')),
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (alert, source)
) STRICT;
INSERT INTO alerts SELECT alert, source, began_at, seen_at FROM alerts_after WHERE alert <> 'sweep';
DROP TABLE alerts_after;
