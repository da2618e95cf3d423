-- Sweeps that keep failing are an alert too. SQLite cannot change a check, so the table is made anew.
ALTER TABLE alerts RENAME TO alerts_before;
CREATE TABLE alerts (
    alert TEXT NOT NULL CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence', 'sweep')),
    source TEXT NOT NULL,
    began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (alert, source)
) STRICT;
INSERT INTO alerts SELECT alert, source, began_at, seen_at FROM alerts_before;
DROP TABLE alerts_before;
