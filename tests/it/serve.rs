//! The way of a new operator: settings, a daemon, a delivery, a look at the books. And what the program answers to
//! whoever starts it.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::daemon::PAID_ORDER;
use crate::support::db::wait_for_locks;
use crate::support::home::Home;
use crate::support::wait::until;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[tokio::test]
async fn from_the_example_settings_to_a_trial_balance_in_sql() {
    let home = Home::new();
    let summary = home.fine(&["config", "check"]);
    for word in ["museum", "theatre", "bookingkit", "ticketpark"] {
        assert!(summary.contains(word), "{word} is missing in:\n{summary}");
    }
    assert!(!summary.contains("-secret"), "no secret is shown");
    let before = home.run(&["report", "trial-balance"]);
    assert_eq!(before.code, Some(1));
    assert!(before.stderr.contains("ticketledger serve"), "it says what to do: {}", before.stderr);

    let serving = home.serve();
    let client = reqwest::Client::new();
    assert_eq!(serving.post(&client, "museum", PAID_ORDER.to_owned()).await, Some(1));
    let path = home.path("ticketledger.db").display().to_string();
    let mut plain = SqliteConnection::establish(&path).unwrap();
    plain.batch_execute(&format!("PRAGMA query_only = ON; {}", wait_for_locks())).unwrap();
    let mut balances = || -> Vec<String> {
        let sql = "SELECT source || ' ' || currency || ' ' || account || ' ' || balance_minor AS line \
            FROM v_trial_balance ORDER BY account";
        diesel::sql_query(sql).load::<Line>(&mut plain).unwrap().into_iter().map(|row| row.line).collect()
    };
    until("the order is in the books", || !balances().is_empty()).await;
    let expected = [
        "museum EUR assets:clearing:StripeBankWire 2000",
        "museum EUR assets:receivable 0",
        "museum EUR income:tickets -1680",
        "museum EUR liabilities:vat:1900 -320",
    ];
    assert_eq!(balances(), expected);
    let report = home.fine(&["report", "trial-balance", "--format", "csv"]);
    assert!(report.contains("museum,EUR,income:tickets,0.00,0.00,16.80,-16.80"), "{report}");
    home.fine(&["inbox", "stats"]);

    let parked = format!("http://{}/webhooks/museum/museum-secret", serving.public);
    assert_eq!(client.post(parked).body("{}").send().await.unwrap().status().as_u16(), 202);
    assert_eq!(home.run(&["inbox", "stats"]).code, Some(3), "something waits for a person");
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    home.fine(&["ledger", "verify"]);
}

#[test]
fn a_secret_that_is_missing_is_named_with_the_place_that_asks_for_it() {
    let mut home = Home::new();
    home.unset("MUSEUM_HOOK");
    for arguments in [&["config", "check"][..], &["serve"]] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(1), "{arguments:?}");
        assert!(refused.stderr.contains("MUSEUM_HOOK"), "{}", refused.stderr);
    }
    home.set("MUSEUM_HOOK", "museum-secret");
    home.set("TICKETLEDGER_SERVER__LISTENN", "127.0.0.1:0");
    let refused = home.run(&["config", "check"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("TICKETLEDGER_SERVER__LISTENN"), "{}", refused.stderr);
}

/// The words of every command and of every group of commands.
fn commands(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
    all.push(words.to_vec());
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let words = [words, &[inner.get_name().to_owned()]].concat();
        commands(inner, &words, all);
    }
}

#[test]
fn every_command_explains_itself_without_settings() {
    let home = Home::new();
    std::fs::remove_file(home.path("ticketledger.toml")).unwrap();
    let mut all = Vec::new();
    commands(&ticketledger::command::definition(), &[], &mut all);
    assert!(all.len() > 15, "{all:?}");
    for words in all {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = home.fine(&arguments);
        assert!(help.contains("Usage: ticketledger"), "{arguments:?}: {help}");
    }
    home.fine(&["--version"]);
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own_and_says_what_is_wrong() {
    let home = Home::new();
    for (arguments, hint) in [
        (&[][..], "Usage"),
        (&["server"], "serve"),
        (&["serve", "--port", "80"], "--port"),
        (&["report", "vat", "--period", "2025-13"], "2025-11"),
        (&["report", "vat", "--format", "xml"], "csv"),
        (&["report", "vat", "--source", "nowhere"], "museum, theatre"),
        (&["inbox", "list", "--since", "yesterday"], "2025-11-30"),
        (&["inbox", "replay", "--state", "done"], "--all-states"),
        (&["inbox", "replay", "1", "--kind", "order"], "--kind"),
        (&["inbox", "show"], "<ID>"),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(2), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(hint), "{arguments:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{arguments:?}");
    }
    let no_settings = home.run(&["--config", "nowhere.toml", "config", "check"]);
    assert_eq!(no_settings.code, Some(1));
    assert!(no_settings.stderr.contains("nowhere.toml"), "{}", no_settings.stderr);
}
