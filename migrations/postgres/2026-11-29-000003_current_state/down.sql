DROP TABLE contact_orders;
DROP TABLE contacts;
DROP TABLE event_titles;
DROP TABLE redemptions;
DROP TABLE vouchers;
DROP TABLE payments;
DROP TABLE order_lines;
DROP TABLE orders;
