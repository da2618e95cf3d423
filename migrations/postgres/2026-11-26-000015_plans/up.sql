-- The checks of the ledger look things up by their key, once for each row. PostgreSQL keeps the plan of such a lookup for
-- the session; one that was made while the tables were nearly empty reads them from end to end, and goes on doing so
-- while they grow. With nothing but index scans allowed there is one plan, and it is the right one at any size.
ALTER FUNCTION ledger_seals_lines() SET enable_seqscan = off;
ALTER FUNCTION ledger_seals_lines() SET enable_bitmapscan = off;
ALTER FUNCTION ledger_accepts_entry() SET enable_seqscan = off;
ALTER FUNCTION ledger_accepts_entry() SET enable_bitmapscan = off;
