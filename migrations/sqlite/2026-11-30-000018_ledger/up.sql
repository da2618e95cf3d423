-- The ledger: append-only, balanced, numbered without gaps and hash-chained per source. Lines are inserted before their
-- entry; the entry seals them, so the database can check the balance without deferred triggers.
-- `INSERT OR REPLACE` deletes rows without firing delete triggers, hence the existence checks before every insert.
-- The PostgreSQL tree also explains the columns.

-- Every policy that a source has had; an entry names the one it was posted under.
CREATE TABLE policies (
    source TEXT NOT NULL REFERENCES sources (source),
    policy_id INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    doc TEXT NOT NULL,
    doc_sha256 TEXT NOT NULL CHECK (length(doc_sha256) = 64),
    created_at TEXT NOT NULL,
    PRIMARY KEY (source, policy_id)
) STRICT;

-- The chart of accounts; an account is added when it is first posted to.
CREATE TABLE accounts (
    source TEXT NOT NULL REFERENCES sources (source),
    code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity', 'suspense')),
    vat_bp INTEGER,
    closed_from TEXT,
    PRIMARY KEY (source, code)
) STRICT;

-- The snapshots of each order: what was known of it when it was settled.
CREATE TABLE order_snapshots (
    source TEXT NOT NULL REFERENCES sources (source),
    snapshot_no INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    inbox_event_id INTEGER NOT NULL REFERENCES inbox_events (id),
    document_id INTEGER REFERENCES documents (id),
    cause TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    doc TEXT NOT NULL,
    doc_sha256 TEXT NOT NULL CHECK (length(doc_sha256) = 64),
    PRIMARY KEY (source, snapshot_no)
) STRICT;
CREATE INDEX order_snapshots_order ON order_snapshots (source, order_id, snapshot_no);
CREATE INDEX order_snapshots_event ON order_snapshots (inbox_event_id);

-- The months of a book. A month without a row is open.
CREATE TABLE periods (
    source TEXT NOT NULL REFERENCES sources (source),
    period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    status TEXT NOT NULL CHECK (status IN ('open', 'soft', 'closed')),
    closed_at TEXT,
    closed_by TEXT,
    totals_sha256 TEXT,
    head_entry_no INTEGER,
    PRIMARY KEY (source, period)
) STRICT;

