//! `ticketledger doctor --probe`: what a provider's documentation leaves open, in several of its readings.

use secrecy::SecretString;
use serde_json::{Value, json};
use ticketledger::config::OrdersApi;
use ticketledger::demo::stand_in::{
    BookingExample, Bookingkit, Count, Fault, Listing, Readings, Slash, TicketparkReadings,
};
use ticketledger::doctor::probe;

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, at};
use crate::support::db::TestDatabase;

async fn started(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    let base_url = daemon.stand_in.base_url();
    let daemon = daemon.restart(|config| {
        config.sources[0].orders_api = Some(OrdersApi {
            base_url,
            client_id: Bookingkit::CLIENT_ID.to_owned(),
            client_secret: SecretString::from(Bookingkit::CLIENT_SECRET),
            earlier_client_secrets: Vec::new(),
        });
    });
    daemon.await
}

/// What was found out, each with the line of the settings that follows from it.
async fn found(daemon: &TestDaemon, source: &str) -> Vec<String> {
    let source = daemon.config().source(source).unwrap();
    let checks = probe(daemon.config(), source, &daemon.clock).await;
    checks.into_iter().map(|check| format!("{} {} | {}", check.status.as_str(), check.text, check.to_do)).collect()
}

fn has(found: &[String], text: &str) {
    assert!(found.iter().any(|line| line.contains(text)), "no `{text}` in {found:#?}");
}

/// Four orders of which the last was paid an hour after it was placed, and none changed otherwise.
fn orders(daemon: &TestDaemon) {
    for minute in 0..4 {
        let date = at("2025-11-11T08:00:00Z").plus_milliseconds(minute * 60_000);
        let order = |payments: Value| {
            json!({ "id": format!("order{minute}"), "code": "A", "vendor_id": Bookingkit::VENDOR,
                "date": date.to_string(), "status": "ACCEPTED", "payments": payments })
        };
        daemon.stand_in.bookingkit().put_order_at(order(json!([])), date);
        if minute == 3 {
            let later = date.plus_milliseconds(3_600_000);
            let payment = json!({ "id": "p", "payment_method": "card", "value": 5, "payment_date": later.to_string() });
            daemon.stand_in.bookingkit().put_order_at(order(json!([payment])), later);
        }
    }
}

fn read_as(daemon: &TestDaemon, change: impl FnOnce(&mut Readings)) {
    daemon.stand_in.bookingkit().read_as(change);
}

on_both_engines!(the_probe_tells_how_bookingkit_reads_its_documentation, async |database| {
    let daemon = started(database).await;
    has(&found(&daemon, "museum").await, "there is no order yet");
    orders(&daemon);
    let usual = found(&daemon, "museum").await;
    assert!(usual.iter().all(|line| line.starts_with("ok ")), "{usual:#?}");
    has(&usual, "addresses may end in a slash or not");
    has(&usual, "with_count tells no number");
    has(&usual, "pages in the order of the dates overlap");
    has(&usual, "delta_since includes the second that it names");
    has(&usual, "a payment counts as a change");
    has(&usual, "no header tells of a rate");
    // The same token all the time, and nothing but reading.
    let counts = daemon.stand_in.bookingkit().counts();
    assert_eq!((counts.tokens, counts.refused_tokens, counts.writes), (1, 0, 0));
    daemon.finish().await;
});

on_both_engines!(the_probe_offers_settings_where_an_account_needs_others, async |database| {
    let daemon = started(database).await;
    read_as(&daemon, |readings| readings.payments_count = false);
    orders(&daemon);
    read_as(&daemon, |readings| {
        (readings.slash, readings.delta_inclusive) = (Slash::Needed, false);
        readings.count = Count::Header("x-total-count".to_owned());
        readings.date_ahead_milliseconds = 3_600_000;
        readings.headers.insert("x-ratelimit-limit", "5".to_owned());
    });
    let other = found(&daemon, "museum").await;
    has(&other, "addresses must end in a slash | [sources.sweep] slash = \"on\"");
    has(&other, "delta_since leaves out the second that it names");
    has(&other, "with_count puts the number into the header x-total-count");
    has(&other, "a payment does not count as a change of its order");
    has(&other, "| [sources.sweep] payments = \"each\", monthly = \"on\"");
    has(&other, "warning the provider's clock and ours are 3600 s apart");
    has(&other, "headers that tell of a rate: x-ratelimit-limit");
    read_as(&daemon, |readings| (readings.slash, readings.count) = (Slash::Refused, Count::Body));
    let other = found(&daemon, "museum").await;
    has(&other, "addresses must not end in a slash | [sources.sweep] slash = \"off\"");
    has(&other, "with_count answers an object instead of the list, with count");
    daemon.finish().await;
});

on_both_engines!(a_probe_that_is_refused_says_why, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().script_tokens([Fault::ReuseToken]);
    let refused = found(&daemon, "museum").await;
    assert_eq!(refused.len(), 1);
    has(&refused, "failed another program uses the token of this client");
    let daemon = daemon.restart(|config| config.sources[0].orders_api = None).await;
    has(&found(&daemon, "museum").await, "failed the source has no API in the settings | add [sources.api]");
    daemon.finish().await;
});

fn bookings(daemon: &TestDaemon, changed: &[&str]) {
    for (pid, changed) in (1..).zip(changed) {
        let booking = BookingExample { pid, ..BookingExample::default() };
        daemon.stand_in.put_booking_at(&pid.to_string(), booking.json(), at(changed));
    }
}

fn theatre(daemon: &TestDaemon, change: impl FnOnce(&mut TicketparkReadings)) {
    daemon.stand_in.read_as(change);
}

on_both_engines!(the_probe_tells_the_zone_and_the_order_of_ticketparks_lists, async |database| {
    let daemon = TestDaemon::start(database).await;
    let three = ["2025-11-10T10:00:00Z", "2025-11-11T09:00:00Z", "2025-11-11T11:55:00Z"];
    bookings(&daemon, &three);
    let usual = found(&daemon, "theatre").await;
    has(&usual, "bookings can be filtered by `updated`");
    has(&usual, "x-count tells the number of bookings (3 in 30 days)");
    has(&usual, "nothing tells the zone of a filter");
    has(&usual, "pages are the same when asked for again");
    theatre(&daemon, |readings| readings.shows_times = true);
    has(&found(&daemon, "theatre").await, "read as UTC, and includes its second | [sources.sweep] overlap = \"30m\"");
    theatre(&daemon, |readings| {
        (readings.zone, readings.shows_times) = (chrono_tz::Europe::Zurich, false);
        (readings.counts, readings.listing) = (false, Listing::ByChange);
    });
    let local = found(&daemon, "theatre").await;
    has(
        &local,
        "read as local time: what is to come in UTC lists what just changed | [sources.sweep] overlap = \"3h\"",
    );
    has(&local, "x-count is missing");
    theatre(&daemon, |readings| readings.filters_updated = false);
    has(&found(&daemon, "theatre").await, "failed bookings cannot be filtered by `updated` or `created`");
    assert_eq!(daemon.stand_in.counts().writes, 0);
    daemon.finish().await;
});
