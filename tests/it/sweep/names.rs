//! What bookingkit's API leaves out or calls otherwise is taken from what webhooks told.

use serde_json::{Value, json};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::policy::{DatedPolicy, Policy, RevenueMode};
use ticketledger::sweep::{RunResult, Span};

use super::{delta, findings, order, started_with, summary, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};
use crate::support::db::TestDatabase;

/// A museum whose revenue is booked on the day of the event.
async fn on_event_date(database: &TestDatabase) -> TestDaemon {
    let policy = Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    started_with(database, |museum| museum.policies = vec![DatedPolicy { from: None, policy }]).await
}

/// A paid order for a date of an event.
fn of_date(id: &str, date_id: &str, starts_at: &str) -> Value {
    let ids = [("/tickets/0/event_date_id", json!(date_id)), ("/tickets/0/date_id", json!(date_id))];
    order(id, &[ids.as_slice(), &[("/tickets/0/date", json!(starts_at))]].concat())
}

/// A paid order whose payment has no code that could stand in for its method.
fn without_code(id: &str) -> Value {
    order(id, &[("/payments/0/code", json!(""))])
}

async fn fill(daemon: &TestDaemon) {
    sweeper(daemon, "museum").decide().await.expect("the database works");
    daemon.settle().await;
}

fn is_same_when_computed_again(daemon: &TestDaemon) {
    let books = rebuild(daemon.database(), None, None, 10, |_, _| {}).expect("a rebuild");
    assert!(books.iter().all(|book| book.is_identical()), "{books:?}");
}

/// What was released, as `order booking date`.
fn released(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT DISTINCT order_id || ' ' || booking_date AS line FROM journal_entries \
         WHERE event_type = 'release.ticket' AND kind = 'post' ORDER BY 1",
    )
}

on_both_engines!(the_date_of_an_event_is_taken_from_another_order, async |database| {
    let daemon = on_event_date(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(of_date("A", "d1", "2026-01-10T10:00:00Z"))).await;
    bookingkit.put_order(of_date("B", "d1", "2026-01-10T10:00:00Z"));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    assert_eq!(released(&daemon), ["A 2026-01-10", "B 2026-01-10"]);
    assert_eq!(findings(&daemon, "service_date_unknown"), Vec::<String>::new());
    let titles = daemon.lines("SELECT DISTINCT title || ' ' || starts_at AS line FROM order_lines");
    assert_eq!(titles.len(), 1, "{titles:?}");
    // The same after a replay, and computed again.
    let entries = daemon.entries("museum");
    daemon.settle_again(database, "kind = 'sweep'").await;
    assert_eq!(daemon.entries("museum"), entries);
    is_same_when_computed_again(&daemon);
    daemon.finish().await;
});

