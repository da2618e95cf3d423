//! The story of an order, and the way from every entry to its bytes and back.

use serde_json::json;
use ticketledger::ledger::reading::explain::{Length, Story, explain};
use ticketledger::ledger::reading::trace::{Bytes, Start, Trace, trace};

use crate::on_both_engines;
use crate::rebuild::traffic;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, refunded};
use crate::support::order::{
    admission, but, coupon, flex, order, participant, payment, product, redeemed, refund_voucher, ticket, voucher,
};
use crate::support::program::Program;

fn story(daemon: &TestDaemon, name: &str) -> Story {
    let mut stories = explain(daemon.database(), Some("museum"), name, Length::Whole).expect("it can be read");
    assert_eq!(stories.len(), 1);
    stories.remove(0)
}

fn chapter<'s>(story: &'s Story, title: &str) -> &'s [String] {
    story.chapters.iter().find(|chapter| chapter.title == title).map_or(&[], |chapter| &chapter.sentences)
}

fn terms(story: &Story) -> Vec<(&str, i64)> {
    assert_eq!(story.balances.len(), 1);
    story.balances[0].terms.iter().map(|term| (term.what.as_str(), term.amount_minor)).collect()
}

on_both_engines!(an_order_is_told_from_its_sale_to_its_refund, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.clock.advance_milliseconds(at("2025-12-02T10:00:00Z").milliseconds_since(daemon.clock.now()));
    let cancelled = refunded("2025-12-02T09:00:00Z", "2025-12-02T09:30:00Z");
    daemon.accepted("museum", cancelled).await;
    daemon.settle().await;
    let story = story(&daemon, "RQW-ETD72D");
    assert!(story.introduction.contains("is accepted. It was placed on 2025-11-08 15:36."), "{}", story.introduction);
    let sold = chapter(&story, "What was sold");
    assert_eq!(sold.len(), 1, "{sold:?}");
    assert!(sold[0].starts_with("Ticket \"Some awesome experience\" on "), "{sold:?}");
    assert!(
        sold[0].contains(
            "10.00 EUR. 10.00 at 19 % contains 1.60 VAT (10.00 × 19 / 119, rounded), so 8.40 is revenue (entry "
        ),
        "{sold:?}"
    );
    let money = chapter(&story, "Money");
    assert_eq!(money.len(), 2);
    assert!(money[0].starts_with("2025-11-11 15:36: 20.00 EUR received by StripeBankWire, payment "), "{money:?}");
    assert_eq!(money[1], "2025-12-02 10:30: 10.00 EUR given back by StripeBankWire, payment r1 (entry 5).");
    let steps = chapter(&story, "How it came about");
    assert_eq!(steps.len(), 2);
    assert!(steps[0].contains("webhook 1 is the first to mention it: entry 1 books "), "{steps:?}");
    assert!(steps[1].contains("webhook 2 updates it: entry 4 takes back entry "), "{steps:?}");
    assert!(steps[1].contains("10.00 EUR: cancelled on 2025-12-02 10:00; entry 5 books "), "{steps:?}");
    assert_eq!(terms(&story), [("tickets", 1000), ("payments", -2000), ("refunds", 1000)]);
    assert_eq!(story.balances[0].verdict, "nothing is open");
    daemon.finish().await;
});

