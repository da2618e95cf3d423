//! Three daemons, one database with a synchronous standby. Daemons are killed at random, the server in the middle of
//! it; in the end everything that was answered is there once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use ticketledger::demo::stand_in::StandIn;
use tokio::sync::watch;

use crate::crash::{Delivery, all_settled, delivery, heads, home};
use crate::support::cluster::Pair;
use crate::support::daemon::{check_invariants, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::{Home, Serving};
use crate::support::random::Random;
use crate::support::wait::{HUNG, unless_hung};

const DELIVERIES: i64 = 600;
const SENDERS: usize = 6;
const DAEMONS: usize = 3;
const KILLS: usize = 8;

/// What the senders share with the test.
struct Traffic {
    client: reqwest::Client,
    daemons: Mutex<[SocketAddr; DAEMONS]>,
    next: AtomicUsize,
    /// Event and order of every delivery that was answered with success.
    answered: Mutex<BTreeMap<i64, String>>,
    progress: watch::Sender<usize>,
}

impl Traffic {
    /// Sends one delivery after the other, each until it is answered with success.
    async fn send(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(delivery) = i64::try_from(number).ok().filter(|number| *number < DELIVERIES).map(delivery) else {
                return;
            };
            let (started, mut attempt) = (Instant::now(), number);
            let event = loop {
                let address = self.daemons.lock().unwrap()[attempt % DAEMONS];
                if let Some(event) = self.attempt(address, &delivery).await {
                    break event;
                }
                assert!(started.elapsed() < HUNG, "{} is never accepted", delivery.order_id);
                // As a load balancer does, the next daemon.
                attempt += 1;
            };
            let mut answered = self.answered.lock().unwrap();
            let earlier = answered.insert(event, delivery.order_id);
            assert_eq!(earlier, None, "event {event} was given to two senders");
            self.progress.send_replace(answered.len());
        }
    }

    /// The number of the event; `None` when it has to be sent again.
    async fn attempt(&self, address: SocketAddr, delivery: &Delivery) -> Option<i64> {
        let source = delivery.source;
        let address = format!("http://{address}/webhooks/{source}/{source}-secret");
        let answer = self.client.post(address).body(delivery.body.clone()).send().await.ok()?;
        let (status, again) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        let text = answer.text().await.ok()?;
        match (status, again) {
            (200, false) => serde_json::from_str::<Value>(&text).expect("JSON")["event"].as_i64(),
            (503, true) => None,
            answer => panic!("{answer:?}: {text}"),
        }
    }

    async fn until(&self, answered: usize) {
        let mut progress = self.progress.subscribe();
        while *progress.borrow_and_update() < answered {
            unless_hung("the senders get on", progress.changed()).await.expect("the channel is there");
        }
    }
}

/// Kills a random daemon again and again, each time after some more answers, and in the middle of it the server.
async fn trouble(traffic: &Traffic, home: &Home, servers: &Pair, mut daemons: Vec<Serving>) -> Vec<Serving> {
    let mut random = Random::new(20_261_126);
    let total = usize::try_from(DELIVERIES).unwrap();
    for kill in 1..=KILLS {
        traffic.until(kill * total / (KILLS + 2)).await;
        if kill == KILLS / 2 {
            // What waits for the standby now is not answered, and whether it will be there is nobody's to know.
            tokio::task::block_in_place(|| servers.hold_the_standby());
            servers.kill_primary();
            // A daemon dies just then, and comes back when there is a server again.
            daemons.remove(0).kill();
            // The senders go on meanwhile, on the other threads of the runtime.
            tokio::task::block_in_place(|| servers.promote());
            daemons.insert(0, tokio::task::block_in_place(|| home.serve()));
        } else {
            let chosen = random.index(DAEMONS);
            daemons.remove(chosen).kill();
            daemons.insert(chosen, tokio::task::block_in_place(|| home.serve()));
        }
        let addresses: Vec<SocketAddr> = daemons.iter().map(|daemon| daemon.public).collect();
        *traffic.daemons.lock().unwrap() = addresses.try_into().unwrap();
    }
    daemons
}

#[tokio::test(flavor = "multi_thread")]
async fn three_daemons_outlive_each_other_and_their_server() {
    if TestDatabase::new(Engine::Postgres).is_none() {
        return;
    }
    let Some(servers) = Pair::start() else { return };
    let (mut home, stand_in): (Home, StandIn) = home().await;
    let standby = servers.standby_url("postgres");
    home.use_database(&standby);
    let refused = home.run(&["serve"]);
    assert!(refused.stderr.contains("target_session_attrs=read-write"), "{}", refused.stderr);
    home.use_database(&servers.url("postgres"));

    let daemons: Vec<Serving> = (0..DAEMONS).map(|_| home.serve()).collect();
    let addresses: Vec<SocketAddr> = daemons.iter().map(|daemon| daemon.public).collect();
    let traffic = Arc::new(Traffic {
        client: reqwest::Client::new(),
        daemons: Mutex::new(addresses.try_into().unwrap()),
        next: AtomicUsize::new(0),
        answered: Mutex::default(),
        progress: watch::Sender::new(0),
    });
    let senders = (0..SENDERS).map(|_| {
        let traffic = Arc::clone(&traffic);
        tokio::spawn(async move { traffic.send().await })
    });
    let senders: Vec<_> = senders.collect();
    let daemons = trouble(&traffic, &home, &servers, daemons).await;
    for sender in senders {
        sender.await.unwrap();
    }

    let database = home.database();
    all_settled(&home).await;
    let answered = traffic.answered.lock().unwrap().clone();
    assert_eq!(answered.values().collect::<BTreeSet<_>>().len(), usize::try_from(DELIVERIES).unwrap());
    let stored: BTreeSet<String> =
        lines(&database, "SELECT id || ' ' || entity AS line FROM inbox_events").into_iter().collect();
    for (event, order_id) in &answered {
        let kind = if order_id.starts_with("order") { "order" } else { "booking" };
        assert!(stored.contains(&format!("{event} {kind}:{order_id}")), "event {event} was answered");
    }
    let settled = lines(&database, "SELECT order_id || ' ' || settled_minor AS line FROM v_order_balance");
    let expected = (0..DELIVERIES).map(delivery).map(|sent| format!("{} {}", sent.order_id, sent.minor));
    assert_eq!(settled.into_iter().collect::<BTreeSet<_>>(), expected.collect());
    let entries = lines(&database, "SELECT 'x' AS line FROM journal_entries").len();
    assert_eq!(i64::try_from(entries).unwrap(), DELIVERIES, "one entry for each payment");
    check_invariants(&database);

    for daemon in daemons {
        daemon.terminate();
        assert_eq!(daemon.ended().code(), Some(0));
    }
    let left = lines(&database, "SELECT 'daemon ' || id AS line FROM daemons");
    assert_eq!(left, Vec::<String>::new(), "the killed were found out, the others signed off");
    let before = heads(&home);
    home.fine(&["ledger", "rebuild"]);
    assert_eq!(heads(&home), before);
    drop(stand_in);
}
