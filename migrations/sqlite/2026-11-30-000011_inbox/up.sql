-- Until the first release the steps in this folder may be folded again, under new names with later dates; a database of
-- the steps before is then refused. From the first release on they stay as they are, and a change is a new step.

-- The inbox: deliveries as they were received, and what was fetched because of them. Instants
-- are UTC text, `YYYY-MM-DD HH:MM:SS[.f]`.
-- The PostgreSQL tree also explains the columns.

-- One account at one provider. A lock on its row is the lock on its ledger.
CREATE TABLE sources (
    source TEXT PRIMARY KEY NOT NULL,
    provider TEXT NOT NULL,
    timezone TEXT NOT NULL,
    country TEXT NOT NULL,
    created_at TEXT NOT NULL,
    books_from TEXT CHECK (books_from GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]')
) STRICT;

-- Every delivery, as it was received, and how far the work on it is.
CREATE TABLE inbox_events (
    id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT,
    received_at TEXT NOT NULL,
    method TEXT NOT NULL,
    content_type TEXT,
    headers TEXT NOT NULL,
    body BLOB,
    body_sha256 TEXT NOT NULL CHECK (length(body_sha256) = 64),
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'superseded', 'parked', 'dismissed')),
    reason TEXT,
    detail TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL,
    lease_token TEXT,
    finished_at TEXT,
    CHECK (state <> 'pending' OR entity IS NOT NULL),
    CHECK (state <> 'parked' OR reason IS NOT NULL),
    CHECK (state = 'pending' OR lease_token IS NULL)
) STRICT;
-- A claim walks this index from the front of one source and stops when it has enough.
CREATE INDEX inbox_events_due ON inbox_events (source, due_at, id) WHERE state = 'pending';
CREATE INDEX inbox_events_waiting ON inbox_events (source, entity, id) WHERE state = 'pending';
CREATE INDEX inbox_events_entity ON inbox_events (source, entity, id);
-- The events that a worker holds now: few, however much waits. Created after the index above, because of two indexes
-- that serve a lookup equally well SQLite takes the newer.
CREATE INDEX inbox_events_leased ON inbox_events (source, entity) WHERE lease_token IS NOT NULL;
-- How many events are in each state is asked every few seconds, and read from here.
CREATE INDEX inbox_events_state ON inbox_events (source, state, received_at);
CREATE INDEX inbox_events_parked ON inbox_events (source, id) WHERE state = 'parked';

-- What people did to events and books from the command line or the console, and why.
CREATE TABLE operator_actions (
    id INTEGER PRIMARY KEY NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    why TEXT NOT NULL,
    filter TEXT NOT NULL,
    events INTEGER NOT NULL
) STRICT;

-- Every attempt that failed, and every operator action on an event.
CREATE TABLE inbox_attempts (
    id INTEGER PRIMARY KEY NOT NULL,
    event_id INTEGER NOT NULL REFERENCES inbox_events (id),
    at TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT,
    next_due_at TEXT,
    action_id INTEGER REFERENCES operator_actions (id)
) STRICT;
CREATE INDEX inbox_attempts_event ON inbox_attempts (event_id, id);

-- Answers fetched from a provider because a delivery only named what changed.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    entity TEXT NOT NULL,
    event_id INTEGER NOT NULL REFERENCES inbox_events (id),
    started_at TEXT NOT NULL,
    fetched_at TEXT,
    status INTEGER,
    body BLOB,
    body_sha256 TEXT CHECK (length(body_sha256) = 64)
) STRICT;
CREATE INDEX documents_entity ON documents (source, entity, id);
CREATE INDEX documents_event ON documents (event_id);

-- Bearer tokens that senders obtained from us; only their hashes are stored.
CREATE TABLE oauth_tokens (
    token_sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(token_sha256) = 64),
    source TEXT NOT NULL,
    client_id TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (expires_at);

-- Tokens that a provider issued to us, encrypted with a key derived from the client secret.
CREATE TABLE provider_tokens (
    source TEXT PRIMARY KEY NOT NULL,
    refresh_token_sealed BLOB NOT NULL,
    access_token_sealed BLOB NOT NULL,
    access_expires_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