on_both_engines!(reductions_vouchers_and_unknown_rates_are_explained, async |database| {
    let daemon = TestDaemon::start(database).await;
    let fields = json!({
        "tickets": [admission("p1", "100.00", "19"), admission("p2", "50.00", "")],
        "products": [product("mug", "3.00", 1, "0")],
        "redeemed_coupons": [coupon("c1", "2.00")],
        "redeemed_vouchers": [redeemed("v9", "20.00")],
        "payments": [payment("m1", "100.00")],
    });
    daemon.accepted("museum", order("o1", fields)).await;
    daemon.accepted("museum", order("o2", json!({"voucherOrders": [refund_voucher("r1", "30.00", &["o1"])]}))).await;
    daemon.settle().await;
    let story = story(&daemon, "o1");
    let sold = chapter(&story, "What was sold").join("\n");
    assert!(sold.contains("100.00 at 19 % contains 15.97 VAT (100.00 × 19 / 119, rounded), so 84.03 is revenue"));
    assert!(sold.contains("3.00 at 0 % contains no VAT, so 3.00 is revenue"), "{sold}");
    assert!(sold.contains("50.00 EUR. Its VAT rate is unknown"), "{sold}");
    let off = chapter(&story, "What was taken off").join("\n");
    assert!(off.contains("2.00 EUR off. It is shared in proportion to the prices"), "{off}");
    assert!(off.contains("(2.00 × 100.00 / 153.00, of which VAT 0.21)"), "{off}");
    let vouchers = chapter(&story, "Vouchers and flex tickets").join("\n");
    assert!(vouchers.contains("Voucher v9 paid 20.00 EUR, on 2025-11-10 11:00."), "{vouchers}");
    assert!(vouchers.contains("Voucher r1 of 30.00 EUR was issued by order o2 instead of a refund for order o1"));
    assert!(chapter(&story, "What is open, and why").iter().any(|finding| finding.starts_with("vat_unknown (high")));
    assert_eq!(
        terms(&story),
        [
            ("tickets", 15_000),
            ("products", 300),
            ("taken off", -200),
            ("paid by vouchers", -2000),
            ("payments", -10_000),
            ("vouchers issued as refund", 3000)
        ]
    );
    assert_eq!(
        (story.balances[0].balance_minor, story.balances[0].verdict.as_str()),
        (6100, "the guest still owes 61.00 EUR")
    );
    let balance = daemon.lines("SELECT CAST(balance_minor AS text) AS line FROM v_order_balance WHERE order_id = 'o1'");
    assert_eq!(balance, ["6100"], "the story ends where the books do");
    assert!(explain(daemon.database(), None, "nothing", Length::Whole).unwrap().is_empty());
    daemon.finish().await;
});

on_both_engines!(every_story_of_random_orders_ends_in_the_balance_of_the_books, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    traffic(&daemon, 11, 40).await;
    let rows = daemon.rows(
        &["order_id", "currency", "balance_minor"],
        "FROM v_order_balance \
         WHERE source = 'museum' AND currency IS NOT NULL",
    );
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        let [order, currency, balance] = row.as_slice() else { panic!("three columns") };
        let story = story(&daemon, order);
        let told: i64 = story
            .balances
            .iter()
            .filter(|balance| balance.currency == *currency)
            .map(|balance| balance.balance_minor)
            .sum();
        assert_eq!(told.to_string(), *balance, "{story:#?}");
    }
    daemon.finish().await;
});

on_both_engines!(a_coupon_that_takes_nothing_says_why, async |database| {
    let daemon = TestDaemon::start(database).await;
    let off = |id: &str, fields: serde_json::Value| {
        order(id, but(fields, json!({"redeemed_coupons": [coupon("c", "10.00")]})))
    };
    daemon.deliver(off("vouchers", json!({"voucherOrders": [voucher("v", "50.00", "0")]}))).await;
    daemon.deliver(off("flex", json!({"flexTickets": [flex("f", "50.00", "0")]}))).await;
    let both = json!({"voucherOrders": [voucher("w", "50.00", "0")], "flexTickets": [flex("g", "50.00", "0")]});
    daemon.deliver(off("both", both)).await;
    daemon.deliver(off("free", json!({"tickets": [admission("p", "0.00", "19")]}))).await;
    daemon.deliver(off("nothing", json!({}))).await;
    daemon
        .deliver(off("cancelled", json!({"status": "CANCELLED", "voucherOrders": [voucher("u", "5.00", "0")]})))
        .await;
    for (id, why) in [
        ("vouchers", "coupons never reduce vouchers"),
        ("flex", "coupons never reduce flex tickets"),
        ("both", "coupons never reduce vouchers or flex tickets"),
        ("free", "no line that it could reduce counts, or none has anything left"),
        ("nothing", "the order has no tickets and no products"),
    ] {
        let told = chapter(&story(&daemon, id), "What was taken off").join("\n");
        assert_eq!(told, format!("Coupon c of 10.00 EUR reduces nothing: {why}."), "{id}");
    }
    assert!(chapter(&story(&daemon, "cancelled"), "What was taken off").is_empty());
    daemon.finish().await;
});

