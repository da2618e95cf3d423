//! A value that is not possible is answered with its field and what is allowed; numbers on tabs follow the filters.

use serde_json::json;
use ticketledger::config::Role;

use super::browser::{Browser, Page};
use super::filled::fill;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

/// Address, field, and a part of what is allowed.
const WRONG: [(&str, &str, &str); 47] = [
    ("/books/vat?period=2025-13", "period", "a month such as"),
    ("/books/vat?from=2025-02-30", "from", "a day such as"),
    ("/books/vat?to=11.11.2025", "to", "a day such as"),
    ("/books/vat?from=2025-11-02&to=2025-11-01", "from", "not after that of to"),
    ("/books/vat?basis=cash", "basis", "booking, payment, service"),
    ("/books/vat?known=yesterday", "known", "a time such as"),
    ("/books/vat?booked=soon", "booked", "a day such as"),
    ("/books/vat?view=open", "view", "closed"),
    ("/books/vat?view=closed&period=2025", "view", "one month"),
    ("/books/vat?format=xml", "format", "csv, json"),
    ("/books/vat?source=opera", "source", "museum, theatre"),
    ("/books/balances?after=x", "after", "next page"),
    ("/books/journal?source=museum&after=1", "after", "next page"),
    ("/books/account?source=museum&account=assets:nothing", "account", "trial balance"),
    ("/books/account?source=museum&account=assets:receivable&currency=XXX", "currency", "of the account"),
    ("/books/account?source=museum&account=assets:receivable&after=2025", "after", "next page"),
    ("/books/lines?source=museum&of=everything", "of", "revenue, vat, payments"),
    ("/books/lines?source=museum", "of", "revenue, vat, payments"),
    ("/books/lines?of=vat", "source", "museum, theatre"),
    ("/books/lines?source=museum&of=vat&rate=abc", "rate", "basis points"),
    ("/books/lines?source=museum&of=revenue&period=2025-11&currency=XXX", "currency", "EUR"),
    ("/books/lines?source=museum&of=payments&period=2025-11&currency=EUR&method=NOSUCH", "method", "Stripe"),
    ("/books/exports/new?source=museum&period=2025-11&target=word", "target", "datev"),
    ("/books/exports/new?source=museum&period=2025&target=jsonl", "period", "a month such as"),
    ("/orders?before=abc", "before", "a whole number"),
    ("/vouchers?source=museum&after=abc", "after", "next page"),
    ("/contacts?before=abc", "before", "a whole number"),
    ("/inbox?state=odd", "state", "pending, done"),
    ("/inbox?reason=odd", "reason", "invalid_json"),
    ("/inbox?since=2025-13-01", "since", "a day such as"),
    ("/inbox?before=abc", "before", "next page"),
    ("/inbox?since=2025-11-12&until=2025-11-11", "since", "not after that of until"),
    ("/inbox?kind=odd", "kind", "order, new-booking"),
    ("/inbox/parked?source=opera", "source", "museum, theatre"),
    ("/inbox/parked?reason=odd", "reason", "invalid_json"),
    ("/inbox/parked?kind=order", "kind", "no such filter"),
    ("/?source=museum", "source", "no such filter"),
    ("/findings?after=abc", "after", "next page"),
    ("/findings?format=xml", "format", "csv, json"),
    ("/findings?format=csv&severity=high", "severity", "no such filter"),
    ("/findings?format=csv&state=acknowledged", "state", "open"),
    ("/books/freshness?format=csv&source=opera", "source", "museum, theatre"),
    ("/books/freshness?period=2025-11", "period", "no such filter"),
    ("/findings?kind=order", "kind", "no such filter"),
    ("/inbox?severity=high", "severity", "no such filter"),
    ("/findings?severity=odd", "severity", "high, medium"),
    ("/findings?reason=odd", "reason", "vat_unknown"),
];

