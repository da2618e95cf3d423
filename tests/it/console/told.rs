//! What programs get: every page with data as JSON, masked as it is on the page, page after page.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use ticketledger::config::Role;
use ticketledger::console::access;

use super::books::{PERSONAL, links};
use super::browser::{Browser, Page};
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

/// A program with a token of a role.
pub(super) struct Program {
    browser: Browser,
    secret: String,
}

impl Program {
    pub(super) fn new(daemon: &TestDaemon, role: Role) -> Self {
        let (name, password) = (format!("cube-{}", role.as_str()), "a long enough password");
        access::manage::add(daemon.database(), &daemon.clock, "test", &name, role, password).unwrap();
        let token = access::manage::add_token(daemon.database(), &daemon.clock, "test", &name, "cube", role, 30);
        Self { browser: Browser::new(daemon), secret: token.unwrap().secret }
    }

    pub(super) async fn ask(&self, path: &str) -> Page {
        let request = self.browser.client.request(Method::GET, format!("{}{path}", self.browser.base));
        // What a client of HTTP sends that was told nothing.
        let request = request.header("accept", "*/*").header("authorization", format!("Bearer {}", self.secret));
        self.browser.send(request).await
    }

    pub(super) async fn json(&self, path: &str) -> Value {
        let page = self.ask(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        json_of(path, &page)
    }
}

fn json_of(path: &str, page: &Page) -> Value {
    let kind = page.headers["content-type"].to_str().unwrap();
    assert_eq!(kind, "application/json", "{path} {}", page.body.chars().take(300).collect::<String>());
    serde_json::from_str(&page.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", page.body))
}

/// Every number is a text.
fn has_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Array(items) => items.iter().any(has_number),
        Value::Object(fields) => fields.values().any(has_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// The pages that links lead to, from the first pages of all areas on: one of each shape of address.
async fn pages(browser: &Browser, severity: &str) -> BTreeSet<String> {
    let begin = ["/", "/inbox", "/inbox/parked", "/orders", "/orders?q=grimes", "/vouchers?source=museum", "/findings"];
    let more = ["/books", "/books/exports", "/contacts", "/access", "/books/close?source=museum&period=2025-11"];
    let also = ["/inbox/replay?id=1", "/inbox/dismiss?id=5", severity, "/access/record"];
    let last = ["/contacts/1/erase", "/books/exports/new?source=museum&period=2025-11&target=jsonl"];
    let all = [begin.as_slice(), &more, &also, &last].concat();
    let mut waiting: Vec<String> = all.into_iter().map(str::to_owned).collect();
    let (mut seen, mut shapes): (BTreeSet<String>, BTreeSet<String>) = Default::default();
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = browser.page(&path).await;
        for link in links(&page) {
            let bare = link.split('?').next().unwrap();
            let other = ["/readyz", "/metrics", "/assets", "/books/pack/file", "/done/"];
            let is_file = link.contains("format=") || link.contains("/file/") || link.ends_with("/manifest");
            let digits = |part: &str| part.len() > 12 || part.bytes().any(|byte| byte.is_ascii_digit());
            let shape: Vec<&str> = bare.split('/').map(|part| if digits(part) { "N" } else { part }).collect();
            let query: Vec<&str> = link.split(['?', '&']).skip(1).map(|pair| pair.split('=').next().unwrap()).collect();
            if !other.iter().any(|other| link.starts_with(other))
                && !is_file
                && shapes.insert(format!("{} {}", shape.join("/"), query.join(" ")))
            {
                waiting.push(link);
            }
        }
    }
    seen
}

on_both_engines!(every_page_tells_programs_what_it_shows, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let admin = Browser::signed_in(&daemon, database, "admin");
    let program = Program::new(&daemon, Role::Admin);
    let open = "SELECT severity AS line FROM findings WHERE state = 'open' ORDER BY severity";
    let severity = format!("/findings/acknowledge?severity={}", daemon.lines(open)[0]);
    let seen = pages(&admin, &severity).await;
    for part in [
        "/inbox/",
        "/orders/museum/",
        "/orders/theatre/",
        "/vouchers/museum/",
        "/findings/",
        "/contacts/",
        "/books/trial-balance",
        "/books/vat",
        "/books/bridge",
        "/books/journal",
        "/books/account?",
        "/books/entry/",
        "/books/lines?",
        "/books/pack",
        "/access/record",
    ] {
        assert!(seen.iter().any(|path| path.starts_with(part)), "{part}: {seen:#?}");
    }
    for path in &seen {
        let told = program.json(path).await;
        assert!(!has_number(&told), "{path}: {told:#}");
        assert!(told.as_object().is_some_and(|fields| !fields.is_empty()), "{path}: {told}");
        let text = told.to_string();
        for personal in PERSONAL {
            assert!(!text.contains(personal), "{path} tells {personal}");
        }
        // A browser that asks for it gets the same.
        let request = admin.request(Method::GET, path).header("accept", "application/json");
        let request = request.build().map(|mut request| {
            request.headers_mut().insert("accept", "application/json".parse().unwrap());
            request
        });
        let answer = admin.client.execute(request.unwrap()).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json", "{path}");
    }
    daemon.finish().await;
});

on_both_engines!(what_is_not_shown_is_told_as_json_too, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Program::new(&daemon, Role::Reader);
    for (path, status) in [
        ("/nothing", 404),
        ("/orders/museum/none", 404),
        ("/orders/nowhere/none", 404),
        ("/books/entry/museum/999999", 404),
        ("/books/entry/museum/x", 404),
        ("/contacts/999999", 404),
        ("/inbox/999999", 404),
        ("/findings/0123", 404),
        ("/access/record", 403),
        ("/contacts/1/erase", 403),
        ("/inbox/replay?id=1", 403),
        ("/books/close?source=museum&period=2025-11", 403),
        ("/books/vat?period=2025-13", 400),
        ("/inbox?state=odd", 400),
    ] {
        let page = reader.ask(path).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
        let told = json_of(path, &page);
        assert!(told["error"].is_string() && told["error_description"].is_string(), "{path}: {told}");
    }
    let unknown = Browser::new(&daemon);
    let request = unknown.client.get(format!("{}/orders", unknown.base)).header("accept", "application/json");
    let page = unknown.send(request).await;
    assert_eq!(page.status, 401);
    assert_eq!(json_of("/orders", &page)["error"], "unauthorized");
    daemon.finish().await;
});

