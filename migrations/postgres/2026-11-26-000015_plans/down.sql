ALTER FUNCTION ledger_seals_lines() RESET ALL;
ALTER FUNCTION ledger_accepts_entry() RESET ALL;
