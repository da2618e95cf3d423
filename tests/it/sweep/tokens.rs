//! One token an hour for all daemons.

use futures_util::future::join_all;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::Fault;
use ticketledger::sweep::RunResult;

use super::{delta, findings, started, summary};
use crate::on_both_engines;

on_both_engines!(two_daemons_with_one_client_never_lose_the_token, async |database| {
    let daemon = started(database).await;
    let source = daemon.config().source("museum").expect("a source").clone();
    let access = || {
        let (database, clock): (_, Clock) = (daemon.database().clone(), daemon.clock.clone());
        ticketledger::session::OrdersAccess::new(database, clock, &source).expect("certificates").expect("an api")
    };
    // Each access is a daemon of its own: it shares nothing with the others but the database.
    for hour in 0..3 {
        let daemons: Vec<_> = (0..6).map(|_| access()).collect();
        let ask = |access: &ticketledger::session::OrdersAccess| {
            let access = access.clone();
            async move { access.get(ticketledger::provider::bookingkit::api::Request::Order("A")).await.map(|_| ()) }
        };
        let answers = join_all(daemons.iter().map(ask)).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let counts = daemon.stand_in.bookingkit().counts();
        assert_eq!((counts.tokens, counts.refused_tokens), (hour + 1, 0));
        daemon.clock.advance_milliseconds(3_601_000);
    }
    daemon.finish().await;
});

on_both_engines!(a_token_that_somebody_else_has_is_waited_for_and_not_asked_for_in_a_loop, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.script_tokens([Fault::ReuseToken]);
    assert_eq!(summary(&delta(&daemon).await).1, Some("token_elsewhere"));
    assert_eq!(findings(&daemon, "token_held_elsewhere"), ["- -"]);
    for _ in 0..3 {
        daemon.clock.advance_milliseconds(600_000);
        assert_eq!(summary(&delta(&daemon).await).0, RunResult::Failed);
    }
    assert_eq!(bookingkit.counts().tokens, 0);
    daemon.clock.advance_milliseconds(3_600_000);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    assert_eq!(findings(&daemon, "token_held_elsewhere"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_token_that_is_refused_before_its_end_is_replaced_once, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    bookingkit.revoke_token();
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    bookingkit.spoil_token();
    assert_eq!(summary(&delta(&daemon).await).1, Some("token_elsewhere"));
    daemon.clock.advance_milliseconds(3_700_000);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(a_stray_refusal_of_our_own_token_blames_nobody, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    for _ in 0..2 {
        // One answer is 401 although the token is good, so that asking for another is refused.
        bookingkit.script([Fault::Status { status: 401, retry_after: None }]);
        assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    }
    assert_eq!(bookingkit.counts().tokens, 1);
    assert_eq!(findings(&daemon, "token_held_elsewhere"), Vec::<String>::new());
    assert_eq!(daemon.lines("SELECT 'x' AS line FROM api_tokens WHERE wait_until IS NOT NULL"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(why_it_waits_is_said_by_every_run_until_it_is_over, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().script_tokens([Fault::ReuseToken]);
    let detail = |swept: ticketledger::sweep::Swept| swept.run.detail.unwrap_or_default();
    let first = detail(delta(&daemon).await);
    daemon.clock.advance_milliseconds(600_000);
    for _ in 0..2 {
        let again = delta(&daemon).await;
        assert_eq!(summary(&again).1, Some("token_elsewhere"));
        let again = detail(again);
        assert!(again.starts_with(&first) && again.contains("nothing is asked before"), "{again}");
        assert_eq!(again.matches("nothing is asked").count(), 1);
    }
    daemon.finish().await;
});

on_both_engines!(a_token_is_not_in_the_database_in_the_clear, async |database| {
    let daemon = started(database).await;
    delta(&daemon).await;
    let sealed = daemon.lines("SELECT LENGTH(token_sealed) || ' ' || version AS line FROM api_tokens");
    assert_eq!(sealed.len(), 1);
    assert!(sealed[0].ends_with(" 1"), "{sealed:?}");
    daemon.finish().await;
});

on_both_engines!(a_token_that_was_granted_and_lost_is_said, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().script_tokens([Fault::LoseAnswer]);
    assert_eq!(summary(&delta(&daemon).await).1, Some("provider_down"));
    assert_eq!(summary(&delta(&daemon).await).1, Some("token_elsewhere"));
    daemon.clock.advance_milliseconds(3_700_000);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});
