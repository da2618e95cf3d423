-- The current state of orders, for people and BI tools, and the customers. Everything but `contacts` can be computed
-- again from the inbox and the ledger.
-- The PostgreSQL tree also explains the columns.

-- The latest state of each order.
CREATE TABLE orders (
    source TEXT NOT NULL REFERENCES sources (source),
    order_id TEXT NOT NULL,
    order_code TEXT,
    status TEXT CHECK (status IN ('accepted', 'cancelled', 'pending', 'declined')),
    currency TEXT,
    ordered_at TEXT,
    cancelled_at TEXT,
    total_minor INTEGER,
    external_reference TEXT,
    channel_id TEXT,
    contact_id INTEGER,
    versions TEXT NOT NULL,
    first_event_id INTEGER,
    first_snapshot_no INTEGER,
    last_snapshot_no INTEGER,
    PRIMARY KEY (source, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_contact ON orders (contact_id);

-- Tickets and products of each order, cancelled ones too.
CREATE TABLE order_lines (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    line_key TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'dead')),
    event_id TEXT,
    event_key TEXT,
    event_date_id TEXT,
    starts_at TEXT,
    title TEXT,
    price_title TEXT,
    currency TEXT NOT NULL,
    qty INTEGER NOT NULL,
    gross_minor INTEGER,
    vat_bp INTEGER,
    cancelled_at TEXT,
    PRIMARY KEY (source, order_id, line_key)
) STRICT, WITHOUT ROWID;

-- Payments and refunds of each order; a refund is negative.
CREATE TABLE payments (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    paid_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('current', 'vanished')),
    PRIMARY KEY (source, order_id, payment_id)
) STRICT, WITHOUT ROWID;
-- The same payment in two orders is found by its id.
CREATE INDEX payments_payment ON payments (source, payment_id, order_id);

-- Vouchers and flex tickets, sold or imported, or known only because they were redeemed.
CREATE TABLE vouchers (
    source TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id TEXT NOT NULL,
    regime TEXT NOT NULL CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'recognised', 'unknown')),
    origin TEXT NOT NULL CHECK (origin IN ('sale', 'refund', 'opening', 'import', 'unknown')),
    state TEXT NOT NULL CHECK (state IN ('live', 'dead')),
    face_minor INTEGER,
    currency TEXT,
    vat_bp INTEGER,
    purchase_order_id TEXT,
    code_sha256 TEXT,
    code_last4 TEXT,
    units_total INTEGER,
    units_left INTEGER,
    issued_on TEXT,
    expires_on TEXT,
    -- The oldest delivery that says that it was used: from then on its rate stays.
    first_used_by INTEGER,
    PRIMARY KEY (source, class, voucher_id)
) STRICT;
CREATE INDEX vouchers_order ON vouchers (source, purchase_order_id);

-- What an order paid with a voucher or flex ticket.
CREATE TABLE redemptions (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    redemption_key TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id TEXT NOT NULL,
    participant_id TEXT,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    redeemed_at TEXT,
    -- Whether the use counts.
    state TEXT NOT NULL CHECK (state IN ('live', 'dead')),
    PRIMARY KEY (source, order_id, redemption_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX redemptions_voucher ON redemptions (source, class, voucher_id);

-- The latest title of each event.
CREATE TABLE event_titles (
    source TEXT NOT NULL,
    event_key TEXT NOT NULL,
    event_id TEXT,
    title TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (source, event_key)
) STRICT, WITHOUT ROWID;

-- The only table with personal data besides the raw bodies.
CREATE TABLE contacts (
    contact_id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    match_key TEXT,
    version INTEGER NOT NULL,
    name TEXT,
    email TEXT,
    phone TEXT,
    company TEXT,
    vat_number TEXT,
    street TEXT,
    postal_code TEXT,
    city TEXT,
    country TEXT,
    language TEXT,
    details TEXT,
    erased_at TEXT,
    after_erased_id INTEGER
) STRICT;
CREATE UNIQUE INDEX contacts_match ON contacts (source, match_key);

-- Every contact that an order ever had: erasing a contact must find everything said about it.
CREATE TABLE contact_orders (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (source, order_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_orders_contact ON contact_orders (contact_id);

-- By how much the VAT of an order is due on another day than the one on which it is posted. It follows from the journal.
CREATE TABLE vat_shifts (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    entry_no INTEGER NOT NULL,
    row_no INTEGER NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('payment', 'service')),
    currency TEXT NOT NULL,
    booking_date TEXT NOT NULL CHECK (booking_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    vat_bp INTEGER,
    net_minor INTEGER NOT NULL,
    vat_minor INTEGER NOT NULL,
    PRIMARY KEY (source, order_id, entry_no, row_no),
    FOREIGN KEY (source, entry_no) REFERENCES journal_entries (source, entry_no),
    CHECK (net_minor <> 0 OR vat_minor <> 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX vat_shifts_period ON vat_shifts (substr(booking_date, 1, 7), source);
CREATE TRIGGER vat_shifts_insert BEFORE INSERT ON vat_shifts BEGIN
    SELECT RAISE(ABORT, 'ledger: vat_shifts is append-only') WHERE EXISTS (
        SELECT 1 FROM vat_shifts s WHERE s.source = NEW.source AND s.order_id = NEW.order_id
            AND s.entry_no = NEW.entry_no AND s.row_no = NEW.row_no);
    SELECT RAISE(ABORT, 'ledger: period is not open') WHERE EXISTS (
        SELECT 1 FROM periods
        WHERE source = NEW.source AND period >= substr(NEW.booking_date, 1, 7) AND status = 'closed');
END;
CREATE TRIGGER vat_shifts_update BEFORE UPDATE ON vat_shifts
BEGIN SELECT RAISE(ABORT, 'ledger: vat_shifts is append-only'); END;
CREATE TRIGGER vat_shifts_delete BEFORE DELETE ON vat_shifts
BEGIN SELECT RAISE(ABORT, 'ledger: vat_shifts is append-only'); END;
