//! One cause is one finding, and a list says first what matters most.

use super::*;
use crate::support::order::{order, participant, product, ticket};
use crate::support::program::Program;

on_both_engines!(many_parts_without_a_rate_are_one_finding_with_their_sum, async |database| {
    let daemon = TestDaemon::start(database).await;
    let people: Vec<Value> = (1..=7).map(|number| participant(&format!("p{number}"), "10.00", "")).collect();
    daemon.deliver(order("A", json!({"tickets": [ticket(&people)]}))).await;
    let found = || {
        daemon.lines(
            "SELECT difference_minor || ' ' || evidence AS line FROM findings \
             WHERE reason = 'vat_unknown' AND state = 'open'",
        )
    };
    assert_eq!(
        found(),
        ["7000 no VAT rate is known for ticket of participant p1, ticket of participant p2, ticket of participant \
          p3, ticket of participant p4, ticket of participant p5 and 2 more: 70.00 EUR waits in \
          `suspense:vat_undetermined`; set the rate at the provider, and have the order sent again"]
    );
    // Another amount is another question, and what is left of the cause is still one finding.
    let fewer = order("A", json!({"tickets": [ticket(&people[..2])], "products": [product("mug", "5.00", 1, "")]}));
    daemon.deliver(fewer).await;
    assert_eq!(found().len(), 1);
    let parts = "ticket of participant p1, ticket of participant p2, product mug";
    assert!(found()[0].starts_with(&format!("2500 no VAT rate is known for {parts}")), "{:?}", found());
    daemon.finish().await;
});

on_both_engines!(a_day_ahead_is_one_finding_however_much_happens_on_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    let people: Vec<Value> = (1..=4).map(|number| participant(&format!("p{number}"), "10.00", "16")).collect();
    let ahead =
        changed(&order("A", json!({"tickets": [ticket(&people)]})), &[("/date", json!("2025-12-24T10:00:00Z"))]);
    daemon.deliver(ahead).await;
    let evidence =
        |reason: &str| daemon.lines(&format!("SELECT evidence AS line FROM findings WHERE reason = '{reason}'"));
    let sales = (1..=4).map(|number| format!("ticket of participant p{number}")).collect::<Vec<_>>().join(", ");
    assert_eq!(
        evidence("effective_in_future"),
        [format!(
            "{sales} happens on 2025-12-24, which had not begun when it was told; check that the date is right; it \
             heals when that day has come"
        )]
    );
    assert_eq!(
        evidence("vat_rate_not_valid_on_date"),
        [format!(
            "DE has no VAT rate of 16 % on 2025-11-23, with which {sales} is taxed; correct the rate at the provider"
        )]
    );
    daemon.finish().await;
});

on_both_engines!(lists_begin_with_what_is_worst_and_with_the_most_money, async |database| {
    drop(database.open());
    database.execute(
        "INSERT INTO sources VALUES ('museum', 'bookingkit', 'Europe/Berlin', 'DE', '2025-01-01 00:00:00', NULL)",
    );
    let finding = |number: u32, severity: &str, difference: &str, state: &str| {
        format!(
            "('f{number}', 'museum', 'order', 'overpaid', '{severity}', 'EUR', 0, {difference}, \
             {difference}, 'it is', NULL, '2025-11-11 14:36:50', '2025-11-11 14:36:50', '{state}')"
        )
    };
    let rows = [
        finding(1, "low", "9000", "open"),
        finding(2, "high", "NULL", "open"),
        finding(3, "medium", "-300", "open"),
        finding(4, "high", "-100", "open"),
        finding(5, "high", "20", "open"),
        finding(6, "info", "NULL", "open"),
        finding(7, "medium", "200", "open"),
        finding(8, "high", "1", "acknowledged"),
    ];
    database.execute(&format!(
        "INSERT INTO findings (fingerprint, source, order_id, reason, severity, currency, expected_minor, actual_minor,
            difference_minor, evidence, consequence_of, first_seen, last_seen, state) VALUES {}",
        rows.join(", ")
    ));
    let program = Program::new(database);
    for command in ["report findings", "findings list", "ledger findings list"] {
        let arguments: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
        let shown: Value = serde_json::from_str(&program.run(&arguments).1).unwrap();
        let order: Vec<String> = shown
            .as_array()
            .unwrap()
            .iter()
            .map(|row| format!("{} {}", row["severity"].as_str().unwrap(), row["difference_minor"]))
            .collect();
        assert_eq!(
            order,
            ["high -100", "high 20", "high null", "medium -300", "medium 200", "low 9000", "info null"],
            "{command}"
        );
    }
});