/// All rows of a list, page after page.
async fn all(program: &Program, path: &str, rows: &str) -> Vec<Value> {
    let (mut path, mut found) = (path.to_owned(), Vec::new());
    for _ in 0..50 {
        let told = program.json(&path).await;
        found.extend(told[rows].as_array().unwrap().iter().cloned());
        let Some(next) = told["next"].as_str() else { return found };
        path = next.to_owned();
    }
    panic!("{path} has no end");
}

on_both_engines!(a_program_reads_page_after_page, async |database| {
    let daemon = TestDaemon::start(database).await;
    for number in 0..130 {
        let id = format!("{number:032x}");
        daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!(id)), ("/payments", json!([]))])).await;
    }
    daemon.settle().await;
    let program = Program::new(&daemon, Role::Reader);
    let ids = |rows: &[Value], name: &str| -> BTreeSet<String> {
        rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
    };
    let orders = all(&program, "/orders?source=museum", "orders").await;
    assert_eq!((orders.len(), ids(&orders, "order_id").len()), (130, 130));
    assert_eq!(orders[0]["balances_minor"]["EUR"], "2000", "{}", orders[0]);
    let inbox = all(&program, "/inbox?state=done", "webhooks").await;
    assert_eq!((inbox.len(), ids(&inbox, "id").len()), (130, 130));
    let balances = all(&program, "/books/balances", "rows").await;
    assert_eq!(ids(&balances, "order_id").len(), 130);
    let entries = all(&program, "/books/journal?source=museum", "rows").await;
    assert_eq!(ids(&entries, "entry_no").len(), daemon.entries("museum"));
    let told = program.json("/books/account?source=museum&account=assets:receivable&period=2025-11").await;
    assert_eq!(told["sheet"]["rows"].as_array().unwrap().len(), 200, "a page");
    let last = program.json(told["next"].as_str().unwrap()).await;
    assert_eq!(last["sheet"]["opening_minor"], told["sheet"]["closing_minor"]);
    assert_eq!((last["sheet"]["closing_minor"].as_str(), last["next"].as_str()), (Some("260000"), None));
    let counted = program.json("/inbox?source=museum").await;
    assert_eq!(counted["counts"]["done"], "130");
    daemon.finish().await;
});
