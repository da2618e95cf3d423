//! Vouchers that were used after their sale was taken back, and what is to be done about them.

use super::kept::open;
use super::*;
use crate::support::order::{admission, but, order, redeemed, voucher};
use crate::support::program::Program;
use ticketledger::ledger::reading::explain::{Length, explain, explain_voucher};

/// Order S, that sold a voucher of 119.00 and was cancelled on 5 December; `back` was given back that day.
fn undone(back: Option<&str>) -> String {
    let paid = crate::support::order::payment("m", "119.00");
    let back = back.map(|value| but(crate::support::order::payment("r", value), json!({"payment_date": ON})));
    let payments: Vec<Value> = [Some(paid), back].into_iter().flatten().collect();
    let undone = json!({"status": "CANCELLED", "cancellation_date": ON, "payments": payments,
        "voucherOrders": [voucher("v", "119.00", "0")]});
    order("S", undone)
}

const ON: &str = "2025-12-05T10:00:00Z";

/// An admission that the voucher pays for, on a day of December.
fn used(id: &str, value: &str, day: u32) -> String {
    let used = but(redeemed("v", value), json!({"usage_date": format!("2025-12-{day:02}T10:00:00Z")}));
    order(id, json!({"tickets": [admission(id, value, "19")], "redeemed_vouchers": [used]}))
}

async fn sold(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    let paid = crate::support::order::payment("m", "119.00");
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("v", "119.00", "0")], "payments": [paid]}))).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    daemon
}

fn settle_by_hand(daemon: &TestDaemon, program: &Program, arguments: &[&str]) {
    let (code, said, errors) = program.run(&[&["ledger"], arguments, &["--source", "museum", "--why", "w"]].concat());
    assert_eq!(code, 0, "{said}{errors}");
    open(daemon, "S");
}

on_both_engines!(a_sentence_names_the_day_of_the_fact_and_not_that_of_an_entry_that_restates_it, async |database| {
    let daemon = sold(database).await;
    daemon.deliver(undone(Some("-119.00"))).await;
    for (id, value, day) in [("U", "11.90", 8), ("W", "1.00", 10)] {
        daemon.set_clock(&format!("2025-12-{:02}T08:00:00Z", day + 5));
        daemon.deliver(used(id, value, day)).await;
    }
    let said = open(&daemon, "S");
    assert_eq!(
        said,
        [
            "refund_exceeds_payments high 10610 11900: 119.00 EUR of 119.00 EUR was given back, the last on \
             2025-12-05, though 12.90 EUR stays billed; claim back what was given too much, or write it off",
            "used_after_cancellation medium 0 100: voucher v was sold by CODE-S (S), which took the sale back on \
             2025-12-05, and used by CODE-W (W) on 2025-12-10 for 1.00 EUR: what was used stays sold, and 12.90 EUR \
             is open on order CODE-S (S); collect it from the guest of that order, or import it as `write-off`",
            "used_after_cancellation medium 0 1190: voucher v was sold by CODE-S (S), which took the sale back on \
             2025-12-05, and used by CODE-U (U) on 2025-12-08 for 11.90 EUR: what was used stays sold, and 12.90 EUR \
             is open on order CODE-S (S); collect it from the guest of that order, or import it as `write-off`",
        ]
    );
    // Taxed otherwise: the uses are posted again, and nothing of what is told moves.
    let story = explain_voucher(daemon.database(), None, "v", Length::Whole).unwrap().remove(0);
    let told: Vec<&str> = story.chapters[0].sentences.iter().map(|told| &told[..16]).collect();
    assert_eq!(told, ["2025-11-08 11:00", "2025-12-05 11:00"], "{story:#?}");
    assert!(story.chapters[0].sentences[1].contains("no longer sells it; 12.90 EUR stays issued"), "{story:#?}");
    let program = Program::new(database);
    let row = "date,reference,kind,account,order_id,currency,amount\n\
               2025-12-15,w1,write-off,expenses:bad_debt,S,EUR,12.90\n";
    std::fs::write(program.path("off.csv"), row).unwrap();
    settle_by_hand(&daemon, &program, &["import", "off.csv", "--yes"]);
    let late = || daemon.column("v_open_findings", "reason").iter().filter(|r| r.starts_with("used_after")).count();
    assert_eq!((open(&daemon, "S"), late()), (Vec::new(), 0), "nothing is left open");
    let entry = daemon.entries("museum").to_string();
    settle_by_hand(&daemon, &program, &["reverse", &entry]);
    assert_eq!((open(&daemon, "S").len(), late()), (3, 4), "it is open again, on all orders");
    daemon.finish().await;
});

on_both_engines!(a_guest_who_has_a_credit_owes_nothing, async |database| {
    let daemon = sold(database).await;
    daemon.deliver(undone(None)).await;
    daemon.set_clock("2025-12-09T08:00:00Z");
    daemon.deliver(used("W", "11.90", 8)).await;
    for order in ["S", "W"] {
        let said = open(&daemon, order);
        let late = said.iter().find(|said| said.starts_with("used_after_cancellation")).expect("it is said");
        assert!(
            late.ends_with(
                "what was used stays sold, and 107.10 EUR is left for the guest of order CODE-S (S); give back no more \
                 than that"
            ),
            "{late}"
        );
    }
    daemon.deliver(undone(Some("-107.10"))).await;
    assert_eq!((open(&daemon, "S"), open(&daemon, "W")), (Vec::new(), Vec::new()));
    daemon.finish().await;
});

on_both_engines!(a_use_that_is_taxed_otherwise_keeps_its_day, async |database| {
    let daemon = TestDaemon::start(database).await;
    let used = json!({"tickets": [admission("p", "23.80", "19")], "redeemed_vouchers": [redeemed("v", "23.80")]});
    daemon.deliver(order("U", used)).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("v", "119.00", "19")]}))).await;
    let story = explain(daemon.database(), None, "U", Length::Whole).unwrap().remove(0);
    let told = story.chapters.iter().find(|chapter| chapter.title == "Vouchers and flex tickets").unwrap();
    assert!(told.sentences[0].starts_with("Voucher v paid 23.80 EUR, on 2025-11-10 11:00."), "{told:?}");
    let story = explain_voucher(daemon.database(), None, "v", Length::Whole).unwrap().remove(0);
    let told = story.chapters.iter().find(|chapter| chapter.title == "What it paid for").unwrap();
    assert!(told.sentences[0].starts_with("2025-11-10 11:00: paid 23.80 EUR of order U"), "{told:?}");
    daemon.finish().await;
});

on_both_engines!(a_part_of_a_finding_has_words_and_no_key, async |database| {
    let daemon = TestDaemon::start(database).await;
    crate::rebuild::traffic(&daemon, 7, 80).await;
    let said = daemon.column("findings", "evidence");
    assert!(said.len() > 20);
    for key in ["sale:", "participant:", "product:", "voucher.", "flex.", "payment:", "coupon:", "discount:"] {
        let keys: Vec<&String> = said.iter().filter(|said| said.contains(key)).collect();
        assert!(keys.is_empty(), "{key}: {keys:#?}");
    }
    daemon.finish().await;
});
