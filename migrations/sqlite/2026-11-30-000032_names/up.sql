-- Names of users that differ only in case are one name, refusals are counted, and daemons share the key of their forms.
-- The PostgreSQL tree also explains the columns.

-- Only a trigger can refuse in words.
CREATE TABLE console_users_twice (names TEXT NOT NULL) STRICT;
CREATE TRIGGER console_users_refused BEFORE INSERT ON console_users_twice
BEGIN
    SELECT RAISE(ABORT, 'these users of the console differ only in case, and are one name from now on: ' || NEW.names ||
        '; with the version from before the upgrade, keep one of each by `ticketledger user remove NAME`, then start '
        || 'this one again');
END;
INSERT INTO console_users_twice
SELECT group_concat(name, ', ' ORDER BY name) FROM console_users
WHERE lower(name) IN (SELECT lower(name) FROM console_users GROUP BY lower(name) HAVING count(*) > 1)
HAVING count(*) > 0;
DROP TABLE console_users_twice;
CREATE UNIQUE INDEX console_users_folded ON console_users (lower(name));

CREATE TABLE console_keys (
    purpose TEXT PRIMARY KEY NOT NULL CHECK (purpose = 'forms'),
    value TEXT NOT NULL CHECK (length(value) = 64),
    created_at TEXT NOT NULL
) STRICT;

ALTER TABLE console_audit ADD COLUMN times INTEGER NOT NULL DEFAULT 1 CHECK (times >= 1);
DROP TRIGGER console_audit_update;
CREATE TRIGGER console_audit_update BEFORE UPDATE ON console_audit
WHEN (OLD.id, OLD.at, OLD.actor, OLD.role, OLD.action, OLD.subject, OLD.address, OLD.action_key)
  IS NOT (NEW.id, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.subject, NEW.address, NEW.action_key)
  OR NOT (
    (OLD.outcome = 'running' AND NEW.times = OLD.times)
    -- Of a refusal only the number grows.
    OR (OLD.outcome = 'refused' AND NEW.times > OLD.times AND (OLD.outcome, OLD.result) IS (NEW.outcome, NEW.result))
  )
BEGIN SELECT RAISE(ABORT, 'console: what was recorded stays'); END;