on_both_engines!(revenue_without_a_date_waits_until_any_webhook_tells_it, async |database| {
    let daemon = on_event_date(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    for (id, date) in [("A", "d1"), ("B", "d1"), ("C", "d2")] {
        bookingkit.put_order(of_date(id, date, "2026-01-10T10:00:00Z"));
    }
    assert_eq!(summary(&delta(&daemon).await).4, 3);
    assert_eq!(released(&daemon), Vec::<String>::new());
    let waiting = [("assets:clearing:StripeBankWire", 2000), ("liabilities:vat:1900", -320)];
    let waiting = waiting.into_iter().chain([("liabilities:deferred:tickets", -1680)]).collect::<Vec<_>>();
    assert_eq!(daemon.balances_of("A"), expected([waiting[0], waiting[1], waiting[2]]));
    assert_eq!(findings(&daemon, "service_date_unknown"), ["A 1680", "B 1680", "C 1680"]);
    fill(&daemon).await;
    assert_eq!(findings(&daemon, "service_date_unknown").len(), 3);
    // A webhook of another order tells the date: both that wait for it have it, at once and by themselves.
    daemon.deliver(bookingkit.put_order(of_date("D", "d1", "2026-01-11T10:00:00Z"))).await;
    fill(&daemon).await;
    assert_eq!(released(&daemon), ["A 2026-01-11", "B 2026-01-11", "D 2026-01-11"]);
    assert_eq!(findings(&daemon, "service_date_unknown"), ["C 1680"]);
    // The webhook of the order itself.
    daemon.deliver(bookingkit.put_order(of_date("C", "d2", "2026-02-10T10:00:00Z"))).await;
    assert_eq!(findings(&daemon, "service_date_unknown"), Vec::<String>::new());
    fill(&daemon).await;
    let events = daemon.states().len();
    fill(&daemon).await;
    assert_eq!(daemon.states().len(), events, "what is filled in is filled in once");
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    assert_eq!(daemon.lines("SELECT order_id AS line FROM sweep_waiting WHERE kind = 'date'"), ["A", "B"]);
    daemon.clock.advance_milliseconds(16 * 60_000);
    fill(&daemon).await;
    assert_eq!(super::decided(&daemon), ["A missed", "B missed", "C late"]);
    is_same_when_computed_again(&daemon);
    daemon.finish().await;
});

on_both_engines!(an_event_that_moves_moves_for_all_that_have_its_date_from_others, async |database| {
    let daemon = on_event_date(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(of_date("A", "d1", "2026-01-10T10:00:00Z"))).await;
    for id in ["B", "C"] {
        bookingkit.put_order(of_date(id, "d1", "2026-01-10T10:00:00Z"));
    }
    assert_eq!(summary(&delta(&daemon).await).4, 2);
    assert_eq!(released(&daemon), ["A 2026-01-10", "B 2026-01-10", "C 2026-01-10"]);
    // A webhook of C comes, and tells its own date from now on.
    daemon.deliver(bookingkit.put_order(of_date("C", "d1", "2026-01-10T10:00:00Z"))).await;
    let net = |id: &str| {
        daemon.lines(&format!(
            "SELECT DISTINCT '' || booking_date AS line FROM journal_entries e WHERE order_id = '{id}' \
             AND event_type = 'release.ticket' AND kind = 'post' AND NOT EXISTS (SELECT 1 FROM journal_entries r \
             WHERE r.source = e.source AND r.reverses_no = e.entry_no) ORDER BY 1"
        ))
    };
    for moved in ["2026-02-11", "2026-01-10", "2026-03-12"] {
        daemon.deliver(bookingkit.put_order(of_date("A", "d1", &format!("{moved}T10:00:00Z")))).await;
        fill(&daemon).await;
        assert_eq!(net("B"), [moved]);
        assert_eq!(net("C"), ["2026-01-10"]);
        assert_eq!(summary(&delta(&daemon).await).4, 0);
    }
    // What is found afterwards has the same date.
    bookingkit.put_order(of_date("D", "d1", "2026-03-12T10:00:00Z"));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    assert_eq!((net("B"), net("D")), (vec!["2026-03-12".to_owned()], vec!["2026-03-12".to_owned()]));
    let events = daemon.states().len();
    fill(&daemon).await;
    assert_eq!(daemon.states().len(), events);
    is_same_when_computed_again(&daemon);
    daemon.finish().await;
});

on_both_engines!(the_past_waits_for_dates_too, async |database| {
    let daemon = on_event_date(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.put_order(of_date("A", "d1", "2026-01-10T10:00:00Z"));
    let since = "2025-11-01".parse().ok();
    assert_eq!(swept(&daemon, "museum", Span::History { since }).await.run.found, 1);
    daemon.settle().await;
    daemon.deliver(bookingkit.put_order(of_date("B", "d1", "2026-01-10T10:00:00Z"))).await;
    fill(&daemon).await;
    assert_eq!(released(&daemon), ["A 2026-01-10", "B 2026-01-10"]);
    let kinds = daemon.lines("SELECT kind AS line FROM inbox_events WHERE entity = 'order:A' ORDER BY id");
    assert_eq!(kinds, ["history", "history"]);
    daemon.finish().await;
});

on_both_engines!(a_method_goes_by_the_name_that_webhooks_give_it, async |database| {
    let daemon = started_with(database, |_| {}).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| drop(readings.methods.insert("StripeBankWire".to_owned(), "BANK_WIRE".to_owned())));
    // Nobody knows it yet.
    bookingkit.put_order(without_code("A"));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    assert_eq!(daemon.balances_of("A").get("assets:clearing:BANK_WIRE"), Some(&2000));
    assert_eq!(findings(&daemon, "payment_method_unmapped"), ["- -"]);
    // Of an order that a webhook told the API says the other name: that is learned, for what is found with it too.
    daemon.deliver(bookingkit.put_order(without_code("B"))).await;
    bookingkit.put_order(without_code("C"));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    fill(&daemon).await;
    for id in ["A", "B", "C"] {
        assert_eq!(
            daemon.balances_of(id),
            expected([
                ("assets:clearing:StripeBankWire", 2000),
                ("income:tickets", -1680),
                ("liabilities:vat:1900", -320)
            ])
        );
    }
    assert_eq!(findings(&daemon, "payment_method_unmapped"), Vec::<String>::new());
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 3, 3, 0));
    assert_eq!(
        daemon.lines("SELECT api_name || ' ' || method AS line FROM sweep_methods"),
        ["BANK_WIRE StripeBankWire"]
    );
    is_same_when_computed_again(&daemon);
    daemon.finish().await;
});

