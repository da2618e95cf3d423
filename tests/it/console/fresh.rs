//! How fresh the figures are is said above every page as the report says it, with what is unknown.

use ticketledger::freshness::{Freshness, told};

use super::browser::Browser;
use super::filled::fill;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

on_both_engines!(above_every_page_stands_what_is_known_and_what_is_not, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let mut reader = Browser::signed_in(&daemon, database, "reader");
    for number in 0..2 {
        // The first page looks anew; the others say what it saw.
        let overview = reader.page("/").await.text();
        for path in ["/orders", "/books", "/inbox"] {
            let page = reader.page(path).await;
            for source in &daemon.config().sources {
                let tell = |body: &[u8]| told(daemon.config(), &source.name, body);
                let now = daemon.clock.now();
                let fresh = daemon.database().read(|c| Freshness::read(c, &source.name, &tell, now)).unwrap();
                let sentence = format!("{}: {}", source.name, fresh.in_words(source.timezone));
                assert!(page.text().contains(&sentence), "{sentence}: {}", page.text());
            }
        }
        // What a card is about is said once.
        assert!(!overview.contains("museum museum:") && !overview.contains("Last sweep last sweep"), "{overview}");
        assert_eq!(overview.contains("1 parked (amount unknown)"), number > 0, "{overview}");
        daemon.parked("theatre", "no json").await;
        daemon.parked("museum", "no json").await;
    }
    reader.language = "de";
    let _ = reader.page("/").await;
    let text = reader.page("/orders").await.text();
    assert!(text.contains("theatre: vollständig bis: unbekannt; 2 geparkt (Betrag unbekannt)"), "{text}");
    assert!(text.contains("EUR, 2 mit unbekanntem Betrag)"), "{text}");
    daemon.finish().await;
});
