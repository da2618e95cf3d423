//! The first day of a book is fixed once the book has entries.

use chrono::NaiveDate;
use ticketledger::daemon::prepare;

use super::*;
use crate::support::home::Home;
use crate::support::wait::until;

on_both_engines!(the_first_day_can_change_until_the_book_has_entries, async |database| {
    let daemon = begun(database).await;
    let mut config = daemon.config().clone();
    let mut wants = |day: Option<(i32, u32, u32)>| {
        config.sources[0].books_from = day.and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
        prepare(daemon.database(), &config, daemon.clock.now()).map_err(|error| error.to_string())
    };
    let stored = || daemon.column("sources", "books_from");
    assert_eq!(stored(), ["-", "2025-11-01"]);
    wants(None).expect("no entries yet");
    assert_eq!(stored(), ["-", "-"]);
    wants(Some((2025, 11, 1))).expect("no entries yet");
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    wants(Some((2025, 11, 1))).expect("the same day");
    for day in [None, Some((2025, 10, 1))] {
        let refused = wants(day).expect_err("the book has entries");
        assert!(
            refused.contains("sources.museum.books_from") && refused.contains("books_from = \"2025-11-01\""),
            "{refused}"
        );
    }
    assert_eq!(stored(), ["-", "2025-11-01"]);
    holds(daemon).await;
});

on_both_engines!(a_book_that_holds_everything_gets_no_first_day_later, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    let mut config = daemon.config().clone();
    config.sources[0].books_from = NaiveDate::from_ymd_opt(2025, 11, 1);
    let refused =
        prepare(daemon.database(), &config, daemon.clock.now()).expect_err("the book has entries").to_string();
    assert!(refused.contains("has no first day") && refused.contains("remove books_from"), "{refused}");
    assert_eq!(daemon.balances("museum").get("income:tickets"), Some(&-10000));
    holds(daemon).await;
});

#[tokio::test]
async fn check_and_doctor_name_a_first_day_that_the_book_does_not_have() {
    let home = Home::new();
    let serving = home.serve();
    let sold = of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}));
    assert_eq!(serving.post(&reqwest::Client::new(), "museum", sold).await, Some(1));
    until("it is booked", || home.fine(&["report", "trial-balance", "--format", "csv"]).contains("income:tickets"))
        .await;
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    let settings = std::fs::read_to_string(home.path("ticketledger.toml")).expect("the settings");
    let with_day = settings.replacen("# books_from = ", "books_from = ", 1);
    assert_ne!(settings, with_day, "the example names the key");
    std::fs::write(home.path("ticketledger.toml"), with_day).expect("the settings are written");
    let check = home.run(&["config", "check", "--quiet"]);
    assert_eq!(check.code, Some(1), "{}", check.stdout);
    assert!(check.stderr.contains("remove books_from again"), "{}", check.stderr);
    let doctor = home.run(&["doctor"]);
    assert!(doctor.stdout.contains("books_from of museum") && doctor.code == Some(1), "{}", doctor.stdout);
    let serve = home.run(&["serve"]);
    assert!(serve.code == Some(1) && serve.stderr.contains("remove books_from again"), "{}", serve.stderr);
}
