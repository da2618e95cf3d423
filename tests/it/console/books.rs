//! The books in the console: every link leads to a page, and every action shows its effect, is confirmed and recorded.

use std::collections::BTreeSet;

use super::browser::{Browser, Page};
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

/// What identifies a customer of the filled book.
pub(super) const PERSONAL: [&str; 8] = [
    "iamhomersimpson@hotmail.com",
    "Frank Grimes",
    "Muehlenweg",
    "maximuster@gmail.com",
    "Maxi Muster",
    "tech@ticketpark.ch",
    "Reinhard",
    "Birkenweg",
];

/// The addresses of our own that a page links to.
pub(super) fn links(page: &Page) -> Vec<String> {
    let links = page.body.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with('/')).map(|link| link.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// Follows every link from some pages on, and answers the addresses of the pages.
async fn crawl(browser: &Browser, begin: &[&str]) -> BTreeSet<String> {
    let mut waiting: Vec<String> = begin.iter().map(|path| (*path).to_owned()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        if page.headers["content-type"].to_str().unwrap().starts_with("text/html") {
            assert!(!page.has(" style=") && !page.has("onclick"), "{path}");
            assert_eq!(page.body.matches("<h1").count(), 1, "{path} has one heading");
            for personal in PERSONAL {
                assert!(!page.has(personal), "{path} shows {personal}");
            }
        }
        for link in links(&page) {
            // Readiness and metrics are not ours; a pack is made once.
            let other = ["/readyz", "/metrics", "/assets", "/books/pack/file/pdf", "/inbox"];
            if !other.iter().any(|other| link.starts_with(other)) && seen.len() < 400 && seen.insert(link.clone()) {
                waiting.push(link);
            }
        }
    }
    seen
}

const AREAS: [&str; 6] = ["/", "/orders", "/vouchers?source=museum", "/findings", "/books", "/contacts"];

on_both_engines!(every_link_leads_to_a_page, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let seen = crawl(&reader, &AREAS).await;
    for part in ["/books/entry/", "/books/account?", "/books/lines?", "/vouchers/museum/", "/findings/", "/orders/"] {
        assert!(seen.iter().any(|path| path.starts_with(part)), "{part} is linked to: {seen:#?}");
    }
    daemon.finish().await;
});

on_both_engines!(a_reader_sees_no_action, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let finding = first_link(&reader.page("/findings").await, "/findings/");
    for path in [&finding, "/contacts/1", "/books", "/books/exports", "/findings?severity=high"] {
        let page = reader.page(path).await;
        // The forms that stand on every page are those of the language and of signing out.
        assert_eq!(page.body.matches("method=\"post\"").count(), 2, "{path}");
        assert!(!page.has("acknowledge?") && !page.has("/erase") && !page.has("/close?"), "{path}");
    }
    for path in
        ["/findings/acknowledge?severity=high", "/contacts/1/erase", "/books/close?source=museum&period=2025-11"]
    {
        assert_eq!(reader.get(path).await.status, 403, "{path}");
    }
    let page = reader.page("/contacts").await;
    let csrf = page.field("csrf");
    for path in ["/contacts/1/show", "/contacts/1/erase", "/findings/acknowledge", "/books/close", "/books/exports/new"]
    {
        let fields = [("csrf", csrf.as_str()), ("key", "0123456789abcdef0123456789abcdef"), ("why", "because")];
        assert_eq!(reader.post(path, &fields).await.status, 403, "{path}");
    }
    let finance = Browser::signed_in(&daemon, database, "finance");
    assert_eq!(finance.get("/contacts/1/erase").await.status, 403, "erasing is for the admin");
    daemon.finish().await;
});

fn first_link(page: &Page, begin: &str) -> String {
    links(page)
        .into_iter()
        .find(|link| link.starts_with(begin))
        .unwrap_or_else(|| panic!("no {begin}: {}", page.text()))
}

