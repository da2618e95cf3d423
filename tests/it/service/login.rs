//! `ticketledger login`: once, by a person, beside a running daemon.

use serde_json::json;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::{BookingExample, StandIn};

use crate::support::daemon::lines;
use crate::support::home::Home;
use crate::support::wait::until;

/// Settings without user name and password, and a provider that has one booking.
async fn without_login() -> (Home, StandIn) {
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    stand_in.put_booking("1", BookingExample { pid: 1, ..BookingExample::default() }.json());
    let mut home = Home::new();
    home.read_bookings_from(&stand_in);
    home.set("TICKETLEDGER_SOURCES__THEATRE__API__BASE_URL", &stand_in.base_url());
    let settings = std::fs::read_to_string(home.path("ticketledger.toml")).unwrap();
    let settings = settings.replace("\nusername = ", "\n# username = ").replace("\npassword = ", "\n# password = ");
    std::fs::write(home.path("ticketledger.toml"), settings).unwrap();
    (home, stand_in)
}

fn input() -> String {
    format!("{}\n{}\n", StandIn::USERNAME, StandIn::PASSWORD)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_beside_a_running_daemon_is_enough_to_read_bookings() {
    let (home, stand_in) = without_login().await;
    let serving = home.serve();
    let refused = home.run_with_input(&["login", "theatre", "--stdin"], "somebody\nwrong\n");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("check user name, password and client secret"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("wrong"), "{}", refused.stderr);
    let done = home.run_with_input(&["login", "theatre", "--stdin"], &input());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("theatre is logged in"), "{}", done.stdout);
    assert!(!(done.stdout + &done.stderr).contains(StandIn::PASSWORD));
    let client = reqwest::Client::new();
    let webhook = json!({ "type": "new-booking", "payload": { "booking_pid": 1 } }).to_string();
    assert_eq!(serving.post(&client, "theatre", webhook).await, Some(1));
    let settled = || lines(&home.database(), "SELECT state AS line FROM inbox_events") == ["done"];
    until("the booking was read", settled).await;
    assert_eq!(stand_in.counts().password_grants, 1, "the daemon itself never logged in");
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_cannot_be_says_why() {
    let (home, _stand_in) = without_login().await;
    let too_early = home.run_with_input(&["login", "theatre", "--stdin"], &input());
    assert_eq!(too_early.code, Some(1));
    assert!(too_early.stderr.contains("start `ticketledger serve` once to create it"), "{}", too_early.stderr);
    let serving = home.serve();
    for (arguments, typed, code, hint) in [
        (&["login", "theatre"][..], "", 2, "--stdin"),
        (&["login", "museum", "--stdin"], "", 2, "only Ticketpark sources need a login"),
        (&["login", "nowhere", "--stdin"], "", 2, "museum, theatre"),
        (&["login", "theatre", "--stdin"], "only-a-name\n", 1, "one per line"),
    ] {
        let refused = home.run_with_input(arguments, typed);
        assert_eq!(refused.code, Some(code), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(hint), "{arguments:?}: {}", refused.stderr);
    }
    drop(serving);
}
