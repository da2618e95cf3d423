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
    // The stop does not wait for whoever looks: it would take twenty seconds, and say so.
    let begun = std::time::Instant::now();
    daemon.daemon.stop().await.unwrap();
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    while let Ok(Some(_)) = stream.chunk().await {}
});

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