on_both_engines!(orders_are_found_by_whatever_somebody_has, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let order =
        daemon.lines("SELECT order_id AS line FROM orders WHERE order_code IS NOT NULL ORDER BY order_id")[0].clone();
    let code = daemon.lines(&format!("SELECT order_code AS line FROM orders WHERE order_id = '{order}'"))[0].clone();
    let payment = daemon.lines("SELECT payment_id AS line FROM payments ORDER BY payment_id")[0].clone();
    let voucher = daemon.lines("SELECT voucher_id AS line FROM vouchers ORDER BY voucher_id")[0].clone();
    for (text, link) in [
        (order.as_str(), "/orders/"),
        (&code, "/orders/"),
        (&payment, "/orders/"),
        ("IamHomerSimpson@hotmail.com", "/contacts/"),
        ("grimes", "/contacts/"),
        ("Frank Grimes", "/orders/"),
        ("tech@ticketpark.ch", "/orders/theatre/"),
        ("reinhard", "/contacts/"),
        (&voucher, "/vouchers/museum/"),
    ] {
        let query = serde_urlencoded::to_string([("q", text)]).unwrap();
        let page = reader.page(&format!("/orders?{query}")).await;
        assert!(links(&page).iter().any(|found| found.starts_with(link)), "{text}: {}", page.text());
    }
    let page = reader.page("/orders?q=nobody%40example.org").await;
    assert!(page.has("Nothing was found"), "{}", page.text());
    // The code of a voucher is never stored, and finds it.
    let by_code = reader.page("/vouchers?q=M7W7W-974HL-US9PT").await;
    assert!(links(&by_code).iter().any(|link| link.starts_with("/vouchers/museum/")), "{}", by_code.text());
    daemon.finish().await;
});

on_both_engines!(findings_are_acknowledged_once_and_recorded, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let severity = daemon
        .lines("SELECT severity AS line FROM findings WHERE state = 'open' GROUP BY severity ORDER BY count(*) DESC")
        [0]
    .clone();
    let open = format!("SELECT 'x' AS line FROM findings WHERE state = 'open' AND severity = '{severity}'");
    let before = daemon.lines(&open).len();
    assert!(finance.get("/findings/acknowledge").await.status == 400, "nobody acknowledges everything by accident");
    let preview = finance.page(&format!("/findings/acknowledge?severity={severity}")).await;
    assert!(preview.has(&format!("name=\"number\" value=\"{before}\"")), "{}", preview.text());
    let number = before.to_string();
    let fields = [("severity", severity.as_str()), ("number", "99"), ("why", "checked with the bank")];
    let refused = finance.submit(&preview, "/findings/acknowledge", &fields).await;
    let result = finance.page(refused.location()).await;
    assert!(result.has("result-refused"), "another number than was shown: {}", result.text());
    assert_eq!(daemon.lines(&open).len(), before);

    let preview = finance.page(&format!("/findings/acknowledge?severity={severity}")).await;
    let fields = [("severity", severity.as_str()), ("number", &number), ("why", "checked with the bank")];
    let done = finance.submit(&preview, "/findings/acknowledge", &fields).await;
    assert_eq!(done.status, 303);
    let again = finance.submit(&preview, "/findings/acknowledge", &fields).await;
    assert_eq!(again.location(), done.location(), "the same form acts once");
    let result = finance.page(done.location()).await;
    assert!(result.has("result-done") && result.has("checked with the bank"), "{}", result.text());
    assert_eq!(daemon.lines(&open).len(), 0);
    let recorded = daemon.lines("SELECT actor || ' ' || why || ' ' || events AS line FROM operator_actions");
    assert_eq!(recorded.len(), 1);
    assert!(recorded[0].starts_with("finance-") && recorded[0].ends_with(&format!("checked with the bank {before}")));
    daemon.finish().await;
});

