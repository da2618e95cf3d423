//! What was refused is in the record, counted by the minute; names are one name in whatever case.

use reqwest::Method;
use ticketledger::config::{HeaderSignIn, Network, Role};
use ticketledger::console::access::manage;

use super::browser::Browser;
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, lines};

const PASSWORD: &str = "four words make sense";

/// Lines of the record about what was refused.
fn refused(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT CASE WHEN substr(actor, 1, 6) = 'reader' THEN 'reader' ELSE actor END || ' ' || action || ' ' ||
            subject || ' ' || result || ' ' || times AS line FROM console_audit WHERE outcome = 'refused' ORDER BY id",
    )
}

on_both_engines!(a_page_of_a_higher_role_and_a_forged_form_are_recorded, async |database| {
    let daemon = TestDaemon::start(database).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    for _ in 0..12 {
        assert_eq!(reader.get("/access/record").await.status, 403);
    }
    assert_eq!(reader.get("/contacts/1/erase?q=erika%40example.com").await.status, 403);
    let forged = reader.post("/findings/acknowledge/erika@example.com", &[("csrf", "x")]).await;
    assert_eq!(forged.status, 403);
    let foreign = reader.request(Method::POST, "/sign-out").header("origin", "https://evil.example");
    assert_eq!(reader.send(foreign.form(&[("csrf", "x")])).await.status, 403);
    assert_eq!(
        refused(&daemon),
        [
            "reader page_refused GET /access/record [[\"why\",\"role_too_low\"]] 12",
            "reader page_refused GET /contacts/1/erase [[\"why\",\"role_too_low\"]] 1",
            // What may be personal is no part of it.
            "reader form_refused POST /findings/acknowledge/… [[\"why\",\"form_token\"]] 1",
            "reader form_refused POST /sign-out [[\"why\",\"form_origin\"]] 1",
        ]
    );
    // The next minute has a line of its own.
    daemon.clock.advance_milliseconds(60_000);
    assert_eq!(reader.get("/access/record").await.status, 403);
    assert_eq!(refused(&daemon).len(), 5);
    let mut admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/access/record").await;
    assert!(page.text().contains("Refused the role does not include it 12 times within the minute"), "{}", page.text());
    admin.language = "de";
    let page = admin.page("/access/record").await;
    let german = "Abgelehnt die Rolle umfasst es nicht 12-mal innerhalb der Minute";
    assert!(page.text().contains(german), "{}", page.text());
    // Only the number grows, and only of what was refused.
    assert!(database.try_execute("UPDATE console_audit SET times = times + 1 WHERE outcome = 'refused'").is_ok());
    assert!(database.try_execute("UPDATE console_audit SET times = 1 WHERE times > 1").is_err());
    assert!(database.try_execute("UPDATE console_audit SET outcome = 'done', times = times + 1").is_err());
    daemon.finish().await;
});

on_both_engines!(of_many_paths_the_first_and_the_last_are_recorded, async |database| {
    let daemon = TestDaemon::start(database).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    for number in 1..=13 {
        assert_eq!(reader.get(&format!("/contacts/{number}/erase")).await.status, 403);
    }
    let last = daemon.lines(
        "SELECT subject || ' ' || times || ' ' || coalesce(last_subject, '-') AS line FROM console_audit
            WHERE outcome = 'refused' ORDER BY id",
    );
    assert_eq!(last.len(), 11);
    assert_eq!(last[9], "GET /contacts/10/erase 1 -");
    assert_eq!(last[10], "GET /contacts/11/erase … 3 GET /contacts/13/erase");
    let admin = Browser::signed_in(&daemon, database, "admin");
    let page = admin.page("/access/record").await;
    assert!(page.text().contains("3 times within the minute last: GET /contacts/13/erase"), "{}", page.text());
    // Who did what has seconds.
    assert!(page.text().contains("2025-11-11 13:00:00 CET"), "{}", page.text());
    assert!(admin.page("/access").await.text().contains("2025-11-11 13:00:00 CET"));
    assert!(database.try_execute("UPDATE console_audit SET last_subject = 'x' WHERE times > 1").is_err());
    assert!(database.try_execute("UPDATE console_audit SET last_subject = NULL WHERE times > 1").is_err());
    daemon.finish().await;
});

on_both_engines!(refusals_at_once_are_all_counted, async |database| {
    let daemon = TestDaemon::start(database).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let ask = || async { reader.get("/access/record").await.status };
    let asked = futures_util::future::join_all((0..40).map(|_| ask())).await;
    assert!(asked.iter().all(|status| *status == 403), "{asked:?}");
    assert_eq!(refused(&daemon), ["reader page_refused GET /access/record [[\"why\",\"role_too_low\"]] 40"]);
    daemon.finish().await;
});

on_both_engines!(a_token_that_is_unknown_or_would_change_something_is_recorded, async |database| {
    let daemon = TestDaemon::start(database).await;
    manage::add(daemon.database(), &daemon.clock, "test", "anna", Role::Finance, PASSWORD).unwrap();
    let token = manage::add_token(daemon.database(), &daemon.clock, "test", "ANNA", "cube", Role::Reader, 30).unwrap();
    let browser = Browser::new(&daemon);
    let ask = async |method: Method, secret: &str| {
        let request = browser.client.request(method, format!("{}/inbox", browser.base));
        browser.send(request.header("authorization", format!("Bearer {secret}"))).await
    };
    let answer = ask(Method::GET, "tl_wrong").await;
    assert_eq!(answer.status, 401);
    assert!(answer.has("the token is unknown or has expired"), "{}", answer.body);
    assert_eq!(ask(Method::POST, &token.secret).await.status, 405);
    assert_eq!(
        refused(&daemon),
        [" sign_in_token  [[\"why\",\"token_unknown\"]] 1", "anna page_refused  [[\"why\",\"token_reads\"]] 1",]
    );
    daemon.finish().await;
});

