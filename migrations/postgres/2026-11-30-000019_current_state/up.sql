-- The current state of orders, for people and BI tools, and the customers. Everything but `contacts` can be computed
-- again from the inbox and the ledger.

CREATE TABLE orders (
    source text COLLATE "C" NOT NULL REFERENCES sources (source),
    order_id text COLLATE "C" NOT NULL,
    order_code text,
    status text CHECK (status IN ('accepted', 'cancelled', 'pending', 'declined')),
    currency text,
    ordered_at timestamp,
    cancelled_at timestamp,
    total_minor bigint,
    external_reference text,
    channel_id text,
    contact_id bigint,
    versions text NOT NULL,
    first_event_id bigint,
    first_snapshot_no bigint,
    last_snapshot_no bigint,
    PRIMARY KEY (source, order_id)
);
COMMENT ON TABLE orders IS 'The latest state of each order.';
COMMENT ON COLUMN orders.versions IS
    'JSON: for each section of the order, the inbox id or fetch number that it was taken from.';
COMMENT ON COLUMN orders.first_event_id IS
    'Lowest inbox id among the usable deliveries; NULL for an order known only from a refund voucher.';
COMMENT ON COLUMN orders.last_snapshot_no IS 'The snapshot that this row shows.';
CREATE INDEX orders_contact ON orders (contact_id);

CREATE TABLE order_lines (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    line_key text COLLATE "C" NOT NULL,
    item_kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('live', 'dead')),
    event_id text,
    event_key text,
    event_date_id text,
    starts_at timestamp,
    title text,
    price_title text,
    currency text NOT NULL,
    qty bigint NOT NULL,
    gross_minor bigint,
    vat_bp integer,
    cancelled_at timestamp,
    PRIMARY KEY (source, order_id, line_key)
);
COMMENT ON TABLE order_lines IS 'Tickets and products of each order, cancelled ones too.';
COMMENT ON COLUMN order_lines.qty IS
    'Visitors are counted here: a free ticket posts nothing and appears only in this table.';

CREATE TABLE payments (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    payment_id text COLLATE "C" NOT NULL,
    payment_method text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    paid_at timestamp,
    state text NOT NULL CHECK (state IN ('current', 'vanished')),
    PRIMARY KEY (source, order_id, payment_id)
);
COMMENT ON TABLE payments IS 'Payments and refunds of each order; a refund is negative.';
COMMENT ON COLUMN payments.state IS 'vanished: an older delivery of the order had it, and the newest has not.';
-- The same payment in two orders is found by its id.
CREATE INDEX payments_payment ON payments (source, payment_id, order_id);

CREATE TABLE vouchers (
    source text COLLATE "C" NOT NULL,
    class text NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id text COLLATE "C" NOT NULL,
    regime text NOT NULL CHECK (regime IN ('mpv', 'spv', 'prepaid', 'taxed', 'recognised', 'unknown')),
    origin text NOT NULL CHECK (origin IN ('sale', 'refund', 'opening', 'import', 'unknown')),
    state text NOT NULL CHECK (state IN ('live', 'dead')),
    face_minor bigint,
    currency text,
    vat_bp integer,
    purchase_order_id text,
    code_sha256 text,
    code_last4 text,
    units_total bigint,
    units_left bigint,
    issued_on date,
    expires_on date,
    -- The oldest delivery that says that it was used: from then on its rate stays.
    first_used_by bigint,
    PRIMARY KEY (source, class, voucher_id)
);
COMMENT ON TABLE vouchers IS 'Vouchers and flex tickets, sold or imported, or known only because they were redeemed.';
COMMENT ON COLUMN vouchers.regime IS
    'Vouchers: mpv is taxed when used, spv when sold. Flex: prepaid when used, taxed and recognised when sold.';
COMMENT ON COLUMN vouchers.origin IS
    'unknown: it was redeemed here and never sold here. opening: it was sold before the first day of the book.';
COMMENT ON COLUMN vouchers.code_sha256 IS
    'A voucher code is as good as money: only its hash and its last four characters are stored.';
COMMENT ON COLUMN vouchers.issued_on IS 'Imported vouchers only: the day on which the earlier system sold it.';
COMMENT ON COLUMN vouchers.expires_on IS 'Imported vouchers only.';
CREATE INDEX vouchers_order ON vouchers (source, purchase_order_id);

