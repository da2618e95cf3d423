-- What was exported.

CREATE TABLE export_batches (
    target text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    period text COLLATE "C" NOT NULL CHECK (period ~ '^[0-9]{4}-[01][0-9]$'),
    number integer NOT NULL CHECK (number >= 1),
    after_no bigint NOT NULL,
    until_no bigint NOT NULL CHECK (until_no > after_no),
    entries bigint NOT NULL,
    postings bigint NOT NULL,
    file_rows bigint NOT NULL,
    totals text NOT NULL,
    parameters text NOT NULL,
    files text NOT NULL,
    version text NOT NULL,
    created_at timestamp NOT NULL,
    created_by text NOT NULL,
    taken_back_at timestamp,
    taken_back_by text,
    taken_back_reason text,
    PRIMARY KEY (target, source, period, number)
);
-- Two exports at the same time cannot take the same entries.
CREATE UNIQUE INDEX export_batches_range ON export_batches (target, source, period, after_no)
    WHERE taken_back_at IS NULL;
COMMENT ON TABLE export_batches IS
    'What was exported: all entries of a month with a number above after_no, up to until_no. Entries are numbered without gaps and their month never changes, so no row per entry is needed to export each exactly once.';
COMMENT ON COLUMN export_batches.file_rows IS 'Rows of the files, without titles.';
COMMENT ON COLUMN export_batches.totals IS 'Sum of the debits of each currency, JSON.';
COMMENT ON COLUMN export_batches.parameters IS
    'All that the files depend on besides the entries, JSON: options, account map, titles of events.';
COMMENT ON COLUMN export_batches.files IS 'Names, sizes and hashes of the files, JSON.';
COMMENT ON COLUMN export_batches.version IS 'The version of ticketledger that wrote the files.';

CREATE FUNCTION export_keeps_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'export: a batch stays';
    END IF;
    IF OLD.taken_back_at IS NOT NULL OR NEW.taken_back_at IS NULL OR NEW.taken_back_by IS NULL
        OR NEW.taken_back_reason IS NULL
        OR (OLD.target, OLD.source, OLD.period, OLD.number, OLD.after_no, OLD.until_no, OLD.entries, OLD.postings,
            OLD.file_rows, OLD.totals, OLD.parameters, OLD.files, OLD.version, OLD.created_at, OLD.created_by)
        IS DISTINCT FROM
           (NEW.target, NEW.source, NEW.period, NEW.number, NEW.after_no, NEW.until_no, NEW.entries, NEW.postings,
            NEW.file_rows, NEW.totals, NEW.parameters, NEW.files, NEW.version, NEW.created_at, NEW.created_by)
    THEN
        RAISE EXCEPTION 'export: a batch can only be taken back, once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER export_batches_change BEFORE UPDATE OR DELETE ON export_batches
    FOR EACH ROW EXECUTE FUNCTION export_keeps_batch();
CREATE TRIGGER export_batches_truncate BEFORE TRUNCATE ON export_batches
    FOR EACH STATEMENT EXECUTE FUNCTION export_keeps_batch();

CREATE TABLE export_orders (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    order_code text,
    PRIMARY KEY (source, order_id)
);
COMMENT ON TABLE export_orders IS
    'The code under which an order was first exported; it keeps it in every later export.';
