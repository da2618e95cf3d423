-- Who may use the console, and what they did there. The PostgreSQL tree also explains the columns.

CREATE TABLE console_users (
    name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    role TEXT NOT NULL CHECK (role IN ('reader', 'finance', 'admin')),
    password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;

CREATE TABLE console_sessions (
    token_sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(token_sha256) = 64),
    user_name TEXT NOT NULL REFERENCES console_users (name) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT;
CREATE INDEX console_sessions_user ON console_sessions (user_name);
CREATE INDEX console_sessions_expiry ON console_sessions (expires_at);

CREATE TABLE console_tokens (
    id INTEGER PRIMARY KEY NOT NULL,
    token_sha256 TEXT NOT NULL UNIQUE CHECK (length(token_sha256) = 64),
    user_name TEXT NOT NULL REFERENCES console_users (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('reader', 'finance', 'admin')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE INDEX console_tokens_user ON console_tokens (user_name);

CREATE TABLE console_audit (
    id INTEGER PRIMARY KEY NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT CHECK (role IN ('reader', 'finance', 'admin')),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    action_key TEXT UNIQUE CHECK (length(action_key) = 32),
    outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'refused', 'failed')),
    result TEXT NOT NULL
) STRICT;

-- What people noted about a cause for which webhooks are parked.
CREATE TABLE inbox_causes (
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (source, reason)
) STRICT;

CREATE TRIGGER console_audit_update BEFORE UPDATE ON console_audit
WHEN OLD.outcome <> 'running'
  OR (OLD.id, OLD.at, OLD.actor, OLD.role, OLD.action, OLD.subject, OLD.address, OLD.action_key)
  IS NOT (NEW.id, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.subject, NEW.address, NEW.action_key)
BEGIN SELECT RAISE(ABORT, 'console: what was recorded stays'); END;
CREATE TRIGGER console_audit_delete BEFORE DELETE ON console_audit
BEGIN SELECT RAISE(ABORT, 'console: what was recorded stays'); END;
