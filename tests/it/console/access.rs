//! Signing in and out, and who may see what.

use std::collections::BTreeMap;

use reqwest::Method;
use sha2::{Digest as _, Sha256};
use ticketledger::config::{Config, HeaderSignIn, Network, Role};
use ticketledger::console::access;

use super::browser::Browser;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

const PASSWORD: &str = "four words make sense";

/// Somebody who can sign in with [`PASSWORD`].
fn add_user(daemon: &TestDaemon, name: &str, role: Role) {
    access::manage::add(daemon.database(), &daemon.clock, "test", name, role, PASSWORD).unwrap();
}

fn signing_in<'a>(name: &'a str, password: &'a str, next: &'a str) -> [(&'a str, &'a str); 3] {
    [("name", name), ("password", password), ("next", next)]
}

on_both_engines!(without_users_there_is_only_how_to_add_one, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::new(&daemon);
    let page = browser.page("/").await;
    assert!(page.has("ticketledger user add NAME --role admin") && page.has("/readyz"), "{}", page.text());
    for path in ["/inbox", "/sign-in", "/access", "/done/x"] {
        let page = browser.get(path).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{path}");
    }
    assert_eq!(browser.get("/metrics").await.status, 200);
    // Its workers do not run by themselves, and that is what it says.
    assert!(browser.get("/readyz").await.has("\"inbox_writer\":\"ok\""));
    daemon.finish().await;
});

on_both_engines!(every_answer_has_the_strict_headers, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "admin");
    for path in ["/", "/nothing", "/sign-in", "/access", "/inbox", "/inbox/parked", "/access/record"] {
        let page = browser.get(path).await;
        let header = |name: &str| page.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let policy = header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("cache-control").as_deref(), Some("no-store"), "{path}");
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert!(!page.has(" style=") && !page.has("<style") && !page.has("onclick"), "{path}");
    }
    let page = browser.page("/").await;
    let style = page.body.split("href=\"").find(|part| part.contains(".css\"")).unwrap().split('"').next().unwrap();
    let style = browser.page(style).await;
    assert_eq!(style.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(browser.get("/assets/console.0000000000000000.css").await.status, 404);
    daemon.finish().await;
});

