//! The dashboard and the alert rules speak of metrics that there are, and the page explains all of them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::StandIn;
use ticketledger::monitor::{ALERTS, catalog};

use super::metrics::looked;
use crate::support::home::Home;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(file)).unwrap()
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("ticketledger_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_metric_that_is_watched_is_exported() {
    let mut home = Home::new();
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    home.read_bookings_from(&stand_in);
    let serving = home.serve();
    let exported = looked(&serving).await;
    let series: BTreeSet<&str> = exported
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .filter(|name| !name.is_empty())
        .collect();
    for file in ["monitoring/dashboard.json", "monitoring/alerts.yml", "monitoring/alerts_test.yml"] {
        let named = named(&read(file));
        assert!(named.len() > 5, "{file}");
        for name in named {
            // The amounts appear with the first parked payment, and a test of their own looks at them.
            let later = name == "ticketledger_parked_amount_minor";
            assert!(series.contains(name.as_str()) || later, "{file}: {name} is not exported:\n{exported}");
        }
    }
}

#[test]
fn the_page_explains_every_metric_and_every_alert_and_names_no_other() {
    let page = read("monitoring.md");
    let known: BTreeSet<String> = catalog::ALL.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let explained = named(&page);
    assert_eq!(known.difference(&explained).collect::<Vec<_>>(), Vec::<&String>::new(), "not explained");
    assert_eq!(explained.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not there");
    let (daemons, database) = page.split_once("Daemon, since its start:").unwrap().1.split_once("Database:").unwrap();
    for (name, _, scope, _) in catalog::ALL {
        let (right, wrong) = match scope {
            catalog::Scope::Daemon => (daemons, database),
            catalog::Scope::Database => (database, daemons),
        };
        let row = format!("`{name}`");
        assert!(right.contains(&row) && !wrong.contains(&row), "{name} is in the table of the other scope");
    }
    for alert in ALERTS {
        assert!(page.contains(&format!("`{alert}`")), "{alert}");
    }
    for rule in read("monitoring/alerts.yml").lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(page.contains(&format!("`{rule}`")), "{rule}");
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("monitoring/dashboard.json")).unwrap();
    assert_eq!(dashboard["title"], "ticketledger");
    let watched = named(&read("monitoring/dashboard.json"));
    assert!(watched.len() * 2 > known.len(), "the dashboard shows most of what there is: {watched:?}");
}

#[test]
fn promtool_accepts_the_rules_and_their_tests() {
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let run = Command::new("promtool").args(arguments).current_dir(root().join("docs/monitoring")).output();
        match run {
            Ok(output) => {
                let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                assert!(output.status.success(), "{arguments:?}: {said}");
            }
            Err(error) => {
                let required = std::env::var("TICKETLEDGER_REQUIRE_PROMTOOL").is_ok_and(|value| value == "1");
                assert!(!required, "promtool is not installed, and CI needs it: {error}");
                eprintln!("skipped: promtool is not installed ({error})");
            }
        }
    }
}
