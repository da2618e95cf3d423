//! Sockets that somebody else holds: known by their names, and open while the daemon restarts.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::post;
use crate::support::daemon::{PAID_ORDER, changed, check_invariants, lines};
use crate::support::home::Home;
use crate::support::wait::until;

fn socket() -> (TcpListener, SocketAddr) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

async fn status(address: SocketAddr, path: &str) -> u16 {
    reqwest::get(format!("http://{address}{path}")).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn each_socket_is_known_by_its_name_whatever_the_order() {
    let home = Home::new();
    let (console, console_address) = socket();
    let (public, public_address) = socket();
    let serving = home.serve_on([("console", &console), ("public", &public)]);
    assert_eq!((serving.public, serving.console), (public_address, console_address));
    assert_eq!((status(public_address, "/healthz").await, status(public_address, "/metrics").await), (200, 404));
    assert_eq!((status(console_address, "/healthz").await, status(console_address, "/metrics").await), (404, 200));
}

#[test]
fn a_socket_without_one_of_our_names_is_refused() {
    let home = Home::new();
    let ((first, _), (second, _)) = (socket(), socket());
    for (names, hint) in [
        (["public", "ticketledger.socket"], "a socket named `ticketledger.socket`; write FileDescriptorName=public or"),
        (["public", "public"], "two sockets named `public`"),
    ] {
        let output = home.on_sockets([(names[0], &first), (names[1], &second)]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(hint), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn senders_notice_nothing_of_a_restart() {
    let home = Home::new();
    let ((public, address), (console, _)) = (socket(), socket());
    let sockets = [("public", &public), ("console", &console)];
    let enough = Arc::new(AtomicBool::new(false));
    let mut serving = home.serve_on(sockets);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let enough = Arc::clone(&enough);
            tokio::spawn(async move {
                let mut sent = 0;
                while !enough.load(Ordering::Relaxed) {
                    let body = changed(PAID_ORDER, &[("/id", serde_json::json!(format!("order {sender} {sent}")))]);
                    // A connection of its own for each: that is what could be refused.
                    assert_eq!(post(address, "museum/museum-secret", &body).await, 200);
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    for _ in 0..3 {
        let count = || lines(&home.database(), "SELECT 'x' AS line FROM inbox_events").len();
        let before = count();
        until("deliveries go on", || count() > before + 10).await;
        serving.terminate();
        assert_eq!(serving.ended().code(), Some(0));
        serving = home.serve_on(sockets);
    }
    enough.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for sender in senders {
        sent += sender.await.expect("every delivery was answered 200");
    }
    assert_eq!(lines(&home.database(), "SELECT 'x' AS line FROM inbox_events").len(), sent);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    check_invariants(&home.database());
}
