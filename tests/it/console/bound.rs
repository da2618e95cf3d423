//! What is confirmed is what was shown: the rows and the amounts, not only how many there are.

use serde_json::json;

use super::browser::{Browser, Page};
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

/// Sends a form that must be refused, and answers what the page of its result says.
async fn refused(browser: &Browser, page: &Page, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.submit(page, path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text());
    let result = browser.page(answer.location()).await;
    assert!(result.has("result-refused"), "{path}: {}", result.text());
    result.text()
}

on_both_engines!(other_webhooks_than_were_shown_are_left_alone, async |database| {
    let daemon = TestDaemon::start(database).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let other = Browser::signed_in(&daemon, database, "admin");
    daemon.parked("museum", "no json").await;
    daemon.parked("museum", "no json, too").await;
    let query = "all=1&state=parked&source=museum&reason=invalid_json";
    let shown = [
        ("all", "1"),
        ("state", "parked"),
        ("source", "museum"),
        ("reason", "invalid_json"),
        ("number", "2"),
        ("why", "looked at"),
        ("force", "looked at"),
    ];
    let dismiss = admin.page(&format!("/inbox/dismiss?{query}")).await;
    let replay = admin.page(&format!("/inbox/replay?{query}")).await;
    // One goes and another comes: there are two again.
    let one = other.page("/inbox/dismiss?id=1").await;
    other.submit(&one, "/inbox/dismiss", &[("id", "1"), ("number", "1"), ("why", "a ping"), ("force", "x")]).await;
    daemon.parked("museum", "no json either").await;
    for (page, path) in [(&dismiss, "/inbox/dismiss"), (&replay, "/inbox/replay")] {
        let said = refused(&admin, page, path, &shown).await;
        assert!(said.contains("changed since you looked: 2 parked") && said.contains("admin-"), "{said}");
    }
    assert_eq!(daemon.states(), ["dismissed invalid_json", "parked invalid_json", "parked invalid_json"]);
    // What is marked as seen is what the page showed.
    let page = admin.page("/inbox/parked").await;
    daemon.clock.advance_milliseconds(60_000);
    daemon.parked("museum", "one more that is no json").await;
    admin.submit(&page, "/inbox/parked", &[("source", "museum"), ("reason", "invalid_json"), ("note", "mine")]).await;
    assert!(admin.page("/inbox/parked").await.has("state state-open"), "what came since was not seen");
    let page = admin.page("/inbox/parked").await;
    admin.submit(&page, "/inbox/parked", &[("source", "museum"), ("reason", "invalid_json"), ("note", "mine")]).await;
    assert!(!admin.page("/inbox/parked").await.has("state state-open"));
    // A form that does not say what it showed is none of ours.
    let page = admin.page("/inbox/dismiss?id=2").await;
    let (csrf, key) = (page.field("csrf"), page.field("key"));
    let fields = [("csrf", csrf.as_str()), ("key", &key), ("id", "2"), ("number", "1"), ("why", "x"), ("force", "x")];
    assert_eq!(admin.post("/inbox/dismiss", &fields).await.status, 403);
    daemon.finish().await;
});

on_both_engines!(findings_are_acknowledged_as_they_were_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let finding = daemon.lines("SELECT fingerprint AS line FROM findings WHERE state = 'open'").remove(0);
    let page = finance.page(&format!("/findings/acknowledge?fingerprint={finding}")).await;
    database.execute(&format!(
        "UPDATE findings SET evidence = 'another amount', difference_minor = 1000000 WHERE fingerprint = '{finding}'"
    ));
    let fields = [("fingerprint", finding.as_str()), ("number", "1"), ("why", "it is fine")];
    let said = refused(&finance, &page, "/findings/acknowledge", &fields).await;
    assert!(said.contains("not what was shown"), "{said}");
    let open = format!("SELECT state AS line FROM findings WHERE fingerprint = '{finding}'");
    assert_eq!(daemon.lines(&open), ["open"]);
    let page = finance.page(&format!("/findings/acknowledge?fingerprint={finding}")).await;
    let other = Browser::signed_in(&daemon, database, "finance");
    let same = other.page(&format!("/findings/acknowledge?fingerprint={finding}")).await;
    finance.submit(&page, "/findings/acknowledge", &fields).await;
    assert_eq!(daemon.lines(&open), ["acknowledged"]);
    // Whoever is slower is told by whom.
    let said = refused(&other, &same, "/findings/acknowledge", &fields).await;
    assert!(said.contains("finance-") && said.contains("has acknowledged it already"), "{said}");
    daemon.finish().await;
});

on_both_engines!(no_more_of_a_customer_is_erased_than_was_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    // What is parked would be in the way.
    database.execute("UPDATE inbox_events SET state = 'dismissed' WHERE state = 'parked'");
    let admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/contacts/1/erase").await;
    let next = [("/id", json!("9a9a0000ffff0000ffff0000ffff0000")), ("/code", json!("ANOTHER-ONE"))];
    daemon.deliver(changed(PAID_ORDER, &next)).await;
    let said = refused(&admin, &page, "/contacts/1/erase", &[("why", "they asked")]).await;
    assert!(said.contains("not what was shown"), "{said}");
    assert_eq!(daemon.lines("SELECT 'x' AS line FROM contacts WHERE erased_at IS NOT NULL"), Vec::<String>::new());
    let page = admin.page("/contacts/1/erase").await;
    let done = admin.submit(&page, "/contacts/1/erase", &[("why", "they asked")]).await;
    assert!(admin.page(done.location()).await.has("result-done"));
    daemon.finish().await;
});

on_both_engines!(a_month_is_closed_with_the_numbers_that_were_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    database.execute("UPDATE inbox_events SET state = 'dismissed' WHERE state = 'parked'");
    database.execute("UPDATE findings SET state = 'acknowledged'");
    daemon.set_clock("2025-12-05T12:00:00Z");
    let finance = Browser::signed_in(&daemon, database, "finance");
    let form = [("source", "museum"), ("period", "2025-11")];
    let look = finance.page("/books/close?source=museum&period=2025-11").await;
    let checked = finance.submit(&look, "/books/close/check", &form).await;
    let next = [("/id", json!("9a9a0000ffff0000ffff0000ffff0000")), ("/code", json!("ANOTHER-ONE"))];
    daemon.deliver(changed(PAID_ORDER, &next)).await;
    database.execute("UPDATE findings SET state = 'acknowledged'");
    let said = refused(&finance, &checked, "/books/close", &form).await;
    assert!(said.contains("Since you looked, the numbers of the month have changed"), "{said}");
    assert_eq!(daemon.lines("SELECT 'x' AS line FROM period_manifests"), Vec::<String>::new());
    let checked = finance.submit(&look, "/books/close/check", &form).await;
    let other = finance.submit(&look, "/books/close/check", &form).await;
    let done = finance.submit(&checked, "/books/close", &form).await;
    assert!(finance.page(done.location()).await.has("result-done"), "{}", done.text());
    // Without a file of a database beside which it could be, the anchor is where the daemon runs: here.
    let _ = std::fs::remove_file("ticketledger.anchors.jsonl");
    // Whoever is slower is told by whom it was closed.
    let said = refused(&finance, &other, "/books/close", &form).await;
    assert!(said.contains("finance-") && said.contains("was faster and closed the month"), "{said}");
    daemon.finish().await;
});
