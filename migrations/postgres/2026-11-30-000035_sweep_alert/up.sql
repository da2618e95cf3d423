-- Sweeps that keep failing are an alert too.
ALTER TABLE alerts DROP CONSTRAINT alerts_alert_check;
ALTER TABLE alerts ADD CONSTRAINT alerts_alert_check
    CHECK (alert IN ('parked', 'backlog', 'provider_down', 'finding_high', 'silence', 'sweep'));
