//! A form that is not taken is shown again with what was typed; who was slower is told what really happened.

use super::browser::{Browser, Page};
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

/// The field of a form, as the page shows it.
fn field<'p>(page: &'p Page, name: &str) -> &'p str {
    let (_, rest) = page.body.split_once(&format!("<input name=\"{name}\"")).unwrap_or_else(|| panic!("{}", page.body));
    rest.split('>').next().unwrap()
}

on_both_engines!(a_form_that_is_not_taken_is_shown_again, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut admin = Browser::signed_in(&daemon, database, "admin");
    let parked = daemon.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE state = 'parked'")[0].clone();
    let finding = daemon.lines("SELECT fingerprint AS line FROM findings WHERE state = 'open'")[0].clone();
    let long = "<b>a \"reason\"</b>";
    for (path, fields) in [
        (format!("/inbox/replay?id={parked}"), vec![("id", parked.as_str()), ("number", "1")]),
        (format!("/inbox/dismiss?id={parked}"), vec![("id", parked.as_str()), ("number", "1"), ("force", long)]),
        (format!("/findings/acknowledge?fingerprint={finding}"), vec![("fingerprint", &finding), ("number", "1")]),
        ("/contacts/1/erase".to_owned(), vec![]),
    ] {
        let form = admin.page(&path).await;
        let action = path.split('?').next().unwrap();
        let again = admin.submit(&form, action, &fields).await;
        assert_eq!(again.status, 400, "{path}: {}", again.text());
        // The same form, with what is wrong at its field.
        assert!(again.has(&format!("action=\"{action}\"")), "{path}: {}", again.body);
        assert!(field(&again, "why").contains("aria-invalid=\"true\""), "{path}: {}", again.body);
        assert!(again.has("id=\"wrong-why\""), "{path}");
        // A number that is wrong is told above it, and what was typed stays.
        let wrong = [&fields[..], &[("why", long), ("number", "x")]].concat();
        if fields.len() > 1 {
            let wrong: Vec<_> = wrong.into_iter().filter(|pair| *pair != ("number", "1")).collect();
            let again = admin.submit(&form, action, &wrong).await;
            assert!(again.status == 400 && again.has("role=\"alert\""), "{path}: {}", again.text());
            let typed = field(&again, "why");
            assert!(typed.contains("reason") && !typed.contains("<b>") && !again.has(long), "{path}: {typed}");
        }
        // It is a form of its own, and can be sent.
        assert_ne!(again.field("key"), form.field("key"), "{path}");
    }
    let form = admin.page(&format!("/inbox/dismiss?id={parked}")).await;
    // A second reason that is missing is named like the first, and nothing is done.
    let fields = [("id", parked.as_str()), ("number", "1"), ("why", "of <another> shop")];
    let again = admin.submit(&form, "/inbox/dismiss", &fields).await;
    assert_eq!(again.status, 400, "{}", again.text());
    assert!(field(&again, "force").contains("aria-describedby=\"wrong-force\""), "{}", again.body);
    assert!(again.has("id=\"wrong-force\"") && !again.has("id=\"wrong-why\"") && !again.has("role=\"alert\""));
    assert!(field(&again, "why").contains("another") && !again.has("<another>"), "{}", again.body);
    assert!(daemon.lines("SELECT state AS line FROM inbox_events ORDER BY id").contains(&"parked".to_owned()));
    let record = "SELECT action || ' ' || outcome AS line FROM console_audit WHERE action_key IS NOT NULL";
    assert_eq!(daemon.lines(record), ["inbox_dismiss refused"]);
    // Sent once more as it was, it leads to what became of it.
    let once_more = admin.submit(&form, "/inbox/dismiss", &fields).await;
    assert!(admin.page(once_more.location()).await.text().contains("Refused"), "{}", once_more.text());
    let again = admin.submit(&again, "/inbox/dismiss", &[("id", &parked), ("number", "1"), ("force", "yes")]).await;
    assert!(!again.has("name=\"force\"") || field(&again, "force").contains("value=\"yes\""), "{}", again.body);
    assert!(daemon.lines("SELECT action AS line FROM operator_actions").is_empty());
    admin.language = "de";
    let again = admin.submit(&form, "/inbox/dismiss", &[("id", &parked), ("number", "1")]).await;
    assert!(again.text().contains("Schreiben Sie, warum"), "{}", again.text());
    daemon.finish().await;
});

