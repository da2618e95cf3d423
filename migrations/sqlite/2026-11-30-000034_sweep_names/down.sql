ALTER TABLE sweep_progress DROP COLUMN live_looked;
ALTER TABLE sweep_progress DROP COLUMN live_since;
ALTER TABLE sweep_progress DROP COLUMN wait_detail;
ALTER TABLE sweep_progress DROP COLUMN wait_error;
DROP TABLE sweep_totals;
DROP TABLE sweep_waiting;
DROP TABLE sweep_methods;
DROP TABLE event_dates;
