//! All limits that are not settings. Relations between them are checked at compile time.

use std::time::Duration;

/// How long anything waits for a database connection before the response is 503 or the attempt is repeated.
pub const DATABASE_WAIT: Duration = Duration::from_secs(10);
/// The same on PostgreSQL: in this time the pool tries at least twice to replace a lost connection in the background.
pub const POSTGRES_WAIT: Duration = Duration::from_secs(4);
/// The same after the database was found to be down: senders get 503 at once, and none queues behind another.
pub const DATABASE_DOWN_WAIT: Duration = Duration::from_millis(200);
/// How long a delivery waits for its commit; then its sender is told to send it again, whether it commits or not.
pub const STORE_WAIT: Duration = Duration::from_secs(15);
/// Read connections of a SQLite file: for the console, reports and token lookups.
pub const SQLITE_READERS: u32 = 4;
/// Pages of a SQLite write-ahead log from which on it is written back beside the writer.
pub const LOG_PAGES: u32 = 2_000;
/// Size from which on a SQLite write-ahead log is written back and truncated, in bytes: twice what a checkpoint leaves.
pub const LOG_BYTES: u64 = 128 * 1024 * 1024;
/// How long the truncation of the log after an erasure waits for whoever reads or writes; deliveries wait meanwhile.
pub const LOG_PATIENCE: Duration = Duration::from_secs(1);
/// Connections of one daemon to PostgreSQL.
pub const POSTGRES_CONNECTIONS: u32 = 12;

/// Largest batch that the inbox writer commits at once, in rows.
pub const BATCH_ROWS: usize = 512;
/// The same in bytes of bodies.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Deliveries that may wait for the inbox writer; the next one gets 503.
pub const QUEUE_ROWS: usize = 4096;

/// Concurrent connections of the public listener; further ones wait to be accepted.
pub const CONNECTIONS: usize = 1024;
/// Webhooks that one delivery may hold as a list: all are stored in one transaction.
pub const LIST_ITEMS: usize = 500;
/// Largest body when it is unpacked, in bytes: also the largest `limits.body_bytes`.
pub const UNPACKED_BYTES: usize = 32 * 1024 * 1024;

/// Tickets and participants together that an order may have; with more its delivery is parked.
pub const ORDER_ADMISSIONS: usize = 12_000;
/// Parts of any other kind that an order may have, such as payments or vouchers.
pub const ORDER_PARTS: usize = 2_500;
/// Shares that discounts and vouchers may be spread into over the lines of an order: each is an entry of its own.
pub const ORDER_SHARES: usize = 5_000;
/// Oddities of one kind that are kept of one delivery, and findings of one reason on one order.
pub const ALIKE: usize = 50;
/// Tickets that one webhook of a booking may announce; the booking is read whatever it announces.
pub const ANNOUNCED_TICKETS: usize = 500;

/// Timeout for the head of a request.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout for the body of a request; then the response is 408.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Timeout for a sender to take an answer; then its connection ends.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the first request of a new connection when the daemon stops.
pub const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// The same as [`HEADER_TIMEOUT`] at the console, which has fewer connections and local clients.
pub const CONSOLE_HEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// Concurrent connections of the console: a browser and some collectors of metrics.
pub const CONSOLE_CONNECTIONS: usize = 64;
/// Largest body of a form, in bytes.
pub const CONSOLE_BODY_BYTES: usize = 64 * 1024;
/// Time for the rest of a form when the daemon stops.
pub const CONSOLE_STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// Streams of live numbers that may be open, and of one session: the other connections of the console are for pages.
pub const CONSOLE_STREAMS: usize = 32;
pub const CONSOLE_STREAMS_OF_ONE: usize = 4;
/// Pages that may ask the database at the same time, so that workers and readiness find a connection.
pub const CONSOLE_READERS: usize = 3;
/// Passwords that are checked at the same time: each takes 19 MiB.
pub const PASSWORD_CHECKS: usize = 2;
/// File descriptors that are not for connections of senders: the console, the database, provider requests, the log.
pub const RESERVED_FILES: usize = 256;
/// Time that running requests get on shutdown.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Timeout of the database checks of `/readyz` together.
pub const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// Timeout of one request to a provider's API, from connecting to the last byte.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest response of a provider, in bytes.
pub const FETCH_BYTES: usize = 16 * 1024 * 1024;
/// A provider's `Retry-After` that asks for more is cut to this.
pub const LONGEST_RETRY_AFTER_MILLISECONDS: i64 = 3_600_000;
/// How long a claimed event belongs to its worker.
pub const LEASE: Duration = Duration::from_secs(180);

/// How often a daemon writes its heartbeat and extends its leases.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// A daemon that is silent for longer has missed three heartbeats.
pub const SILENT_MILLISECONDS: i64 = 15_000;
/// After a day of silence the row of a daemon is deleted; its leases expired long before.
pub const FORGET_DAEMON_MILLISECONDS: i64 = 86_400_000;

/// Entities that a worker claims together, and holds in memory until they are settled; more settle no faster.
pub const CLAIM_ENTITIES: i64 = 128;
/// How long a transaction of settling goes on before it gives the writer back: deliveries may wait for it on SQLite.
pub const SETTLE_TIME: Duration = Duration::from_millis(40);
/// The same while deliveries do wait. After it they have the writer for as long.
pub const SETTLE_TIME_RECEIVING: Duration = Duration::from_millis(15);
/// Events of one entity that are processed together; the rest waits for the next claim.
pub const CLAIM_EVENTS_PER_ENTITY: i64 = 100;

/// Time between two searches for credits that became income. They are dated by the day on which they are due, so the
/// hour does not matter.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// Rows per INSERT: PostgreSQL takes at most 65,535 values, and the widest table has 22 columns.
pub const INSERT_ROWS: usize = 1000;
/// Rows per INSERT on SQLite; more gain little.
pub const SQLITE_INSERT_ROWS: usize = 16;
/// Values per IN: SQLite takes at most 32,766 values in a statement.
pub const IN_VALUES: usize = 5000;

/// Free disk space that a SQLite database needs for the daemon to be ready, in bytes.
pub const DISK_LEAST_BYTES: u64 = 64 * 1024 * 1024;
/// Time between two reads of the database for metrics and alerts.
pub const MONITOR_INTERVAL: Duration = Duration::from_secs(15);

/// How long another program may take to make a PDF; a year of a large house takes it well under a minute.
pub const PDF_TIMEOUT: Duration = Duration::from_secs(180);

/// Lifetime of an access token that we issue, in seconds.
pub const TOKEN_SECONDS: i64 = 3600;

// A token refresh, one retry and both fetches of a booking fit into a lease, with time left to settle.
const _: () = assert!(LEASE.as_secs() > 4 * FETCH_TIMEOUT.as_secs() + DATABASE_WAIT.as_secs());
// A lease is extended in its second half, so several heartbeats may fail before it expires.
const _: () = assert!(LEASE.as_secs() / 2 > 4 * HEARTBEAT.as_secs());
const _: () = assert!(CONSOLE_STREAMS * 2 <= CONSOLE_CONNECTIONS);
const _: () = assert!(QUEUE_ROWS >= BATCH_ROWS);
// A list is stored in one batch.
const _: () = assert!(LIST_ITEMS <= BATCH_ROWS);
