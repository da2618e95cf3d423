//! Who is gone, and who only takes long.

use std::sync::Arc;

use ticketledger::cluster::Presence;
use ticketledger::demo::stand_in::Fault;
use ticketledger::limits;

use super::on_postgresql;
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, check_invariants};
use crate::worker::{LEASE_SECONDS, pay, start};

/// Half of a lease and a little.
const BEYOND_HALF: i64 = LEASE_SECONDS / 2 + 1;

fn present(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT 'daemon ' || id AS line FROM daemons ORDER BY id")
}

on_both_engines!(what_is_in_hand_stays_in_hand_as_long_as_its_daemon_lives, async |database| {
    let daemon = start(database).await;
    let others = daemon.another_pool(Arc::new(|_| {}));
    daemon.stand_in.script([Fault::Hang]);
    pay(&daemon, 1, "p1", 5000).await;
    let meanwhile = async {
        daemon.stand_in.hanging(1).await;
        for _ in 0..5 {
            daemon.clock.advance_milliseconds(BEYOND_HALF * 1000);
            daemon.daemon.presence().beat().unwrap();
            others.run_until_idle().await;
            assert_eq!(daemon.states(), ["pending"], "the others leave it");
        }
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), meanwhile);
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.lines("SELECT CAST(attempts AS TEXT) AS line FROM inbox_events"), ["1"]);
    daemon.finish().await;
});

on_both_engines!(what_nobody_works_on_any_more_is_not_kept_by_the_heartbeat, async |database| {
    let daemon = start(database).await;
    pay(&daemon, 1, "p1", 5000).await;
    // As after a panic: the lease is there, and nobody has it in hand.
    daemon.claim_and_die();
    daemon.clock.advance_milliseconds(LEASE_SECONDS * 1000);
    daemon.daemon.presence().beat().unwrap();
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_postgresql!(the_work_of_a_process_that_is_gone_is_due_at_once, async |database| {
    let daemon = start(database).await;
    let gone = Presence::register(daemon.database().clone(), daemon.clock.clone()).unwrap();
    pay(&daemon, 1, "p1", 5000).await;
    let lease = gone.lease();
    database.execute(&format!(
        "UPDATE inbox_events SET lease_token = '{}', due_at = due_at + interval '3 minutes'",
        lease.token()
    ));
    daemon.daemon.presence().beat().unwrap();
    daemon.settle().await;
    assert_eq!(daemon.states(), ["pending"], "its process lives");
    database.execute(&format!("UPDATE daemons SET process_started = process_started - 1 WHERE id = {}", gone.id()));
    daemon.daemon.presence().beat().unwrap();
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(present(&daemon), [format!("daemon {}", daemon.daemon.presence().id())]);
    // It was not gone after all, only slow: it is present again, and without its work.
    gone.beat().unwrap();
    assert_eq!(present(&daemon).len(), 2);
    gone.leave().unwrap();
    daemon.finish().await;
});

on_postgresql!(a_daemon_of_another_host_is_left_alone_until_its_leases_end, async |database| {
    let daemon = start(database).await;
    let other = Presence::register(daemon.database().clone(), daemon.clock.clone()).unwrap();
    database.execute(&format!("UPDATE daemons SET host = 'elsewhere', process_id = 0 WHERE id = {}", other.id()));
    pay(&daemon, 1, "p1", 5000).await;
    database.execute(&format!(
        "UPDATE inbox_events SET lease_token = '{}-x', due_at = due_at + interval '3 minutes'",
        other.id()
    ));
    daemon.clock.advance_milliseconds(limits::SILENT_MILLISECONDS + 1);
    daemon.daemon.presence().beat().unwrap();
    daemon.settle().await;
    assert_eq!(daemon.states(), ["pending"]);
    daemon.settle_after_seconds(LEASE_SECONDS).await;
    assert_eq!(daemon.states(), ["done"]);
    // A day later its row is gone too.
    assert_eq!(present(&daemon).len(), 2);
    daemon.clock.advance_milliseconds(limits::FORGET_DAEMON_MILLISECONDS);
    daemon.daemon.presence().beat().unwrap();
    assert_eq!(present(&daemon).len(), 1);
    daemon.finish().await;
});

on_both_engines!(a_daemon_that_stops_leaves_nothing_behind, async |database| {
    let daemon = start(database).await;
    pay(&daemon, 1, "p1", 5000).await;
    let token = daemon.daemon.presence().lease().token().to_owned();
    database.execute(&format!("UPDATE inbox_events SET lease_token = '{token}', due_at = '2030-01-01 00:00:00'"));
    let daemon = daemon.restart(|_| {}).await;
    assert_eq!(present(&daemon).len(), 1);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    check_invariants(daemon.database());
    daemon.finish().await;
});
