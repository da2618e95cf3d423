//! What follows from something else is shown and marked, and a guess never hides money.

use super::*;
use crate::support::order::{admission, but, coupon, order, participant, ticket};
use crate::support::program::Program;
use crate::support::random::Random;

/// Paid by card when the order was placed.
fn paid(id: &str, value: &str) -> Value {
    crate::support::order::payment(id, value)
}

fn sold_for_119(payments: &Value) -> String {
    order("A", json!({"tickets": [admission("a", "119.00", "19")], "payments": payments}))
}

/// An order of 119.00 that was paid, and is sent without its payment.
async fn without_its_payment(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(sold_for_119(&json!([paid("p", "119.00")]))).await;
    daemon.deliver(sold_for_119(&json!([]))).await;
    daemon
}

/// Rows that a command prints as JSON.
fn listed(program: &Program, arguments: &[&str]) -> Vec<Value> {
    let (code, text, errors) = program.run(&[arguments, &["--format", "json"]].concat());
    assert!([0, 3].contains(&code), "{errors}");
    let Ok(Value::Array(rows)) = serde_json::from_str(&text) else { panic!("{text}") };
    rows
}

fn of(rows: &[Value], columns: [&str; 3]) -> Vec<String> {
    let cell = |row: &Value, column| match &row[column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(|row| columns.map(|column| cell(row, column)).join(" ")).collect()
}

on_both_engines!(a_payment_that_vanished_stands_first_and_what_follows_is_marked, async |database| {
    let daemon = without_its_payment(database).await;
    let program = Program::new(database);
    let expected = ["payment_vanished high -11900", "stale_snapshot_suspected medium null", "unpaid low -11900"];
    for command in [["report", "findings"], ["findings", "list"]] {
        let rows = listed(&program, &command);
        assert_eq!(of(&rows, ["reason", "severity", "difference_minor"]), expected);
        let said: Vec<&str> = rows.iter().filter_map(|row| row["evidence"].as_str()).collect();
        assert_eq!(
            said,
            [
                "payment p of 119.00 EUR (Card, 2025-11-08) was sent before and is no longer sent; it is reversed; \
                 have the order sent again: its newest delivery looks older than the one before",
                "its newest fact is of 2025-11-08T10:00:00Z, that of the delivery before is of 2025-11-08T10:05:00Z; \
                 have the order sent again",
                "nothing of 119.00 EUR is paid since 2025-11-11; follows from payment_vanished",
            ]
        );
    }
    let rows = listed(&program, &["findings", "list"]);
    assert_eq!(rows[2]["consequence_of"], rows[0]["fingerprint"]);
    assert!(rows[0]["consequence_of"].is_null() && rows[1]["consequence_of"].is_null());
    assert_eq!(daemon.column("v_open_findings", "reason").len(), 3);
    daemon.finish().await;
});

on_both_engines!(who_acknowledges_a_finding_acknowledges_no_other, async |database| {
    let daemon = without_its_payment(database).await;
    let program = Program::new(database);
    let states = || daemon.rows(&["reason", "state", "acknowledged_by"], "FROM findings ORDER BY reason");
    let open = |reason: &str| row([reason, "open", "-"]);
    let known = |reason: &str| row([reason, "acknowledged", "operator"]);
    let fingerprint = listed(&program, &["findings", "list"])[0]["fingerprint"].as_str().unwrap()[..12].to_owned();

    let ack = ["findings", "ack", &fingerprint, "--why", "charged back"];
    let (code, shown, _) = program.run(&[&ack[..], &["--dry-run", "--with-consequences"]].concat());
    assert!(code == 0 && shown.contains("payment_vanished") && shown.contains("unpaid"), "{shown}");
    let (code, said, errors) = program.run(&ack);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(
        said,
        "1 findings acknowledged.\n1 that follow from them stay open; --with-consequences lists and acknowledges them \
         too.\n"
    );
    assert_eq!(states(), [known("payment_vanished"), open("stale_snapshot_suspected"), open("unpaid")]);
    // The cause is known; what follows from it is as open as before, and says so.
    assert_eq!(marked(&daemon), ["unpaid follows from payment_vanished"]);

    // Who names it once more is told what is left to do, and can do it.
    let (code, _, errors) = program.run(&ack);
    let told = "is acknowledged already; open findings that follow from it: 1; --with-consequences acknowledges them";
    assert!(code == 1 && errors.contains(told), "{errors}");
    let (code, said, errors) = program.run(&[&ack[..], &["--with-consequences"]].concat());
    assert!(code == 0 && said.ends_with("1 findings acknowledged.\n"), "{said}{errors}");
    assert_eq!(states(), [known("payment_vanished"), open("stale_snapshot_suspected"), known("unpaid")]);
    let errors = program.run(&ack).2;
    assert!(errors.contains("and nothing that is open follows from it"), "{errors}");
    database.execute("UPDATE findings SET state = 'open', acknowledged_by = NULL, note = NULL WHERE reason = 'unpaid'");
    let by_reason = ["findings", "ack", "--reason", "payment_vanished", "--why", "w", "--with-consequences"];
    assert!(program.run(&by_reason).1.ends_with("1 findings acknowledged.\n"));

    database.execute("UPDATE findings SET state = 'open', acknowledged_by = NULL, note = NULL");
    let (code, said, _) = program.run(&[&ack[..], &["--with-consequences"]].concat());
    assert_eq!(code, 0);
    let (list, result) = said.rsplit_once("2 findings acknowledged.\n").expect(&said);
    assert!(result.is_empty() && list.contains("unpaid") && !list.contains("stale"), "{said}");
    assert_eq!(states(), [known("payment_vanished"), open("stale_snapshot_suspected"), known("unpaid")]);
    let actions = daemon.column("operator_actions", "filter");
    assert!(actions.iter().any(|selection| selection.ends_with(" with consequences")), "{actions:?}");
    daemon.finish().await;
});

on_both_engines!(what_changed_since_it_was_read_is_not_acknowledged, async |database| {
    let daemon = without_its_payment(database).await;
    let every = findings::FindingFilter::default();
    let read = findings::list(&mut daemon.database().reader().unwrap(), &every).unwrap();
    let read: Vec<_> = read.into_iter().map(|(row, _)| row).collect();
    daemon.deliver(sold_for_119(&json!([paid("q", "19.00")]))).await;
    let done =
        daemon.database().transaction("test", |connection| findings::acknowledge(connection, &read, "ada", "seen"));
    // The payment is still gone; the order is not unpaid any more, and looks old no longer.
    assert_eq!((read.len(), done.unwrap()), (3, 0));
    assert_eq!(reasons(&daemon, "open"), ["payment_vanished", "underpaid"]);
    daemon.finish().await;
});

/// One of the states in which an order may be sent.
fn some_state(id: &str, random: &mut Random) -> String {
    let mut state = order(id, json!({}));
    let mut set = |pointer: &str, value: Value| state = changed(&state, &[(pointer, value)]);
    let who = |number: u64, random: &mut Random| {
        let status = if random.percent(25) { "CANCELED" } else { "ACCEPTED" };
        let vat = random.pick(&["19", "19", "19", "7", "16", ""]);
        but(participant(&format!("{id}-{number}"), "50.00", vat), json!({"status": status}))
    };
    let people: Vec<Value> = (0..=random.below(3)).map(|number| who(number, random)).collect();
    set("/tickets", json!([ticket(&people)]));
    set("/status", json!(random.pick(&["ACCEPTED", "ACCEPTED", "ACCEPTED", "CANCELLED", "PENDING", "DECLINED"])));
    set("/code", json!(format!("{}-{id}", random.pick(&["X", "X", "X", "Y"]))));
    let values = ["50.00", "100.00", "150.00", "-50.00", "-20.00", "0.02"];
    let all = (0..6).filter(|_| random.one_in(3)).collect::<Vec<usize>>();
    // Some payments wander between orders.
    let name = |number: usize, random: &mut Random| {
        if random.one_in(6) { format!("shared-{number}") } else { format!("{id}-{number}") }
    };
    let payments: Vec<Value> = all.into_iter().map(|number| paid(&name(number, random), values[number])).collect();
    set("/payments", json!(payments));
    if random.one_in(3) {
        set("/total_invoice", json!(random.pick(&["50.00", "100.00", "77.00"])));
    }
    if random.one_in(4) {
        set("/redeemed_coupons", json!([coupon(&format!("{id}-c"), "10.00")]));
    }
    if random.one_in(4) {
        set("/redeemed_vouchers", json!([voucher_used(&format!("{id}-v"), "30.00")]));
    }
    state
}

// `finish` holds every stored finding against the rule; here are the orders to do so.
on_both_engines!(whatever_orders_say_no_guess_hides_money, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(39);
    let mut followed = std::collections::BTreeSet::new();
    for _ in 0..6 {
        for number in 0..40 {
            daemon.accepted("museum", some_state(&format!("o{number}"), &mut random)).await;
        }
        daemon.settle().await;
        assert_eq!(crate::support::findings::hidden_money(daemon.database()), Vec::<String>::new());
        followed.extend(marked(&daemon));
        let again = reconcile_everything(daemon.database(), None, daemon.clock.now(), true, |_| {}).unwrap();
        assert_eq!(again.changes, std::collections::BTreeMap::new(), "who looks again finds the same");
    }
    assert!(followed.len() >= 5, "{followed:?}");
    assert!(followed.contains("unpaid follows from payment_vanished"), "{followed:?}");
    assert!(reasons(&daemon, "open").len() >= 12, "{:?}", reasons(&daemon, "open"));
    daemon.finish().await;
});
