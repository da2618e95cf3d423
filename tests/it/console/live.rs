//! The stream of the overview.

use reqwest::Method;

use super::browser::Browser;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

async fn opened(browser: &Browser) -> reqwest::Response {
    browser.request(Method::GET, "/live").header("accept", "text/event-stream").send().await.unwrap()
}

/// Reads until a text has come.
async fn until(answer: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = answer.chunk().await.expect("the stream is alive").expect("the stream goes on");
        read += &String::from_utf8_lossy(&chunk);
    }
    read
}

on_both_engines!(numbers_come_by_themselves_and_end_with_the_daemon, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "reader");
    let mut stream = opened(&browser).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    assert_eq!(stream.headers()["cache-control"], "no-store");
    let first = until(&mut stream, "\n\n").await;
    assert!(first.contains("overview") && first.contains("source-museum"), "{first}");
    daemon.parked("museum", "no json").await;
    until(&mut stream, "state-parked").await;
    // A browser also opens connections in advance, and asks for nothing.
    let idle = tokio::net::TcpStream::connect(daemon.daemon.console()).await.unwrap();
    browser.page("/").await;
    // The stop waits for neither: it would take a second for the one and twenty for the other.
    let begun = std::time::Instant::now();
    daemon.daemon.stop().await.unwrap();
    let took = begun.elapsed();
    assert!(took.as_millis() < 900, "{took:?}");
    while let Ok(Some(_)) = stream.chunk().await {}
    drop(idle);
});

/// Reads until the stream ends.
async fn ends(mut stream: reqwest::Response) {
    while let Ok(Some(_)) = stream.chunk().await {}
}

on_both_engines!(who_is_changed_by_a_command_sees_nothing_more, async |database| {
    use ticketledger::config::Role;
    use ticketledger::console::access::manage;
    let daemon = TestDaemon::start(database).await;
    let (opened, clock) = (daemon.database(), &daemon.clock);
    let password = "four words make sense";
    for number in 0..4 {
        let name = format!("anna-{number}");
        manage::add(opened, clock, "test", &name, Role::Finance, password).unwrap();
        let token = manage::add_token(opened, clock, "test", &name, "", Role::Reader, 30).unwrap();
        let browser = Browser::new(&daemon);
        let fields = [("name", name.as_str()), ("password", password), ("next", "/")];
        assert_eq!(browser.post("/sign-in", &fields).await.status, 303);
        let mut stream = opened_as(&browser, None).await;
        let first = until(&mut stream, "\n\n").await;
        // The time that the page speaks of is the daemon's.
        assert!(first.contains("id:2025-11-11 13:"), "{first}");
        let mut by_token = opened_as(&browser, Some(&token.secret)).await;
        until(&mut by_token, "\n\n").await;
        // As a command does it, which another process is.
        match number {
            0 => manage::set_role(opened, clock, "test", &name, Role::Reader).unwrap(),
            1 => manage::set_password(opened, clock, "test", &name, password).unwrap(),
            2 => manage::remove(opened, clock, "test", &name).unwrap(),
            _ => assert!(manage::remove_token(opened, clock, "test", &name, token.id).unwrap()),
        }
        // What docs/console.md promises.
        clock.advance_milliseconds(10_000);
        match number {
            0 | 1 => ends(stream).await,
            2 => {
                ends(stream).await;
                ends(by_token).await;
            }
            _ => ends(by_token).await,
        }
    }
    daemon.daemon.stop().await.unwrap();
});

async fn opened_as(browser: &Browser, token: Option<&str>) -> reqwest::Response {
    let Some(token) = token else { return opened(browser).await };
    let request = browser.client.get(format!("{}/live", browser.base)).header("accept", "text/event-stream");
    let answer = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

on_both_engines!(streams_are_few_and_end_with_their_session, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "reader");
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = opened(&browser).await;
        assert_eq!(stream.status(), 200);
        until(&mut stream, "\n\n").await;
        streams.push(stream);
    }
    assert_eq!(opened(&browser).await.status(), 503);
    // Somebody else still finds a place, up to the share of the streams.
    let mut others = Vec::new();
    for _ in 0..7 {
        let other = Browser::signed_in(&daemon, database, "reader");
        for _ in 0..4 {
            let mut stream = opened(&other).await;
            assert_eq!(stream.status(), 200);
            until(&mut stream, "\n\n").await;
            others.push(stream);
        }
    }
    let last = Browser::signed_in(&daemon, database, "reader");
    assert_eq!(opened(&last).await.status(), 503);
    // Pages are served all the same.
    let page = browser.page("/").await;
    browser.submit(&page, "/sign-out", &[]).await;
    for mut stream in streams {
        while let Ok(Some(_)) = stream.chunk().await {}
    }
    assert_eq!(opened(&browser).await.status(), 401);
    assert_eq!(opened(&last).await.status(), 200);
    drop(others);
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(half_a_form_does_not_hold_the_stop, async |database| {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let daemon = TestDaemon::start(database).await;
    let mut sender = tokio::net::TcpStream::connect(daemon.daemon.console()).await.unwrap();
    let _idle = tokio::net::TcpStream::connect(daemon.daemon.console()).await.unwrap();
    let head = "POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n";
    sender.write_all(head.as_bytes()).await.unwrap();
    // The body is awaited.
    let mut told = [0_u8; 12];
    sender.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100");
    sender.write_all(b"name=").await.unwrap();
    let begun = std::time::Instant::now();
    daemon.daemon.stop().await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    let mut answer = String::new();
    sender.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 408 "), "{answer}");
});