on_both_engines!(a_coupon_says_what_falls_on_a_cancelled_line, async |database| {
    let daemon = TestDaemon::start(database).await;
    let gone = json!({"status": "CANCELED", "cancellation_date": "2025-11-10T10:00:00Z"});
    let people = [participant("p1", "50.00", "19"), but(participant("p2", "50.00", "19"), gone)];
    let body = json!({"tickets": [ticket(&people)], "redeemed_coupons": [coupon("c", "10.00")]});
    daemon.deliver(order("A", body)).await;
    let off = chapter(&story(&daemon, "A"), "What was taken off").join("");
    assert!(off.starts_with("Coupon c: 5.00 EUR off. It takes 5.00 on ticket \"Tour\" on 2025-11-23"), "{off}");
    assert!(off.contains("(10.00 × 50.00 / 100.00, of which VAT 0.80)"), "{off}");
    assert!(off.contains("It is worth 10.00 EUR; 5.00 EUR falls on lines that do not count, or on none."), "{off}");
    daemon.finish().await;
});

on_both_engines!(what_is_gone_keeps_its_name_and_no_key_is_told, async |database| {
    let daemon = TestDaemon::start(database).await;
    let with = |fields| order("A", fields);
    let admitted = json!({"tickets": [admission("p1", "10.00", "19")], "products": [product("mug", "3.00", 1, "7")],
        "redeemed_coupons": [coupon("c1", "2.00")], "additional_discount": "1.00"});
    daemon.deliver(with(admitted)).await;
    daemon.deliver(with(json!({"tickets": [admission("p2", "12.00", "19")]}))).await;
    let steps = chapter(&story(&daemon, "A"), "How it came about").join("\n");
    assert!(steps.contains("takes back entry"), "{steps}");
    assert!(steps.contains("ticket \"Tour\" on 2025-11-23 (participant p1), 10.00 EUR: it is gone"), "{steps}");
    traffic(&daemon, 5, 60).await;
    for id in daemon.lines("SELECT order_id AS line FROM orders WHERE source = 'museum'") {
        for length in [Length::Whole, Length::Summary] {
            let stories = explain(daemon.database(), Some("museum"), &id, length).unwrap();
            for sentence in stories[0].chapters.iter().flat_map(|chapter| &chapter.sentences) {
                for key in [
                    "sale:",
                    "participant:",
                    "product:",
                    "voucher.redeem",
                    "flex.redeem",
                    "release:",
                    "@",
                    "discount:add",
                ] {
                    assert!(!sentence.contains(key), "{key} in {sentence}");
                }
            }
        }
    }
    daemon.finish().await;
});

on_both_engines!(a_large_group_is_summed_up_and_told_whole_on_request, async |database| {
    let daemon = TestDaemon::start(database).await;
    let people = |price_title: &str, from: usize, to: usize| -> Vec<serde_json::Value> {
        (from..to)
            .map(|n| {
                let id = format!("1sd2e34f09ds43acx00112233445{n:05}");
                but(participant(&id, "10.00", "19"), json!({"price_title": price_title}))
            })
            .collect()
    };
    let body = json!({"tickets": [ticket(&[people("Adult", 0, 200), people("Child", 200, 300)].concat())],
        "redeemed_coupons": [coupon("c1", "30.00")], "payments": [payment("m1", "2970.00")]});
    daemon.deliver(order("A", body)).await;
    let brief = explain(daemon.database(), None, "A", Length::Summary).unwrap().remove(0);
    let sold = chapter(&brief, "What was sold");
    for (told, expected) in sold.iter().zip([
        "200 × ticket \"Tour\" on 2025-11-23, Adult, at 10.00 EUR and 19 %: 2000.00 EUR in all, of which VAT 320.00 \
         EUR (entries ",
        "100 × ticket \"Tour\" on 2025-11-23, Child, at 10.00 EUR and 19 %: 1000.00 EUR in all, of which VAT 160.00 \
         EUR (entries ",
        "(300 lines, summed up where they are alike; --all prints each.)",
    ]) {
        assert!(told.starts_with(expected), "{told}");
    }
    assert_eq!(sold.len(), 3);
    let off = chapter(&brief, "What was taken off").join("");
    assert!(off.starts_with("Coupon c1: 30.00 EUR off. It is shared in proportion to the prices;"), "{off}");
    assert!(off.contains("20.00 on 200 × ticket \"Tour\" on 2025-11-23, Adult, of which VAT 4.00"), "{off}");
    let length: usize = brief.chapters.iter().flat_map(|chapter| &chapter.sentences).map(String::len).sum();
    assert!(length < 3_000, "{length}: {brief:#?}");
    let whole = story(&daemon, "A");
    assert_eq!(chapter(&whole, "What was sold").len(), 300);
    assert_eq!(whole.balances, brief.balances);
    daemon.finish().await;
    let program = Program::new(database);
    let run = |more: &[&str]| program.run(&[&["ledger", "explain", "A"][..], more].concat()).1;
    assert!(run(&[]).len() < 4_000);
    assert_eq!(run(&["--all"]).matches("so 8.40 is revenue").count(), 300);
    assert_eq!(run(&["--format", "json"]).matches("so 8.40 is revenue").count(), 300);
});

