-- Current state for people and BI tools, and the customers. All of it but `contacts` can be rebuilt.
-- The PostgreSQL tree has the same tables with their comments.

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
) STRICT;
CREATE INDEX orders_contact ON orders (contact_id);

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
) STRICT;

CREATE TABLE payments (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    paid_at TEXT,
    PRIMARY KEY (source, order_id, payment_id)
) STRICT;

CREATE TABLE vouchers (
    source TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id TEXT NOT NULL,
    regime TEXT NOT NULL CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'unknown')),
    origin TEXT NOT NULL CHECK (origin IN ('sale', 'refund', 'import', 'unknown')),
    state TEXT NOT NULL CHECK (state IN ('live', 'dead')),
    face_minor INTEGER,
    currency TEXT,
    vat_bp INTEGER,
    purchase_order_id TEXT,
    code_sha256 TEXT,
    code_last4 TEXT,
    units_total INTEGER,
    units_left INTEGER,
    PRIMARY KEY (source, class, voucher_id)
) STRICT;
CREATE INDEX vouchers_order ON vouchers (source, purchase_order_id);

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
    PRIMARY KEY (source, order_id, redemption_key)
) STRICT;
CREATE INDEX redemptions_voucher ON redemptions (source, class, voucher_id);

CREATE TABLE event_titles (
    source TEXT NOT NULL,
    event_key TEXT NOT NULL,
    event_id TEXT,
    title TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (source, event_key)
) STRICT;

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
    erased_at TEXT
) STRICT;
CREATE UNIQUE INDEX contacts_match ON contacts (source, match_key);
