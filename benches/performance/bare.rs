//! The bare loops: the same inserts behind the same HTTP stack, without reading, routing or settling; and the same rows
//! copied into the same tables.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use ticketledger::clock::Clock;
use ticketledger::db::{Database, Role};
use ticketledger::inbox::{Classified, Delivery, ParkReason, store};
use tokio::sync::{mpsc, oneshot};
use warp::Filter as _;

use crate::engine::{Engine, Place};
use crate::serving::{self, Serving};

/// Orders whose rows are copied in one transaction, as many as the daemon settles in one.
const BATCH: u64 = 128;

type Waiting = (Bytes, oneshot::Sender<()>);

/// Starts this program anew as a bare server.
pub(crate) fn start(place: &Place) -> Serving {
    let address = serving::free();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["bare-server", &format!("{address} {}", place.url)]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Serving::new(command.spawn().expect("the bare server starts"), address)
}

/// Stores whatever waits in one transaction, and answers all of it.
pub(crate) fn serve(argument: &str) {
    let (address, url) = argument.split_once(' ').expect("an address and a database");
    let database = Database::open(url, Role::Daemon).expect("the database opens").for_receiving();
    let (sender, mut queue) = mpsc::channel::<Waiting>(4096);
    std::thread::spawn(move || {
        let mut waiting = Vec::new();
        while queue.blocking_recv_many(&mut waiting, 512) > 0 {
            let deliveries: Vec<Delivery> = waiting.iter().map(|(body, _)| delivery(body)).collect();
            let deliveries: Vec<&Delivery> = deliveries.iter().collect();
            let stored = database.transaction("bare", |connection| store::insert_batch(connection, &deliveries));
            stored.expect("it is stored");
            for (_, answer) in waiting.drain(..) {
                let _ = answer.send(());
            }
        }
    });
    let route = warp::path("webhooks").and(warp::body::bytes()).then(move |body: Bytes| {
        let sender = sender.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            sender.send((body, answer)).await.expect("the writer runs");
            answered.await.expect("the writer answers");
            "{\"status\":\"accepted\"}"
        }
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address: SocketAddr = address.parse().expect("an address");
    runtime.block_on(warp::serve(route).run(address));
}

fn delivery(body: &Bytes) -> Delivery {
    Delivery {
        source: "museum".to_owned(),
        class: Classified::Parked {
            kind: "order".to_owned(),
            entity: None,
            reason: ParkReason::UnknownVendor,
            detail: String::new(),
        },
        received_at: Clock::System.now(),
        method: "POST".to_owned(),
        content_type: None,
        headers: "{}".to_owned(),
        body: body.to_vec(),
    }
}

/// Tables that settling writes, each with the column that says when its rows came.
const TABLES: [(&str, &str); 11] = [
    ("order_snapshots", "snapshot_no"),
    ("postings", "entry_no"),
    ("journal_entries", "entry_no"),
    ("orders", "last_snapshot_no"),
    ("order_lines", "rowid"),
    ("payments", "rowid"),
    ("order_sums", "rowid"),
    ("contacts", "rowid"),
    ("contact_orders", "rowid"),
    ("vat_shifts", "rowid"),
    ("findings", "rowid"),
];

/// Copies all that settling wrote into the same tables with the same indexes and triggers, in transactions of as many
/// orders, by the engine itself. `None` on PostgreSQL, where one database does not read another.
pub(crate) fn copy_rows(engine: &Engine, place: &Place) -> Option<Duration> {
    let orders = place.count("orders");
    let fresh = engine.fresh();
    drop(Database::open(&fresh.url, Role::Command).expect("the database opens"));
    let (from, to) = place.file().zip(fresh.file())?;
    let mut connection = SqliteConnection::establish(&to.display().to_string()).expect("the file opens");
    let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
                    PRAGMA recursive_triggers=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; \
                    PRAGMA wal_autocheckpoint=16000";
    let attach = format!("{settings}; ATTACH '{}' AS settled", from.display());
    connection.batch_execute(&attach).expect("both are open");
    for table in ["sources", "policies", "accounts", "inbox_events", "event_titles", "month_sums"] {
        connection
            .batch_execute(&format!("INSERT INTO {table} SELECT * FROM settled.{table}"))
            .expect("what was there");
    }
    let share = |table: &str| place.count(table).div_ceil(orders.div_ceil(BATCH).max(1));
    // An entry is sealed with all its lines.
    let counted = |table: &'static str| if table == "postings" { "journal_entries" } else { table };
    let shares: Vec<u64> = TABLES.iter().map(|(table, _)| share(counted(table))).collect();
    let begun = Instant::now();
    for step in 0..orders.div_ceil(BATCH) {
        let mut statements = String::from("BEGIN IMMEDIATE;");
        for ((table, column), share) in TABLES.iter().zip(&shares) {
            let (after, until) = (step * share, (step + 1) * share);
            let chosen = format!("{column} > {after} AND {column} <= {until}");
            statements += &format!("INSERT INTO {table} SELECT * FROM settled.{table} WHERE {chosen};");
        }
        let events = format!("id > {} AND id <= {}", step * BATCH, (step + 1) * BATCH);
        statements += &format!("UPDATE inbox_events SET state = 'done' WHERE {events}; COMMIT");
        connection.batch_execute(&statements).expect("the rows are copied");
    }
    Some(begun.elapsed())
}
