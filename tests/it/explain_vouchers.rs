//! The whole life of a voucher or flex ticket, in words.

use serde_json::json;
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::KnownSource;
use ticketledger::ledger::entered::import::{File, FileKind, import};
use ticketledger::ledger::reading::explain::{Length, VoucherStory, explain, explain_voucher};

use crate::on_both_engines;
use crate::rebuild::traffic;
use crate::support::daemon::TestDaemon;
use crate::support::order::{
    admission, but, flex, flex_participant, order, payment, redeemed, refund_voucher, ticket, voucher,
};
use crate::support::program::Program;

fn life(daemon: &TestDaemon, id: &str) -> VoucherStory {
    let mut stories = explain_voucher(daemon.database(), Some("museum"), id, Length::Whole).expect("it can be read");
    assert_eq!(stories.len(), 1);
    stories.remove(0)
}

fn chapter<'s>(story: &'s VoucherStory, title: &str) -> &'s [String] {
    story.chapters.iter().find(|chapter| chapter.title == title).map_or(&[], |chapter| &chapter.sentences)
}

fn left(story: &VoucherStory) -> Vec<(&str, i64)> {
    assert_eq!(story.balances.len(), 1, "{story:#?}");
    let terms = story.balances[0].terms.iter().map(|term| (term.what.as_str(), term.amount_minor));
    terms.chain([(story.balances[0].verdict.as_str(), story.balances[0].balance_minor)]).collect()
}

on_both_engines!(a_voucher_is_told_from_its_sale_to_what_is_left, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("A", json!({"voucherOrders": [voucher("v", "50.00", "0")]}))).await;
    let paid =
        |value: &str| json!({"tickets": [admission("p", "40.00", "19")], "redeemed_vouchers": [redeemed("v", value)]});
    daemon.deliver(order("B", paid("20.00"))).await;
    daemon.deliver(order("C", paid("10.00"))).await;
    daemon.set_clock("2025-11-12T08:00:00Z");
    daemon.deliver(order("C", json!({"tickets": [admission("p", "40.00", "19")]}))).await;
    let story = life(&daemon, "v");
    assert_eq!(
        story.introduction,
        "Voucher v of museum was issued for 50.00 EUR. It is a multi-purpose voucher: it is taxed when it is used. \
         Times are those of Europe/Berlin."
    );
    assert_eq!(
        chapter(&story, "How it came to be"),
        ["2025-11-08 11:00: sold by order A (CODE-A) for 50.00 EUR. It is taxed when it is used; until then we owe \
             it. (Entry 1.)"]
    );
    assert_eq!(
        chapter(&story, "What it paid for"),
        ["2025-11-10 11:00: paid 20.00 EUR of order B (CODE-B); 30.00 EUR left after it. (Entry 3.)"],
        "what order C no longer says is no use"
    );
    let steps = chapter(&story, "Step by step");
    assert_eq!(steps.len(), 4, "{steps:?}");
    assert_eq!(steps[0], "2025-11-08: sold by order A (CODE-A): +50.00 EUR, 50.00 EUR owed (entry 1).");
    assert_eq!(steps[2], "2025-11-10: used by order C (CODE-C): -10.00 EUR, 20.00 EUR owed (entry 5).");
    assert_eq!(
        steps[3],
        "2025-11-12: entry 5 taken back, used by order C (CODE-C) (it is gone): +10.00 EUR, 30.00 EUR owed (entry 6)."
    );
    assert_eq!(chapter(&story, "What is open, and why"), ["No finding is open."]);
    assert_eq!(left(&story), [("sold", 5000), ("used", -2000), ("is left on it", 3000)]);
    daemon.finish().await;
});

