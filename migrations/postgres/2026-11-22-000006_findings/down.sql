DROP INDEX payments_payment;
