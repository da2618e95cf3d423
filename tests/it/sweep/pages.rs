//! Many pages, and what goes on while they are read.

use serde_json::json;
use ticketledger::demo::stand_in::{Fault, Move};
use ticketledger::sweep::{RunResult, Span};
use tokio::sync::watch;

use super::{delta, order, started_with, summary, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

/// Ids that sort by their number.
fn id(number: usize) -> String {
    format!("order-{number:03}")
}

/// Pages of six, overlapping by three; so many orders at the provider, of which no webhook came.
async fn with_orders(database: &TestDatabase, orders: usize) -> TestDaemon {
    let daemon = started_with(database, |museum| museum.sweep.page_size = 6).await;
    for number in 0..orders {
        let date = format!("2025-11-11T12:{:02}:00Z", number % 60);
        daemon.stand_in.bookingkit().put_order(order(&id(number), &[("/date", json!(date))]));
    }
    daemon
}

/// Every order was stored once.
fn stored_once(daemon: &TestDaemon, orders: usize) {
    let stored =
        daemon.lines("SELECT entity || ' ' || COUNT(*) AS line FROM inbox_events GROUP BY entity ORDER BY entity");
    let expected: Vec<String> = (0..orders).map(|number| format!("order:{} 1", id(number))).collect();
    assert_eq!(stored, expected);
}

on_both_engines!(every_order_of_every_page_is_found_once, async |database| {
    let daemon = with_orders(database, 20).await;
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 20, 0, 20));
    stored_once(&daemon, 20);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_gives_shorter_pages_is_read_to_the_end, async |database| {
    let daemon = with_orders(database, 20).await;
    daemon.stand_in.bookingkit().read_as(|readings| readings.longest_page = 4);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 20, 0, 20));
    stored_once(&daemon, 20);
    daemon.finish().await;
});

on_both_engines!(orders_of_one_second_over_the_borders_of_pages, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.page_size = 6).await;
    for number in 0..20 {
        daemon.stand_in.bookingkit().put_order(order(&id(number), &[]));
    }
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 20, 0, 20));
    stored_once(&daemon, 20);
    daemon.finish().await;
});

on_both_engines!(what_moves_while_it_is_read_is_neither_lost_nor_doubled, async |database| {
    let daemon = with_orders(database, 20).await;
    let bookingkit = daemon.stand_in.bookingkit();
    // Before the second page four orders of the first are removed, before the third one comes in at the front.
    let gone: Vec<Move> = (0..4).map(|number| Move::Remove(id(number))).collect();
    let new = order("an older one", &[("/date", json!("2025-11-11T11:00:00Z"))]);
    bookingkit.before_pages([vec![], gone, vec![Move::Put(new)]]);
    assert!(delta(&daemon).await.run.result.is_complete());
    delta(&daemon).await;
    let stored = daemon.lines("SELECT entity || ' ' || COUNT(*) AS line FROM inbox_events GROUP BY entity");
    assert!(stored.len() == 21 && stored.iter().all(|line| line.ends_with(" 1")), "{stored:?}");
    daemon.finish().await;
});

on_both_engines!(a_list_that_shrinks_all_the_time_is_unstable, async |database| {
    let daemon = with_orders(database, 30).await;
    let moves = (0..8).map(|page| match page {
        0 => Vec::new(),
        _ => (0..5).map(|number| Move::Remove(id((page - 1) * 5 + number))).collect::<Vec<_>>(),
    });
    daemon.stand_in.bookingkit().before_pages(moves.collect::<Vec<_>>());
    let done = delta(&daemon).await;
    assert_eq!((done.run.result, done.progress.complete_until), (RunResult::Unstable, None));
    assert_eq!(super::findings(&daemon, "sweep_unstable"), ["- -"]);
    assert!(delta(&daemon).await.run.result.is_complete());
    assert_eq!(super::findings(&daemon, "sweep_unstable"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_truncated_page_fails_and_the_next_run_goes_on, async |database| {
    let daemon = with_orders(database, 20).await;
    let bookingkit = daemon.stand_in.bookingkit();
    // A page of six: the list, then each order and its payments.
    bookingkit.script(std::iter::repeat_n(Fault::None, 13).chain([Fault::Cut]));
    let failed = delta(&daemon).await;
    assert_eq!(summary(&failed), (RunResult::Failed, Some("garbage_answer"), 6, 0, 6));
    assert_eq!((failed.run.pages, failed.progress.complete_until), (1, None));
    let done = delta(&daemon).await;
    assert_eq!((done.run.result, done.run.found, done.run.since), (RunResult::Repaired, 20, failed.run.since));
    assert_eq!(done.progress.complete_until, failed.run.started_at);
    stored_once(&daemon, 20);
    daemon.finish().await;
});

on_both_engines!(killed_at_any_request_it_goes_on_where_it_was, async |database| {
    let daemon = with_orders(database, 12).await;
    let bookingkit = daemon.stand_in.bookingkit();
    let mut killed = 0;
    loop {
        // Each time it gets one request further, and to another place of its page.
        bookingkit.script(std::iter::repeat_n(Fault::None, killed).chain([Fault::Hang]));
        let sweeper = sweeper(&daemon, "museum");
        let (_stop, stopped) = watch::channel(false);
        let mut sweep = tokio::spawn(async move { sweeper.sweep(Span::Delta, &stopped, &|_| {}).await });
        let ended = tokio::select! {
            ended = &mut sweep => Some(ended.expect("no panic").expect("the database works")),
            () = daemon.stand_in.hanging(1) => None,
        };
        if let Some(ended) = ended {
            assert!(ended.run.result.is_complete(), "{:?}", ended.run);
            break;
        }
        // Nothing is cleaned up after a kill; the lease ends by itself.
        sweep.abort();
        let _ = sweep.await;
        daemon.stand_in.release();
        let (_stop, stopped) = watch::channel(false);
        let busy = super::sweeper(&daemon, "museum").sweep(Span::Delta, &stopped, &|_| {}).await;
        assert!(busy.is_err_and(|error| error.to_string().contains("has been sweeping museum since")));
        daemon.clock.advance_milliseconds(181_000);
        killed += 1;
        assert!(killed < 40);
        daemon.settle().await;
    }
    assert!(killed > 12, "{killed}");
    stored_once(&daemon, 12);
    daemon.finish().await;
});

on_both_engines!(a_stop_is_heeded_at_once_and_the_position_kept, async |database| {
    let daemon = with_orders(database, 12).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.script(std::iter::repeat_n(Fault::None, 14).chain([Fault::Hang]));
    let sweeper = sweeper(&daemon, "museum");
    let (stop, stopped) = watch::channel(false);
    let sweep = tokio::spawn(async move { sweeper.sweep(Span::Delta, &stopped, &|_| {}).await });
    daemon.stand_in.hanging(1).await;
    stop.send_replace(true);
    let ended = sweep.await.expect("no panic").expect("the database works");
    daemon.stand_in.release();
    assert_eq!((ended.run.result, ended.run.pages, ended.progress.complete_until), (RunResult::Stopped, 1, None));
    let done = swept(&daemon, "museum", Span::Delta).await;
    assert_eq!((done.run.result, done.run.found), (RunResult::Repaired, 12));
    daemon.settle().await;
    stored_once(&daemon, 12);
    daemon.finish().await;
});
