//! Events that are parked, panic or are nonsense: the others go on.

use serde_json::{Value, json};

use super::{announce, history, order, panicking, pay, start, start_probed, status};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, changed, expected};
use crate::support::db::Engine;

on_both_engines!(a_parked_event_never_holds_up_what_comes_later, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([status(409, None)]);
    announce(&daemon, 1).await;
    let bad = changed(&order("order", 1), &[("/payments/0/value", json!("10,00"))]);
    assert_eq!(daemon.parked("museum", bad).await, "bad_amount");
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked provider_refused", "parked bad_amount"]);
    pay(&daemon, 1, "p1", 100).await;
    daemon.accepted("museum", order("order", 64)).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked provider_refused", "parked bad_amount", "done", "done"]);
    assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&64));
    assert_eq!(daemon.balances("theatre").get("assets:receivable"), Some(&4900));
    // What cannot be read today cannot be read tomorrow.
    daemon.replay(&[2]);
    daemon.settle().await;
    assert_eq!(daemon.states()[1], "parked bad_amount");
    daemon.finish().await;
});

on_both_engines!(an_event_that_panics_is_parked_alone, async |database| {
    let daemon = start_probed(database, panicking(&[2])).await;
    daemon.accepted("museum", order("a", 1)).await;
    daemon.accepted("museum", order("a", 4)).await;
    daemon.accepted("museum", order("a", 16)).await;
    daemon.accepted("museum", order("b", 64)).await;
    daemon.accepted("museum", order("c", 256)).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "parked panic", "done", "done", "done"]);
    assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&(16 + 64 + 256)));
    assert_eq!(history(&daemon), ["2 1 permanent panic"]);
    daemon.finish().await;
});

on_both_engines!(what_was_read_for_an_event_that_panics_still_serves_the_others, async |database| {
    let daemon = start_probed(database, panicking(&[1, 4])).await;
    // The first brings the reading of the booking into the books; here it cannot.
    for _ in 0..2 {
        announce(&daemon, 1).await;
    }
    pay(&daemon, 1, "p1", 5000).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked panic", "done", "done"]);
    let paid = expected([("assets:clearing:twint", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)]);
    assert_eq!(daemon.balances("theatre"), paid);
    // Neither is a booking that is not there forgotten.
    pay(&daemon, 404, "p2", 100).await;
    announce(&daemon, 404).await;
    daemon.settle().await;
    assert_eq!(daemon.states()[3..], ["parked panic", "pending not_found"]);
    assert_eq!(daemon.balances("theatre"), paid);
    daemon.finish().await;
});

on_both_engines!(what_cannot_be_read_ends_although_another_event_of_its_entity_panics, async |database| {
    let daemon = start_probed(database, panicking(&[2])).await;
    for minor in [1, 4, 16] {
        daemon.accepted("museum", order("a", minor)).await;
    }
    database.execute("UPDATE inbox_events SET body = NULL WHERE id = 1");
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked body_pruned", "parked panic", "done"]);
    daemon.finish().await;
});

/// Payloads stay out of the reach of a sender that writes nonsense: the worker goes on.
#[test]
fn a_flood_of_nonsense_leaves_the_next_order_untouched() {
    crate::support::db::with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let daemon = start(database).await;
            for (path, value) in [
                ("/tickets", json!("none")),
                ("/tickets/0/participants", json!({})),
                ("/tickets/0/participants/0/price_value", json!([])),
                ("/payments/0/value", json!(1e300)),
                ("/payments/0/value", Value::Bool(true)),
                ("/currency", json!("XXX?")),
                ("/status", json!(7)),
            ] {
                daemon.post("museum", changed(PAID_ORDER, &[(path, value)])).await;
            }
            daemon.accepted("museum", PAID_ORDER).await;
            daemon.settle().await;
            assert_eq!(daemon.states().last().unwrap(), "done");
            assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&2000));
            daemon.finish().await;
        });
    });
}
