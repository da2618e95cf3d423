-- The ledger: append-only, balanced, numbered without gaps and hash-chained per source. Lines are written
-- before their entry; the entry seals them, so the database can check the balance without deferred triggers.

CREATE TABLE policies (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    policy_id integer NOT NULL,
    valid_from timestamp NOT NULL,
    doc text NOT NULL,
    doc_sha256 text NOT NULL CHECK (length(doc_sha256) = 64),
    created_at timestamp NOT NULL,
    PRIMARY KEY (source, policy_id)
);

CREATE TABLE accounts (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    code text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity', 'suspense')),
    vat_bp integer,
    closed_from date,
    PRIMARY KEY (source, code)
);

CREATE TABLE order_snapshots (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    snapshot_no bigint NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    inbox_event_id bigint NOT NULL REFERENCES inbox_events (id),
    document_id bigint REFERENCES documents (id),
    cause text NOT NULL,
    recorded_at timestamp NOT NULL,
    doc text NOT NULL,
    doc_sha256 text NOT NULL CHECK (length(doc_sha256) = 64),
    PRIMARY KEY (source, snapshot_no)
);
COMMENT ON COLUMN order_snapshots.doc IS 'Canonical JSON without personal data: all that the postings of this step are computed from.';
COMMENT ON COLUMN order_snapshots.cause IS 'delivery, or the id of the order whose voucher made this order settle again.';
CREATE INDEX order_snapshots_order ON order_snapshots (source, order_id, snapshot_no);
CREATE INDEX order_snapshots_event ON order_snapshots (inbox_event_id);

CREATE TABLE periods (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    period text COLLATE "C" NOT NULL CHECK (period ~ '^[0-9]{4}-[01][0-9]$'),
    status text NOT NULL CHECK (status IN ('open', 'soft', 'closed')),
    closed_at timestamp,
    closed_by text,
    totals_sha256 text,
    head_entry_no bigint,
    PRIMARY KEY (source, period)
);

CREATE TABLE journal_entries (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    entry_no bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('post', 'reverse', 'manual', 'close')),
    event_type text NOT NULL,
    order_id text COLLATE "C",
    snapshot_no bigint,
    atom_key text COLLATE "C" NOT NULL,
    atom_hash text NOT NULL,
    reverses_no bigint,
    reason_code text NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    effective_at timestamp NOT NULL,
    effective_basis text NOT NULL,
    booking_date date NOT NULL,
    recorded_at timestamp NOT NULL,
    inbox_event_id bigint,
    policy_id integer NOT NULL,
    line_count integer NOT NULL CHECK (line_count >= 2),
    posting_key text NOT NULL,
    hash_version smallint NOT NULL,
    prev_hash text NOT NULL CHECK (length(prev_hash) = 64),
    entry_hash text NOT NULL CHECK (length(entry_hash) = 64),
    PRIMARY KEY (source, entry_no),
    UNIQUE (source, posting_key),
    UNIQUE (source, entry_hash),
    UNIQUE (source, reverses_no),
    FOREIGN KEY (source, reverses_no) REFERENCES journal_entries (source, entry_no),
    FOREIGN KEY (source, snapshot_no) REFERENCES order_snapshots (source, snapshot_no),
    FOREIGN KEY (source, policy_id) REFERENCES policies (source, policy_id),
    CHECK ((kind = 'reverse') = (reverses_no IS NOT NULL))
);
CREATE INDEX journal_entries_booking ON journal_entries (source, booking_date);
CREATE INDEX journal_entries_order ON journal_entries (source, order_id, atom_key, entry_no);
CREATE INDEX journal_entries_recorded ON journal_entries (source, recorded_at);

