//! The bare loops: the same inserts behind the same HTTP stack, without reading, routing or settling; and the same rows
//! copied into the same tables.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};
use ticketledger::clock::Clock;
use ticketledger::db::{Database, Role};
use ticketledger::inbox::{Classified, Delivery, Entity, ParkReason, store};
use tokio::sync::{mpsc, oneshot};
use warp::Filter as _;

use crate::engine::{Engine, Place};
use crate::serving::{self, Serving};

/// Orders whose rows are copied in one transaction, as many as the daemon settles in one.
const BATCH: u64 = 128;

/// More customers than one transaction of settling numbers.
const AHEAD: u64 = 1024;

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
            // The same row as the daemon's: as long, with the same entries in the same indexes.
            entity: Some(Entity::Order(id(body))),
            reason: ParkReason::UnknownVendor,
            detail: "vendor_id is none of the source's vendor_ids".to_owned(),
        },
        received_at: Clock::System.now(),
        method: "POST".to_owned(),
        content_type: None,
        headers: "{}".to_owned(),
        body: body.to_vec(),
    }
}

/// The id of an order, which stands at the front of what the senders send.
fn id(body: &[u8]) -> String {
    let id = body.get(r#"{"id":""#.len()..).and_then(|rest| rest.get(..32)).expect("an id of 32 characters");
    String::from_utf8_lossy(id).into_owned()
}

/// Tables that settling writes, each with how its rows of one step are found, in an order that the triggers take.
const TABLES: [(&str, Chosen); 9] = [
    ("order_snapshots", Chosen::Numbered("snapshot_no")),
    ("postings", Chosen::Numbered("entry_no")),
    ("journal_entries", Chosen::Numbered("entry_no")),
    ("contacts", Chosen::NumberedAhead("contact_id")),
    ("orders", Chosen::OfOrders),
    ("order_lines", Chosen::OfOrders),
    ("payments", Chosen::OfOrders),
    ("order_sums", Chosen::OfOrders),
    ("contact_orders", Chosen::OfOrders),
];

#[derive(Clone, Copy)]
enum Chosen {
    /// By a number that rises with the orders.
    Numbered(&'static str),
    /// The same, before the orders that refer to them: settling numbers its customers in another order than its orders.
    NumberedAhead(&'static str),
    /// By the orders of the step.
    OfOrders,
}

/// Copies all that settling wrote into the same tables with the same indexes and triggers, in transactions of as many
/// orders, by the engine itself: from one file into another, or from one schema into another.
pub(crate) fn copy_rows(engine: &Engine, place: &Place) -> Duration {
    let Some(from) = place.file() else { return copy_schema(place) };
    let fresh = engine.fresh();
    drop(Database::open(&fresh.url, Role::Command).expect("the database opens"));
    let to = fresh.file().expect("a file");
    let mut connection = SqliteConnection::establish(&to.display().to_string()).expect("the file opens");
    let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
                    PRAGMA recursive_triggers=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; \
                    PRAGMA wal_autocheckpoint=16000";
    let attach = format!("{settings}; ATTACH '{}' AS settled", from.display());
    connection.batch_execute(&attach).expect("both are open");
    copy(&mut connection, place, ("settled", "main"), "BEGIN IMMEDIATE")
}

fn copy_schema(place: &Place) -> Duration {
    let mut connection = place.server();
    connection.batch_execute("CREATE SCHEMA copied").expect("a schema");
    let (server, options) = place.url.split_once('?').unwrap_or((&place.url, ""));
    let copied = format!("{server}?options=-csearch_path%3Dcopied&{options}").trim_end_matches('&').to_owned();
    drop(Database::open(&copied, Role::Command).expect("the schema gets its tables"));
    // The triggers name tables without a schema.
    // Without statistics each step would read all rows to find its own.
    connection.batch_execute("SET search_path TO copied; ANALYZE").expect("the search path is set");
    copy(&mut connection, place, ("public", "copied"), "BEGIN")
}

fn copy(connection: &mut impl SimpleConnection, place: &Place, (from, to): (&str, &str), begin: &str) -> Duration {
    let mut run = |statements: &str| connection.batch_execute(statements).expect("the rows are copied");
    for table in ["sources", "policies", "accounts", "inbox_events", "event_titles", "month_sums"] {
        run(&format!("INSERT INTO {to}.{table} SELECT * FROM {from}.{table}"));
    }
    let steps = place.count("orders").div_ceil(BATCH).max(1);
    run(&format!(
        "CREATE TEMP TABLE steps (step bigint, source text, order_id text); \
         INSERT INTO steps SELECT (last_snapshot_no - 1) / {BATCH}, source, order_id FROM {from}.orders; \
         CREATE INDEX steps_step ON steps (step); ANALYZE steps"
    ));
    let shares = TABLES.map(|(table, chosen)| match chosen {
        // An entry is sealed with all its lines.
        Chosen::Numbered("entry_no") => place.count("journal_entries").div_ceil(steps),
        Chosen::Numbered(_) | Chosen::NumberedAhead(_) => place.count(table).div_ceil(steps),
        Chosen::OfOrders => 0,
    });
    let begun = Instant::now();
    for step in 0..steps {
        let mut statements = format!("{begin};");
        for ((table, chosen), share) in TABLES.iter().zip(shares) {
            let (after, until) = (step * share, (step + 1) * share);
            let rows = match chosen {
                Chosen::Numbered(number) => format!("source = 'museum' AND {number} > {after} AND {number} <= {until}"),
                Chosen::NumberedAhead(number) => {
                    let after = if step == 0 { 0 } else { after + AHEAD };
                    format!("{number} > {after} AND {number} <= {}", until + AHEAD)
                }
                Chosen::OfOrders => {
                    format!("(source, order_id) IN (SELECT source, order_id FROM steps WHERE step = {step})")
                }
            };
            statements += &format!("INSERT INTO {to}.{table} SELECT * FROM {from}.{table} WHERE {rows};");
        }
        let events = format!("id > {} AND id <= {}", step * BATCH, (step + 1) * BATCH);
        statements += &format!("UPDATE {to}.inbox_events SET state = 'done' WHERE {events}; COMMIT");
        run(&statements);
    }
    begun.elapsed()
}