on_both_engines!(a_customer_is_masked_until_asked_and_erased_when_confirmed, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let search = admin.page("/contacts?q=grimes").await;
    let contact = first_link(&search, "/contacts/");
    let masked = admin.page(&contact).await;
    assert!(masked.has("F. G.") && !masked.has("Frank Grimes"), "{}", masked.text());
    let shown = admin.submit(&masked, &format!("{contact}/show"), &[]).await;
    assert!(shown.status == 200 && shown.has("Frank Grimes"), "{}", shown.text());
    let number = contact.rsplit('/').next().unwrap();
    let seen = "SELECT subject AS line FROM console_audit WHERE action = 'show_personal_data'";
    assert_eq!(daemon.lines(seen), [format!("contact:{number}")]);

    let preview = admin.page(&format!("{contact}/erase")).await;
    if preview.has("?parked=yes") {
        let preview = admin.page(&format!("{contact}/erase?parked=yes")).await;
        let done =
            admin.submit(&preview, &format!("{contact}/erase"), &[("parked", "yes"), ("why", "asked for")]).await;
        assert!(admin.page(done.location()).await.has("result-done"));
    } else {
        let done = admin.submit(&preview, &format!("{contact}/erase"), &[("why", "asked for in writing")]).await;
        let result = admin.page(done.location()).await;
        assert!(result.has("result-done"), "{}", result.text());
    }
    let page = admin.page(&contact).await;
    assert!(!page.has("F. G.") && !page.has("/erase"), "{}", page.text());
    assert_eq!(daemon.lines("SELECT actor AS line FROM operator_actions WHERE action = 'erase'").len(), 1);
    daemon.finish().await;
});

on_both_engines!(a_month_is_closed_after_its_checks, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let close = "/books/close?source=museum&period=2025-11";
    let look = finance.page(close).await;
    assert!(look.has("check-failed") && look.has("check-unknown"), "the month is not over: {}", look.text());
    let form = [("source", "museum"), ("period", "2025-11")];
    let checked = finance.submit(&look, "/books/close/check", &form).await;
    assert!(checked.status == 200 && !checked.has("check-unknown") && !checked.has("action=\"/books/close\""));

    daemon.set_clock("2025-12-03T09:00:00Z");
    daemon.settle().await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open' AND severity = 'high'");
    let look = finance.page(close).await;
    let checked = finance.submit(&look, "/books/close/check", &form).await;
    assert!(checked.has("name=\"force\""), "a webhook is parked: {}", checked.text());
    daemon.clock.advance_milliseconds(1_234);
    let later = finance.submit(&look, "/books/close/check", &form).await;
    let numbers = |page: &Page| page.body.split("<dd class=\"code\">").nth(1).unwrap()[..64].to_owned();
    assert_eq!(numbers(&checked), numbers(&later), "the hash of the numbers has no time in it");
    let why = [("source", "museum"), ("period", "2025-11"), ("force", "yes"), ("why", "it is a test")];
    let refused = finance.submit(&checked, "/books/close", &form).await;
    // Without force the form comes back and says so at the field.
    assert!(refused.status == 400 && refused.has("id=\"wrong-force\""), "{}", refused.text());
    assert_ne!(refused.field("key"), checked.field("key"));
    let done = finance.submit(&refused, "/books/close", &why).await;
    let result = finance.page(done.location()).await;
    assert!(result.has("result-done"), "{}", result.text());
    // What is closed is not offered to be closed.
    assert_eq!(finance.get(close).await.location(), "/books/closed/museum/2025-11");
    let before = finance.page("/books/close?source=museum&period=2025-10").await;
    assert!(before.has("check-failed") && !before.has("/books/close/check"), "{}", before.text());
    let again = finance.submit(&look, "/books/close/check", &form).await;
    assert!(!again.has("action=\"/books/close\""), "{}", again.text());
    let closed = finance.page("/books/closed/museum/2025-11").await;
    let hash = daemon.lines("SELECT doc_sha256 AS line FROM period_manifests")[0].clone();
    assert!(closed.has(&hash) && result.has(&hash), "{}", closed.text());
    assert!(closed.has(&numbers(&later)), "what was shown is what was frozen: {}", closed.text());
    let manifest = finance.page("/books/closed/museum/2025-11/manifest").await;
    let doc = daemon.lines("SELECT doc AS line FROM period_manifests")[0].clone();
    assert_eq!(manifest.body, doc, "to the byte");
    let page = finance.page("/books/trial-balance?source=museum&period=2025-11&view=closed").await;
    assert!(page.has("as originally closed"), "{}", page.text());
    // Without a file of a database beside which it could be, the anchor is where the daemon runs: here.
    let _ = std::fs::remove_file("ticketledger.anchors.jsonl");
    // Frozen and known figures lead to their lines.
    crawl(&finance, &["/books/trial-balance?source=museum&period=2025-11&view=closed"]).await;
    daemon.finish().await;
});