on_both_engines!(a_user_signs_in_sees_pages_and_signs_out, async |database| {
    let daemon = TestDaemon::start(database).await;
    add_user(&daemon, "anna", Role::Finance);
    let browser = Browser::new(&daemon);
    let page = browser.get("/inbox?state=parked").await;
    assert_eq!((page.status, page.location()), (303, "/sign-in?next=%2Finbox%3Fstate%3Dparked"));

    let form = browser.page("/sign-in?next=%2Finbox%3Fstate%3Dparked").await;
    assert_eq!(form.field("next"), "/inbox?state=parked");
    let page = browser.post("/sign-in", &signing_in("anna", PASSWORD, "/inbox?state=parked")).await;
    assert_eq!((page.status, page.location()), (303, "/inbox?state=parked"));
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-tl="), "{cookie}");
    assert!(cookie.ends_with("; Secure; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");

    let page = browser.page("/").await;
    assert!(page.text().contains("Signed in as anna (finance)"), "{}", page.text());
    // Of the token only the hash is stored.
    let token = browser.cookies()["__Host-tl"].clone();
    let stored = daemon.lines("SELECT token_sha256 AS line FROM console_sessions");
    assert_eq!(stored, [hex::encode(Sha256::digest(token.as_bytes()))]);

    let out = browser.submit(&page, "/sign-out", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/sign-in"));
    assert!(browser.cookies().is_empty());
    assert_eq!(daemon.lines("SELECT token_sha256 AS line FROM console_sessions"), Vec::<String>::new());
    let record = daemon.lines("SELECT actor || ' ' || action || ' ' || outcome AS line FROM console_audit ORDER BY id");
    assert_eq!(record, ["test user_add done", "anna sign_in done", "anna sign_out done"]);
    daemon.finish().await;
});

on_both_engines!(wrong_passwords_are_slowed_down_and_never_told_apart, async |database| {
    let daemon = TestDaemon::start(database).await;
    add_user(&daemon, "anna", Role::Reader);
    let browser = Browser::new(&daemon);
    let mut texts = Vec::new();
    for name in ["anna", "nobody"] {
        let page = browser.post("/sign-in", &signing_in(name, "wrong password here", "/")).await;
        assert_eq!(page.status, 401);
        assert!(!page.has("wrong password here"));
        texts.push(page.text());
    }
    assert_eq!(texts[0], texts[1]);
    for _ in 0..3 {
        assert_eq!(browser.post("/sign-in", &signing_in("anna", "wrong password here", "/")).await.status, 401);
    }
    // Not even the right one is looked at.
    let page = browser.post("/sign-in", &signing_in("anna", PASSWORD, "/")).await;
    assert_eq!(page.status, 429);
    assert!(page.text().contains("Try again in 1 s"), "{}", page.text());
    daemon.clock.advance_milliseconds(1_000);
    assert_eq!(browser.post("/sign-in", &signing_in("anna", PASSWORD, "/")).await.status, 303);
    // What was typed is not recorded, unless it is the name of a user; each try is counted.
    let expected = ["user:anna|wrong_password|4", "|wrong_password|1", "user:anna|too_many|1"];
    assert_eq!(refusals(&daemon), expected);
    daemon.finish().await;
});

/// What was refused: by whom, what, why, how often.
fn refusals(daemon: &TestDaemon) -> Vec<String> {
    let lines = daemon.lines(
        "SELECT actor || subject || '|' || result || '|' || times AS line FROM console_audit
            WHERE outcome = 'refused' ORDER BY id",
    );
    lines.into_iter().map(|line| line.replace("[[\"why\",\"", "").replace("\"]]", "")).collect()
}

on_both_engines!(a_session_ends_by_the_clock, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "reader");
    // It lasts as long as somebody does something, and eight hours at most.
    for _ in 0..8 {
        browser.page("/").await;
        daemon.clock.advance_milliseconds(59 * 60_000);
    }
    browser.page("/").await;
    daemon.clock.advance_milliseconds(8 * 60_000 + 1);
    assert_eq!(browser.get("/").await.location(), "/sign-in");

    let idle = Browser::signed_in(&daemon, database, "reader");
    daemon.clock.advance_milliseconds(30 * 60_000);
    // A page that asks by itself does not keep a session alive.
    let part = idle.send(idle.request(Method::GET, "/").header("x-part", "overview")).await;
    assert_eq!(part.status, 200);
    assert!(!part.has("<html"), "only the part");
    daemon.clock.advance_milliseconds(31 * 60_000);
    assert_eq!(idle.send(idle.request(Method::GET, "/").header("x-part", "overview")).await.status, 401);
    assert_eq!(idle.get("/").await.location(), "/sign-in");
    daemon.finish().await;
});

on_both_engines!(a_form_that_is_not_of_this_page_is_refused, async |database| {
    let daemon = TestDaemon::start(database).await;
    let browser = Browser::signed_in(&daemon, database, "admin");
    let other = Browser::signed_in(&daemon, database, "admin");
    let (csrf, foreign) = (browser.page("/").await.field("csrf"), other.page("/").await.field("csrf"));
    assert_ne!(csrf, foreign);
    let send = async |headers: &[(&str, &str)], csrf: &str| {
        let mut request = browser.request(Method::POST, "/sign-out").form(&[("csrf", csrf)]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        browser.send(request).await.status
    };
    for wrong in ["", "x", foreign.as_str()] {
        assert_eq!(send(&[("origin", &browser.base)], wrong).await, 403, "{wrong}");
    }
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", &browser.base)],
        &[("sec-fetch-site", "none")],
    ] {
        assert_eq!(send(headers, &csrf).await, 403, "{headers:?}");
    }
    browser.page("/").await;
    assert_eq!(send(&[("origin", &browser.base), ("sec-fetch-site", "same-origin")], &csrf).await, 303);
    // Signing in, too, is not for other pages.
    let request = other.request(Method::POST, "/sign-in").header("origin", "https://evil.example");
    assert_eq!(other.send(request.form(&signing_in("a", "b", "/"))).await.status, 403);
    daemon.finish().await;
});

on_both_engines!(sessions_are_listed_and_ended, async |database| {
    let daemon = TestDaemon::start(database).await;
    let (admin, reader) =
        (Browser::signed_in(&daemon, database, "admin"), Browser::signed_in(&daemon, database, "reader"));
    // A reader sees his own only, and no user.
    let page = reader.page("/access").await;
    assert!(page.has("reader-") && !page.has("admin-") && !page.has("user add"), "{}", page.text());
    assert_eq!(reader.get("/access/record").await.status, 403);
    let page = admin.page("/access").await;
    assert!(page.has("reader-") && page.has("admin-"), "{}", page.text());
    let ended = admin.submit(&page, "/access/end", &[("session", &page.field("session"))]).await;
    assert_eq!(ended.location(), "/access");
    assert_eq!(reader.get("/").await.location(), "/sign-in");
    admin.page("/").await;
    let record = admin.page("/access/record").await;
    assert!(record.text().contains("Ended a session user:reader-"), "{}", record.text());
    daemon.finish().await;
});

