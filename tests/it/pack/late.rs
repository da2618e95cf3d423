//! A closed month with late facts: as it was closed, and as it is known now.

use serde_json::json;
use ticketledger::report::pack::{Outcome, Pack, SummaryLine, Tie};

use super::{all_tied, as_closed, as_known, asked, data, euros, line, outcome};
use crate::close::{go_to, shut};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed, refunded};
use crate::support::random::Random;

/// Everything but when the pack was made.
fn unchanged(pack: &Pack) -> serde_json::Value {
    let mut data = data(pack);
    data.as_object_mut().unwrap().remove("made_at");
    data
}

on_both_engines!(a_closed_month_is_shown_as_closed_and_as_now_known, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let refused = asked(&daemon, "2025-11", true).unwrap_err().to_string();
    assert!(refused.contains("2025-11 of source museum is not closed"), "{refused}");
    assert_eq!(shut(&daemon, "2025-11").result, "closed");
    let before = as_closed(&daemon, "2025-11");
    assert_eq!(outcome(&before, Tie::Frozen), Outcome::Passed);
    assert_eq!(unchanged(&as_known(&daemon, "2025-11"))["currencies"], unchanged(&before)["currencies"]);

    // A cancellation and a refund of November, and an order of November, that come in December.
    daemon.accepted("museum", refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!("never sent before"))])).await;
    // The event has another name since.
    let december = json!("2025-12-02T07:00:00Z");
    let renamed = [
        ("/id", json!("a third")),
        ("/date", december.clone()),
        ("/payments/0/payment_date", december),
        ("/tickets/0/title", json!("New")),
    ];
    daemon.deliver(changed(PAID_ORDER, &renamed)).await;
    let after = as_closed(&daemon, "2025-11");
    all_tied(&after);
    assert_eq!(unchanged(&after), unchanged(&before), "nothing that came later is in it");
    assert_eq!(euros(&after).revenue.events[0].title.as_deref(), Some("Some awesome experience"));

    let known = as_known(&daemon, "2025-11");
    all_tied(&known);
    assert_eq!(line(&known, SummaryLine::Vat), (320, Some(320 - 160 + 320)));
    assert_eq!(line(&known, SummaryLine::Refunded), (0, Some(-1_000)));
    assert_eq!(line(&known, SummaryLine::Receivable), (0, Some(0)));
    assert_eq!(euros(&known).revenue.events[0].title.as_deref(), Some("New"));
    let late = &euros(&known).late;
    assert_eq!((late.of_closed_months.len(), late.booked_later.len()), (0, 1));
    assert_eq!((late.booked_later[0].sum.vat_minor, &*late.booked_later[0].booked_in), (160, "2025-12"));
    let entries = known.cover.months[0].late_entries;
    assert!(entries > 4 && before.cover.months[0].late_entries == 0, "{entries}");

    let december = as_known(&daemon, "2025-12");
    all_tied(&december);
    let late = &euros(&december).late;
    assert_eq!((late.of_closed_months.len(), late.booked_later.len()), (1, 0));
    assert_eq!(late.of_closed_months[0], euros(&known).late.booked_later[0]);
    assert_eq!(i64::try_from(late.entries.len()).unwrap(), entries);
    let refused = asked(&daemon, "2025-Q4", true).unwrap_err().to_string();
    assert!(refused.contains("2025-12 of source museum is not closed"), "{refused}");
    daemon.finish().await;
});

on_both_engines!(a_cancellation_concerns_the_month_of_the_sale, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    daemon.deliver(refunded("2025-12-01T09:00:00Z", "2025-12-01T09:30:00Z")).await;
    let december = data(&as_known(&daemon, "2025-12"));
    let earlier = &december["currencies"][0]["vat"]["of_earlier_months"];
    let expected = json!([{"month": "2025-11", "vat_bp": 1900, "net_minor": -840, "vat_minor": -160,
        "gross_minor": -1000}]);
    assert_eq!(*earlier, expected);
    let november = data(&as_known(&daemon, "2025-11"));
    assert_eq!(november["currencies"][0]["vat"]["of_earlier_months"], json!([]));
    daemon.finish().await;
});

on_both_engines!(random_months_tie_after_they_are_closed, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(5);
    let world = World::new(&mut random, 30);
    let deliveries = world.mixed(&mut random);
    let (in_time, late) = deliveries.split_at(deliveries.len() / 2);
    play(&daemon, in_time, 16).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    daemon.close_month(database, "2025-10");
    daemon.close_month(database, "2025-11");
    let before = ["2025-10", "2025-11"].map(|month| unchanged(&as_closed(&daemon, month))["currencies"].clone());
    play(&daemon, late, 16).await;
    for (month, before) in ["2025-10", "2025-11"].into_iter().zip(before) {
        let closed = as_closed(&daemon, month);
        assert!(all_tied(&closed) > 16 * closed.currencies.len(), "{month}");
        assert_eq!(unchanged(&closed)["currencies"], before, "{month}");
        let known = as_known(&daemon, month);
        all_tied(&known);
        assert_eq!(outcome(&known, Tie::Frozen), Outcome::Passed);
        // What came later is what the later months say of this one.
        let later = |of: fn(&ticketledger::report::pack::LateSum) -> i64| {
            let euros = known.currencies.iter().filter(|section| section.currency == "EUR");
            euros.flat_map(|section| &section.late.booked_later).map(of).sum::<i64>()
        };
        let (vat, now) = line(&known, SummaryLine::Vat);
        assert_eq!(now.unwrap_or(vat) - vat, later(|row| row.sum.vat_minor), "{month}");
        let (paid, now) = line(&known, SummaryLine::Paid);
        assert_eq!(now.unwrap_or(paid) - paid, later(|row| row.paid_minor), "{month}");
    }
    for period in ["2025-12", "2025-Q4", "2025"] {
        all_tied(&as_known(&daemon, period));
    }
    let december = as_known(&daemon, "2025-12");
    assert!(!euros(&december).late.of_closed_months.is_empty());
    daemon.finish().await;
});