on_both_engines!(a_wrong_value_is_named_with_what_is_allowed, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut finance = Browser::signed_in(&daemon, database, "finance");
    let program = Program::new(&daemon, Role::Finance);
    for (path, field, allowed) in WRONG {
        let page = finance.get(path).await;
        assert_eq!(page.status, 400, "{path}: {}", page.text());
        let text = page.text();
        // People know the field by its label, and choose from a list where there are words for what is possible.
        assert!(text.contains("is not possible") || text.contains("is missing"), "{path}: {text}");
        let said = allowed.trim_end_matches(" of to").trim_end_matches(" of until");
        assert!(text.contains(said) || page.has(&format!("<select name=\"{field}\"")), "{path}: {text}");
        let told: serde_json::Value = serde_json::from_str(&program.ask(path).await.body).unwrap();
        assert_eq!(told["wrong"]["field"], field, "{path}: {told}");
        assert!(told["wrong"]["allowed"].as_str().unwrap().contains(allowed), "{path}: {told}");
    }
    finance.language = "de";
    let page = finance.get("/books/vat?period=2025-13").await;
    assert!(page.text().contains("Zeitraum: „2025-13“ ist nicht möglich"), "{}", page.text());
    daemon.finish().await;
});

on_both_engines!(what_is_missing_is_named_for_programs_beside_its_sentence, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let program = Program::new(&daemon, Role::Admin);
    for (path, field, said) in [
        ("/inbox?text=Muster", "since", "needs a first day"),
        ("/inbox/dismiss", "id", "No webhook was chosen"),
        ("/books/pack/file/json?period=2025-11", "source", "Choose a source"),
        ("/findings/acknowledge", "severity", "first"),
    ] {
        let answer = program.ask(path).await;
        let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &told["wrong"]["field"]), (400, &json!(field)), "{path}: {told}");
        assert!(answer.body.contains(said), "{path}: {told}");
    }
    daemon.finish().await;
});

on_both_engines!(a_form_with_a_wrong_number_changes_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let parked = daemon.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE state = 'parked'")[0].clone();
    let preview = admin.page(&format!("/inbox/dismiss?id={parked}")).await;
    let open = "SELECT severity AS line FROM findings WHERE state = 'open' ORDER BY severity";
    let severity = daemon.lines(open)[0].clone();
    let findings = admin.page(&format!("/findings/acknowledge?severity={severity}")).await;
    for (page, path, fields) in [
        (&preview, "/inbox/dismiss", vec![("id", parked.as_str()), ("number", "abc"), ("why", "a test")]),
        (&preview, "/inbox/replay", vec![("id", parked.as_str()), ("number", "1.0"), ("why", "a test")]),
        (
            &findings,
            "/findings/acknowledge",
            vec![("severity", severity.as_str()), ("number", "many"), ("why", "a test")],
        ),
    ] {
        let answer = admin.submit(page, path, &fields).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(answer.text().contains("Number:") && answer.text().contains("a whole number"), "{}", answer.text());
    }
    let answer = admin.submit(&preview, "/inbox/dismiss", &[("id", "x"), ("number", "1"), ("why", "a test")]).await;
    assert!(answer.status == 400 && answer.text().contains("Webhook:"), "{}", answer.text());
    assert!(daemon.lines("SELECT action AS line FROM operator_actions").is_empty());
    daemon.finish().await;
});

on_both_engines!(who_has_to_wait_is_told_how_long, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "reader");
    let browser = {
        drop(browser);
        Browser::new(&daemon)
    };
    let mut last: Option<Page> = None;
    for _ in 0..8 {
        last = Some(browser.post("/sign-in", &[("name", "reader-x"), ("password", "wrong")]).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, 429);
    let seconds: u64 = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0 && last.text().contains(&seconds.to_string()), "{}", last.text());
    daemon.finish().await;
});

/// The number on the tab that links to a query with a state.
fn on_tab(page: &Page, begin: &str, ending: &str) -> String {
    let link = super::books::links(page);
    let link = link
        .iter()
        .find(|link| link.starts_with(begin) && link.ends_with(ending))
        .unwrap_or_else(|| panic!("no tab {ending}: {link:#?}"));
    let begin = format!("href=\"{}\"", link.replace('&', "&#38;"));
    let tab = page.body.split(&begin).nth(1).unwrap().split("</a>").next().unwrap();
    let number = tab.rsplit('>').find(|part| part.starts_with(|sign: char| sign.is_ascii_digit()));
    number.unwrap_or_default().split('<').next().unwrap().to_owned()
}