CREATE TABLE postings (
    source text COLLATE "C" NOT NULL,
    entry_no bigint NOT NULL,
    line_no integer NOT NULL,
    account_code text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    order_id text COLLATE "C",
    line_key text NOT NULL,
    item_kind text NOT NULL,
    event_id text,
    event_key text,
    event_date_id text,
    service_date date,
    vat_bp integer,
    tax_base_minor bigint,
    qty bigint,
    payment_id text,
    payment_method text,
    voucher_id text,
    channel_id text,
    PRIMARY KEY (source, entry_no, line_no),
    FOREIGN KEY (source, account_code) REFERENCES accounts (source, code),
    FOREIGN KEY (source, entry_no) REFERENCES journal_entries (source, entry_no) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN postings.amount_minor IS 'Minor units of the currency; debit positive, credit negative.';
COMMENT ON COLUMN postings.vat_bp IS 'Rate in basis points, 1900 = 19 %; NULL where none is known or none applies.';
CREATE INDEX postings_account ON postings (source, account_code, entry_no);
-- An order has few lines: found by the order first, whatever else is asked.
CREATE INDEX postings_order ON postings (source, order_id, account_code, entry_no);
CREATE INDEX postings_event ON postings (source, event_id, service_date);
CREATE INDEX postings_voucher ON postings (source, voucher_id);

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

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is append-only', TG_TABLE_NAME;
END $$;

CREATE FUNCTION ledger_seals_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM journal_entries e WHERE e.source = NEW.source AND e.entry_no = NEW.entry_no) THEN
        RAISE EXCEPTION 'ledger: entry is sealed';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_accepts_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines bigint; total numeric; lowest text; highest text; last_no bigint; last_hash text;
BEGIN
    PERFORM 1 FROM sources WHERE source = NEW.source FOR UPDATE;
    SELECT entry_no, entry_hash INTO last_no, last_hash FROM journal_entries
        WHERE source = NEW.source ORDER BY entry_no DESC LIMIT 1;
    IF NEW.entry_no <> COALESCE(last_no, 0) + 1 THEN
        RAISE EXCEPTION 'ledger: entry_no is not the next number';
    END IF;
    IF NEW.prev_hash <> COALESCE(last_hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'ledger: prev_hash does not match the last entry';
    END IF;
    SELECT count(*), sum(amount_minor), min(currency), max(currency) INTO lines, total, lowest, highest
        FROM postings WHERE source = NEW.source AND entry_no = NEW.entry_no;
    IF lines <> NEW.line_count OR total IS DISTINCT FROM 0
        OR lowest IS DISTINCT FROM NEW.currency OR highest IS DISTINCT FROM NEW.currency THEN
        RAISE EXCEPTION 'ledger: entry is unbalanced or has a wrong line count';
    END IF;
    IF NEW.kind <> 'close' AND EXISTS (SELECT 1 FROM periods WHERE source = NEW.source
        AND period = to_char(NEW.booking_date, 'YYYY-MM') AND status <> 'open') THEN
        RAISE EXCEPTION 'ledger: period is not open';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_keeps_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'closed' THEN
        RAISE EXCEPTION 'ledger: a closed period stays closed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER postings_insert BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION ledger_seals_lines();
CREATE TRIGGER journal_entries_insert BEFORE INSERT ON journal_entries FOR EACH ROW EXECUTE FUNCTION ledger_accepts_entry();
CREATE TRIGGER periods_change BEFORE UPDATE OR DELETE ON periods FOR EACH ROW EXECUTE FUNCTION ledger_keeps_period();
CREATE TRIGGER periods_truncate BEFORE TRUNCATE ON periods FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER postings_change BEFORE UPDATE OR DELETE ON postings FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER postings_truncate BEFORE TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER journal_entries_change BEFORE UPDATE OR DELETE ON journal_entries FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER journal_entries_truncate BEFORE TRUNCATE ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER policies_change BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER policies_truncate BEFORE TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER order_snapshots_change BEFORE UPDATE OR DELETE ON order_snapshots FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER order_snapshots_truncate BEFORE TRUNCATE ON order_snapshots FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER chain_anchors_change BEFORE UPDATE OR DELETE ON chain_anchors FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER chain_anchors_truncate BEFORE TRUNCATE ON chain_anchors FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
