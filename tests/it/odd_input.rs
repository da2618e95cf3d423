//! What providers send now and then, and what no engine, no report and no rebuild may stumble over.

use serde_json::{Value, json};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::ledger::totals::{AccountBalance, Selection, Total, TrialBalance};

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, order, participant, payment, redeemed, ticket, voucher};
use crate::support::random::Random;

/// Stops the daemon, which verifies the ledger, and computes the ledger again.
async fn holds(daemon: TestDaemon) {
    for book in rebuild(daemon.database(), None, None, 20, |_, _| {}).expect("the ledger can be computed again") {
        assert!(book.is_identical(), "{book:#?}");
    }
    daemon.finish().await;
}

on_both_engines!(a_second_of_sixty_is_one_instant_wherever_it_stands, async |database| {
    let daemon = TestDaemon::start(database).await;
    let leap = "2016-12-31T23:59:60+01:00";
    let paid = but(payment("m", "100.00"), json!({"payment_date": leap}));
    let used = but(redeemed("v", "19.00"), json!({"usage_date": "2016-12-31T23:59:60.5+01:00"}));
    let sold = but(admission("p", "119.00", "19"), json!({"date": leap}));
    daemon
        .deliver(order("A", json!({"date": leap, "tickets": [sold], "payments": [paid], "redeemed_vouchers": [used]})))
        .await;
    let gone = json!({"date": leap, "status": "CANCELLED", "cancellation_date": leap});
    daemon.deliver(order("A", gone)).await;
    let days = "SELECT DISTINCT booking_date || '' AS line FROM journal_entries WHERE effective_basis <> 'receipt'";
    assert_eq!(daemon.lines(days), ["2016-12-31"], "the day and the month that the provider said");
    holds(daemon).await;
});

on_both_engines!(an_order_beyond_what_can_be_summed_is_parked_and_reports_go_on, async |database| {
    let daemon = TestDaemon::start(database).await;
    let largest = "100000000000000.00";
    daemon
        .deliver(order("rich", json!({"tickets": [admission("p", largest, "0")], "payments": [payment("m", largest)]})))
        .await;
    for count in [5, 1000] {
        let payments: Vec<Value> = (0..count).map(|number| payment(&format!("m{number}"), largest)).collect();
        let id = format!("payments-{count}");
        daemon.deliver(order(&id, json!({"payments": payments}))).await;
        let people: Vec<Value> =
            (0..count).map(|number| participant(&format!("p{count}-{number}"), largest, "19")).collect();
        daemon.deliver(order(&format!("people-{count}"), json!({"tickets": [ticket(&people)]}))).await;
    }
    assert_eq!(daemon.states()[1..], vec!["parked amount_out_of_range"; 4]);
    for number in 0..50 {
        let sold = json!({"tickets": [admission("p", largest, "0")], "payments": [payment("m", largest)]});
        daemon.deliver(order(&format!("rich-{number}"), sold)).await;
    }
    let mut connection = daemon.database().reader().unwrap();
    let selection = Selection::default();
    assert!(TrialBalance::read(&mut connection, &selection).is_ok());
    assert!(AccountBalance::read(&mut connection, &selection).is_ok());
    drop(connection);
    holds(daemon).await;
});

on_both_engines!(what_is_posted_keeps_its_date_when_a_smaller_use_is_added, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"voucherOrders": [voucher("v", "50.00", "0")]});
    daemon.deliver(order("S", sold)).await;
    let used = |amounts: &[&str]| {
        let uses: Vec<Value> = amounts.iter().map(|amount| redeemed("v", amount)).collect();
        order("U", json!({"tickets": [admission("p", "100.00", "19")], "redeemed_vouchers": uses}))
    };
    daemon.deliver(used(&["10.00"])).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    let redemptions = |daemon: &TestDaemon, month: &str| {
        let of = format!(
            "SELECT account || ' ' || SUM(amount_minor) AS line FROM v_gl WHERE order_id = 'U' AND period = '{month}' \
             AND account LIKE 'liabilities:%' AND account NOT LIKE '%vat%' GROUP BY account \
             HAVING SUM(amount_minor) <> 0 ORDER BY account"
        );
        daemon.lines(&of)
    };
    for (amounts, november, december) in [
        (&["5.50", "10.00"][..], 1550, None),
        // Where they stand in the document says nothing.
        (&["10.00", "5.50"], 1550, None),
        (&["10.00", "5.50", "10.00", "0.50"], 2600, None),
        // One changes, at receipt; the others stay.
        (&["0.50", "10.00", "5.50", "9.00"], 2600, Some(-100)),
        (&["5.50"], 2600, Some(-2050)),
    ] {
        daemon.deliver(used(amounts)).await;
        let said = |minor: i64| vec![format!("liabilities:voucher:mpv {minor}")];
        assert_eq!(redemptions(&daemon, "2025-11"), said(november), "{amounts:?}");
        assert_eq!(redemptions(&daemon, "2025-12"), december.map_or_else(Vec::new, said), "{amounts:?}");
    }
    holds(daemon).await;
});

