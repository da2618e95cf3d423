ALTER TABLE contacts DROP COLUMN after_erased_id;
DROP TABLE contact_orders;
ALTER TABLE vouchers DROP COLUMN expires_on;
ALTER TABLE vouchers DROP COLUMN issued_on;