-- The headers of entries. A header is inserted last and seals its lines.
CREATE TABLE journal_entries (
    source TEXT NOT NULL REFERENCES sources (source),
    entry_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'opening', 'reverse', 'manual', 'close')),
    event_type TEXT NOT NULL,
    order_id TEXT,
    snapshot_no INTEGER,
    atom_key TEXT NOT NULL,
    atom_hash TEXT NOT NULL,
    reverses_no INTEGER,
    reason_code TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    effective_at TEXT NOT NULL,
    effective_basis TEXT NOT NULL,
    booking_date TEXT NOT NULL CHECK (booking_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    recorded_at TEXT NOT NULL,
    inbox_event_id INTEGER,
    policy_id INTEGER NOT NULL,
    line_count INTEGER NOT NULL CHECK (line_count >= 2 OR (kind = 'close' AND line_count = 0)),
    posting_key TEXT NOT NULL,
    hash_version INTEGER NOT NULL,
    prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64),
    entry_hash TEXT NOT NULL CHECK (length(entry_hash) = 64),
    PRIMARY KEY (source, entry_no),
    FOREIGN KEY (source, reverses_no) REFERENCES journal_entries (source, entry_no),
    FOREIGN KEY (source, snapshot_no) REFERENCES order_snapshots (source, snapshot_no),
    FOREIGN KEY (source, policy_id) REFERENCES policies (source, policy_id),
    CHECK ((kind = 'reverse') = (reverses_no IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX journal_entries_reverses ON journal_entries (source, reverses_no) WHERE reverses_no IS NOT NULL;
-- The trigger compares the whole hash; so much of it finds it, and the index is a third as large.
CREATE INDEX journal_entries_posting_key ON journal_entries (source, substr(posting_key, 1, 16));
CREATE INDEX journal_entries_entry_hash ON journal_entries (source, substr(entry_hash, 1, 16));
CREATE INDEX journal_entries_booking ON journal_entries (source, booking_date);
-- One month of the book is found through this index, however many years the book has.
CREATE INDEX journal_entries_period ON journal_entries (substr(booking_date, 1, 7), source, entry_no);
CREATE INDEX journal_entries_order ON journal_entries (source, order_id, atom_key, entry_no);
CREATE INDEX journal_entries_recorded ON journal_entries (source, recorded_at);

-- The lines of entries, with everything that reports group by. No free text and no personal data.
-- Tables that grow with the orders are stored in the order of their keys, so that no second copy of the key is needed;
-- where a row may be large, as an entry is, a table by row number takes less.
CREATE TABLE postings (
    source TEXT NOT NULL,
    entry_no INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    account_code TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0 AND typeof(amount_minor) = 'integer'),
    order_id TEXT,
    line_key TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    event_id TEXT,
    event_key TEXT,
    event_date_id TEXT,
    service_date TEXT,
    vat_bp INTEGER,
    tax_base_minor INTEGER,
    qty INTEGER,
    payment_id TEXT,
    payment_method TEXT,
    voucher_id TEXT,
    channel_id TEXT,
    PRIMARY KEY (source, entry_no, line_no),
    FOREIGN KEY (source, account_code) REFERENCES accounts (source, code),
    FOREIGN KEY (source, entry_no) REFERENCES journal_entries (source, entry_no) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX postings_account ON postings (source, account_code, entry_no);
-- An order has few lines, so a search by order finds them first, whatever else it asks for.
CREATE INDEX postings_order ON postings (source, order_id);
CREATE INDEX postings_voucher ON postings (source, voucher_id) WHERE voucher_id IS NOT NULL;

-- Sums of the lines that are kept, so that the reports of every day do not read the journal: by month, with all that
-- reports of months group by (`sum_key` is that as JSON), and by order what it was billed and what of it is settled.
-- `ledger verify` compares them with the lines.
CREATE TABLE month_sums (
    source TEXT NOT NULL,
    sum_key TEXT NOT NULL,
    period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    currency TEXT NOT NULL,
    account_code TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    is_opening INTEGER NOT NULL CHECK (is_opening IN (0, 1)),
    event_id TEXT,
    event_key TEXT,
    vat_bp INTEGER,
    payment_method TEXT,
    -- Of its lines, those that are debits.
    debit_minor INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    qty INTEGER NOT NULL,
    PRIMARY KEY (source, sum_key)
) STRICT;
CREATE INDEX month_sums_period ON month_sums (period, source);
CREATE TABLE order_sums (
    source TEXT NOT NULL,
    -- Empty for lines about no order.
    order_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    billed_minor INTEGER NOT NULL,
    settled_minor INTEGER NOT NULL,
    PRIMARY KEY (source, order_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER postings_insert BEFORE INSERT ON postings
WHEN EXISTS (SELECT 1 FROM journal_entries e WHERE e.source = NEW.source AND e.entry_no = NEW.entry_no)
  OR EXISTS (SELECT 1 FROM postings p WHERE p.source = NEW.source AND p.entry_no = NEW.entry_no
    AND p.line_no = NEW.line_no)
BEGIN SELECT RAISE(ABORT, 'ledger: entry is sealed'); END;

-- `period_manifests` comes with the close, two steps on: nothing is inserted before all steps have run.
CREATE TRIGGER journal_entries_insert BEFORE INSERT ON journal_entries BEGIN
    SELECT RAISE(ABORT, 'ledger: entry_no is not the next number')
        WHERE NEW.entry_no <> 1 + COALESCE((SELECT MAX(entry_no) FROM journal_entries WHERE source = NEW.source), 0);
    SELECT RAISE(ABORT, 'ledger: a reversal is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source AND reverses_no = NEW.reverses_no);
    SELECT RAISE(ABORT, 'ledger: the posting key is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source
            AND substr(posting_key, 1, 16) = substr(NEW.posting_key, 1, 16) AND posting_key = NEW.posting_key);
    SELECT RAISE(ABORT, 'ledger: the entry hash is already there')
        WHERE EXISTS (SELECT 1 FROM journal_entries WHERE source = NEW.source
            AND substr(entry_hash, 1, 16) = substr(NEW.entry_hash, 1, 16) AND entry_hash = NEW.entry_hash);
    SELECT RAISE(ABORT, 'ledger: prev_hash does not match the last entry')
        WHERE NEW.prev_hash <> COALESCE(
            (SELECT entry_hash FROM journal_entries WHERE source = NEW.source AND entry_no = NEW.entry_no - 1),
            '0000000000000000000000000000000000000000000000000000000000000000');
    SELECT RAISE(ABORT, 'ledger: entry is unbalanced or has a wrong line count')
        WHERE NEW.kind <> 'close' AND NOT EXISTS (
        SELECT 1 FROM (SELECT COUNT(*) n, SUM(amount_minor) s, MIN(currency) a, MAX(currency) b
            FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no)
        WHERE n = NEW.line_count AND s = 0 AND a = NEW.currency AND b = NEW.currency);
    SELECT RAISE(ABORT, 'ledger: a close moves no money and names the manifest that is stored for it')
        WHERE NEW.kind = 'close' AND (NEW.line_count <> 0 OR NEW.currency <> 'XXX'
            OR EXISTS (SELECT 1 FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no)
            OR NOT EXISTS (SELECT 1 FROM period_manifests m WHERE m.source = NEW.source
                AND 'close:' || m.period = NEW.atom_key AND m.doc_sha256 = NEW.atom_hash
                AND m.entry_no = NEW.entry_no));
    -- A closed month closes every month before it; a soft close only warns.
    SELECT RAISE(ABORT, 'ledger: period is not open') WHERE NEW.kind <> 'close' AND EXISTS (
        SELECT 1 FROM periods
        WHERE source = NEW.source AND period >= substr(NEW.booking_date, 1, 7) AND status = 'closed');
END;

CREATE TRIGGER periods_insert BEFORE INSERT ON periods
WHEN EXISTS (SELECT 1 FROM periods p WHERE p.source = NEW.source AND p.period = NEW.period AND p.status = 'closed')
BEGIN SELECT RAISE(ABORT, 'ledger: a closed period stays closed'); END;
CREATE TRIGGER periods_update BEFORE UPDATE ON periods WHEN OLD.status = 'closed'
BEGIN SELECT RAISE(ABORT, 'ledger: a closed period stays closed'); END;
CREATE TRIGGER periods_delete BEFORE DELETE ON periods
BEGIN SELECT RAISE(ABORT, 'ledger: a closed period stays closed'); END;

CREATE TRIGGER policies_insert BEFORE INSERT ON policies
WHEN EXISTS (SELECT 1 FROM policies p WHERE p.source = NEW.source AND p.policy_id = NEW.policy_id)
BEGIN SELECT RAISE(ABORT, 'ledger: policies is append-only'); END;
CREATE TRIGGER order_snapshots_insert BEFORE INSERT ON order_snapshots
WHEN EXISTS (SELECT 1 FROM order_snapshots s WHERE s.source = NEW.source AND s.snapshot_no = NEW.snapshot_no)
BEGIN SELECT RAISE(ABORT, 'ledger: order_snapshots is append-only'); END;

CREATE TRIGGER postings_update BEFORE UPDATE ON postings
BEGIN SELECT RAISE(ABORT, 'ledger: postings is append-only'); END;
CREATE TRIGGER postings_delete BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'ledger: postings is append-only'); END;
CREATE TRIGGER journal_entries_update BEFORE UPDATE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'ledger: journal_entries is append-only'); END;
CREATE TRIGGER journal_entries_delete BEFORE DELETE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'ledger: journal_entries is append-only'); END;
CREATE TRIGGER policies_update BEFORE UPDATE ON policies
BEGIN SELECT RAISE(ABORT, 'ledger: policies is append-only'); END;
CREATE TRIGGER policies_delete BEFORE DELETE ON policies
BEGIN SELECT RAISE(ABORT, 'ledger: policies is append-only'); END;
CREATE TRIGGER order_snapshots_update BEFORE UPDATE ON order_snapshots
BEGIN SELECT RAISE(ABORT, 'ledger: order_snapshots is append-only'); END;
CREATE TRIGGER order_snapshots_delete BEFORE DELETE ON order_snapshots
BEGIN SELECT RAISE(ABORT, 'ledger: order_snapshots is append-only'); END;
