-- What needs attention, and what a close of a month leaves behind. The status of a month is in `periods`, beside the
-- journal whose check reads it.

CREATE TABLE findings (
    fingerprint text PRIMARY KEY,
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C",
    reason text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('high', 'medium', 'low', 'info')),
    currency text,
    expected_minor bigint,
    actual_minor bigint,
    difference_minor bigint,
    evidence text NOT NULL,
    consequence_of text,
    first_seen timestamp NOT NULL,
    last_seen timestamp NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'auto_closed')),
    acknowledged_by text,
    note text
);
COMMENT ON TABLE findings IS 'What does not add up, found by comparing orders with the ledger.';
COMMENT ON COLUMN findings.fingerprint IS 'Hash of what the finding is about; finding it again updates the row.';
COMMENT ON COLUMN findings.evidence IS 'In words: what, how much, since when, and what to do about it.';
COMMENT ON COLUMN findings.consequence_of IS 'Fingerprint of the finding that causes this one.';
COMMENT ON COLUMN findings.state IS
    'open; acknowledged by a person; auto_closed: a later check no longer found it. Nothing sets resolved yet.';
CREATE INDEX findings_order ON findings (source, order_id);
CREATE INDEX findings_open ON findings (source, state) WHERE state = 'open';

CREATE TABLE period_manifests (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    period text COLLATE "C" NOT NULL CHECK (period ~ '^[0-9]{4}-[01][0-9]$'),
    entry_no bigint NOT NULL,
    doc text NOT NULL,
    doc_sha256 text NOT NULL CHECK (length(doc_sha256) = 64),
    closed_at timestamp NOT NULL,
    closed_by text NOT NULL,
    PRIMARY KEY (source, period)
);
COMMENT ON TABLE period_manifests IS
    'The totals of a month as they were when it was closed; the close entry in the chain names its hash.';
COMMENT ON COLUMN period_manifests.entry_no IS 'The close entry: entries after it see the month closed.';
COMMENT ON COLUMN period_manifests.doc IS 'Canonical JSON of the totals.';
CREATE TRIGGER period_manifests_change BEFORE UPDATE OR DELETE ON period_manifests
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER period_manifests_truncate BEFORE TRUNCATE ON period_manifests
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE TABLE chain_anchors (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    anchor_no bigint NOT NULL,
    entry_no bigint NOT NULL,
    entry_hash text NOT NULL,
    made_at timestamp NOT NULL,
    medium text NOT NULL,
    proof text NOT NULL,
    PRIMARY KEY (source, anchor_no)
);
COMMENT ON TABLE chain_anchors IS
    'Where the head of the chain was written outside the database, so that a rewritten chain shows.';
COMMENT ON COLUMN chain_anchors.proof IS 'The line that was appended to the anchor file.';
CREATE TRIGGER chain_anchors_change BEFORE UPDATE OR DELETE ON chain_anchors
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER chain_anchors_truncate BEFORE TRUNCATE ON chain_anchors
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
