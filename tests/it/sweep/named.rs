//! What a sweep has found is called so wherever it is told: by nobody a webhook.

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderName, HeaderValue};
use serde_json::{Value, json};
use ticketledger::ledger::reading::explain::{Length, explain};
use ticketledger::sweep::Span;

use super::{delta, order, started, swept};
use crate::console::browser::Browser;
use crate::on_both_engines;

on_both_engines!(a_find_is_no_webhook_on_any_page, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.put_order(order("B", &[]));
    assert_eq!(delta(&daemon).await.run.found, 1);
    bookingkit.put_order(order("C", &[("/date", json!("2025-10-02T12:00:00Z"))]));
    assert_eq!(swept(&daemon, "museum", Span::History { since: "2025-10-01".parse().ok() }).await.run.found, 1);
    daemon.settle().await;
    let browser = Browser::signed_in(&daemon, database, "reader");
    for (id, by, english, german) in [
        ("A", "webhook", "Webhook 1", "Webhook 1"),
        ("B", "sweep", "Event 2, found by the sweep of 2025-11-11 13:00 CET", "Ereignis 2, gefunden vom Abgleich vom"),
        (
            "C",
            "past",
            "Event 3, found by the import of the past of",
            "Ereignis 3, gefunden vom Import der Vergangenheit",
        ),
    ] {
        let path = format!("/orders/museum/{id}");
        let asked = async |name: HeaderName, text: &'static str| {
            let headers = [(name, HeaderValue::from_static(text))].into_iter().collect();
            browser.send(browser.request(Method::GET, &path).headers(headers)).await
        };
        let page = browser.page(&path).await;
        assert!(page.has(english), "{}", page.text());
        let told = asked(ACCEPT, "application/json").await;
        let told: Value = serde_json::from_str(&told.body).expect("JSON");
        assert_eq!(told["timeline"][0]["origin"]["by"], by, "{told}");
        let page = asked(ACCEPT_LANGUAGE, "de").await;
        assert!(page.has(german), "{}", page.text());
        let entry = told["timeline"][0]["entries"][0]["entry_no"].as_str().unwrap_or_else(|| panic!("{told}"));
        let page = browser.page(&format!("/books/entry/museum/{entry}")).await;
        assert!(page.has(if by == "webhook" { "Webhook" } else { english }), "{}", page.text());
        assert_eq!(page.text().contains("Caused by"), by != "webhook", "{}", page.text());
        let stories = explain(daemon.database(), None, id, Length::Whole).expect("it works");
        let said = format!("{stories:?}");
        assert_eq!(said.contains("webhook"), by == "webhook", "{said}");
    }
    daemon.finish().await;
});
