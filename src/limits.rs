//! Every bound that is not a setting, explained, and held in relation to the others at compile time.

use std::time::Duration;

/// How long anyone waits for a database connection before the answer is 503 or the attempt is repeated.
pub const DATABASE_WAIT: Duration = Duration::from_secs(10);
/// The same on PostgreSQL, where a lost connection is made anew in the background at least twice within this time.
pub const POSTGRES_WAIT: Duration = Duration::from_secs(4);
/// How long once the database was found to be gone: senders are told at once, and none waits behind another.
pub const DATABASE_DOWN_WAIT: Duration = Duration::from_millis(200);
/// How long a delivery waits for its commit; then its sender is told to send it again, whatever becomes of it.
pub const STORE_WAIT: Duration = Duration::from_secs(15);
/// Connections that read a SQLite file: the console, reports and lookups of tokens.
pub const SQLITE_READERS: u32 = 4;
/// Connections of one daemon to PostgreSQL.
pub const POSTGRES_CONNECTIONS: u32 = 12;

/// Largest batch that the inbox writer commits at once, in rows and in bytes of bodies.
pub const BATCH_ROWS: usize = 512;
/// See [`BATCH_ROWS`].
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Deliveries that may wait for the inbox writer; one more is answered 503.
pub const QUEUE_ROWS: usize = 4096;

/// Connections that the public listener holds at once; more wait to be accepted.
pub const CONNECTIONS: usize = 1024;
/// A sender must have sent its request head within this time.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A sender must have sent its body within this time, or is answered 408.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// On shutdown, requests in hand may take this long.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// `/readyz` answers within this time, whatever hangs.
pub const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// One request to a provider's API, from connecting to the last byte.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// A provider's answer may have at most this many bytes.
pub const FETCH_BYTES: usize = 16 * 1024 * 1024;
/// A claimed event belongs to its worker for this long.
pub const LEASE: Duration = Duration::from_secs(180);

/// How often a daemon says that it lives, and extends the leases of what it has in hand.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// A daemon that has been silent for longer missed three heartbeats.
pub const SILENT_MILLISECONDS: i64 = 15_000;
/// After a day of silence a daemon's row is removed; its leases ended long before.
pub const FORGET_DAEMON_MILLISECONDS: i64 = 86_400_000;

/// Entities that a worker claims and settles in one transaction.
pub const CLAIM_ENTITIES: i64 = 128;
/// Events of one entity that are worked on together; the rest waits for the next claim.
pub const CLAIM_EVENTS_PER_ENTITY: i64 = 100;

/// Between two looks for credits that have become income. They are dated by the day on which they are due, so that the
/// hour does not matter.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// Rows of one INSERT: PostgreSQL takes at most 65,535 values, and the widest table has 22 columns.
pub const INSERT_ROWS: usize = 1000;
/// Rows of one INSERT on SQLite: more gain little.
pub const SQLITE_INSERT_ROWS: usize = 16;
/// Values of one IN: SQLite takes at most 32,766 values in a statement.
pub const IN_VALUES: usize = 5000;

/// Room that must be on the disk of a SQLite database for the daemon to be ready, in bytes.
pub const DISK_LEAST_BYTES: u64 = 64 * 1024 * 1024;
/// Between two looks at the database for metrics and alerts.
pub const MONITOR_INTERVAL: Duration = Duration::from_secs(15);

/// Seconds for which a token that we hand out is valid.
pub const TOKEN_SECONDS: i64 = 3600;

// A token refresh, one retry and both fetches of a booking fit into a lease, with room to settle.
const _: () = assert!(LEASE.as_secs() > 4 * FETCH_TIMEOUT.as_secs() + DATABASE_WAIT.as_secs());
// A lease is extended in its second half, so several heartbeats may fail before it ends.
const _: () = assert!(LEASE.as_secs() / 2 > 4 * HEARTBEAT.as_secs());
const _: () = assert!(QUEUE_ROWS >= BATCH_ROWS);
