ALTER FUNCTION ledger_seals_lines() RESET ALL;
ALTER FUNCTION ledger_accepts_entry() RESET ALL;
ALTER FUNCTION ledger_keeps_period() RESET ALL;
ALTER FUNCTION ledger_period() RESET ALL;
