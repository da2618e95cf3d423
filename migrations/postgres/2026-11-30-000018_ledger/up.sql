-- The ledger: append-only, balanced, numbered without gaps and hash-chained per source. Lines are inserted before their
-- entry; the entry seals them, so the database can check the balance without deferred triggers.

CREATE TABLE policies (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    policy_id integer NOT NULL,
    valid_from timestamp NOT NULL,
    doc text NOT NULL,
    doc_sha256 text NOT NULL CHECK (length(doc_sha256) = 64),
    created_at timestamp NOT NULL,
    PRIMARY KEY (source, policy_id)
);
COMMENT ON TABLE policies IS 'Every policy that a source has had; an entry names the one it was posted under.';
COMMENT ON COLUMN policies.doc IS 'Canonical JSON of all switches.';

CREATE TABLE accounts (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    code text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity', 'suspense')),
    vat_bp integer,
    closed_from date,
    PRIMARY KEY (source, code)
);
COMMENT ON TABLE accounts IS 'The chart of accounts; an account is added when it is first posted to.';
COMMENT ON COLUMN accounts.vat_bp IS 'The VAT rate of the account in basis points, where it has one.';

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
COMMENT ON TABLE order_snapshots IS 'The snapshots of each order: what was known of it when it was settled.';
COMMENT ON COLUMN order_snapshots.cause IS
    'delivery, or the id of the order whose voucher caused this order to be settled again.';
COMMENT ON COLUMN order_snapshots.doc IS
    'Canonical JSON without personal data: everything that the postings of this snapshot are computed from.';
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
COMMENT ON TABLE periods IS 'The months of a book. A month without a row is open.';
COMMENT ON COLUMN periods.status IS 'open; soft: closed provisionally, which only warns; closed: for good.';
COMMENT ON COLUMN periods.totals_sha256 IS
    'Hash of the totals at the close, so that a later close can tell whether they changed.';
COMMENT ON COLUMN periods.head_entry_no IS 'The last entry that the close has seen.';

-- The month of a day. `to_char` cannot be used in an index, because its result could depend on the locale.
CREATE FUNCTION ledger_period(day date) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lpad(CAST(CAST(EXTRACT(YEAR FROM day) AS integer) AS text), 4, '0') || '-'
        || lpad(CAST(CAST(EXTRACT(MONTH FROM day) AS integer) AS text), 2, '0')
$$;

CREATE TABLE journal_entries (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    entry_no bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('post', 'opening', 'reverse', 'manual', 'close')),
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
    line_count integer NOT NULL CONSTRAINT journal_entries_line_count_check
        CHECK (line_count >= 2 OR (kind = 'close' AND line_count = 0)),
    posting_key text NOT NULL,
    hash_version smallint NOT NULL,
    prev_hash text NOT NULL CHECK (length(prev_hash) = 64),
    entry_hash text NOT NULL CHECK (length(entry_hash) = 64),
    PRIMARY KEY (source, entry_no),
    UNIQUE (source, posting_key),
    UNIQUE (source, entry_hash),
    FOREIGN KEY (source, reverses_no) REFERENCES journal_entries (source, entry_no),
    FOREIGN KEY (source, snapshot_no) REFERENCES order_snapshots (source, snapshot_no),
    FOREIGN KEY (source, policy_id) REFERENCES policies (source, policy_id),
    CHECK ((kind = 'reverse') = (reverses_no IS NOT NULL))
);
COMMENT ON TABLE journal_entries IS 'The headers of entries. A header is inserted last and seals its lines.';
COMMENT ON COLUMN journal_entries.kind IS
    'post, opening (from before the first day of the book), reverse, manual (entered by a person), or close.';
COMMENT ON COLUMN journal_entries.atom_key IS
    'The part of the order that the entry is about, such as one ticket or one payment.';
COMMENT ON COLUMN journal_entries.atom_hash IS
    'Hash of what the part is worth; a part that changed is reversed and posted again.';
COMMENT ON COLUMN journal_entries.reverses_no IS 'The entry that this one cancels; NULL unless kind is reverse.';
COMMENT ON COLUMN journal_entries.effective_at IS 'When it happened.';
COMMENT ON COLUMN journal_entries.effective_basis IS 'Which date of the delivery effective_at was taken from.';
COMMENT ON COLUMN journal_entries.booking_date IS
    'The accounting day, in the zone of the source; it decides the month.';
COMMENT ON COLUMN journal_entries.recorded_at IS
    'When we learned of it: when the delivery came in, not when the row was inserted.';
COMMENT ON COLUMN journal_entries.line_count IS 'Number of lines; a close moves no money and has none.';
COMMENT ON COLUMN journal_entries.posting_key IS 'Hash of what the entry is for: nothing is posted twice.';
COMMENT ON COLUMN journal_entries.prev_hash IS 'entry_hash of the entry before it; 64 zeros for the first.';
CREATE UNIQUE INDEX journal_entries_reverses ON journal_entries (source, reverses_no) WHERE reverses_no IS NOT NULL;
CREATE INDEX journal_entries_booking ON journal_entries (source, booking_date);
-- One month of the book is found through this index, however many years the book has.
CREATE INDEX journal_entries_period ON journal_entries (ledger_period(booking_date), source, entry_no);
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
COMMENT ON TABLE postings IS
    'The lines of entries, with everything that reports group by. No free text and no personal data.';
