//! A database that is full or goes away in the middle of settling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ticketledger::worker::Probe;

use super::{HOURS, attempts, order, pay, start, start_probed};
use crate::on_both_engines;
use crate::support::db::Engine;

/// Makes the database refuse every entry as a full disk would, until the second text is run.
fn full_disk(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Sqlite => (
            "CREATE TRIGGER full BEFORE INSERT ON postings BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
            "DROP TRIGGER full",
        ),
        Engine::Postgres => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on disk'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON postings",
        ),
    }
}

on_both_engines!(what_the_database_could_not_take_is_tried_again, async |database| {
    let daemon = start(database).await;
    let (fill, empty) = full_disk(database.engine);
    database.execute(fill);
    daemon.accepted("museum", order("a", 4)).await;
    pay(&daemon, 1, "p1", 5000).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["pending database", "pending database"]);
    assert_eq!(daemon.entries("museum") + daemon.entries("theatre"), 0);
    database.execute(empty);
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!((daemon.entries("museum"), daemon.entries("theatre")), (1, 3));
    daemon.finish().await;
});

#[test]
fn a_connection_that_breaks_while_settling_costs_no_attempt() {
    crate::support::db::with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (url, broken) = (database.url.clone(), AtomicBool::new(false));
            let probe: Probe = Arc::new(move |_| {
                use diesel::{Connection as _, connection::SimpleConnection as _};
                if !broken.swap(true, Ordering::Relaxed) {
                    let mut administrator = diesel::PgConnection::establish(&url).unwrap();
                    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                        WHERE datname = current_database() AND pid <> pg_backend_pid()";
                    administrator.batch_execute(kill).unwrap();
                }
            });
            let daemon = start_probed(database, probe).await;
            daemon.accepted("museum", order("a", 1)).await;
            daemon.accepted("museum", order("b", 4)).await;
            daemon.settle().await;
            assert_eq!(daemon.states(), ["done", "done"]);
            assert_eq!(attempts(&daemon), ["1", "1"]);
            assert_eq!(daemon.entries("museum"), 2);
            daemon.finish().await;
        });
    });
}
