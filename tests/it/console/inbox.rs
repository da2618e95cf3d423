//! The inbox: what is found, what is hidden, and what is done from it.

use serde_json::json;

use super::browser::Browser;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed};

/// What is no JSON, and what tries to be part of a page.
const ATTACK: &str = "<script>alert(1)</script>";

/// Two orders that are applied, and three webhooks that are parked for two causes.
async fn traffic(daemon: &TestDaemon) {
    daemon.deliver(PAID_ORDER).await;
    daemon.clock.advance_milliseconds(60_000);
    daemon.deliver(UNIFIED_EXAMPLE).await;
    daemon.clock.advance_milliseconds(60_000);
    assert_eq!(daemon.parked("museum", "no json").await, "invalid_json");
    daemon.clock.advance_milliseconds(60_000);
    assert_eq!(daemon.parked("museum", ATTACK).await, "invalid_json");
    let foreign = changed(PAID_ORDER, &[("/vendor_id", json!("ffffffffffffffffffffffffffffffff"))]);
    let _ = daemon.post("museum", foreign).await;
}

/// The numbers of the webhooks in a list.
fn listed(page: &super::browser::Page) -> Vec<i64> {
    let rows = page.body.split("data-open=\"/inbox/").skip(1);
    rows.filter_map(|row| row.split('"').next()?.parse().ok()).collect()
}

on_both_engines!(filters_are_in_the_address_and_pages_keep_them, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    for _ in 0..120 {
        daemon.clock.advance_milliseconds(1_000);
        daemon.parked("museum", "no json").await;
    }
    let browser = Browser::signed_in(&daemon, database, "reader");
    let mut path = "/inbox?state=parked&reason=invalid_json&source=museum".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = browser.page(&path).await;
        let rows = listed(&page);
        assert!(rows.len() <= 50 && !rows.is_empty(), "{path}");
        seen.extend(rows);
        let Some((_, rest)) = page.body.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().unwrap().replace("&#38;", "&");
        assert!(path.contains("state=parked") && path.contains("reason=invalid_json"), "{path}");
    }
    // Each once, the newest first.
    let expected = daemon.lines(
        "SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE reason = 'invalid_json' \
         ORDER BY received_at DESC, id DESC",
    );
    assert_eq!(seen.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    assert_eq!(seen.len(), 122);

    assert_eq!(listed(&browser.page("/inbox?state=done").await), [2, 1]);
    assert_eq!(listed(&browser.page("/inbox?kind=order&state=done&source=theatre").await), Vec::<i64>::new());
    assert_eq!(listed(&browser.page("/inbox?until=2025-11-10").await), Vec::<i64>::new());
    assert_eq!(listed(&browser.page("/inbox?state=done&since=2025-11-11T12:00:30Z").await), [2]);
    let order = daemon.lines("SELECT entity AS line FROM inbox_events WHERE id = 1").remove(0);
    assert_eq!(listed(&browser.page(&format!("/inbox?order={order}&state=done")).await), [2, 1]);
    let id = order.split_once(':').unwrap().1;
    assert_eq!(listed(&browser.page(&format!("/inbox?order={id}&state=done")).await), [2, 1]);
    // In bodies, with a first day; not for readers, who would find letter by letter what is hidden from them.
    assert_eq!(browser.get("/inbox?text=ALERT(1)&since=2025-11-11").await.status, 403);
    let browser = Browser::signed_in(&daemon, database, "finance");
    assert_eq!(listed(&browser.page("/inbox?text=ALERT(1)&since=2025-11-11").await), [4]);
    for wrong in ["text=alert", "state=gone", "since=yesterday"] {
        assert_eq!(browser.get(&format!("/inbox?{wrong}")).await.status, 400, "{wrong}");
    }
    daemon.finish().await;
});

on_both_engines!(what_may_be_personal_is_hidden_until_somebody_asks, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let (reader, finance) =
        (Browser::signed_in(&daemon, database, "reader"), Browser::signed_in(&daemon, database, "finance"));
    let body: serde_json::Value = serde_json::from_str(PAID_ORDER).unwrap();
    let email = body["customer"]["email"].as_str().or(body["email"].as_str()).unwrap_or("@").to_owned();
    let page = finance.page("/inbox/1").await;
    assert!(page.text().contains("\"currency\": \"EUR\""), "{}", page.text());
    assert!(!page.has(&email) && !page.has("@"), "{email}: {}", page.text());
    assert!(page.text().contains("assets:receivable"), "{}", page.text());
    // A reader is not even offered it.
    let seen = reader.page("/inbox/1").await;
    assert!(!seen.has("/inbox/1/body"));
    assert_eq!(reader.submit(&seen, "/inbox/1/body", &[]).await.status, 403);
    let shown = finance.submit(&page, "/inbox/1/body", &[]).await;
    assert_eq!(shown.status, 200);
    assert!(shown.has(&email), "{}", shown.text());
    let raw = finance.submit(&page, "/inbox/1/raw", &[]).await;
    assert_eq!(
        (raw.body.as_str(), raw.headers["content-disposition"].to_str().unwrap()),
        (PAID_ORDER, "attachment; filename=\"webhook-1.bin\"")
    );
    let record = daemon.lines("SELECT action || ' ' || subject AS line FROM console_audit ORDER BY id");
    let refused = "page_refused POST /inbox/1/body";
    assert_eq!(record, [refused, "show_personal_data event:1", "show_personal_data event:1"]);
    assert_eq!(finance.get("/inbox/999").await.status, 404);
    assert_eq!(finance.get("/inbox/x").await.status, 404);
    daemon.finish().await;
});

