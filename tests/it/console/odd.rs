//! Addresses and forms that nobody means: the same answer on both engines, and never a failure of ours.

use super::browser::Browser;
use super::filled::fill;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

on_both_engines!(a_filter_that_a_page_does_not_have_is_refused, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    for path in [
        "/books/journal?source=museum&account=assets:receivable",
        "/books/trial-balance?account=zzz",
        "/books/payments?method=card",
        "/books/revenue?basis=payment",
        "/vouchers?source=museum&kind=flex",
        "/orders?status=x",
        "/orders?format=csv",
        "/contacts?email=a",
        "/access/record?outcome=refused",
        // What is there at one point belongs to no month.
        "/books/balances?period=2025-11",
        "/books/vouchers?period=2025-11",
        "/books/balances?from=2025-11-01",
    ] {
        let page = admin.get(path).await;
        assert_eq!(page.status, 400, "{path}: {}", page.text());
    }
    // A local time is that of the page, whatever sources it is about.
    let program = Program::new(&daemon, ticketledger::config::Role::Reader);
    for query in ["", "&source=museum"] {
        let path = format!("/books/trial-balance?period=2025-11&known=2025-11-14T09:30{query}");
        assert_eq!(program.json(&path).await["as_of"], "2025-11-14T08:30:00Z", "{path}");
    }
    daemon.finish().await;
});

on_both_engines!(whose_session_is_over_is_told_so, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    // Somebody can sign in.
    Browser::signed_in(&daemon, database, "admin");
    let nobody = Browser::new(&daemon);
    let sent = nobody.post("/inbox/1/body", &[("csrf", "x")]).await;
    assert_eq!(sent.location(), "/sign-in?next=%2Finbox%2F1&ended=1");
    let sent = nobody.post("/findings/acknowledge", &[("fingerprint", "ab"), ("why", "x")]).await;
    assert_eq!(sent.location(), "/sign-in?next=%2Ffindings%2Facknowledge%3Ffingerprint%3Dab&ended=1");
    let page = nobody.page(sent.location()).await;
    assert!(page.text().contains("Your session had ended"), "{}", page.text());
    // A page that there is only after a form leads to the one with the form.
    for (path, next) in [("/inbox/1/body", "/inbox/1"), ("/contacts/1/show", "/contacts/1"), ("/inbox/1", "/inbox/1")] {
        let query = serde_urlencoded::to_string([("next", next)]).unwrap();
        assert_eq!(nobody.get(path).await.location(), format!("/sign-in?{query}"), "{path}");
    }
    daemon.finish().await;
});