COMMENT ON COLUMN postings.amount_minor IS 'Minor units of the currency; debit positive, credit negative.';
COMMENT ON COLUMN postings.line_key IS 'The line of the order, discount, payment or import that it stands for.';
COMMENT ON COLUMN postings.item_kind IS 'ticket, product, flex, voucher, discount, payment, refund and so on.';
COMMENT ON COLUMN postings.vat_bp IS 'Rate in basis points, 1900 = 19 %; NULL if it is unknown or none applies.';
COMMENT ON COLUMN postings.tax_base_minor IS 'On a VAT line: the net amount that is taxed.';
CREATE INDEX postings_account ON postings (source, account_code, entry_no);
-- An order has few lines, so a search by order finds them first, whatever else it asks for.
CREATE INDEX postings_order ON postings (source, order_id);
CREATE INDEX postings_voucher ON postings (source, voucher_id) WHERE voucher_id IS NOT NULL;

CREATE TABLE month_sums (
    source text COLLATE "C" NOT NULL,
    sum_key text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL CHECK (period ~ '^[0-9]{4}-[01][0-9]$'),
    currency text COLLATE "C" NOT NULL,
    account_code text COLLATE "C" NOT NULL,
    item_kind text COLLATE "C" NOT NULL,
    is_opening boolean NOT NULL,
    event_id text COLLATE "C",
    event_key text COLLATE "C",
    vat_bp integer,
    payment_method text COLLATE "C",
    debit_minor bigint NOT NULL,
    amount_minor bigint NOT NULL,
    qty bigint NOT NULL,
    PRIMARY KEY (source, sum_key)
) WITH (fillfactor = 50);
COMMENT ON TABLE month_sums IS
    'Sums of the lines by month, kept so that reports do not read the journal; `ledger verify` compares them with it.';
COMMENT ON COLUMN month_sums.sum_key IS 'All that the lines have in common, as JSON.';
COMMENT ON COLUMN month_sums.debit_minor IS 'What of the sum are debits, so that credits are known too.';
COMMENT ON COLUMN month_sums.is_opening IS 'Of what was brought in when the book began.';
CREATE INDEX month_sums_period ON month_sums (period, source);

CREATE TABLE order_sums (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    billed_minor bigint NOT NULL,
    settled_minor bigint NOT NULL,
    PRIMARY KEY (source, order_id, currency)
);
COMMENT ON TABLE order_sums IS
    'What each order was billed and what of it is settled, kept as month_sums is.';
COMMENT ON COLUMN order_sums.order_id IS 'Empty for lines about no order.';

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is append-only', TG_TABLE_NAME;
END $$;

-- The two checks below look rows up by their key, once per inserted row. PostgreSQL keeps the plan of such a lookup
-- for the session, and a plan made while the tables were nearly empty may read them from end to end, however large they
-- become. A lookup by key never gains from that, so it is ruled out. The ANALYZE after the hundredth entry tells the
-- planner which index to use.
CREATE FUNCTION ledger_seals_lines() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM journal_entries e WHERE e.source = NEW.source AND e.entry_no = NEW.entry_no) THEN
        RAISE EXCEPTION 'ledger: entry is sealed';
    END IF;
    RETURN NEW;
END $$;

-- `period_manifests` comes with the close, two steps on: nothing is inserted before all steps have run.
CREATE FUNCTION ledger_accepts_entry() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $$
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
    IF NEW.kind = 'close' THEN
        IF lines <> 0 OR NEW.line_count <> 0 OR NEW.currency <> 'XXX' OR NOT EXISTS (SELECT 1 FROM period_manifests m
            WHERE m.source = NEW.source AND 'close:' || m.period = NEW.atom_key AND m.doc_sha256 = NEW.atom_hash
                AND m.entry_no = NEW.entry_no) THEN
            RAISE EXCEPTION 'ledger: a close moves no money and names the manifest that is stored for it';
        END IF;
        RETURN NEW;
    END IF;
    IF lines <> NEW.line_count OR total IS DISTINCT FROM 0
        OR lowest IS DISTINCT FROM NEW.currency OR highest IS DISTINCT FROM NEW.currency THEN
        RAISE EXCEPTION 'ledger: entry is unbalanced or has a wrong line count';
    END IF;
    -- A closed month closes every month before it; a soft close only warns.
    IF EXISTS (SELECT 1 FROM periods WHERE source = NEW.source
        AND period >= ledger_period(NEW.booking_date) AND status = 'closed') THEN
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
CREATE TRIGGER journal_entries_insert BEFORE INSERT ON journal_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_accepts_entry();
CREATE TRIGGER periods_change BEFORE UPDATE OR DELETE ON periods FOR EACH ROW EXECUTE FUNCTION ledger_keeps_period();
CREATE TRIGGER periods_truncate BEFORE TRUNCATE ON periods FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER postings_change BEFORE UPDATE OR DELETE ON postings FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER postings_truncate BEFORE TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER journal_entries_change BEFORE UPDATE OR DELETE ON journal_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER journal_entries_truncate BEFORE TRUNCATE ON journal_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER policies_change BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER policies_truncate BEFORE TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER order_snapshots_change BEFORE UPDATE OR DELETE ON order_snapshots
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER order_snapshots_truncate BEFORE TRUNCATE ON order_snapshots
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