on_both_engines!(a_taxed_voucher_tells_its_vat_at_the_sale_and_at_each_use, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("A", json!({"voucherOrders": [voucher("v", "119.00", "19")]}))).await;
    let used = json!({"tickets": [admission("p", "119.00", "19")], "redeemed_vouchers": [redeemed("v", "119.00")]});
    daemon.deliver(order("B", used)).await;
    let story = life(&daemon, "v");
    assert!(
        story.introduction.contains("a single-purpose voucher at 19 %: it was taxed when it was sold."),
        "{story:?}"
    );
    let origin = &chapter(&story, "How it came to be")[0];
    assert!(origin.contains("It is taxed now: 119.00 at 19 % contains 19.00 VAT (119.00 × 19 / 119)."), "{origin}");
    let uses = &chapter(&story, "What it paid for")[0];
    assert!(uses.contains("paid 119.00 EUR of order B (CODE-B); 0.00 EUR left after it."), "{uses}");
    assert!(uses.contains("so that VAT comes off here: 119.00 at 19 % contains 19.00 VAT"), "{uses}");
    assert_eq!(left(&story), [("sold, net", 10_000), ("used, net", -10_000), ("nothing is left on it", 0)]);
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_an_overdrawn_one_and_one_that_nobody_sold, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [admission("p", "30.00", "19")], "payments": [payment("m", "30.00")]});
    daemon.deliver(order("A", sold.clone())).await;
    let gone = json!({"status": "CANCELLED", "cancellation_date": "2025-11-09T10:00:00Z",
        "voucherOrders": [refund_voucher("r", "30.00", &["A"])]});
    daemon.deliver(order("A", but(sold, gone))).await;
    for (id, used) in [("B", "r"), ("C", "nobody")] {
        let tickets = [admission("q", "50.00", "19")];
        daemon.deliver(order(id, json!({"tickets": tickets, "redeemed_vouchers": [redeemed(used, "50.00")]}))).await;
    }
    let story = life(&daemon, "r");
    let origin = &chapter(&story, "How it came to be")[0];
    let told = "issued by order A (CODE-A) instead of a refund for order A (CODE-A), 30.00 EUR (entry ";
    assert!(origin.contains(told), "{origin}");
    let seller =
        "Order A (CODE-A) is cancelled. On it: 30.00 EUR paid, 30.00 EUR given back by voucher; 0.00 EUR open.";
    assert_eq!(chapter(&story, "The order that sold it"), [seller]);
    assert!(
        chapter(&story, "What it paid for")[0].contains("of order B (CODE-B); 20.00 EUR more than was left. ("),
        "{story:#?}"
    );
    assert_eq!(left(&story), [("used", -5000), ("issued as a refund", 3000), ("more was used than was issued", -2000)]);
    let open = chapter(&story, "What is open, and why").join("\n");
    assert!(open.contains("voucher_negative (high"), "{open}");
    let story = life(&daemon, "nobody");
    assert!(story.introduction.contains("Nobody has said how it was sold"), "{story:?}");
    assert_eq!(chapter(&story, "How it came to be"), ["No order and no import of museum says how it was sold."]);
    let open = chapter(&story, "What is open, and why").join("\n");
    assert!(open.contains("voucher_unknown_origin (medium"), "{open}");
    daemon.finish().await;
});

on_both_engines!(a_flex_ticket_with_the_id_of_a_voucher_has_a_life_of_its_own, async |database| {
    let daemon = TestDaemon::start(database).await;
    let both = json!({"flexTickets": [flex("x", "50.00", "0")], "voucherOrders": [voucher("x", "25.00", "0")]});
    daemon.deliver(order("A", both)).await;
    let used = json!({"tickets": [ticket(&[flex_participant("p", "10.00", "19", "x")])]});
    daemon.deliver(order("B", used)).await;
    let lives = explain_voucher(daemon.database(), None, "x", Length::Whole).unwrap();
    let told: Vec<_> = lives.iter().map(|life| (life.class.as_str(), life.balances[0].balance_minor)).collect();
    assert_eq!(told, [("voucher", 2500), ("flex", 4000)]);
    assert!(lives[1].introduction.contains("The provider says that 5 of 5 admissions are left."), "{lives:#?}");
    assert!(chapter(&lives[1], "What it paid for")[0].contains("paid 10.00 EUR of order B (CODE-B); 40.00 EUR left"));
    assert!(chapter(&lives[1], "What is open, and why").iter().any(|open| open.starts_with("flex_count_mismatch")));
    assert!(chapter(&lives[0], "What it paid for").is_empty());
    daemon.finish().await;
});

