-- What needs attention, and what a close of a month leaves behind. The status of a month is in `periods`, beside the
-- journal whose check reads it.
-- The PostgreSQL tree also explains the columns.

-- What does not add up, found by comparing orders with the ledger.
CREATE TABLE findings (
    fingerprint TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    order_id TEXT,
    reason TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('high', 'medium', 'low', 'info')),
    currency TEXT,
    expected_minor INTEGER,
    actual_minor INTEGER,
    difference_minor INTEGER,
    evidence TEXT NOT NULL,
    consequence_of TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'auto_closed')),
    acknowledged_by TEXT,
    note TEXT
) STRICT;
CREATE INDEX findings_order ON findings (source, order_id);
CREATE INDEX findings_open ON findings (source, state) WHERE state = 'open';

-- The totals of a month as they were when it was closed; the close entry in the chain names its hash.
CREATE TABLE period_manifests (
    source TEXT NOT NULL REFERENCES sources (source),
    period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    entry_no INTEGER NOT NULL,
    doc TEXT NOT NULL,
    doc_sha256 TEXT NOT NULL CHECK (length(doc_sha256) = 64),
    closed_at TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    PRIMARY KEY (source, period)
) STRICT;
CREATE TRIGGER period_manifests_insert BEFORE INSERT ON period_manifests
WHEN EXISTS (SELECT 1 FROM period_manifests m WHERE m.source = NEW.source AND m.period = NEW.period)
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;
CREATE TRIGGER period_manifests_update BEFORE UPDATE ON period_manifests
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;
CREATE TRIGGER period_manifests_delete BEFORE DELETE ON period_manifests
BEGIN SELECT RAISE(ABORT, 'ledger: period_manifests is append-only'); END;

-- Where the head of the chain was written outside the database, so that a rewritten chain shows.
CREATE TABLE chain_anchors (
    source TEXT NOT NULL REFERENCES sources (source),
    anchor_no INTEGER NOT NULL,
    entry_no INTEGER NOT NULL,
    entry_hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    medium TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (source, anchor_no)
) STRICT;
CREATE TRIGGER chain_anchors_insert BEFORE INSERT ON chain_anchors
WHEN EXISTS (SELECT 1 FROM chain_anchors a WHERE a.source = NEW.source AND a.anchor_no = NEW.anchor_no)
BEGIN SELECT RAISE(ABORT, 'ledger: chain_anchors is append-only'); END;
CREATE TRIGGER chain_anchors_update BEFORE UPDATE ON chain_anchors
BEGIN SELECT RAISE(ABORT, 'ledger: chain_anchors is append-only'); END;
CREATE TRIGGER chain_anchors_delete BEFORE DELETE ON chain_anchors
BEGIN SELECT RAISE(ABORT, 'ledger: chain_anchors is append-only'); END;
