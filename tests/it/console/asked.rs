//! What an address asks for is answered or refused, never left aside; and what no database keeps is refused by both
//! alike.

use serde_json::{Value, json};
use ticketledger::config::Role;

use super::browser::Browser;
use super::filled::fill;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

/// Every page that a program can ask for.
const PAGES: [&str; 38] = [
    "/",
    "/inbox",
    "/inbox/1",
    "/inbox/parked",
    "/inbox/replay?id=1",
    "/inbox/dismiss?id=5",
    "/orders",
    "/orders?q=grimes",
    "/orders/museum/2b4d6f8a0c2e4f6a8b0d2f4456789abc",
    "/vouchers",
    "/vouchers?source=museum",
    "/findings",
    "/findings?format=csv",
    "/findings/acknowledge?severity=high",
    "/books",
    "/books/trial-balance",
    "/books/revenue",
    "/books/vat",
    "/books/vat?format=json",
    "/books/bridge",
    "/books/payments",
    "/books/balances",
    "/books/vouchers",
    "/books/journal?source=museum",
    "/books/journal?source=museum&format=csv",
    "/books/account?source=museum&account=assets:receivable",
    "/books/freshness?format=csv",
    "/books/lines?source=museum&of=revenue",
    "/books/entry/museum/1",
    "/books/pack?source=museum&period=2025-11",
    "/books/pack/file/json?source=museum&period=2025-11",
    "/books/exports",
    "/books/exports/new?source=museum&period=2025-11&target=jsonl",
    "/books/close?source=museum&period=2025-11",
    "/contacts",
    "/contacts/1",
    "/contacts/1/erase",
    "/access/record",
];

/// Filters of other pages, and what is none.
const OTHERS: [(&str, &str); 21] = [
    ("/books/journal?source=museum&account=assets:receivable", "account"),
    ("/books/journal?source=museum&currency=XXX", "currency"),
    ("/books/trial-balance?account=zzz", "account"),
    ("/books/payments?method=card", "method"),
    ("/books/revenue?basis=payment", "basis"),
    ("/books/vouchers?kind=flex", "kind"),
    ("/books/vouchers?after=abc", "after"),
    ("/books/vouchers?from=2025-11-01", "from"),
    ("/books/balances?months=yes", "months"),
    ("/books/pack?source=museum&period=2025-11&known=2025-11-12T10:00", "known"),
    ("/books/close?source=museum&period=2025-11&booked=2025-11-12", "booked"),
    ("/orders?status=x", "status"),
    ("/orders?format=csv", "format"),
    ("/contacts?state=erased", "state"),
    ("/contacts?email=a@example.com", "email"),
    ("/access/record?outcome=refused", "outcome"),
    ("/findings?sort=severity", "sort"),
    ("/inbox?page=2", "page"),
    ("/inbox/dismiss?event=29", "event"),
    // Once is what these can be there.
    ("/orders?source=museum&source=theatre", "source"),
    ("/books/vat?period=2025-11&period=2025-12", "period"),
];

async fn refused(program: &Program, path: &str, field: &str) -> Value {
    let answer = program.ask(path).await;
    let told: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!((answer.status, &told["wrong"]["field"]), (400, &json!(field)), "{path}: {told}");
    told
}

on_both_engines!(a_page_refuses_by_name_what_it_does_not_take, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let program = Program::new(&daemon, Role::Admin);
    for path in PAGES {
        let sign = if path.contains('?') { '&' } else { '?' };
        refused(&program, &format!("{path}{sign}foo=1"), "foo").await;
        // A form sends its empty fields, too.
        let (bare, empty) = (program.ask(path).await, program.ask(&format!("{path}{sign}foo=")).await);
        assert_eq!(bare.status, empty.status, "{path}: {}", empty.body);
    }
    for (path, field) in OTHERS {
        refused(&program, path, field).await;
    }
    let told = refused(&program, "/orders?status=x", "status").await;
    assert!(told["wrong"]["allowed"].as_str().unwrap().ends_with("but these: source, q, before"), "{told}");
    assert_eq!(told["error"], "bad_request");
    // People get the field to be emptied.
    let mut reader = Browser::signed_in(&daemon, database, "reader");
    reader.language = "de";
    let page = reader.get("/orders?q=grimes&status=x").await;
    assert!(page.status == 400 && page.has("name=\"status\"") && page.has("keinen solchen Filter"), "{}", page.text());
    // A list that is asked for with thousands of them repeats none.
    let many: String = (0..2000).map(|number| format!("&a{number}=")).collect();
    let page = reader.page(&format!("/inbox?state=parked{many}")).await;
    assert!(!page.has("a1999"), "{}", page.body.len());
    daemon.finish().await;
});