on_both_engines!(a_sale_that_is_undone_and_stock_of_an_earlier_system_are_told, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("A", json!({"voucherOrders": [voucher("v", "50.00", "0")]}))).await;
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2025-11-11T10:00:00Z",
        "voucherOrders": [voucher("v", "50.00", "0")]});
    daemon.deliver(order("A", cancelled)).await;
    let story = life(&daemon, "v");
    assert_eq!(
        chapter(&story, "How it came to be"),
        [
            "2025-11-08 11:00: sold by order A (CODE-A) for 50.00 EUR. It is taxed when it is used; until then we owe \
             it. (Entry 1.)",
            "2025-11-11 11:00: order A (CODE-A) took that back; nothing of it is issued any more (entry 2)."
        ]
    );
    assert!(chapter(&story, "Step by step")[1].contains("(cancelled on 2025-11-11 11:00): -50.00 EUR, 0.00 EUR owed"));
    let text = "voucher_id,kind,currency,value,vat_rate,sold_on\nold,spv,EUR,119.00,19,2024-05-01\n";
    let file = File { kind: FileKind::OpeningVouchers, bytes: text.as_bytes().to_vec(), opened_on: None };
    let museum = KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin };
    let reason = Reason { actor: "anna".to_owned(), why: "stock".to_owned() };
    import(daemon.database(), &museum, &file, &reason, None, daemon.clock.now()).unwrap();
    let uses = json!({"tickets": [admission("q", "59.50", "19")], "redeemed_vouchers": [redeemed("old", "59.50")]});
    daemon.deliver(order("B", uses)).await;
    let story = life(&daemon, "old");
    assert!(story.introduction.contains("An earlier system sold it on 2024-05-01."), "{}", story.introduction);
    assert!(chapter(&story, "How it came to be")[0].contains("taken over from an earlier system on 2025-11-11"));
    assert!(chapter(&story, "What it paid for")[0].contains("59.50 EUR left after it."), "{story:#?}");
    assert_eq!(chapter(&story, "Entered by hand").len(), 1);
    assert_eq!(story.balances[0].balance_minor, 5000);
    daemon.finish().await;
});

on_both_engines!(what_was_used_stays_issued_and_what_expires_is_told, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"voucherOrders": [voucher("v", "119.00", "19")], "payments": [payment("m", "119.00")]});
    daemon.deliver(order("A", sold.clone())).await;
    let used = json!({"tickets": [admission("p", "23.80", "19")], "redeemed_vouchers": [redeemed("v", "23.80")]});
    daemon.deliver(order("B", used)).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    let back = but(payment("r", "-95.20"), json!({"payment_date": "2025-12-05T10:00:00Z"}));
    let undone = json!({"status": "CANCELLED", "cancellation_date": "2025-12-05T10:00:00Z",
        "payments": [payment("m", "119.00"), back]});
    daemon.deliver(order("A", but(sold, undone))).await;
    let story = life(&daemon, "v");
    let origin = chapter(&story, "How it came to be");
    assert!(origin[0].starts_with("2025-11-08 11:00: sold by order A (CODE-A) for 119.00 EUR."), "{origin:?}");
    let origin = &origin[1];
    let stays = "2025-12-05 11:00: order A (CODE-A) no longer sells it; 23.80 EUR stays issued, because that was used";
    assert!(origin.starts_with(stays), "{origin}");
    let seller = "Order A (CODE-A) is cancelled. On it: 23.80 EUR billed, 119.00 EUR paid, 95.20 EUR given back; \
                  0.00 EUR open.";
    assert_eq!(chapter(&story, "The order that sold it"), [seller]);
    assert!(chapter(&story, "What it paid for")[0].contains("paid 23.80 EUR of order B (CODE-B); 0.00 EUR left after"));
    assert_eq!(left(&story), [("sold, net", 2000), ("used, net", -2000), ("nothing is left on it", 0)]);
    let of_order = explain(daemon.database(), None, "A", Length::Whole).unwrap().remove(0);
    let told = of_order.chapters.iter().find(|chapter| chapter.title == "Vouchers and flex tickets").unwrap();
    assert!(told.sentences[0].starts_with("Of voucher v 23.80 EUR stays issued"), "{told:?}");

    daemon.deliver(order("C", json!({"voucherOrders": [voucher("w", "50.00", "0")]}))).await;
    let text = "date,reference,kind,voucher_id,currency,amount\n2025-12-06,x1,breakage,w,EUR,50.00\n";
    let file = File { kind: FileKind::Manual, bytes: text.as_bytes().to_vec(), opened_on: None };
    let museum = KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin };
    let reason = Reason { actor: "anna".to_owned(), why: "expired".to_owned() };
    import(daemon.database(), &museum, &file, &reason, None, daemon.clock.now()).unwrap();
    let story = life(&daemon, "w");
    let by_hand = &chapter(&story, "Entered by hand")[0];
    assert!(by_hand.contains("of 2025-12-06, breakage: "), "{by_hand}");
    let last = &chapter(&story, "Step by step")[1];
    assert!(last.starts_with("2025-12-06: breakage: -50.00 EUR, 0.00 EUR owed (entry "), "{last}");
    assert_eq!(left(&story), [("sold", 5000), ("breakage", -5000), ("nothing is left on it", 0)]);
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_of_several_orders_names_them, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("X", json!({"payments": [payment("m", "30.00")]}))).await;
    daemon.deliver(order("R", json!({"voucherOrders": [refund_voucher("v", "50.00", &["X", "Y"])]}))).await;
    let origin = chapter(&life(&daemon, "v"), "How it came to be").join("\n");
    let told =
        "issued by order R (CODE-R) instead of refunds for order X (CODE-X), order Y (CODE-Y), not said how much";
    assert!(origin.contains(told), "{origin}");
    let story = explain(daemon.database(), None, "R", Length::Whole).unwrap().remove(0);
    let told = story.chapters.iter().find(|chapter| chapter.title == "Vouchers and flex tickets").unwrap();
    assert!(told.sentences[0].contains("instead of refunds for the orders X, Y; how much of it"), "{told:?}");
    daemon.finish().await;
});