on_both_engines!(what_senders_write_stays_text, async |database| {
    let daemon = TestDaemon::start(database).await;
    let order = changed(
        PAID_ORDER,
        &[("/id", json!("<img src=x onerror=alert(1)>")), ("/code", json!("\"><script>alert(2)</script>"))],
    );
    let _ = daemon.post("museum", order).await;
    daemon.settle().await;
    let client = reqwest::Client::new();
    let address = format!("http://{}/webhooks/museum/museum-secret", daemon.daemon.public());
    let request = client.post(address).header("user-agent", "<b>bold</b>").header("x-request-id", "</dd><script>");
    request.body(ATTACK).send().await.unwrap();
    daemon
        .database()
        .transaction("test", |connection| {
            ticketledger::on_engine!(connection, |c| diesel::RunQueryDsl::execute(
                diesel::sql_query(
                    "UPDATE inbox_events SET detail = '<i>detail</i>', kind = '<u>kind</u>' WHERE id = 2"
                ),
                c
            ))?;
            Ok::<_, ticketledger::db::Error>(())
        })
        .unwrap();
    let admin = Browser::signed_in(&daemon, database, "admin");
    for path in ["/", "/inbox", "/inbox/1", "/inbox/2", "/inbox/parked", "/inbox/replay?id=2", "/inbox/dismiss?id=2"] {
        let page = admin.get(path).await;
        for tag in ["<script>alert", "<img src", "<b>bold", "<i>detail", "<u>kind", "</dd><script>"] {
            assert!(!page.has(tag), "{path}: {tag}");
        }
    }
    let page = admin.page("/inbox/2").await;
    assert!(page.text().contains("<b>bold</b>") && page.text().contains("<i>detail</i>"), "{}", page.text());
    let shown = admin.submit(&page, "/inbox/2/body", &[]).await;
    assert!(!shown.has(ATTACK) && shown.text().contains(ATTACK), "{}", shown.body);
    // Nor does an address become part of a page.
    for query in ["order=%22%3E%3Cscript%3Ealert(3)%3C/script%3E", "kind=%22%3E%3Cscript%3Ealert(3)%3C/script%3E"] {
        let page = admin.get(&format!("/inbox?{query}")).await;
        assert!(!page.has("<script>alert"), "{}", page.body);
    }
    daemon.finish().await;
});

on_both_engines!(codes_that_are_money_are_hidden, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let program = super::told::Program::new(&daemon, ticketledger::config::Role::Reader);
    for body in [reader.page("/inbox/2").await.text(), program.ask("/inbox/2").await.body] {
        assert!(body.contains("QBP-UPRHC4"), "the code of the order itself: {body}");
        for code in ["7648V-W5P3F-5R6DH", "M7W7W-974HL-US9PT", "QBP-UPRHC4-ZUN", "H88LR2"] {
            assert!(!body.contains(code), "{code}: {body}");
        }
    }
    daemon.finish().await;
});

on_both_engines!(causes_have_a_count_a_sum_and_a_state, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let (admin, reader) =
        (Browser::signed_in(&daemon, database, "admin"), Browser::signed_in(&daemon, database, "reader"));
    let page = admin.page("/inbox/parked").await;
    assert!(page.text().contains("invalid_json museum 2 2 cannot be read 2025-11-11 13:02 CET"), "{}", page.text());
    let form = [("source", "museum"), ("reason", "invalid_json"), ("note", "asked <the> sender")];
    assert_eq!(admin.submit(&page, "/inbox/parked", &form).await.location(), "/inbox/parked");
    let page = admin.page("/inbox/parked").await;
    assert!(page.text().contains("seen admin-") && page.text().contains("asked <the> sender"), "{}", page.text());
    // What is parked since opens it again.
    daemon.clock.advance_milliseconds(60_000);
    daemon.parked("museum", "no json").await;
    let page = reader.page("/inbox/parked").await;
    assert!(page.text().contains("invalid_json museum 3") && page.text().contains(" open"), "{}", page.text());
    assert!(!page.has("<button class=\"small\">Mark") && !page.has("/inbox/replay"));
    assert_eq!(reader.submit(&page, "/inbox/parked", &form).await.status, 403);
    daemon.finish().await;
});