on_both_engines!(an_address_that_is_not_possible_can_be_written_anew, async |database| {
    let daemon = TestDaemon::start(database).await;
    let finance = Browser::signed_in(&daemon, database, "finance");
    let page = finance.get("/inbox?source=museum&since=soon%22%3E%3Cb%3E&order=A-1&before=1").await;
    assert_eq!(page.status, 400);
    assert!(field(&page, "since").contains("aria-invalid=\"true\"") && !page.has("<b>\""), "{}", page.body);
    assert!(field(&page, "source").contains("value=\"museum\"") && field(&page, "order").contains("value=\"A-1\""));
    assert!(!page.has("name=\"before\"") && page.has("action=\"/inbox\""), "{}", page.body);
    // What is one of a few words is chosen.
    let page = finance.get("/findings?severity=odd").await;
    assert!(page.has("<select name=\"severity\"") && page.has("<option value=\"high\">high</option>"), "{}", page.body);
    // A field that is missing is there to be filled in.
    let page = finance.get("/inbox?text=Erika").await;
    assert!(field(&page, "since").contains("aria-invalid") && field(&page, "text").contains("Erika"), "{}", page.body);
    daemon.finish().await;
});

on_both_engines!(who_is_slower_is_told_what_really_happened, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let (anna, bert) = (Browser::signed_in(&daemon, database, "admin"), Browser::signed_in(&daemon, database, "admin"));
    let parked = daemon.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE state = 'parked'")[0].clone();
    let path = format!("/inbox/replay?id={parked}");
    let (first, second) = (anna.page(&path).await, bert.page(&path).await);
    let send = async |browser: &Browser, page: &Page| {
        let seen = page.field("seen");
        let fields = [("id", parked.as_str()), ("number", "1"), ("seen", seen.as_str()), ("why", "both at once")];
        let done = browser.submit(page, "/inbox/replay", &fields).await;
        browser.page(done.location()).await.text()
    };
    let (one, two) = tokio::join!(send(&anna, &first), send(&bert, &second));
    let (done, refused) = if one.contains("Done") { (one, two) } else { (two, one) };
    assert!(done.contains("Processed webhooks again Done"), "{done}");
    assert!(refused.contains("Refused") && refused.contains("was faster") && refused.contains("admin-"), "{refused}");
    let acts = daemon.lines("SELECT action AS line FROM operator_actions");
    assert_eq!(acts.len(), 1, "{acts:?}");
    // What the daemon did meanwhile counts, too; and dismissing is told like processing again.
    daemon.settle().await;
    let path = format!("/inbox/dismiss?id={parked}");
    let (first, second) = (anna.page(&path).await, bert.page(&path).await);
    let dismiss = async |browser: &Browser, page: &Page| {
        let seen = page.field("seen");
        let fields = [("id", parked.as_str()), ("number", "1"), ("seen", &seen), ("why", "a ping"), ("force", "seen")];
        let done = browser.submit(page, "/inbox/dismiss", &fields).await;
        browser.page(done.location()).await.text()
    };
    let done = dismiss(&anna, &first).await;
    assert!(done.contains("Dismissed webhooks Done") && !done.contains("forced"), "{done}");
    let mut reader = Browser::signed_in(&daemon, database, "reader");
    assert!(reader.page(&format!("/inbox/{parked}")).await.has("a ping (forced: seen)"));
    reader.language = "de";
    assert!(reader.page(&format!("/inbox/{parked}")).await.has("a ping (trotz Zweifeln: seen)"));
    let refused = dismiss(&bert, &second).await;
    assert!(refused.contains("was faster") && refused.contains("dismissed"), "{refused}");
    daemon.finish().await;
});
