-- Names of users that differ only in case are one name, refusals are counted, and daemons share the key of their forms.

DO $$
DECLARE
    twice text;
BEGIN
    SELECT string_agg(name, ', ' ORDER BY name) INTO twice FROM console_users
        WHERE lower(name) IN (SELECT lower(name) FROM console_users GROUP BY lower(name) HAVING count(*) > 1);
    IF twice IS NOT NULL THEN
        RAISE EXCEPTION 'these users of the console differ only in case, and are one name from now on: %; with the '
            'version from before the upgrade, keep one of each by `ticketledger user remove NAME`, then start this one '
            'again', twice;
    END IF;
END $$;
CREATE UNIQUE INDEX console_users_folded ON console_users (lower(name));

CREATE TABLE console_keys (
    purpose text COLLATE "C" PRIMARY KEY CHECK (purpose = 'forms'),
    value text NOT NULL CHECK (length(value) = 64),
    created_at timestamp NOT NULL
);
COMMENT ON TABLE console_keys IS
    'Keys that all daemons share: from that of forms come the tokens of whoever a proxy signs in.';

ALTER TABLE console_audit ADD COLUMN times bigint NOT NULL DEFAULT 1 CHECK (times >= 1);
COMMENT ON COLUMN console_audit.times IS 'How often it was refused within the minute; all else is recorded one by one.';

CREATE OR REPLACE FUNCTION console_keeps_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE'
        OR (OLD.id, OLD.at, OLD.actor, OLD.role, OLD.action, OLD.subject, OLD.address, OLD.action_key)
        IS DISTINCT FROM
           (NEW.id, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.subject, NEW.address, NEW.action_key)
    THEN
        RAISE EXCEPTION 'console: what was recorded stays';
    END IF;
    IF OLD.outcome = 'running' AND NEW.times = OLD.times THEN
        RETURN NEW;
    END IF;
    -- Of a refusal only the number grows.
    IF OLD.outcome = 'refused' AND NEW.times > OLD.times
        AND (OLD.outcome, OLD.result) IS NOT DISTINCT FROM (NEW.outcome, NEW.result)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'console: what was recorded stays';
END $$;
