-- What was exported. The PostgreSQL tree also explains the columns.

-- A batch is all entries of a month with a number above `after_no`, up to `until_no`: entries are numbered without gaps
-- and their month never changes, so no row per entry is needed to export each exactly once.
CREATE TABLE export_batches (
    target TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources (source),
    period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    number INTEGER NOT NULL CHECK (number >= 1),
    after_no INTEGER NOT NULL,
    until_no INTEGER NOT NULL CHECK (until_no > after_no),
    entries INTEGER NOT NULL,
    postings INTEGER NOT NULL,
    file_rows INTEGER NOT NULL,
    totals TEXT NOT NULL,
    parameters TEXT NOT NULL,
    files TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    taken_back_at TEXT,
    taken_back_by TEXT,
    taken_back_reason TEXT,
    PRIMARY KEY (target, source, period, number)
) STRICT;
-- Two exports at the same time cannot take the same entries.
CREATE UNIQUE INDEX export_batches_range ON export_batches (target, source, period, after_no)
    WHERE taken_back_at IS NULL;

CREATE TRIGGER export_batches_insert BEFORE INSERT ON export_batches
WHEN EXISTS (SELECT 1 FROM export_batches b WHERE b.target = NEW.target AND b.source = NEW.source
        AND b.period = NEW.period AND b.number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'export: the batch is already there'); END;
CREATE TRIGGER export_batches_update BEFORE UPDATE ON export_batches
WHEN OLD.taken_back_at IS NOT NULL OR NEW.taken_back_at IS NULL OR NEW.taken_back_by IS NULL
  OR NEW.taken_back_reason IS NULL
  OR (OLD.target, OLD.source, OLD.period, OLD.number, OLD.after_no, OLD.until_no, OLD.entries, OLD.postings,
      OLD.file_rows, OLD.totals, OLD.parameters, OLD.files, OLD.version, OLD.created_at, OLD.created_by)
  IS NOT (NEW.target, NEW.source, NEW.period, NEW.number, NEW.after_no, NEW.until_no, NEW.entries, NEW.postings,
      NEW.file_rows, NEW.totals, NEW.parameters, NEW.files, NEW.version, NEW.created_at, NEW.created_by)
BEGIN SELECT RAISE(ABORT, 'export: a batch can only be taken back, once'); END;
CREATE TRIGGER export_batches_delete BEFORE DELETE ON export_batches
BEGIN SELECT RAISE(ABORT, 'export: a batch stays'); END;

-- The code under which an order was first exported; it keeps it in every later export.
CREATE TABLE export_orders (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    order_code TEXT,
    PRIMARY KEY (source, order_id)
) STRICT;
