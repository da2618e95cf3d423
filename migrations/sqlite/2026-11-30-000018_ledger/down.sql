DROP TABLE order_sums;
DROP TABLE month_sums;
DROP TABLE postings;
DROP TABLE journal_entries;
DROP TABLE periods;
DROP TABLE order_snapshots;
DROP TABLE accounts;
DROP TABLE policies;