on_both_engines!(a_changed_or_removed_user_is_signed_out, async |database| {
    let daemon = TestDaemon::start(database).await;
    add_user(&daemon, "anna", Role::Admin);
    let signed_in = async || {
        let browser = Browser::new(&daemon);
        assert_eq!(browser.post("/sign-in", &signing_in("anna", PASSWORD, "/")).await.status, 303);
        browser
    };
    let browser = signed_in().await;
    access::manage::set_role(daemon.database(), &daemon.clock, "test", "anna", Role::Reader).unwrap();
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    let browser = signed_in().await;
    assert!(browser.page("/").await.text().contains("anna (reader)"));
    access::manage::remove(daemon.database(), &daemon.clock, "test", "anna").unwrap();
    assert!(browser.page("/").await.has("user add NAME"), "nobody is left");
    daemon.finish().await;
});

on_both_engines!(a_token_reads_as_its_role_until_it_expires, async |database| {
    let daemon = TestDaemon::start(database).await;
    add_user(&daemon, "anna", Role::Finance);
    let (clock, database) = (&daemon.clock, daemon.database());
    let token = access::manage::add_token(database, clock, "test", "anna", "cube", Role::Finance, 30).unwrap();
    assert!(token.secret.starts_with("tl_") && token.secret.len() > 40);
    let browser = Browser::new(&daemon);
    let ask = async |method: Method, path: &str, secret: &str| {
        let request = browser.client.request(method, format!("{}{path}", browser.base));
        browser.send(request.header("authorization", format!("Bearer {secret}"))).await
    };
    let answer = ask(Method::GET, "/", &token.secret).await;
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, "application/json"));
    assert!(answer.has("\"source\": \"museum\"") && answer.has("\"waiting\": \"0\""), "{}", answer.body);
    assert_eq!(ask(Method::GET, "/inbox", &token.secret).await.status, 200);
    // It changes nothing, whatever the role.
    assert_eq!(ask(Method::POST, "/inbox/replay", &token.secret).await.status, 405);
    for wrong in ["tl_wrong", "", "other"] {
        assert_eq!(ask(Method::GET, "/", wrong).await.status, 401, "{wrong}");
    }
    clock.advance_milliseconds(30 * 86_400_000);
    assert_eq!(ask(Method::GET, "/", &token.secret).await.status, 401);
    let other = access::manage::add_token(database, clock, "test", "anna", "cube", Role::Reader, 30).unwrap();
    assert_eq!(ask(Method::GET, "/", &other.secret).await.status, 200);
    assert!(access::manage::remove_token(database, clock, "test", "anna", other.id).unwrap());
    assert_eq!(ask(Method::GET, "/", &other.secret).await.status, 401);
    daemon.finish().await;
});

fn proxy(config: &mut Config, peers: &[&str]) {
    config.console.header_sign_in = Some(HeaderSignIn {
        user: "remote-user".to_owned(),
        groups: "remote-groups".to_owned(),
        separator: ",".to_owned(),
        peers: peers.iter().map(|peer| Network::parse(peer).unwrap()).collect(),
        roles: BTreeMap::from([("books".to_owned(), Role::Finance), ("it".to_owned(), Role::Admin)]),
    });
}

