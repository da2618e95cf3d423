//! The real program, killed and restarted: what was answered is there, once, and the books do not show it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use futures_util::future::join_all;
use serde_json::json;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::{BookingExample, Fault, StandIn};
use tokio::sync::Notify;

use crate::support::daemon::{PAID_ORDER, changed, check_invariants, lines, rows};
use crate::support::db::{Engine, TestDatabase, with_database};
use crate::support::home::{Home, Serving};
use crate::support::wait::{HUNG, until};

/// One thing that a provider sends: an order of the museum or a payment of the theatre, each worth something else.
pub(crate) struct Delivery {
    pub(crate) source: &'static str,
    pub(crate) order_id: String,
    pub(crate) minor: i64,
    pub(crate) body: String,
}

pub(crate) fn delivery(number: i64) -> Delivery {
    let minor = 1000 + number;
    let amount = format!("{}.{:02}", minor / 100, minor % 100);
    if number % 4 == 0 {
        // Each payment has a booking of its own.
        let payload = json!({ "booking_pid": number, "payment_pid": format!("p{number}"), "payment_method": "twint",
            "currency": "CHF", "amount": amount });
        let body = json!({ "type": "new-payment", "payload": payload }).to_string();
        return Delivery { source: "theatre", order_id: number.to_string(), minor, body };
    }
    let order_id = format!("order {number}");
    let changes = [
        ("/id", json!(order_id)),
        ("/tickets", json!([])),
        ("/payments/0/id", json!(format!("payment {number}"))),
        ("/payments/0/value", json!(amount)),
    ];
    Delivery { source: "museum", body: changed(PAID_ORDER, &changes), order_id, minor }
}

/// What was sent so far, and the events that it became.
#[derive(Default)]
struct Story {
    sent: i64,
    answered: BTreeMap<i64, String>,
}

impl Story {
    /// Six senders at once send again what has no answer yet, and so many more. Answers when `enough` requests were
    /// answered, whatever happens to the others.
    async fn send(&mut self, serving: &Serving, client: &reqwest::Client, more: i64, enough: usize) {
        self.sent += more;
        let known: BTreeSet<&String> = self.answered.values().collect();
        let unanswered = (0..self.sent).map(delivery).filter(|delivery| !known.contains(&delivery.order_id));
        let queue: Mutex<Vec<Delivery>> = Mutex::new(unanswered.collect());
        let (answered, reached) = (Mutex::new(&mut self.answered), Notify::new());
        let goal = answered.lock().unwrap().len() + enough;
        let sender = async || {
            loop {
                let Some(next) = queue.lock().unwrap().pop() else { break };
                let event = serving.post(client, next.source, next.body).await.expect("an answer");
                let mut answered = answered.lock().unwrap();
                answered.insert(event, next.order_id);
                if answered.len() == goal {
                    reached.notify_one();
                }
            }
        };
        tokio::select! {
            _ = join_all((0..6).map(|_| sender())) => {}
            () = reached.notified() => {}
        }
    }
}

/// A home whose theatre reads from a stand-in that has every booking.
pub(crate) async fn home() -> (Home, StandIn) {
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    for pid in 0..1000 {
        let booking = BookingExample { pid, tickets: Vec::new(), customer: json!(null), ..BookingExample::default() };
        stand_in.put_booking(&pid.to_string(), booking.json());
    }
    let mut home = Home::new();
    home.read_bookings_from(&stand_in);
    // On a busy machine a daemon lives long enough for one, which would find bookings that nobody sent.
    home.without_sweeps();
    (home, stand_in)
}

pub(crate) fn heads(home: &Home) -> Vec<String> {
    home.fine(&["ledger", "verify"]).lines().filter(|line| line.starts_with("Head of")).map(str::to_owned).collect()
}

/// Waits until nothing waiting any more.
pub(crate) async fn all_settled(home: &Home) {
    let database = home.database();
    let waiting = "SELECT 'event ' || id AS line FROM inbox_events WHERE state = 'pending' LIMIT 1";
    until("everything is settled", || lines(&database, waiting).is_empty()).await;
}

