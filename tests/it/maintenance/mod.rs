//! Keeping data: moved to the other engine, read by others, taken when it is no longer needed, and restored.

mod backup;
mod copy;
mod hot;
mod reader;
mod retention;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use futures_util::future::join_all;
use serde_json::{Value, json};
use ticketledger::demo::stand_in::{BookingExample, person_example};

use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed, refund};
use crate::support::home::Serving;
use crate::support::order::{admission, order};
use crate::support::wait::HUNG;

/// A customer of Ticketpark.
const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";

/// Something for every table that traffic fills: both seeds, a refund that is taken back, a person, a paid booking, a
/// parked delivery.
async fn traffic(daemon: &TestDaemon) {
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(changed(PAID_ORDER, &[("/payments/-", refund("2025-11-11T09:30:00Z"))])).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(UNIFIED_EXAMPLE).await;
    daemon.parked("museum", "{").await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.stand_in.put_person(PERSON, person_example());
    daemon.ticketpark("new-person", json!({ "person_pid": PERSON })).await;
    daemon.ticketpark("new-booking", json!({ "booking_pid": booking.pid() })).await;
    let payment = json!({ "booking_pid": booking.pid(), "payment_pid": "payment-1", "payment_method": "card",
        "amount": "50.00", "currency": "CHF" });
    daemon.ticketpark("new-payment", payment).await;
    daemon.settle().await;
}

/// Runs `body` while four senders send up to 500 orders each to a daemon, once 100 of them were answered; each must be
/// accepted. `body` is told the numbers of the events answered so far. Answers how many were, in the end.
fn under_load(serving: &Serving, body: impl FnOnce(&Mutex<Vec<i64>>)) -> usize {
    let address = format!("http://{}/webhooks/museum/museum-secret", serving.public);
    let (stop, answered) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let (tell, enough) = std::sync::mpsc::channel();
    let sender = async |sender: usize, tell: &Sender<()>| {
        let client = reqwest::Client::new();
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) && number < 500 {
            number += 1;
            let id = format!("{sender}-{number}");
            let body = order(&id, json!({"tickets": [admission(&format!("p{id}"), "10.00", "19.00")]}));
            let answer = client.post(&address).body(body).send().await.expect("an answer");
            let answer: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
            assert_eq!(answer["status"], "accepted", "{answer}");
            let mut answered = answered.lock().unwrap();
            answered.push(answer["event"].as_i64().expect("a number"));
            if answered.len() == 100 {
                // The test may have failed.
                let _ = tell.send(());
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, tell) = (&sender, tell);
        let sending = scope.spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async { join_all((0..4).map(|number| sender(number, &tell))).await });
        });
        enough.recv_timeout(HUNG).expect("a hundred deliveries are answered");
        body(&answered);
        stop.store(true, Ordering::Relaxed);
        sending.join().expect("every delivery was accepted");
    });
    answered.into_inner().unwrap().len()
}