on_both_engines!(a_code_or_a_setting_tells_the_method, async |database| {
    let daemon = started_with(database, |museum| {
        museum.sweep.payment_methods.insert("CARD".to_owned(), "StripePayment".to_owned());
    })
    .await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| {
        for (method, called) in [("StripeBankWire", "BANK_WIRE"), ("StripePayment", "CARD")] {
            readings.methods.insert(method.to_owned(), called.to_owned());
        }
    });
    bookingkit.put_order(order("A", &[]));
    let by_card = [("/payments/0/code", json!("")), ("/payments/0/payment_method", json!("StripePayment"))];
    bookingkit.put_order(order("B", &by_card));
    assert_eq!(summary(&delta(&daemon).await).4, 2);
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&2000));
    assert_eq!(daemon.balances_of("B").get("assets:clearing:StripePayment"), Some(&2000));
    assert_eq!(findings(&daemon, "payment_method_unmapped"), Vec::<String>::new());
    // What the sweep itself has guessed teaches nothing.
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    assert_eq!(daemon.lines("SELECT api_name AS line FROM sweep_methods WHERE api_name = 'BANK_WIRE'").len(), 0);
    daemon.finish().await;
});

on_both_engines!(a_name_that_means_several_methods_is_not_taken_for_one, async |database| {
    let daemon = started_with(database, |_| {}).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| {
        for method in ["StripeBankWire", "StripePayment"] {
            readings.methods.insert(method.to_owned(), "STRIPE".to_owned());
        }
    });
    daemon.deliver(bookingkit.put_order(without_code("A"))).await;
    let by_card = [("/payments/0/code", json!("")), ("/payments/0/payment_method", json!("StripePayment"))];
    daemon.deliver(bookingkit.put_order(order("B", &by_card))).await;
    bookingkit.put_order(without_code("C"));
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 3, 2, 1));
    assert_eq!(daemon.balances_of("C").get("assets:clearing:STRIPE"), Some(&2000));
    assert_eq!(findings(&daemon, "payment_method_unmapped"), ["- -"]);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(a_name_that_turns_out_to_mean_several_methods_is_taken_back, async |database| {
    let daemon = started_with(database, |_| {}).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| {
        for method in ["StripeBankWire", "Mango"] {
            readings.methods.insert(method.to_owned(), "CARD".to_owned());
        }
    });
    let by_mango =
        |id: &str| order(id, &[("/payments/0/code", json!("")), ("/payments/0/payment_method", json!("Mango"))]);
    // One webhook teaches the name, and what is lost is taken for the same.
    daemon.deliver(bookingkit.put_order(without_code("A"))).await;
    bookingkit.put_order(by_mango("B"));
    bookingkit.put_order(by_mango("C"));
    bookingkit.put_order(without_code("D"));
    assert_eq!(summary(&delta(&daemon).await).4, 3);
    for id in ["B", "C", "D"] {
        assert_eq!(daemon.balances_of(id).get("assets:clearing:StripeBankWire"), Some(&2000), "{id}");
    }
    assert_eq!(findings(&daemon, "payment_method_unmapped"), Vec::<String>::new());
    // The webhook of one of them tells that the name means several: of the others that is not known, and is said.
    daemon.deliver(bookingkit.put_order(by_mango("B"))).await;
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    fill(&daemon).await;
    let account =
        |id: &str, method: &str| daemon.balances_of(id).get(&format!("assets:clearing:{method}")[..]).copied();
    assert_eq!(account("A", "StripeBankWire"), Some(2000));
    assert_eq!(account("B", "Mango"), Some(2000));
    for id in ["C", "D"] {
        assert_eq!((account(id, "CARD"), account(id, "StripeBankWire").unwrap_or(0)), (Some(2000), 0), "{id}");
    }
    assert_eq!(findings(&daemon, "payment_method_unmapped"), ["- -"]);
    let events = daemon.states().len();
    fill(&daemon).await;
    assert_eq!(daemon.states().len(), events);
    // Its webhook tells which it is.
    daemon.deliver(bookingkit.put_order(by_mango("C"))).await;
    assert_eq!((account("C", "Mango"), account("C", "CARD").unwrap_or(0)), (Some(2000), 0));
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    is_same_when_computed_again(&daemon);
    daemon.finish().await;
});