#[tokio::test]
async fn a_daemon_that_is_killed_loses_nothing_and_counts_nothing_twice() {
    let (home, stand_in) = home().await;
    let client = reqwest::Client::new();
    let mut story = Story::default();
    // Killed after so many answers: at once, in the middle of a batch, and with much in hand.
    for enough in [1, 2, 3, 10, 25, 35] {
        // Some bookings are being read while it is killed.
        stand_in.script([Fault::None, Fault::Hang, Fault::None, Fault::Hang]);
        let serving = home.serve();
        story.send(&serving, &client, 40, enough).await;
        serving.kill();
        stand_in.release();
        let stored: BTreeMap<String, String> = rows(&home.database(), &["id", "entity"], "FROM inbox_events")
            .iter()
            .map(|row| (row[0].clone(), row[1].split_once(':').unwrap().1.to_owned()))
            .collect();
        for (event, order_id) in &story.answered {
            assert_eq!(stored.get(&event.to_string()), Some(order_id), "event {event} was answered");
        }
    }
    // And once more while it settles what it found.
    let serving = home.serve();
    let done = "SELECT 'x' AS line FROM inbox_events WHERE state = 'done' LIMIT 60";
    let before = lines(&home.database(), "SELECT 'x' AS line FROM inbox_events WHERE state = 'done'").len();
    let database = home.database();
    until("something is settled", || lines(&database, done).len() > before.min(59)).await;
    serving.kill();

    let serving = home.serve();
    let answering = async {
        loop {
            stand_in.hanging(1).await;
            stand_in.release();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = all_settled(&home) => {}
        () = answering => {}
    }
    // A sender that got no answer sends again.
    story.send(&serving, &client, 0, usize::MAX / 2).await;
    all_settled(&home).await;
    let expected: BTreeMap<String, String> =
        (0..story.sent).map(delivery).map(|sent| (sent.order_id, format!("{}", sent.minor))).collect();
    let settled: BTreeMap<String, String> = rows(&database, &["order_id", "settled_minor"], "FROM v_order_balance")
        .iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(settled, expected);
    let states = lines(&database, "SELECT DISTINCT state AS line FROM inbox_events");
    assert_eq!(states, ["done"]);
    let entries = lines(&database, "SELECT 'x' AS line FROM journal_entries").len();
    assert_eq!(entries, expected.len(), "one entry for each payment");

    // Worked on once more from the beginning, the books do not change by a byte.
    let before = heads(&home);
    assert_eq!(before.len(), 2);
    home.fine(&["inbox", "replay", "--all-states", "--yes", "--why", "to see"]);
    all_settled(&home).await;
    assert_eq!(heads(&home), before);
    check_invariants(&database);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

/// Kills a daemon that has a fetch in hand, and starts the next one.
async fn killed_with_work_in_hand(mut home: Home, stand_in: StandIn, database: Option<&TestDatabase>) {
    if let Some(database) = database {
        home.use_database(&database.url);
    }
    let client = reqwest::Client::new();
    stand_in.script([Fault::Hang]);
    let serving = home.serve();
    let payment = delivery(4);
    serving.post(&client, payment.source, payment.body).await.unwrap();
    stand_in.hanging(1).await;
    serving.kill();
    let leased = "SELECT CAST(due_at AS TEXT) AS line FROM inbox_events WHERE lease_token IS NOT NULL";
    let end_of_lease = lines(&home.database(), leased);
    assert_eq!(end_of_lease.len(), 1, "its lease has minutes to go");
    let serving = home.serve();
    all_settled(&home).await;
    let finished = lines(&home.database(), "SELECT CAST(finished_at AS TEXT) AS line FROM inbox_events");
    assert!(finished < end_of_lease, "settled {finished:?}, although the lease lasted until {end_of_lease:?}");
    stand_in.release();
    check_invariants(&home.database());
    let daemons = "SELECT 'daemon ' || id AS line FROM daemons";
    assert_eq!(lines(&home.database(), daemons), ["daemon 2"]);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    assert_eq!(lines(&home.database(), daemons), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_in_hand_when_the_daemon_was_killed_is_worked_on_at_once_after_the_restart() {
    let (home, stand_in) = home().await;
    killed_with_work_in_hand(home, stand_in, None).await;
}

#[test]
fn the_same_on_postgresql_where_others_may_be_at_work() {
    with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (home, stand_in) = home().await;
            killed_with_work_in_hand(home, stand_in, Some(database)).await;
        });
    });
}

/// Begins a request whose body is awaited by the daemon, and answers its connection with the rest of the body.
fn half_a_request(serving: &Serving) -> (TcpStream, String) {
    let body = delivery(1).body;
    let (first, rest) = body.split_at(body.len() / 2);
    let mut connection = TcpStream::connect(serving.public).unwrap();
    connection.set_read_timeout(Some(HUNG)).unwrap();
    let head = format!(
        "POST /webhooks/museum/museum-secret HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    connection.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n", "the daemon has it in hand");
    connection.write_all(first.as_bytes()).unwrap();
    (connection, rest.to_owned())
}

#[tokio::test]
async fn a_daemon_that_is_told_to_stop_answers_what_it_has_in_hand_and_takes_nothing_new() {
    let home = Home::new();
    let serving = home.serve();
    let (mut connection, rest) = half_a_request(&serving);
    serving.terminate();
    serving.says("stopping");
    // A connection that comes too late is closed unused, once the daemon listens no more.
    if let Ok(mut late) = TcpStream::connect(serving.public) {
        late.set_read_timeout(Some(HUNG)).unwrap();
        assert_eq!(late.read(&mut [0]).unwrap_or(0), 0);
    }
    assert!(TcpStream::connect(serving.public).is_err(), "it still takes connections");
    connection.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"event\":1"), "{answer}");
    assert_eq!(serving.ended().code(), Some(0));
    assert_eq!(lines(&home.database(), "SELECT entity AS line FROM inbox_events"), ["order:order 1"]);
    check_invariants(&home.database());
}

#[tokio::test]
async fn a_second_signal_ends_the_daemon_at_once() {
    let home = Home::new();
    let serving = home.serve();
    let _in_hand = half_a_request(&serving);
    serving.terminate();
    serving.says("stopping");
    serving.terminate();
    let (status, said) = serving.ended_saying();
    assert_eq!(status.code(), Some(1));
    assert!(said.iter().any(|line| line.contains("stopped by a second signal")), "{said:#?}");
}

#[tokio::test]
async fn a_second_daemon_on_the_same_file_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let serving = home.serve();
    let second = home.run(&["serve"]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("another ticketledger daemon is using"), "{}", second.stderr);
    let client = reqwest::Client::new();
    let order = delivery(1);
    assert_eq!(serving.post(&client, order.source, order.body).await, Some(1));
    all_settled(&home).await;
    // A command is no daemon.
    assert_eq!(heads(&home).len(), 1);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}
