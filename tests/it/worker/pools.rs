//! Several pools and daemons at once, and a stop in the middle: nothing is counted twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::{order, pay, sold, start};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::Engine;

/// Sends many versions of twenty orders and payments of twenty bookings in between each other. The last version of
/// order `i` is worth 4^i, and so is payment `i`: in base four every digit of the sum must be 1.
async fn send_plenty(daemons: &[&TestDaemon]) -> usize {
    const VERSIONS: i64 = 12;
    for version in 1..=VERSIONS {
        // One version of each at once; the next one comes when they are stored.
        let sent = (0..20_u32).map(async |i| {
            let minor = if version == VERSIONS { 4_i64.pow(i) } else { 3 * version };
            let daemon = daemons[i as usize % daemons.len()];
            daemon.accepted("museum", order(&format!("order {i}"), minor)).await;
            if version % 6 == 0 {
                pay(daemon, u64::from(i % 5) + 1, &format!("p{i}"), 4_i64.pow(i)).await;
            }
        });
        join_all(sent).await;
    }
    20 * 12 + 20 * 2
}

fn assert_nothing_counted_twice(daemon: &TestDaemon, events: usize) {
    let ones = (0..20).map(|i| 4_i64.pow(i)).sum::<i64>();
    assert_eq!(daemon.balances("museum"), paid("StripeBankWire", ones));
    let mut theatre = sold(5);
    theatre.insert("assets:clearing:twint".to_owned(), ones);
    *theatre.get_mut("assets:receivable").unwrap() -= ones;
    assert_eq!(daemon.balances("theatre"), theatre);
    let states = daemon.states();
    assert_eq!(states.len(), events);
    assert!(states.iter().all(|state| state == "done" || state == "superseded"), "{states:?}");
    let most = daemon.lines("SELECT CAST(MAX(attempts) AS TEXT) AS line FROM inbox_events");
    assert_eq!(most, ["1"], "each event was claimed once");
}

fn paid(method: &str, minor: i64) -> BTreeMap<String, i64> {
    [(format!("assets:clearing:{method}"), minor), ("assets:receivable".to_owned(), -minor)].into()
}

on_both_engines!(several_workers_settle_every_event_once, async |database| {
    let daemon = start(database).await;
    let events = send_plenty(&[&daemon]).await;
    let pools = [(); 3].map(|()| daemon.another_pool(Arc::new(|_| {})));
    let works = pools.map(|pool| tokio::spawn(async move { pool.run_until_idle().await }));
    daemon.settle().await;
    for work in works {
        work.await.unwrap();
    }
    // An entity that another pool had in hand is left when the first pools find nothing else to do.
    daemon.settle().await;
    assert_nothing_counted_twice(&daemon, events);
    daemon.finish().await;
});

#[test]
fn two_daemons_on_one_database_settle_every_event_once() {
    crate::support::db::with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (first, second) = (start(database).await, start(database).await);
            // Both receive, and both work meanwhile.
            let both = [&first, &second];
            let (sent, ()) = tokio::join!(send_plenty(&both), async {
                for _ in 0..20 {
                    second.settle().await;
                    first.settle().await;
                }
            });
            tokio::join!(first.settle(), second.settle());
            first.settle().await;
            assert_nothing_counted_twice(&first, sent);
            first.finish().await;
            second.finish().await;
        });
    });
}

on_both_engines!(workers_that_run_by_themselves_finish_what_they_have_in_hand, async |database| {
    let daemon = start(database).await.restart_working().await;
    for i in 0..20 {
        daemon.accepted("museum", order(&format!("order {i}"), 4_i64.pow(i))).await;
        pay(&daemon, u64::from(i % 5) + 1, &format!("p{i}"), 4_i64.pow(i)).await;
    }
    // Stopped in the middle of it; what nobody had in hand is done after the restart.
    let daemon = daemon.restart(|_| {}).await;
    let leased = daemon.lines("SELECT 'x' AS line FROM inbox_events WHERE lease_token IS NOT NULL");
    assert_eq!(leased, Vec::<String>::new());
    daemon.settle().await;
    assert_nothing_counted_twice(&daemon, 40);
    daemon.finish().await;
});
