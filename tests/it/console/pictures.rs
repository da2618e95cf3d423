//! Every page in a real browser: wide and narrow, light and dark, in both languages. No page breaks its policy, none is
//! wider than its window, and none has a serious fault for who cannot see it. Pictures are left in `target/console`.

use tokio::runtime::Runtime;

use super::driver::{self, DESK, DESK_DARK, PHONE, PHONE_DARK, Window, key};
use super::filled::fill;
use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, TestDatabase, with_database};

const PASSWORD: &str = "a password of some length";

/// Adds somebody who signs in by the form.
pub(crate) fn add_user(database: &TestDatabase, name: &str, role: &str) {
    let hash = ticketledger::console::access::hash(PASSWORD).expect("a hash");
    database.execute(&format!(
        "INSERT INTO console_users (name, role, password_hash, created_at, changed_at)
            VALUES ('{name}', '{role}', '{hash}', '2025-11-01 00:00:00', '2025-11-01 00:00:00')"
    ));
}

/// Signs in by the form.
pub(crate) fn sign_in(window: &Window, base: &str, name: &str) {
    window.go(&format!("{base}/"));
    window.find("input[name=name]").write(name);
    window.find("input[name=password]").write(PASSWORD);
    window.follow("main form button.main");
    assert!(window.has("header nav"), "signed in: {}", window.text("main"));
}

/// Nothing in the console of the browser speaks of a policy, or of a fault of ours.
pub(crate) fn no_complaints(window: &Window, path: &str) {
    let complaints = window.complaints();
    // A favicon of the browser's own pages is none of ours.
    let ours: Vec<&String> = complaints.iter().filter(|line| !line.contains("favicon")).collect();
    assert!(ours.is_empty(), "{path}: {ours:#?}");
}

