DROP INDEX order_sums_open;
DROP INDEX findings_listed;
DROP INDEX vouchers_code;
DROP INDEX contacts_person_email;
DROP INDEX contacts_last_name;
DROP INDEX orders_code;
