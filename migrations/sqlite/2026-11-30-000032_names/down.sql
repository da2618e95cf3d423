DROP TRIGGER console_audit_update;
ALTER TABLE console_audit DROP COLUMN times;
CREATE TRIGGER console_audit_update BEFORE UPDATE ON console_audit
WHEN OLD.outcome <> 'running'
  OR (OLD.id, OLD.at, OLD.actor, OLD.role, OLD.action, OLD.subject, OLD.address, OLD.action_key)
  IS NOT (NEW.id, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.subject, NEW.address, NEW.action_key)
BEGIN SELECT RAISE(ABORT, 'console: what was recorded stays'); END;
DROP TABLE console_keys;
DROP INDEX console_users_folded;