on_both_engines!(a_replay_shows_its_effect_and_acts_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/inbox/replay?id=1").await;
    assert!(page.text().contains("No entry would be posted"), "{}", page.text());
    assert!(page.has("ticketledger inbox replay 1 --dry-run"));
    let fields = [("id", "1"), ("number", "1"), ("why", "to see")];
    // Without a reason nothing happens.
    let missing = admin.submit(&page, "/inbox/replay", &fields[..2]).await;
    assert_eq!(missing.status, 400);
    let done = admin.submit(&page, "/inbox/replay", &fields).await;
    assert_eq!(done.status, 303);
    let address = done.location().to_owned();
    let result = admin.page(&address).await;
    assert!(result.text().contains("Processed webhooks again Done Set back to be processed 1"), "{}", result.text());
    assert_eq!(daemon.states()[0], "pending");
    daemon.settle().await;
    // The same form again does nothing, and leads to the same result.
    let again = admin.submit(&page, "/inbox/replay", &fields).await;
    assert_eq!(again.location(), address);
    assert_eq!(daemon.states()[0], "superseded", "by itself, from before");
    let acts = daemon.lines("SELECT actor || ' ' || action || ' ' || why AS line FROM operator_actions");
    assert!(acts.len() == 1 && acts[0].starts_with("admin-") && acts[0].ends_with("replay to see"), "{acts:?}");
    // Others can look at the result.
    let reader = Browser::signed_in(&daemon, database, "reader");
    assert_eq!(reader.page(&address).await.status, 200);
    assert_eq!(reader.get("/inbox/replay?id=1").await.status, 403);
    assert_eq!(reader.submit(&reader.page("/inbox/1").await, "/inbox/replay", &fields).await.status, 403);
    assert!(!reader.page("/inbox/1").await.has("/inbox/replay"));
    daemon.finish().await;
});

on_both_engines!(all_that_match_are_refused_when_there_are_more_than_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let list = admin.page("/inbox?state=parked&reason=invalid_json").await;
    assert!(list.text().contains("Process all 2 that match again"), "{}", list.text());
    let page = admin.page("/inbox/replay?all=1&state=parked&reason=invalid_json").await;
    assert!(page.text().contains("Process 2 again"), "{}", page.text());
    daemon.parked("museum", "no json").await;
    let fields = [("all", "1"), ("state", "parked"), ("reason", "invalid_json"), ("number", "2"), ("why", "again")];
    let refused = admin.submit(&page, "/inbox/replay", &fields).await;
    let result = admin.page(refused.location()).await;
    assert!(result.text().contains("2 were shown, now 3 match"), "{}", result.text());
    assert_eq!(daemon.lines("SELECT 'x' AS line FROM operator_actions"), Vec::<String>::new());
    let page = admin.page("/inbox/replay?all=1&state=parked&reason=invalid_json").await;
    let fields = [("all", "1"), ("state", "parked"), ("reason", "invalid_json"), ("number", "3"), ("why", "again")];
    let done = admin.submit(&page, "/inbox/replay", &fields).await;
    let result = admin.page(done.location()).await;
    assert!(result.text().contains("Parked again: still not understood 3"), "{}", result.text());
    // What is done is never chosen as a whole.
    assert_eq!(admin.get("/inbox/replay?all=1&state=done").await.status, 400);
    assert_eq!(admin.get("/inbox/replay").await.status, 400);
    assert_eq!(admin.get("/inbox/replay?id=999").await.status, 404);
    daemon.finish().await;
});

on_both_engines!(a_dismissal_asks_for_a_second_reason_where_it_must, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/inbox/dismiss?id=3").await;
    assert!(page.text().contains("Dismiss 1"), "{}", page.text());
    let fields = [("id", "3"), ("number", "1"), ("why", "a ping"), ("force", "looked at it")];
    let fields = if page.has("name=\"force\"") { &fields[..] } else { &fields[..3] };
    let done = admin.submit(&page, "/inbox/dismiss", fields).await;
    let result = admin.page(done.location()).await;
    assert!(result.text().contains("Dismissed webhooks Done Dismissed 1"), "{}", result.text());
    assert_eq!(daemon.states()[2], "dismissed invalid_json");
    // What was applied cannot be taken back so.
    let page = admin.page("/inbox/dismiss?id=1").await;
    assert!(page.text().contains("1 were applied or superseded") && !page.has("name=\"number\""), "{}", page.text());
    let forged = [("id", "1"), ("number", "0"), ("why", "x"), ("key", "0123456789abcdef0123456789abcdef")];
    let refused = admin.submit(&page, "/inbox/dismiss", &forged).await;
    assert_ne!(refused.status, 200);
    assert_eq!(daemon.states()[0], "done");
    daemon.finish().await;
});