/// Address and name of every page that is pictured.
fn pages(daemon: &TestDaemon) -> Vec<(String, &'static str)> {
    let one = |sql: &str| daemon.lines(sql).into_iter().next().expect("there is one");
    let order = one("SELECT source || '/' || order_id AS line FROM order_sums ORDER BY settled_minor DESC");
    let voucher = one("SELECT source || '/' || class || '/' || voucher_id AS line FROM vouchers ORDER BY class DESC");
    let finding = one("SELECT fingerprint AS line FROM findings WHERE state = 'open' ORDER BY severity");
    let entry = one("SELECT source || '/' || entry_no AS line FROM journal_entries WHERE reverses_no IS NOT NULL");
    let owned = |(path, name): (&str, &'static str)| (path.to_owned(), name);
    let fixed = [
        ("/", "overview"),
        ("/inbox", "inbox"),
        ("/inbox/1", "inbox-event"),
        ("/inbox/parked", "inbox-parked"),
        ("/inbox/replay?id=5", "inbox-replay"),
        ("/inbox/dismiss?id=5", "inbox-dismiss"),
        ("/orders", "orders"),
        ("/orders?q=grimes", "orders-found"),
        ("/vouchers?source=museum", "vouchers"),
        ("/findings", "findings"),
        ("/findings/acknowledge?severity=medium", "findings-acknowledge"),
        ("/books", "books"),
        ("/books/trial-balance?source=museum", "trial-balance"),
        ("/books/revenue?source=museum", "revenue"),
        ("/books/vat?source=museum&basis=payment", "vat"),
        ("/books/bridge?source=museum", "bridge"),
        ("/books/payments?source=museum", "payments"),
        ("/books/balances?source=museum", "balances"),
        ("/books/vouchers?source=museum", "voucher-balances"),
        ("/books/journal?source=museum", "journal"),
        ("/books/account?source=museum&account=assets%3Areceivable", "account"),
        ("/books/lines?of=vat&source=museum&period=2025-11&currency=EUR&rate=1900", "lines"),
        ("/books/pack/show?source=museum&period=2025-11", "pack"),
        ("/books/exports?source=museum", "exports"),
        ("/books/exports/new?source=museum&period=2025-11&target=csv", "export"),
        ("/books/close?source=museum&period=2025-11", "close"),
        ("/contacts", "contacts"),
        ("/contacts/1", "contact"),
        ("/contacts/1/erase", "contact-erase"),
        ("/access", "access"),
        ("/access/record", "record"),
        ("/books/vat?source=museum&period=2025-13", "wrong"),
        ("/nothing", "not-found"),
    ];
    let mut pages: Vec<(String, &'static str)> = fixed.map(owned).into();
    pages.extend([
        (format!("/orders/{order}"), "order"),
        (format!("/vouchers/{voucher}"), "voucher"),
        (format!("/findings/{finding}"), "finding"),
        (format!("/books/entry/{entry}"), "entry"),
    ]);
    pages
}

/// A window, and the console of a daemon with example data.
struct Opened {
    window: Window,
    runtime: Runtime,
    daemon: TestDaemon,
    base: String,
}

/// `None` without a browser.
fn opened(database: &TestDatabase, language: &str) -> Option<Opened> {
    let window = driver::open(DESK, language)?;
    let runtime = Runtime::new().expect("a runtime");
    let daemon = runtime.block_on(async {
        let daemon = TestDaemon::start(database).await;
        fill(&daemon).await;
        daemon
    });
    let base = format!("http://{}", daemon.daemon.console());
    Some(Opened { window, runtime, daemon, base })
}

/// Figures and other cells of tables that one would have to scroll sideways for; a desk has room for all.
fn outside(window: &Window, screen: driver::Screen) -> Vec<String> {
    if screen.width == DESK.width {
        return Vec::new();
    }
    let script = "var found = []; document.querySelectorAll('main tbody td, main tbody th').forEach(function (cell) { \
        var text = cell.textContent.trim(), place = cell.getBoundingClientRect(); \
        if (text && (place.width < 1 || place.left < -0.5 || place.right > innerWidth + 0.5 \
            || cell.scrollWidth > cell.clientWidth + 1)) found.push(text.slice(0, 40)); \
        }); return found.slice(0, 5)";
    let found = window.run(script);
    found.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Filters fold on a phone and stand open on a desk, without a script.
#[test]
fn filters_fold_where_there_is_no_room() {
    with_database(Engine::Sqlite, |database| {
        let Some(Opened { window, runtime, daemon, base }) = opened(database, "en") else { return };
        add_user(database, "anna", "reader");
        sign_in(&window, &base, "anna");
        let shown = "return document.querySelector('form.filters input[name=kind]').checkVisibility({ \
            contentVisibilityAuto: true, visibilityProperty: true })";
        for (screen, seen) in [(DESK, true), (PHONE, false)] {
            window.show_as(screen);
            window.go(&format!("{base}/inbox?source=museum&state=done"));
            assert_eq!(window.run(shown), seen, "{}", screen.name());
        }
        assert_eq!(window.text("details.fold summary"), "Filters 1");
        window.find("details.fold summary").click();
        assert_eq!(window.run(shown), true);
        no_complaints(&window, "filters");
        runtime.block_on(daemon.finish());
    });
}

#[test]
fn every_page_is_fit_to_be_seen() {
    with_database(Engine::Sqlite, |database| {
        let Some(Opened { window, runtime, daemon, base }) = opened(database, "en") else { return };
        add_user(database, "anna", "admin");
        window.go(&format!("{base}/"));
        window.picture("sign-in-desk");
        sign_in(&window, &base, "anna");
        let mut faults = Vec::new();
        for screen in [DESK, DESK_DARK, PHONE, PHONE_DARK] {
            window.show_as(screen);
            for (path, name) in pages(&daemon) {
                window.go(&format!("{base}{path}"));
                window.picture(&format!("{name}-{}", screen.name()));
                if window.overflows() {
                    faults.push(format!("{path} is wider than a {}", screen.name()));
                }
                faults.extend(outside(&window, screen).into_iter().map(|text| format!("{path}: {text} is outside")));
                // What is a fault in one of the two sizes is one in the other.
                if screen.width == DESK.width || !screen.dark {
                    let found = window.serious_faults().unwrap_or_default();
                    faults.extend(found.into_iter().map(|fault| format!("{path} {}: {fault}", screen.name())));
                }
                let complaints = window.complaints();
                faults.extend(
                    complaints
                        .into_iter()
                        .filter(|line| !line.contains("/nothing") && !line.contains("2025-13"))
                        .map(|line| format!("{path} {}: {line}", screen.name())),
                );
            }
        }
        // German words are longer.
        window.run("document.cookie = 'tl-language=de; path=/'");
        for screen in [DESK, PHONE] {
            window.show_as(screen);
            for (path, name) in pages(&daemon) {
                window.go(&format!("{base}{path}"));
                window.picture(&format!("{name}-{}-de", screen.name()));
                if window.overflows() {
                    faults.push(format!("{path} in German is wider than a {}", screen.name()));
                }
                faults.extend(outside(&window, screen).into_iter().map(|text| format!("{path}: {text} is outside")));
            }
        }
        runtime.block_on(daemon.finish());
        assert!(faults.is_empty(), "{faults:#?}");
    });
}

#[test]
fn the_keyboard_is_enough() {
    with_database(Engine::Sqlite, |database| {
        let Some(Opened { window, runtime, daemon, base }) = opened(database, "en") else { return };
        add_user(database, "anna", "finance");
        sign_in(&window, &base, "anna");
        window.go(&format!("{base}/books/trial-balance?source=museum"));
        window.press(key::TAB);
        assert_eq!(window.focused(), "Skip to content", "the first stop leads past the navigation");
        window.press(key::ENTER);
        window.press(key::TAB);
        assert_eq!(window.focused(), "Books", "the trail is the first link of the page");
        window.leave(|| window.press(key::ENTER));
        assert!(window.address().ends_with("/books"));
        window.go(&format!("{base}/orders"));
        window.press("/");
        assert_eq!(window.focused(), "q", "the search has the focus");
        window.press("grimes");
        window.leave(|| window.press(key::ENTER));
        assert!(window.address().contains("q=grimes"));
        window.press("?");
        assert!(window.has("dialog[open]"));
        window.press(key::ESCAPE);
        assert!(!window.has("dialog[open]"));
        no_complaints(&window, "the keyboard");
        by_tab(&window, &base);
        no_complaints(&window, "the keyboard");
        runtime.block_on(daemon.finish());
    });
}

/// The main paths without a pointer: to a finding and its confirmation, out, in again, and to another language.
fn by_tab(window: &Window, base: &str) {
    window.go(&format!("{base}/"));
    window.tab_to("Findings");
    window.leave(|| window.press(key::ENTER));
    window.tab_to("medium");
    window.leave(|| window.press(key::ENTER));
    // What is open over the page gives the focus back to where it was.
    window.tab_to("Acknowledge …");
    window.press("?");
    assert!(window.has("dialog[open]"));
    window.press(key::ESCAPE);
    assert_eq!(window.focused(), "Acknowledge …");
    window.leave(|| window.press(key::ENTER));
    window.tab_to("why");
    window.press("fine");
    window.tab_to("Acknowledge these");
    window.leave(|| window.press(key::ENTER));
    assert!(window.has(".result-done"), "{}", window.text("main"));
    window.tab_to("Back");
    window.leave(|| window.press(key::ENTER));
    assert!(window.address().contains("/findings"), "{}", window.address());

    // An arrow in the list of languages chooses, and does not leave the page.
    window.tab_to("language");
    window.press(key::DOWN);
    assert_eq!(window.focused(), "language");
    window.tab_to("Switch");
    window.leave(|| window.press(key::ENTER));
    assert!(window.has("html[lang=de]"));
    window.tab_to("Abmelden");
    window.leave(|| window.press(key::ENTER));
    window.tab_to("name");
    window.press("anna");
    window.tab_to("password");
    window.press(PASSWORD);
    window.leave(|| window.press(key::ENTER));
    assert!(window.text("header").contains("anna (Finanzen)"), "{}", window.text("header"));
}
