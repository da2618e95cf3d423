//! What daemons share: the schema, the tokens, and the books of several sources.

use std::sync::Arc;

use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::json;
use ticketledger::config::Source;
use ticketledger::daemon::{Daemon, Options};
use ticketledger::demo::stand_in::Fault;

use super::on_postgresql;
use crate::support::daemon::{TestDaemon, changed};
use crate::worker::{announce, order, start};

on_postgresql!(daemons_that_start_together_on_an_empty_database_all_come_up, async |database| {
    // The settings of a daemon on another database of the same server.
    let scratch = crate::support::db::TestDatabase::new(database.engine).unwrap();
    let pattern = start(&scratch).await;
    let mut config = pattern.config().clone();
    config.database_url = SecretString::from(database.url.clone());
    let start = || {
        let options = Options { clock: pattern.clock.clone(), work: false, ..Options::default() };
        tokio::spawn(Daemon::start(config.clone(), options))
    };
    let daemons = join_all([(); 4].map(|()| start())).await;
    let daemons: Vec<Daemon> = daemons.into_iter().map(|daemon| daemon.unwrap().unwrap()).collect();
    assert_eq!(ticketledger::db::pending_migrations(daemons[0].database()).unwrap(), 0);
    for daemon in daemons {
        daemon.stop().await.unwrap();
    }
    pattern.finish().await;
});

on_postgresql!(daemons_refresh_the_tokens_of_an_account_one_at_a_time, async |database| {
    // Each with tokens, circuit breakers and connections of its own, as in two processes.
    let first = start(database).await;
    let second = first.beside().await;
    announce(&first, 1).await;
    first.settle().await;
    assert_eq!(first.stand_in.counts().password_grants, 1);
    for round in 1..4 {
        // The access token ends; both daemons have much to read and nothing to read it with.
        first.clock.advance_milliseconds(700_000);
        for pid in 1..9 {
            announce(&first, pid).await;
        }
        first.stand_in.script_tokens([Fault::None]);
        tokio::join!(first.settle(), second.run_until_idle(), first.settle(), second.run_until_idle());
        let counts = first.stand_in.counts();
        assert_eq!((counts.refresh_grants, counts.password_grants, counts.refused_grants), (round, 1, 0));
        assert_eq!(counts.most_concurrent_refreshes, 1);
    }
    first.settle().await;
    assert!(first.states().iter().all(|state| state == "done" || state == "superseded"), "{:?}", first.states());
    second.stop().await.unwrap();
    first.finish().await;
});

/// A bookingkit source like `museum`, with a vendor of its own.
fn another(museum: &Source, name: &str) -> Source {
    let path_secrets = vec![SecretString::from(format!("{name}-secret"))];
    Source { name: name.to_owned(), vendor_ids: vec![vendor(name)], path_secrets, ..museum.clone() }
}

fn vendor(name: &str) -> String {
    format!("{:0<32}", hex::encode(name))
}

async fn sent(daemon: &TestDaemon, source: &str, order_id: &str, minor: i64) {
    let body = match source {
        "museum" => order(order_id, minor),
        _ => changed(&order(order_id, minor), &[("/vendor_id", json!(vendor(source)))]),
    };
    daemon.accepted(source, body).await;
}

on_postgresql!(sources_are_settled_beside_each_other_and_each_book_stays_without_a_gap, async |database| {
    const SOURCES: [&str; 4] = ["museum", "zoo", "castle", "baths"];
    let add = |config: &mut ticketledger::config::Config| {
        let museum = config.sources[0].clone();
        config.sources.extend(SOURCES[1..].iter().map(|name| another(&museum, name)));
    };
    let first = TestDaemon::start_with(database, add, Arc::new(|_| {})).await;
    let (second, third) = (first.beside().await, first.beside().await);
    for round in 0..5 {
        join_all(SOURCES.iter().flat_map(|source| {
            let first = &first;
            (0..20).map(move |n| async move { sent(first, source, &format!("order {n}"), 100 * round + n).await })
        }))
        .await;
        tokio::join!(first.settle(), second.run_until_idle(), third.run_until_idle());
    }
    first.settle().await;
    for source in SOURCES {
        let paid = (0..20).map(|n| 400 + n).sum::<i64>();
        assert_eq!(first.balances(source).get("assets:clearing:StripeBankWire"), Some(&paid), "{source}");
    }
    let gaps = "SELECT source AS line FROM journal_entries GROUP BY source HAVING COUNT(*) <> MAX(entry_no)";
    assert_eq!(first.lines(gaps), Vec::<String>::new());
    second.stop().await.unwrap();
    third.stop().await.unwrap();
    first.finish().await;
});