on_both_engines!(a_month_is_refused_where_a_point_is_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    daemon.set_clock("2025-12-02T09:00:00Z");
    let program = Program::new(&daemon, Role::Reader);
    for report in ["balances", "vouchers"] {
        for period in ["2025-11", "2025-Q4", "all"] {
            let told = refused(&program, &format!("/books/{report}?period={period}"), "period").await;
            assert!(told["wrong"]["allowed"].as_str().unwrap().contains("at one point"), "{told}");
        }
        assert_eq!(program.ask(&format!("/books/{report}?period=2025-11&format=csv")).await.status, 400);
        let page = program.json(&format!("/books/{report}?booked=2025-11-12")).await;
        assert_eq!(page["question"], json!({ "booked": "2025-11-12" }));
        // Nothing is closed yet; who asks is told at the field.
        refused(&program, &format!("/books/{report}?period=2025-11&view=closed"), "view").await;
    }
    let mut reader = Browser::signed_in(&daemon, database, "reader");
    reader.language = "de";
    let page = reader.get("/books/trial-balance?period=2025-11&view=closed").await;
    assert!(page.text().contains("2025-11 von museum ist nicht abgeschlossen"), "{}", page.text());
    assert!(!page.text().contains("--source"), "{}", page.text());
    daemon.close_month(database, "2025-11");
    let page = program.json("/books/balances?source=museum&period=2025-11&view=closed").await;
    assert_eq!(page["question"]["period"], "2025-11");
    // A quarter or a year is called a period.
    let page = reader.page("/books/vat?period=2025-Q4&source=museum").await;
    assert!(page.has(">Zeitraum</th>") && !page.has(">Monat</th>"), "{}", page.text());
    assert!(reader.page("/books/vat?period=2025-11&source=museum").await.has(">Monat</th>"));
    // A filter that a figure does not have, and one that no value fits.
    for path in ["rate=1900", "event=Tour", "none=rate"] {
        let name = if path.starts_with("event") { "event" } else { "rate" };
        refused(&program, &format!("/books/lines?source=museum&period=2025-11&of=payments&{path}"), name).await;
    }
    daemon.finish().await;
});

on_both_engines!(a_time_is_that_of_the_zone_that_the_page_shows, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let program = Program::new(&daemon, Role::Reader);
    // In Berlin; both sources are there.
    for report in ["balances", "trial-balance", "revenue", "vat", "payments", "bridge", "vouchers"] {
        let all = program.json(&format!("/books/{report}?known=2025-11-12T09:30")).await;
        let one = program.json(&format!("/books/{report}?known=2025-11-12T09:30&source=museum")).await;
        assert_eq!(all["as_of"], "2025-11-12T08:30:00Z", "{report}");
        assert_eq!(all["as_of"], one["as_of"], "{report}");
        refused(&program, &format!("/books/{report}?known=3025-11-12T09:30"), "known").await;
        refused(&program, &format!("/books/{report}?known=2025-11-20T12:00:01Z"), "known").await;
    }
    let reader = Browser::signed_in(&daemon, database, "reader");
    let page = reader.page("/books/balances?known=2025-11-12T09:30").await;
    assert!(page.text().contains("As of 2025-11-12 09:30 CET"), "{}", page.text());
    daemon.finish().await;
});

on_both_engines!(what_no_database_keeps_is_refused_by_both, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    for (path, status) in [
        ("/orders?q=a%00b", 400),
        ("/contacts?q=%00ab", 400),
        ("/vouchers?q=%00", 400),
        ("/inbox?order=%00", 400),
        ("/findings?order=%00", 400),
        ("/books/lines?of=revenue&source=museum&currency=EUR&event=%00", 400),
        ("/books/exports/new?source=museum&period=2025-11&target=%00", 400),
        ("/sign-in?next=%00", 400),
        ("/orders/museum/a%00b", 404),
        ("/orders/%00/a", 404),
        ("/vouchers/museum/voucher/%00", 404),
        ("/done/%00", 404),
        ("/findings/%00", 404),
        ("/books/entry/%00/1", 404),
        ("/books/closed/%00/2025-11", 404),
        ("/books/exports/batch/csv/%00/2025-11/1", 404),
    ] {
        assert_eq!(admin.get(path).await.status, status, "{path}");
    }
    let parked = daemon.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE state = 'parked'")[0].clone();
    let page = admin.page(&format!("/inbox/dismiss?id={parked}")).await;
    let contact = admin.page("/contacts/1/erase").await;
    for (page, path, fields) in [
        (&page, "/inbox/parked", vec![("source", "museum"), ("reason", "unknown_status"), ("note", "a\0b")]),
        (&page, "/inbox/replay", vec![("id", parked.as_str()), ("number", "1"), ("why", "a\0b")]),
        (&page, "/inbox/dismiss", vec![("id", parked.as_str()), ("number", "1"), ("why", "a"), ("force", "\0")]),
        (&contact, "/contacts/1/erase", vec![("why", "a\0")]),
        (&page, "/access/end", vec![("session", "\0")]),
    ] {
        let answer = admin.submit(page, path, &fields).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    }
    let nobody = Browser::new(&daemon);
    assert_eq!(nobody.post("/sign-in", &[("name", "a\0"), ("password", "x")]).await.status, 400);
    // Nor do webhooks get that far.
    for path in ["/webhooks/museum%00/x", "/webhooks/museum/%00", "/webhooks/%00/x?a=%00"] {
        let answer = reqwest::Client::new().post(format!("http://{}{path}", daemon.daemon.public())).body("{}");
        assert!([401, 403, 404].contains(&answer.send().await.unwrap().status().as_u16()), "{path}");
    }
    let strange = crate::support::daemon::changed(
        crate::support::daemon::PAID_ORDER,
        &[("/id", json!("a\0b")), ("/code", json!("N\0UL")), ("/tickets/0/title", json!("To\0ur"))],
    );
    daemon.deliver(strange).await;
    assert_eq!(daemon.lines("SELECT order_code AS line FROM orders WHERE order_id = 'ab'"), ["NUL"]);
    daemon.finish().await;
});

on_both_engines!(a_reason_has_an_end_and_can_be_read, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/contacts/1/erase").await;
    let long = "x".repeat(501);
    for (why, said) in [("\u{200b}", "Write why"), (long.as_str(), "at most 500 characters")] {
        let answer = admin.submit(&page, "/contacts/1/erase", &[("why", why)]).await;
        assert!(answer.status == 400 && answer.text().contains(said), "{}", answer.text());
    }
    assert!(daemon.lines("SELECT action AS line FROM operator_actions").is_empty());
    daemon.finish().await;
});
