//! The limit of open files: raised at the start, and never used up by senders.

use tokio::net::TcpStream;

use crate::support::home::Home;

/// Soft and hard limit of a process.
fn limits(id: &str) -> (String, String) {
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let mut words = line["Max open files".len()..].split_whitespace();
    (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_leave_files_for_the_console_and_the_database() {
    let home = Home::new();
    // 150 connections fit into 300 files beside what else is needed.
    let serving = home.serve_limited("ulimit -Sn 100; ulimit -Hn 300");
    assert_eq!(limits(&serving.id().to_string()), ("300".to_owned(), "300".to_owned()));
    serving.says("few files may be open");
    let mut idle = Vec::new();
    for _ in 0..280 {
        idle.push(TcpStream::connect(serving.public).await.unwrap());
    }
    let client = reqwest::Client::new();
    let ready = client.get(format!("http://{}/readyz", serving.console)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "{}", ready.text().await.unwrap());
    drop(idle);
    assert_eq!(serving.post(&client, "museum", crate::support::daemon::PAID_ORDER.to_owned()).await, Some(1));
    serving.terminate();
    let (_, said) = serving.ended_saying();
    assert!(said.iter().all(|line| !line.contains("cannot accept")), "{said:#?}");
}