CREATE TABLE redemptions (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    redemption_key text COLLATE "C" NOT NULL,
    class text NOT NULL CHECK (class IN ('voucher', 'flex')),
    voucher_id text COLLATE "C" NOT NULL,
    participant_id text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    redeemed_at timestamp,
    -- Whether the use counts.
    state text NOT NULL CHECK (state IN ('live', 'dead')),
    PRIMARY KEY (source, order_id, redemption_key)
);
COMMENT ON TABLE redemptions IS 'What an order paid with a voucher or flex ticket.';
CREATE INDEX redemptions_voucher ON redemptions (source, class, voucher_id);

CREATE TABLE event_titles (
    source text COLLATE "C" NOT NULL,
    event_key text COLLATE "C" NOT NULL,
    event_id text,
    title text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (source, event_key)
);
COMMENT ON TABLE event_titles IS 'The latest title of each event.';
COMMENT ON COLUMN event_titles.version IS 'Inbox id of the delivery that last named the event.';

CREATE TABLE contacts (
    contact_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    source text COLLATE "C" NOT NULL,
    match_key text COLLATE "C",
    version bigint NOT NULL,
    name text,
    email text,
    phone text,
    company text,
    vat_number text,
    street text,
    postal_code text,
    city text,
    country text,
    language text,
    details text,
    erased_at timestamp,
    after_erased_id bigint
);
COMMENT ON TABLE contacts IS 'The only table with personal data besides the raw bodies.';
COMMENT ON COLUMN contacts.match_key IS 'email:ADDRESS, person:PID or order:ID; NULL once erased.';
COMMENT ON COLUMN contacts.details IS 'JSON: shipping address, notes and the answers to the order form.';
COMMENT ON COLUMN contacts.erased_at IS 'When the personal data were erased; the number stays.';
COMMENT ON COLUMN contacts.after_erased_id IS
    'The erased contact that had an order of this one; a later delivery brought personal data again.';
CREATE UNIQUE INDEX contacts_match ON contacts (source, match_key);

CREATE TABLE contact_orders (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    contact_id bigint NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (source, order_id, contact_id)
);
COMMENT ON TABLE contact_orders IS
    'Every contact that an order ever had: erasing a contact must find everything said about it.';
CREATE INDEX contact_orders_contact ON contact_orders (contact_id);

-- The day on which VAT is posted is the day of the entry, so an order that is paid in the month of its sale has no
-- row here. The rows can be computed again from the journal and its closes, and `ledger verify` does so.
CREATE TABLE vat_shifts (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    entry_no bigint NOT NULL,
    row_no integer NOT NULL,
    basis text NOT NULL CHECK (basis IN ('payment', 'service')),
    currency text NOT NULL,
    booking_date date NOT NULL,
    vat_bp integer,
    net_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    PRIMARY KEY (source, order_id, entry_no, row_no),
    FOREIGN KEY (source, entry_no) REFERENCES journal_entries (source, entry_no),
    CHECK (net_minor <> 0 OR vat_minor <> 0)
);
COMMENT ON TABLE vat_shifts IS
    'By how much the VAT of an order is due on another day than the one on which it is posted: what is posted and these '
    'rows together are what is due.';
COMMENT ON COLUMN vat_shifts.entry_no IS 'The entry of which it is a consequence: it became known with it.';
COMMENT ON COLUMN vat_shifts.basis IS
    'payment: it counts for VAT by the date of payment; service: for VAT by the date of service.';
COMMENT ON COLUMN vat_shifts.booking_date IS
    'The day on which it is due (positive) or not yet due (negative); never in a month that was closed before.';
COMMENT ON COLUMN vat_shifts.vat_bp IS
    'Rate in basis points; NULL if it is unknown, and for what was paid before there was anything to pay for.';
CREATE INDEX vat_shifts_period ON vat_shifts (ledger_period(booking_date), source);

CREATE FUNCTION ledger_accepts_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM periods WHERE source = NEW.source
        AND period >= ledger_period(NEW.booking_date) AND status = 'closed') THEN
        RAISE EXCEPTION 'ledger: period is not open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vat_shifts_insert BEFORE INSERT ON vat_shifts FOR EACH ROW EXECUTE FUNCTION ledger_accepts_shift();
CREATE TRIGGER vat_shifts_change BEFORE UPDATE OR DELETE ON vat_shifts
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER vat_shifts_truncate BEFORE TRUNCATE ON vat_shifts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
