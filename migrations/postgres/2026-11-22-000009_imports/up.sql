-- What imports and contacts need.

ALTER TABLE vouchers ADD COLUMN issued_on date;
ALTER TABLE vouchers ADD COLUMN expires_on date;
COMMENT ON COLUMN vouchers.issued_on IS 'Of an imported voucher: the day on which the system before this one sold it.';
COMMENT ON COLUMN vouchers.expires_on IS 'Of an imported voucher.';

CREATE TABLE contact_orders (
    source text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    contact_id bigint NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (source, order_id, contact_id)
);
CREATE INDEX contact_orders_contact ON contact_orders (contact_id);
COMMENT ON TABLE contact_orders IS 'Every contact that an order ever had: erasing one must find all that was said about it.';
INSERT INTO contact_orders SELECT source, order_id, contact_id FROM orders WHERE contact_id IS NOT NULL;

ALTER TABLE contacts ADD COLUMN after_erased_id bigint;
COMMENT ON COLUMN contacts.after_erased_id IS 'Number of an erased contact that had an order of this one: a delivery after the erasure brought personal data again.';