async fn asked(browser: &Browser, headers: &[(&str, &str)]) -> super::browser::Page {
    let mut request = browser.request(Method::GET, "/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

on_both_engines!(a_listed_proxy_is_believed, async |database| {
    let daemon = with_proxy(database, &["127.0.0.0/8"]).await;
    let browser = Browser::new(&daemon);
    let page = asked(&browser, &[("remote-user", "erika"), ("remote-groups", "staff, books")]).await;
    assert!(page.text().contains("Signed in as erika (finance)"), "{} {}", page.status, page.text());
    let page = asked(&browser, &[("remote-user", "erika"), ("remote-groups", "books,it")]).await;
    assert!(page.text().contains("Signed in as erika (admin)"), "{}", page.text());
    // A name has no session: its first request of an hour is the sign-in.
    let signed_in = "SELECT actor || ' ' || role AS line FROM console_audit WHERE action = 'sign_in_header' AND \
        outcome = 'done' ORDER BY id";
    let headers = [("remote-user", "erika"), ("remote-groups", "books,it")];
    asked(&browser, &headers).await;
    assert_eq!(daemon.lines(signed_in), ["erika finance", "erika admin"]);
    daemon.clock.advance_milliseconds(3_600_000);
    asked(&browser, &headers).await;
    assert_eq!(daemon.lines(signed_in).len(), 3);
    for refused in [
        // The browser's own copy, which the proxy did not take away.
        &[("remote-user", "erika"), ("remote-user", "admin"), ("remote-groups", "books")][..],
        &[("remote-user", "erika"), ("remote-groups", "books"), ("remote-groups", "it")],
        &[("remote-user", "erika"), ("remote-groups", "staff")],
        &[("remote-user", "erika")],
        &[("remote-groups", "it")],
        &[("remote-user", ""), ("remote-groups", "it")],
        &[("remote-user", "erika,admin"), ("remote-groups", "it")],
        &[("remote-user", "<b>e;v</b>"), ("remote-groups", "it")],
    ] {
        assert_eq!(asked(&browser, refused).await.status, 401, "{refused:?}");
    }
    let named = browser.request(Method::GET, "/").header("remote-groups", "books");
    let page = browser.send(named.header("remote-user", "Änna".as_bytes())).await;
    assert!(page.text().contains("Signed in as änna (finance)"), "{}", page.text());
    // It is one name in whatever case.
    let again = browser.request(Method::GET, "/").header("remote-groups", "books").header("remote-user", "ERIKA");
    assert!(browser.send(again).await.text().contains("Signed in as erika (finance)"));
    // The record names the path and the header.
    let refused = daemon.lines(
        "SELECT DISTINCT subject || ' ' || result AS line FROM console_audit WHERE action = 'sign_in_header' AND \
            outcome = 'refused' ORDER BY 1",
    );
    assert_eq!(
        refused,
        [
            "GET / remote-groups [[\"why\",\"header_role\"]]",
            "GET / remote-groups [[\"why\",\"header_twice\"]]",
            "GET / remote-user [[\"why\",\"header_name\"]]",
            "GET / remote-user [[\"why\",\"header_twice\"]]",
        ]
    );
    // Without the header one signs in as usual.
    assert_eq!(asked(&browser, &[]).await.location(), "/sign-in");
    daemon.finish().await;
});

on_both_engines!(a_proxy_that_is_not_listed_is_refused_and_recorded, async |database| {
    let daemon = with_proxy(database, &["10.0.0.0/8", "::1"]).await;
    let browser = Browser::signed_in(&daemon, database, "admin");
    for headers in [
        &[("remote-user", "erika"), ("remote-groups", "it")][..],
        // What a header says of the address does not count.
        &[("remote-user", "erika"), ("remote-groups", "it"), ("x-forwarded-for", "10.0.0.1")],
    ] {
        assert_eq!(asked(&browser, headers).await.status, 401);
    }
    let record = daemon.lines("SELECT action || ' ' || outcome || ' ' || address AS line FROM console_audit");
    assert_eq!(record, ["sign_in_header refused 127.0.0.1"]);
    assert_eq!(refusals(&daemon), ["GET / remote-user|header_unlisted|2"]);
    daemon.finish().await;
});

async fn with_proxy(database: &TestDatabase, peers: &[&str]) -> TestDaemon {
    TestDaemon::start_with(database, |config| proxy(config, peers), std::sync::Arc::new(|_| {})).await
}

on_both_engines!(the_language_is_chosen_by_browser_and_reader, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut browser = Browser::signed_in(&daemon, database, "reader");
    assert!(browser.page("/").await.has("<html lang=\"en\">"));
    browser.language = "de-CH,de;q=0.9";
    let page = browser.page("/inbox").await;
    assert!(page.has("<html lang=\"de-CH\">") && page.has("Posteingang"), "{}", page.text());
    let changed = browser.submit(&page, "/language", &[("language", "en"), ("back", "/inbox?state=done")]).await;
    assert_eq!(changed.location(), "/inbox?state=done");
    assert!(browser.page("/inbox").await.has("<html lang=\"en\">"));
    let away = browser.submit(&page, "/language", &[("language", "de"), ("back", "//evil.example/")]).await;
    assert_eq!(away.location(), "/");
    daemon.finish().await;
});
