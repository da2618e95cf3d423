-- What a person searches by: the code of an order or of a voucher, a customer's last name or mail address. Each search
-- reads what it finds, however large the book is. The customers of bookingkit are found by `contacts_match`.

CREATE INDEX orders_code ON orders (order_code) WHERE order_code IS NOT NULL;
-- What follows the last space. Under "C", so that a search by how a name begins can use it.
CREATE INDEX contacts_last_name ON contacts (lower(substring(name FROM '[^ ]*$')) COLLATE "C")
    WHERE name IS NOT NULL;
CREATE INDEX contacts_person_email ON contacts (lower(email))
    WHERE email IS NOT NULL AND match_key >= 'person:' AND match_key < 'person;';
CREATE INDEX vouchers_code ON vouchers (code_sha256) WHERE code_sha256 IS NOT NULL;

-- Findings by how bad they are, the oldest first.
CREATE INDEX findings_listed ON findings (state, severity, first_seen, fingerprint);
-- Orders that owe something or are owed something.
CREATE INDEX order_sums_open ON order_sums (source, order_id, currency) WHERE billed_minor <> settled_minor;
