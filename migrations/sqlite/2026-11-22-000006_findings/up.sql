-- The same payment in two orders is found by its id.
CREATE INDEX payments_payment ON payments (source, payment_id);
