//! What people come for, done in a real browser: on a desk in the light, and on a phone in the dark.

use tokio::runtime::Runtime;

use super::driver::{self, DESK, PHONE_DARK, Screen, Window};
use super::filled::fill;
use super::pictures::{add_user, no_complaints, sign_in};
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::db::{Engine, TestDatabase, with_database};
use serde_json::json;
use std::sync::Arc;
use ticketledger::config::{AccountRule, Datev};

/// A daemon with DATEV settings, a filled book, a webhook that is parked although it can be read, and a scanner's.
async fn prepared(database: &TestDatabase) -> TestDaemon {
    let datev = Datev {
        consultant: 1001,
        client: 1,
        account_length: 4,
        fiscal_year_start: 1,
        lock: false,
        general_reversal: false,
        key_digits: 2,
        service_dates: false,
        cost_centre: false,
    };
    let clearing: AccountRule =
        serde_json::from_value(json!({ "code": "assets:clearing:", "account": "1360" })).expect("a rule");
    let settings = |config: &mut ticketledger::config::Config| {
        config.sources[0].exports.datev = Some(datev);
        // The chart that is shipped knows no number for the clearing account of a provider.
        config.sources[0].exports.accounts = vec![clearing.clone()];
    };
    let daemon = TestDaemon::start_with(database, settings, Arc::new(|_| {})).await;
    fill(&daemon).await;
    // The one that nobody understands is set aside beforehand, so that the month can be closed.
    database.execute("UPDATE inbox_events SET state = 'dismissed' WHERE state = 'parked'");
    let order = changed(
        PAID_ORDER,
        &[("/id", json!("eeee0000eeee0000eeee0000eeee0000")), ("/code", json!("PARKED-1")), ("/payments", json!([]))],
    );
    daemon.accepted("museum", order).await;
    database.execute("UPDATE inbox_events SET state = 'parked', reason = 'out_of_attempts' WHERE state = 'pending'");
    daemon.parked("museum", "ping").await;
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open' AND severity = 'high'");
    daemon
}

/// Confirms a form with a reason, and waits for the result.
fn confirm(window: &Window, form: &str) {
    window.find(&format!("form[action='{form}'] input[name=why]")).write("tried in a browser");
    window.follow(&format!("form[action='{form}'] .actions button"));
    let result = window.text("main");
    assert!(window.has(".result-done"), "{form}: {result}");
}

fn walk(database: &TestDatabase, screen: Screen) {
    let Some(window) = driver::open(screen, "en") else { return };
    let window = &window;
    let runtime = Runtime::new().expect("a runtime");
    let daemon = runtime.block_on(prepared(database));
    let base = format!("http://{}", daemon.daemon.console());
    add_user(database, "anna", "admin");
    sign_in(window, &base, "anna");

    // A parked webhook: found, seen what it would do, replayed; the ledger has it.
    window.follow_link("Inbox");
    window.go(&format!("{base}/inbox?state=parked"));
    assert_eq!(window.all("tbody tr").len(), 2, "{}", window.text("main"));
    window.go(&format!("{base}/inbox?state=parked&reason=out_of_attempts"));
    window.follow("tbody tr a[href^='/inbox/']");
    window.follow("a[href^='/inbox/replay?']");
    assert!(window.text("main").contains("assets:receivable"), "the effect on accounts: {}", window.text("main"));
    let before = daemon.entries("museum");
    confirm(window, "/inbox/replay");
    runtime.block_on(daemon.settle());
    assert!(daemon.entries("museum") > before, "the ledger changed");
    window.go(&format!("{base}/orders"));
    window.find("input[name=q]").write("PARKED-1");
    window.follow("form[role=search] button");
    window.follow("tbody tr a[href^='/orders/museum/']");
    assert!(window.text(".timeline").contains("assets:receivable"), "{}", window.text("main"));
    window.follow(".timeline a[href^='/books/entry/']");
    assert!(window.text("main").contains("SHA-256"), "from the entry to the webhook: {}", window.text("main"));
    window.follow("a[href^='/inbox/']");
    assert!(window.address().contains("/inbox/"));

    // A scanner's request is set aside.
    window.go(&format!("{base}/inbox?state=parked"));
    window.follow("tbody tr a[href^='/inbox/']");
    window.follow("a[href^='/inbox/dismiss?']");
    confirm(window, "/inbox/dismiss");
    let parked = daemon.lines("SELECT 'x' AS line FROM inbox_events WHERE state = 'parked'");
    assert_eq!(parked.len(), 0);

    close_and_hand_over(window, &runtime, &daemon, (database, &base));

    // A customer is erased.
    window.go(&format!("{base}/contacts?q=grimes"));
    window.follow("tbody tr a[href^='/contacts/']");
    assert!(!window.text("main").contains("Grimes"));
    window.follow("form[action$='/show'] button");
    assert!(window.text("main").contains("Grimes"), "{}", window.text("main"));
    let contact = window.find("a[href$='/erase']").attribute("href");
    window.follow("a[href$='/erase']");
    if window.has("a[href$='?parked=yes']") {
        window.follow("a[href$='?parked=yes']");
    }
    confirm(window, &contact);
    window.go(&format!("{base}{}", contact.trim_end_matches("/erase")));
    assert!(!window.text("main").contains("Grimes") && !window.has("form[action$='/show']"));

    no_complaints(window, "the paths");
    window.go(&format!("{base}/"));
    window.follow("form[action='/sign-out'] button");
    window.go(&format!("{base}/orders"));
    assert!(window.has("input[name=password]"), "signed out: {}", window.text("main"));
    runtime.block_on(daemon.finish());
}

fn close_and_hand_over(
    window: &Window,
    runtime: &Runtime,
    daemon: &TestDaemon,
    (database, base): (&TestDatabase, &str),
) {
    // The month is over.
    daemon.set_clock("2025-12-03T09:00:00Z");
    runtime.block_on(daemon.settle());
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open' AND severity = 'high'");
    sign_in_again(window, base);
    window.go(&format!("{base}/books/close?source=museum&period=2025-11"));
    window.follow("form[action='/books/close/check'] button");
    assert!(!window.has(".check-failed"), "{}", window.text("main"));
    confirm(window, "/books/close");
    window.follow_link("Back");
    assert!(window.text("h1").contains("is closed"), "{}", window.text("main"));

    window.go(&format!("{base}/books/exports/new?source=museum&period=2025-11&target=datev"));
    assert!(window.has("form[action='/books/exports/new']"), "{}", window.text("main"));
    window.follow("form[action='/books/exports/new'] .actions button");
    assert!(window.has(".result-done"), "{}", window.text("main"));
    window.follow_link("Back");
    let files: Vec<String> = window.all("a[href*='/file/']").iter().map(|file| file.attribute("href")).collect();
    let booking = files.iter().find(|file| file.contains("EXTF_Buchungsstapel")).or(files.first()).expect("a file");
    // As text, which is what a download has.
    let begin = window.run_async(&format!("fetch('{booking}').then(r => r.text()).then(t => done(t.slice(0, 6)))"));
    assert_eq!(begin, json!("\"EXTF\""), "{files:?}");
}

/// The session is as old as the clock says.
fn sign_in_again(window: &Window, base: &str) {
    window.forget_cookies();
    sign_in(window, base, "anna");
}

#[test]
fn at_a_desk_in_the_light() {
    with_database(Engine::Sqlite, |database| walk(database, DESK));
}

#[test]
fn on_a_phone_in_the_dark() {
    with_database(Engine::Sqlite, |database| walk(database, PHONE_DARK));
}
