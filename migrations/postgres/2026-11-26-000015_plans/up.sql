-- The checks of the ledger look things up by their key, once for each row. PostgreSQL keeps the plan of such a lookup for
-- the session, and one that was made while the tables were nearly empty may read them from end to end, however they grow.
-- A lookup by key never gains by that, so it is ruled out. Which index is the right one the planner knows after the
-- ANALYZE that comes with the hundredth entry.
ALTER FUNCTION ledger_seals_lines() SET enable_seqscan = off;
ALTER FUNCTION ledger_seals_lines() SET enable_bitmapscan = off;
ALTER FUNCTION ledger_accepts_entry() SET enable_seqscan = off;
ALTER FUNCTION ledger_accepts_entry() SET enable_bitmapscan = off;