on_both_engines!(every_life_of_random_vouchers_ends_in_the_balance_of_the_books, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon, 23, 60).await;
    let rows = daemon.rows(
        &["voucher_id", "CASE WHEN kind = 'flex' THEN 'flex' ELSE 'voucher' END", "balance_minor"],
        "FROM v_voucher_balance WHERE source = 'museum'",
    );
    assert!(rows.len() >= 4, "{rows:?}");
    for row in rows {
        let [id, class, balance] = row.as_slice() else { panic!("three columns") };
        for length in [Length::Whole, Length::Summary] {
            let lives = explain_voucher(daemon.database(), Some("museum"), id, length).unwrap();
            let life = lives.iter().find(|life| life.class == *class).expect("a life");
            let told: i64 = life.balances.iter().map(|balance| balance.balance_minor).sum();
            assert_eq!(told.to_string(), *balance, "{life:#?}");
            if let Some(last) = chapter(life, "Step by step").last().filter(|_| length == Length::Whole) {
                let owed = last.rsplit_once(" EUR owed").and_then(|(before, _)| before.rsplit_once(", "));
                let cents: String = owed.unwrap().1.chars().filter(|c| *c != '.').collect();
                assert_eq!(cents.parse::<i64>().unwrap(), told, "{last}");
            }
        }
    }
    daemon.finish().await;
});

on_both_engines!(the_command_explains_a_voucher_and_refuses_an_unknown_one, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("A", json!({"voucherOrders": [voucher("v", "50.00", "0")]}))).await;
    let uses: Vec<_> = (0..30)
        .map(|n| but(redeemed("v", "1.00"), json!({"usage_date": format!("2025-11-10T10:{n:02}:00Z")})))
        .collect();
    let body = json!({"tickets": [admission("p", "40.00", "19")], "redeemed_vouchers": uses});
    daemon.deliver(order("B", body)).await;
    daemon.finish().await;
    let program = Program::new(database);
    let (code, said, errors) = program.run(&["ledger", "explain", "--voucher", "v"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(said.contains("30 × use in 2025-11: 30.00 EUR in all"), "{said}");
    assert!(said.contains("=        20.00  is left on it"), "{said}");
    let whole = program.run(&["ledger", "explain", "--voucher", "v", "--all"]).1;
    assert_eq!(whole.matches("EUR left after it.").count(), 30, "{whole}");
    let json = program.run(&["ledger", "explain", "--voucher", "v", "--format", "json"]).1;
    assert_eq!(json.matches("EUR left after it.").count(), 30, "JSON has every line");
    let (code, said, errors) = program.run(&["ledger", "explain", "--voucher", "nothing"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(errors.contains("there is no voucher and no flex ticket with the id nothing"), "{errors}");
    assert_eq!(program.run(&["ledger", "explain"]).0, 2);
    assert_eq!(program.run(&["ledger", "explain", "A", "--voucher", "v"]).0, 2);
});