on_both_engines!(numbers_on_tabs_follow_the_filters, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    for number in 0..7 {
        daemon.clock.advance_milliseconds(1_000);
        if number % 2 == 0 {
            daemon.parked("museum", "no json").await;
        } else {
            let strange = [("/id", json!(format!("{number:032x}"))), ("/status", json!("STRANGE"))];
            daemon.parked("museum", changed(PAID_ORDER, &strange)).await;
        }
    }
    let reader = Browser::signed_in(&daemon, database, "reader");
    let parked = async |query: &str| on_tab(&reader.page(&format!("/inbox{query}")).await, "/inbox?", "state=parked");
    assert_eq!(parked("").await, "8");
    assert_eq!(parked("?reason=invalid_json").await, "4");
    assert_eq!(parked("?source=theatre").await, "0");
    let causes =
        async |query: &str| reader.page(&format!("/inbox/parked{query}")).await.body.matches("data-open").count();
    assert_eq!(causes("").await, 2);
    assert_eq!(causes("?reason=invalid_json").await, 1);
    assert_eq!(causes("?source=museum").await, 2);
    assert_eq!(causes("?source=theatre").await, 0);
    assert_eq!(parked("?until=2025-11-19").await, "0");
    assert_eq!(parked("?kind=person-updated").await, "0");
    assert_eq!(parked("?order=00000000000000000000000000000001").await, "1");
    let done = on_tab(&reader.page("/inbox?source=museum").await, "/inbox?", "state=done");
    let expected = daemon.lines("SELECT 'x' AS line FROM inbox_events WHERE source = 'museum' AND state = 'done'");
    assert_eq!(done, expected.len().to_string());

    let open = "SELECT severity AS line FROM findings WHERE state = 'open' ORDER BY severity";
    let severity = daemon.lines(open)[0].clone();
    let of = format!("FROM findings WHERE state = 'open' AND severity = '{severity}'");
    let found = daemon.lines(&format!("SELECT source || ' ' || reason AS line {of}"));
    let tab = format!("severity={severity}");
    let reason = found[0].split(' ').nth(1).unwrap().to_owned();
    let high = async |query: &str| on_tab(&reader.page(&format!("/findings{query}")).await, "/findings?", &tab);
    assert_eq!(high("").await, found.len().to_string());
    let of_reason = found.iter().filter(|line| line.ends_with(&format!(" {reason}"))).count();
    assert_eq!(high(&format!("?reason={reason}")).await, of_reason.to_string());
    let of_source = found.iter().filter(|line| line.starts_with("theatre ")).count();
    assert_eq!(high("?source=theatre").await, of_source.to_string());
    assert_eq!(high("?state=acknowledged").await, "0");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open'");
    assert_eq!(high("?state=acknowledged").await, found.len().to_string());
    assert_eq!(high("?order=no-such-order").await, "0");
    daemon.finish().await;
});

on_both_engines!(only_the_beginning_of_a_large_body_is_shown, async |database| {
    let daemon = TestDaemon::start(database).await;
    let rows: Vec<_> =
        (0..13_000).map(|number| json!({"name": "Erika Muster", "email": "erika@example.com", "id": number})).collect();
    let body = changed(PAID_ORDER, &[("/status", json!("STRANGE"))]);
    let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
    body["zz_rows"] = json!(rows);
    let body = body.to_string();
    assert!(body.len() > 700_000 && body.len() < 1_000_000);
    daemon.parked("museum", body).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let page = finance.page("/inbox/1").await;
    assert!(page.body.len() < 200_000 && page.has("STRANGE") && page.has("Only the beginning"), "{}", page.body.len());
    assert!(!page.has("Erika") && !page.has("erika@"), "{}", page.text());
    let open = finance.submit(&page, "/inbox/1/body", &[]).await;
    assert!(open.body.len() < 400_000 && open.has("Erika"), "{}", open.body.len());
    let raw = finance.submit(&page, "/inbox/1/raw", &[]).await;
    assert!(raw.body.len() > 700_000);
    daemon.finish().await;
});
