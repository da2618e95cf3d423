-- Asking the providers what changed, so that a webhook that never came is noticed.
-- The PostgreSQL tree also explains the columns.

-- How far each source is known to be complete, and who sweeps it now.
CREATE TABLE sweep_progress (
    source TEXT NOT NULL,
    resource TEXT NOT NULL CHECK (resource IN ('orders', 'bookings')),
    complete_until TEXT,
    first_since TEXT,
    history_since TEXT CHECK (history_since GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    history_next TEXT CHECK (history_next GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    not_before TEXT,
    held_by TEXT,
    held_until TEXT,
    PRIMARY KEY (source, resource),
    CHECK ((held_by IS NULL) = (held_until IS NULL))
) STRICT;

-- Every run, also those that failed.
CREATE TABLE sweep_runs (
    id INTEGER PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    resource TEXT NOT NULL CHECK (resource IN ('orders', 'bookings')),
    kind TEXT NOT NULL CHECK (kind IN ('delta', 'nightly', 'period', 'history', 'single')),
    asked_at TEXT NOT NULL,
    started_at TEXT,
    since TEXT,
    from_day TEXT CHECK (from_day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    to_day TEXT CHECK (to_day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    next_offset INTEGER NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    page_size INTEGER NOT NULL CHECK (page_size > 0),
    tail TEXT NOT NULL DEFAULT '[]',
    walk INTEGER NOT NULL DEFAULT 1,
    walk_sum INTEGER NOT NULL DEFAULT 0,
    earlier_sum INTEGER,
    total INTEGER,
    pages INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    listed INTEGER NOT NULL DEFAULT 0,
    equal INTEGER NOT NULL DEFAULT 0,
    found INTEGER NOT NULL DEFAULT 0,
    found_missed INTEGER NOT NULL DEFAULT 0,
    found_late INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL
        CHECK (result IN ('running', 'clean', 'repaired', 'failed', 'stopped', 'over_budget', 'unstable')),
    error TEXT,
    detail TEXT,
    finished_at TEXT,
    CHECK ((result = 'running') = (finished_at IS NULL)),
    CHECK (result <> 'failed' OR error IS NOT NULL)
) STRICT;
CREATE INDEX sweep_runs_kind ON sweep_runs (source, kind, id);
CREATE INDEX sweep_runs_result ON sweep_runs (source, result, id);

-- Requests used, by UTC month.
CREATE TABLE sweep_budgets (
    source TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sweep', 'history')),
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    used INTEGER NOT NULL CHECK (used >= 0),
    blocked_until TEXT,
    PRIMARY KEY (source, kind, month)
) STRICT;

-- What a sweep found and stored as an event of the inbox: late, if the webhook still comes, else missed.
CREATE TABLE sweep_differences (
    event_id INTEGER PRIMARY KEY NOT NULL REFERENCES inbox_events (id),
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES sweep_runs (id),
    since TEXT,
    found_at TEXT NOT NULL,
    decide_at TEXT NOT NULL,
    decided TEXT CHECK (decided IN ('late', 'missed', 'replaced')),
    decided_at TEXT,
    atoms TEXT,
    CHECK ((decided IS NULL) = (decided_at IS NULL))
) STRICT;
CREATE INDEX sweep_differences_undecided ON sweep_differences (source, decide_at) WHERE decided IS NULL;
CREATE INDEX sweep_differences_decided ON sweep_differences (source, decided, decided_at);

-- The token of a client of bookingkit's API, of which there is one at a time: whoever asks for one claims it first.
CREATE TABLE api_tokens (
    client_sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(client_sha256) = 64),
    token_sealed BLOB,
    expires_at TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    claimed_by TEXT,
    claimed_until TEXT,
    wait_until TEXT,
    CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    CHECK ((token_sealed IS NULL) = (expires_at IS NULL))
) STRICT;