on_both_engines!(a_date_of_cancellation_counts_only_on_what_is_cancelled, async |database| {
    let daemon = TestDaemon::start(database).await;
    let who = |status: &str| {
        let said = json!({"status": status, "cancellation_date": "2025-11-10T10:00:00Z"});
        json!({"tickets": [ticket(&[but(participant("p", "119.00", "19"), said)])]})
    };
    daemon.deliver(order("A", who("ACCEPTED"))).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    daemon.deliver(order("A", who("PENDING"))).await;
    daemon.deliver(order("B", who("ACCEPTED"))).await;
    daemon.deliver(order("B", json!({}))).await;
    let reversals = "SELECT order_id || ' ' || effective_basis || ' ' || booking_date AS line FROM journal_entries \
         WHERE reason_code = 'gone' ORDER BY order_id";
    assert_eq!(daemon.lines(reversals), ["A receipt 2025-12-06", "B receipt 2025-12-06"]);
    daemon.deliver(order("C", who("ACCEPTED"))).await;
    daemon.deliver(order("C", who("CANCELED"))).await;
    let reversed = daemon.journal_of("C", 1);
    assert_eq!(reversed.len(), 1);
    holds(daemon).await;
});

on_both_engines!(a_voucher_that_two_orders_sold_is_what_is_live_of_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = |rate: &str| json!({"voucherOrders": [voucher("v", "50.00", rate)]});
    daemon.deliver(order("A", sold("19"))).await;
    daemon.deliver(order("B", sold("0"))).await;
    daemon.deliver(order("A", but(sold("19"), json!({"status": "CANCELLED"})))).await;
    assert_eq!(daemon.view("v_voucher_balance", &["kind", "balance_minor"]), [["mpv", "5000"]]);
    holds(daemon).await;
});

/// Texts that an engine, a hash or a terminal may see in another way than the one who wrote them.
const TEXTS: [&str; 14] = [
    "\u{0}",
    "a\u{0}b",
    " ",
    "\t",
    "e\u{301}",
    "\u{e9}",
    "\u{feff}x",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{202e}x",
    "a\r\nb",
    "'; --",
    "\\x00 \\ %_",
];

on_both_engines!(what_is_hashed_is_what_is_read_back, async |database| {
    for seed in 1..=2 {
        let database = TestDatabase::new(database.engine).expect("a database for each seed");
        let daemon = TestDaemon::start(&database).await;
        let mut random = Random::new(seed);
        let text = |random: &mut Random| {
            let count = 1 + random.index(3);
            (0..count).map(|_| random.pick(&TEXTS)).collect::<String>()
        };
        for number in 0..40 {
            let dates = [
                "2025-11-08T10:00:00.1234567899Z",
                "2025-11-08T10:00:60.999999+05:45",
                "9998-12-31T23:59:59Z",
                "2000-01-01T00:00:00+14:00",
                "2025-11-08T24:00:00Z",
                "",
            ];
            let paid = but(
                payment(&format!("m{}", text(&mut random)), random.pick(&["1.00", "-0", "1e2", "0.10", "-5"])),
                json!({"payment_method": text(&mut random), "payment_date": random.pick(&dates)}),
            );
            let mut sold = admission(&format!("p{}", text(&mut random)), "10.00", random.pick(&["19", "", "7.0"]));
            sold["title"] = json!(text(&mut random));
            sold["event_id"] = json!(text(&mut random));
            let body = but(
                json!({"date": random.pick(&dates), "code": text(&mut random), "channel_id": text(&mut random),
                "tickets": [sold], "payments": [paid]}),
                json!({}),
            );
            daemon.post("museum", order(&format!("o{}", number % 15), body)).await;
            daemon.settle().await;
        }
        let settled = daemon.states().iter().filter(|state| *state == "done").count();
        assert!(settled > 30, "seed {seed}: {:?}", daemon.states());
        holds(daemon).await;
    }
});
