//! Ticketpark: every order in which webhooks, sweeps and losses can come. A webhook only points to its booking, which
//! is read then, so one that comes late tells the newest state as well as any other.

use ticketledger::demo::stand_in::BookingExample;
use ticketledger::sweep::Span;

use super::{decided, findings, started, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

/// The booking, which then costs more, and in the end is cancelled.
fn state(number: u32) -> BookingExample {
    let mut booking = BookingExample { pid: 1, confirmation: number != 3, ..BookingExample::default() };
    for ticket in &mut booking.tickets {
        ticket.price = if number == 1 { "25.00" } else { "30.00" }.to_owned();
    }
    booking
}

/// What happens, one after another: `1`, `2` and `3` the booking is changed at the provider, `a`, `b` and `c` the
/// webhook of that state arrives, `p` that of a payment, `s` a sweep, `.` the grace passes, `w` the workers read what
/// waits, `r` all that was stored is worked on once more. In capitals, what was stored waits for the workers.
async fn play(database: &TestDatabase, story: &str) -> TestDaemon {
    let daemon = started(database).await;
    let pid = state(1).pid();
    let pointer = serde_json::json!({ "booking_pid": pid, "ticket_pids": [] });
    let payment = serde_json::json!({ "booking_pid": pid, "payment_pid": "p", "payment_method": "twint",
        "currency": "CHF", "amount": "25.00" });
    for step in story.chars() {
        match step {
            '1' | '2' | '3' => daemon.stand_in.put_booking(&pid, state(step.to_digit(10).expect("a digit")).json()),
            'a' | 'A' => drop(daemon.ticketpark("new-booking", pointer.clone()).await),
            'b' | 'B' => drop(daemon.ticketpark("booking-tickets-updated", pointer.clone()).await),
            'c' => drop(daemon.ticketpark("booking-cancelled", pointer.clone()).await),
            'p' => drop(daemon.ticketpark("new-payment", payment.clone()).await),
            's' | 'S' => drop(swept(&daemon, "theatre", Span::Delta).await),
            '.' => {
                daemon.clock.advance_milliseconds(20 * 60_000);
                sweeper(&daemon, "theatre").decide().await.expect("the database works");
            }
            'r' => daemon.settle_again(database, "state IN ('done', 'superseded')").await,
            'w' => {}
            _ => panic!("{story}: {step}"),
        }
        if step.is_lowercase() {
            daemon.settle().await;
        }
        daemon.clock.advance_milliseconds(60_000);
    }
    for _ in 0..2 {
        daemon.clock.advance_milliseconds(16 * 60_000);
        swept(&daemon, "theatre", Span::Nightly).await;
        daemon.settle().await;
    }
    daemon.clock.advance_milliseconds(16 * 60_000);
    sweeper(&daemon, "theatre").decide().await.expect("the database works");
    daemon
}

async fn check(database: &TestDatabase, story: &str, missed: usize, owed: i64) {
    let other = TestDatabase::new(database.engine).expect("a database");
    let daemon = play(&other, story).await;
    let decided = decided(&daemon);
    assert_eq!(findings(&daemon, "missed_webhook").len(), missed, "{story}: {decided:?}");
    assert_eq!(decided.iter().filter(|line| line.ends_with(" missed")).count(), missed, "{story}: {decided:?}");
    assert!(!decided.iter().any(|line| line.ends_with(" -")), "{story}: {decided:?}");
    let balances = daemon.balances_of("1");
    let open: i64 = balances.iter().filter(|(name, _)| name.contains("receivable")).map(|(_, minor)| minor).sum();
    assert_eq!(open, owed, "{story}: {:?}", daemon.balances_of("1"));
    daemon.finish().await;
}

on_both_engines!(what_is_missed_is_counted_once_in_every_order, async |database| {
    for (story, missed) in [
        // Nothing is lost.
        ("1a2b", 0),
        ("1as2bs", 0),
        ("1sa2sb", 0),
        ("1Asw2bs", 0),
        // The sweep reads the list, and the webhook comes before the workers have read the booking.
        ("12sAw", 0),
        // A state that a newer webhook replaced leaves no gap.
        ("12b", 0),
        ("12sb", 0),
        ("1s2b", 0),
        // Whatever webhook comes, what it points to is read.
        ("12a", 0),
        ("12ba", 0),
        ("12ab", 0),
        ("12sa", 0),
        ("12sab", 0),
        ("12sasb", 0),
        // The second is lost.
        ("1a2", 1),
        ("1a2s", 1),
        ("1a2s.s", 1),
        // Both are, in one find or in two.
        ("12s", 1),
        ("1s.2s", 2),
        // After the grace none makes it late any more.
        ("12s.a", 1),
        ("12s.ba", 1),
        ("12s.sas.s", 1),
        // The webhook of a payment points to its booking, too.
        ("12sp", 0),
        ("12s.p", 1),
        ("1p2s", 1),
        ("1ap2bs", 0),
        // What is worked on once more changes nothing.
        ("1a2br", 0),
        ("12sarsr", 0),
        ("12s.rs", 1),
    ] {
        let paid = if story.contains('p') { 2500 } else { 0 };
        check(database, story, missed, 6000 - paid).await;
    }
});

on_both_engines!(a_state_that_came_back_without_a_webhook_is_missed_too, async |database| {
    for (story, missed, owed) in [
        ("1a2s.1s", 2, 5000),
        ("1a2s.1s.2s", 3, 6000),
        ("1a2s.1sa", 1, 5000),
        // Between the list and the workers it changed and changed back.
        ("1a2S1w2s", 1, 6000),
    ] {
        check(database, story, missed, owed).await;
    }
});

on_both_engines!(a_cancellation_is_found_and_is_not_undone, async |database| {
    let stories = [("1a3c", 0), ("1a3s", 1), ("1a3sc", 0), ("1a3s.c", 1), ("1a3csr", 0), ("13s", 1), ("13c", 0)];
    for (story, missed) in stories {
        check(database, story, missed, 0).await;
    }
});