on_both_engines!(names_in_another_case_are_the_same_name, async |database| {
    let daemon = TestDaemon::start(database).await;
    let (opened, clock) = (daemon.database(), &daemon.clock);
    manage::add(opened, clock, "test", "Änne", Role::Finance, PASSWORD).unwrap();
    for taken in ["änne", "ÄNNE", "Änne"] {
        let error = manage::add(opened, clock, "test", taken, Role::Reader, PASSWORD).unwrap_err().to_string();
        assert!(error.contains("there is a user `Änne` already"), "{error}");
    }
    manage::add(opened, clock, "test", "straße", Role::Reader, PASSWORD).unwrap();
    assert!(manage::add(opened, clock, "test", "STRASSE", Role::Reader, PASSWORD).is_err());
    for impossible in ["e\u{301}va", "a\u{202e}b", "../x", "user/0", "..", "", "a b", "<b>", "\u{1112}\u{1161}\u{11ab}"]
    {
        let error = manage::add(opened, clock, "test", impossible, Role::Reader, PASSWORD).unwrap_err().to_string();
        assert!(error.contains("is not possible"), "{error}");
    }
    let browser = Browser::new(&daemon);
    let fields = [("name", "äNNe"), ("password", PASSWORD), ("next", "/")];
    assert_eq!(browser.post("/sign-in", &fields).await.status, 303);
    assert!(browser.page("/").await.text().contains("Signed in as Änne (finance)"));
    manage::set_role(opened, clock, "test", "ÄNNE", Role::Reader).unwrap();
    assert_eq!(browser.get("/").await.location(), "/sign-in", "the sessions ended");
    // Wrong passwords of one name are of one name.
    for name in ["änne", "ÄNNE", "Änne", "änne"] {
        let fields = [("name", name), ("password", "wrong password here"), ("next", "/")];
        assert_eq!(browser.post("/sign-in", &fields).await.status, 401);
    }
    assert_eq!(browser.post("/sign-in", &fields).await.status, 429);
    manage::remove(opened, clock, "test", "änne").unwrap();
    // What does not go through us is refused by the database.
    let user = |name: &str| {
        format!("INSERT INTO console_users VALUES ('{name}', 'reader', '$argon2id$x', '2025-11-01', '2025-11-01')")
    };
    database.execute(&user("bert"));
    assert!(database.try_execute(&user("BERT")).is_err());
    daemon.finish().await;
});

on_both_engines!(names_that_differ_in_case_stop_the_upgrade_and_are_named, |database| {
    drop(database.open());
    let down = match database.path {
        Some(_) => include_str!("../../../migrations/sqlite/2026-11-30-000032_names/down.sql"),
        None => include_str!("../../../migrations/postgres/2026-11-30-000032_names/down.sql"),
    };
    database.execute(down);
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261130000032'");
    for name in ["anna", "Anna", "bert"] {
        database.execute(&format!(
            "INSERT INTO console_users VALUES ('{name}', 'reader', '$argon2id$x', '2025-11-01', '2025-11-01')"
        ));
    }
    let error = ticketledger::db::Database::open(&database.url, ticketledger::db::Role::Command);
    let error = error.err().expect("it is refused").to_string();
    assert!(error.contains("differ only in case") && error.contains("Anna, anna"), "{error}");
    assert!(error.contains("`ticketledger user remove NAME`") && !error.contains("bert"), "{error}");
    database.execute("DELETE FROM console_users WHERE name = 'Anna'");
    let opened = database.open();
    assert_eq!(lines(&opened, "SELECT name AS line FROM console_users ORDER BY name"), ["anna", "bert"]);
});

on_both_engines!(a_form_of_one_daemon_is_taken_by_another, async |database| {
    let daemon = TestDaemon::start_with(
        database,
        |config| {
            config.console.header_sign_in = Some(HeaderSignIn {
                user: "remote-user".to_owned(),
                groups: "remote-groups".to_owned(),
                separator: ",".to_owned(),
                peers: vec![Network::parse("127.0.0.0/8").unwrap()],
                roles: [("books".to_owned(), Role::Finance)].into(),
            });
        },
        std::sync::Arc::new(|_| {}),
    )
    .await;
    let browser = Browser::new(&daemon);
    let vouched = |request: reqwest::RequestBuilder, name: &str| {
        request.header("remote-user", name).header("remote-groups", "books")
    };
    let page = browser.send(vouched(browser.request(Method::GET, "/"), "erika")).await;
    let csrf = page.field("csrf");
    // SQLite has one daemon at a time: the next one takes it, too.
    let (daemon, second) = if database.path.is_some() {
        (daemon.restart(|_| {}).await, None)
    } else {
        let second = daemon.beside().await;
        (daemon, Some(second))
    };
    let address = second.as_ref().map_or(daemon.daemon.console(), ticketledger::daemon::Daemon::console);
    let send = async |name: &str| {
        let request = browser.client.post(format!("http://{address}/language")).header("accept", "text/html");
        let form = [("csrf", csrf.as_str()), ("language", "de"), ("back", "/inbox")];
        browser.send(vouched(request, name).form(&form)).await.status
    };
    assert_eq!(send("erika").await, 303);
    assert_eq!(send("bert").await, 403, "it is hers alone");
    if let Some(second) = second {
        second.stop().await.unwrap();
    }
    daemon.finish().await;
});
