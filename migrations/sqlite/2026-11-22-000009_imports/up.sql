-- What imports and contacts need. The PostgreSQL tree has the same with its comments.

ALTER TABLE vouchers ADD COLUMN issued_on TEXT;
ALTER TABLE vouchers ADD COLUMN expires_on TEXT;

CREATE TABLE contact_orders (
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (source, order_id, contact_id)
) STRICT;
CREATE INDEX contact_orders_contact ON contact_orders (contact_id);
INSERT INTO contact_orders SELECT source, order_id, contact_id FROM orders WHERE contact_id IS NOT NULL;

ALTER TABLE contacts ADD COLUMN after_erased_id INTEGER;