on_both_engines!(an_export_is_previewed_recorded_and_fetched_again, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let preview = finance.page("/books/exports/new?source=museum&period=2025-11&target=jsonl").await;
    assert!(preview.has("would go out"), "{}", preview.text());
    assert_eq!(daemon.lines("SELECT target AS line FROM export_batches").len(), 0, "looking remembers nothing");
    let (batch, entries) = (preview.field("batch"), preview.field("entries"));
    let fields = [
        ("target", "jsonl"),
        ("source", "museum"),
        ("period", "2025-11"),
        ("batch", batch.as_str()),
        ("entries", entries.as_str()),
    ];
    let done = finance.submit(&preview, "/books/exports/new", &fields).await;
    let result = finance.page(done.location()).await;
    assert!(result.has("result-done"), "{}", result.text());
    assert_eq!(daemon.lines("SELECT target || created_by AS line FROM export_batches").len(), 1);
    let page = finance.page(&first_link(&finance.page("/books/exports").await, "/books/exports/batch/")).await;
    let file = finance.page(&first_link(&page, "/books/exports/batch/jsonl/museum/2025-11/1/file/")).await;
    let lines = daemon.lines("SELECT 'x' AS line FROM v_gl WHERE source = 'museum' AND period = '2025-11'");
    assert_eq!(file.body.lines().count(), lines.len());
    assert!(page.has(&{
        use sha2::Digest as _;
        hex::encode(sha2::Sha256::digest(file.body.as_bytes()))
    }));
    let nothing = finance.page("/books/exports/new?source=museum&period=2025-11&target=jsonl").await;
    assert!(nothing.has("nothing new"), "{}", nothing.text());
    let take_back = finance.page("/books/exports/batch/jsonl/museum/2025-11/1/take-back").await;
    let taken = finance
        .submit(&take_back, "/books/exports/batch/jsonl/museum/2025-11/1/take-back", &[("why", "nobody used it")])
        .await;
    assert!(finance.page(taken.location()).await.has("result-done"));
    let page = finance.page("/books/exports/batch/jsonl/museum/2025-11/1").await;
    assert!(page.has("nobody used it") && !page.has("/file/"), "{}", page.text());
    daemon.finish().await;
});

on_both_engines!(pages_speak_german_and_programs_read_texts, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut reader = Browser::signed_in(&daemon, database, "reader");
    reader.language = "de";
    let page = reader.page("/books/trial-balance?source=museum&period=2025-11").await;
    assert!(page.has("lang=\"de\"") && page.has("Summen- und Saldenliste"), "{}", page.text());
    let amount = |body: &str| {
        body.split("class=\"number").skip(1).any(|cell| {
            let text = cell.split('>').nth(1).unwrap_or_default().split('<').next().unwrap_or_default();
            text.contains(',') && !text.contains('.')
        })
    };
    assert!(amount(&page.body) || page.body.contains(",00<"), "{}", page.text());
    let json = reader.page("/books/trial-balance?source=museum&period=2025-11&format=json").await;
    let rows: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert!(rows[0]["closing_minor"].is_i64(), "a download is that of the command: {rows}");
    daemon.finish().await;
});