fn traced(daemon: &TestDaemon, start: Start) -> Trace {
    trace(daemon.database(), Some("museum"), &start).expect("it can be read")
}

on_both_engines!(every_entry_leads_to_its_bytes_and_every_event_to_its_entries, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon, 99, 40).await;
    daemon.parked("museum", "{").await;
    let mut of_events = 0;
    for id in daemon.lines("SELECT CAST(id AS text) AS line FROM inbox_events ORDER BY id") {
        let id: i64 = id.parse().unwrap();
        let trace = traced(&daemon, Start::Event(id));
        let event = trace.events.iter().find(|event| event.id == id).expect("the event");
        assert_eq!((event.bytes, event.body_sha256.len()), (Bytes::Intact, 64));
        assert_eq!(event.entries, i64::try_from(trace.entries.len()).unwrap());
        assert!(trace.entries.iter().all(|entry| entry.inbox_event_id == Some(id)));
        match event.entries {
            0 => assert!(event.outcome.starts_with("no"), "{event:?}"),
            entries => assert_eq!(event.outcome, format!("{entries} entries")),
        }
        of_events += event.entries;
    }
    let entries = daemon.entries("museum");
    assert_eq!(of_events, i64::try_from(entries).unwrap(), "every entry belongs to one event");
    for entry_no in 1..=of_events {
        let trace = traced(&daemon, Start::Entry(entry_no));
        assert_eq!((trace.entries.len(), trace.snapshots.len(), trace.events.len()), (1, 1, 1));
        assert_eq!(trace.entries[0].inbox_event_id, Some(trace.events[0].id));
        assert_eq!(trace.snapshots[0].inbox_event_id, trace.events[0].id);
        assert_eq!(trace.entries[0].lines.iter().map(|(_, minor)| minor).sum::<i64>(), 0);
    }
    let order = traced(&daemon, Start::Order("o1".to_owned()));
    let code = traced(&daemon, Start::Order("CODE-o1".to_owned()));
    assert_eq!(order.entries, code.entries);
    assert!(order.events.len() > 1 && !order.snapshots.is_empty());

    database.execute("UPDATE inbox_events SET body = NULL WHERE id = 1");
    assert_eq!(traced(&daemon, Start::Event(1)).events[0].bytes, Bytes::Pruned);
    daemon.finish().await;
});

on_both_engines!(a_booking_is_traced_to_the_answer_that_was_fetched, async |database| {
    const PID: &str = "293233446073";
    let daemon = TestDaemon::start(database).await;
    daemon.stand_in.put_booking(PID, ticketledger::demo::stand_in::BookingExample::default().json());
    let booked = daemon.ticketpark("new-booking", json!({"booking_pid": PID})).await;
    let again = daemon.ticketpark("booking-tickets-updated", json!({"booking_pid": PID, "ticket_pids": []})).await;
    daemon.settle().await;
    let trace = trace(daemon.database(), None, &Start::Event(booked)).unwrap();
    assert_eq!(trace.entries.len(), 2);
    let document = &trace.documents[0];
    assert_eq!((document.status, document.bytes), (Some(200), Bytes::Intact));
    assert_eq!(trace.snapshots[0].document_id, Some(document.id));
    let trace = ticketledger::ledger::reading::trace::trace(daemon.database(), None, &Start::Event(again)).unwrap();
    assert_eq!(trace.events[0].outcome, "nothing changed: everything in it was already known");
    daemon.finish().await;
});
