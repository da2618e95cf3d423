ALTER TABLE sweep_progress DROP COLUMN live_looked, DROP COLUMN live_since, DROP COLUMN wait_detail, DROP COLUMN wait_error;
DROP TABLE sweep_totals;
DROP TABLE sweep_waiting;
DROP TABLE sweep_methods;
DROP TABLE event_dates;
