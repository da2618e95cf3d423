//! Why a webhook is parked, in the language of the reader.

use serde_json::json;

use super::browser::Browser;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

/// Texts that a page marks as English.
fn english(body: &str) -> Vec<&str> {
    let marked = body.split(" lang=\"en\"").skip(1).filter_map(|part| part.split_once('>')?.1.split('<').next());
    marked.filter(|text| !matches!(text.trim(), "" | "English")).collect()
}

on_both_engines!(why_a_webhook_is_parked_is_said_in_german, async |database| {
    let daemon = TestDaemon::start(database).await;
    let order = |at: &str, value: serde_json::Value| changed(PAID_ORDER, &[(at, value)]);
    let bodies = [
        ("museum", "no json".to_owned(), "true, false oder null erwartet, Zeile 1, Spalte 2"),
        ("museum", "<html></html>".to_owned(), "Der Inhalt ist XML oder HTML, nicht JSON (Wert erwartet, Zeile 1"),
        ("museum", "a=b".to_owned(), "Der Inhalt ist ein Formular, nicht JSON"),
        ("museum", "[1,2]".to_owned(), "Das Dokument ist eine Liste von 2 Elementen und kein Objekt"),
        ("museum", order("/status", json!("STRANGE")), "status ist `STRANGE`, und das ist nicht bekannt"),
        ("museum", order("/vendor_id", json!("f0f0")), "vendor_id ist keine der vendor_ids der Quelle"),
        ("museum", order("/payments/0/value", json!("1,5")), "payments[0].value ist unzulässig: keine Dezimalzahl"),
        ("museum", order("/tickets", json!("none")), "tickets ist keine Liste"),
        ("museum", order("/id", json!(null)), "id fehlt"),
        ("theatre", json!({ "type": "odd" }).to_string(), "type ist nicht bekannt (`odd`)"),
        ("theatre", json!({ "type": "new-booking" }).to_string(), "payload.booking_pid fehlt"),
    ];
    for (source, body, _) in &bodies {
        daemon.parked(source, body.clone()).await;
    }
    // The provider does not have it, which each attempt says.
    daemon.ticketpark("new-booking", json!({ "booking_pid": "4711" })).await;
    daemon.settle().await;
    let mut admin = Browser::signed_in(&daemon, database, "admin");
    let program = Program::new(&daemon, ticketledger::config::Role::Reader);
    for (language, is_german) in [("de", true), ("de-CH", true), ("en", false)] {
        admin.language = language;
        for (number, (_, _, german)) in (1..).zip(&bodies) {
            let page = admin.page(&format!("/inbox/{number}")).await;
            assert_eq!(page.text().contains(german), is_german, "{language} {german}: {}", page.text());
            assert!(english(&page.body).is_empty(), "{language} {number}: {:#?}", english(&page.body));
        }
        let page = admin.page("/inbox/12").await;
        assert_eq!(page.text().contains("Der Anbieter kennt Buchung 4711 nicht"), is_german, "{}", page.text());
        // What would stay says why, too.
        let page = admin.page("/inbox/replay?id=5").await;
        assert_eq!(page.text().contains("status ist `STRANGE`"), is_german, "{}", page.text());
        assert!(english(&page.body).is_empty(), "{:#?}", english(&page.body));
    }
    // Programs get what is stored, whatever the language.
    assert_eq!(program.json("/inbox/9").await["webhook"]["detail"], "id is missing");
    // What nobody has foreseen stays as it is, and is marked.
    database.execute("UPDATE inbox_events SET detail = 'Something new.' WHERE id = 1");
    admin.language = "de";
    let page = admin.page("/inbox/1").await;
    assert_eq!(english(&page.body), ["Something new."]);
    assert!(page.text().contains("auf Englisch"), "{}", page.text());
    daemon.finish().await;
});
