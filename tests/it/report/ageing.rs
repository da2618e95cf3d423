//! `report balances --open` and `--overpaid`.

use serde_json::json;

use crate::close::go_to;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::order::{admission, order, payment, product};
use crate::support::program::Program;

on_both_engines!(open_balances_are_aged_and_tie_to_the_receivable, async |database| {
    let daemon = TestDaemon::start(database).await;
    let dated = |id: &str, date: &str, fields: serde_json::Value| {
        let mut fields = fields;
        fields["date"] = json!(format!("{date}T10:00:00Z"));
        order(id, fields)
    };
    let ticket = |price| admission("p", price, "19");
    daemon.deliver(dated("old", "2025-08-01", json!({"tickets": [ticket("119.00")]}))).await;
    daemon
        .deliver(dated(
            "partly",
            "2025-10-01",
            json!({"tickets": [ticket("50.00")], "payments": [payment("a", "20.00")]}),
        ))
        .await;
    daemon.deliver(dated("new", "2025-11-10", json!({"tickets": [ticket("10.00")]}))).await;
    daemon
        .deliver(dated(
            "paid",
            "2025-11-10",
            json!({"tickets": [ticket("10.00")], "payments": [payment("b", "10.00")]}),
        ))
        .await;
    daemon
        .deliver(dated(
            "twice",
            "2025-11-01",
            json!({"tickets": [ticket("10.00")], "payments": [payment("c", "10.00"), payment("d", "15.00")]}),
        ))
        .await;
    // Sold in September and paid; what was added in November is open.
    daemon
        .deliver(dated(
            "added",
            "2025-09-01",
            json!({"tickets": [ticket("40.00")], "payments": [payment("e", "40.00")]}),
        ))
        .await;
    let more = json!({"tickets": [ticket("40.00")], "products": [product("mug", "7.00", 1, "19")],
        "payments": [payment("e", "40.00")]});
    daemon.deliver(dated("added", "2025-09-01", more)).await;
    // What was given back is no item: the ticket of August is open again.
    let back = json!({"tickets": [ticket("10.00")], "payments": [payment("f", "10.00"), payment("g", "-4.00")]});
    daemon.deliver(dated("back", "2025-08-20", back)).await;
    go_to(&daemon, "2025-12-05T08:00:00Z");
    for month in ["2025-08", "2025-09", "2025-10", "2025-11"] {
        daemon.close_month(database, month);
    }
    daemon.finish().await;

    let program = Program::new(database);
    let rows = |arguments: &[&str]| {
        let (code, text, errors) = program.run(&[&["report", "balances", "--format", "csv"], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let at = ["--booked-until", "2025-11-30"];
    assert_eq!(
        rows(&[&["--open", "--overpaid"], &at[..]].concat()),
        [
            "source,order_id,order_code,status,currency,billed,settled,balance,due_on,days,age",
            "museum,old,CODE-old,,EUR,119.00,0.00,119.00,2025-08-01,121,over 90",
            "museum,back,CODE-back,,EUR,10.00,6.00,4.00,2025-08-20,102,over 90",
            "museum,partly,CODE-partly,,EUR,50.00,20.00,30.00,2025-10-01,60,31-60",
            "museum,new,CODE-new,,EUR,10.00,0.00,10.00,2025-11-10,20,1-30",
            "museum,added,CODE-added,,EUR,47.00,40.00,7.00,2025-11-11,19,1-30",
            "museum,twice,CODE-twice,,EUR,10.00,25.00,-15.00,2025-11-08,22,credit",
        ]
    );
    assert_eq!(rows(&[&["--overpaid"], &at[..]].concat()).len(), 2);
    assert_eq!(rows(&[&["--open"], &at[..]].concat()).len(), 6);
    // With 30 days to pay.
    let terms = rows(&[&["--open", "--terms", "30"], &at[..]].concat());
    assert!(terms[4].ends_with(",2025-12-10,-10,not due") && terms[3].ends_with(",2025-10-31,30,1-30"), "{terms:#?}");
    // As the month was closed, and as it is known by some time.
    assert_eq!(rows(&["--open", "--overpaid", "--period", "2025-11", "--as-closed", "--source", "museum"]).len(), 7);
    assert!(rows(&["--open", "--as-of", "2025-11-12T00:00:00Z"])[1].ends_with(",2025-08-01,103,over 90"));
    let summary = [
        "source,currency,age,orders,balance",
        "museum,EUR,not due,0,0.00",
        "museum,EUR,1-30,2,17.00",
        "museum,EUR,31-60,1,30.00",
        "museum,EUR,61-90,0,0.00",
        "museum,EUR,over 90,2,123.00",
        "museum,EUR,credit,1,-15.00",
    ];
    assert_eq!(rows(&[&["--open", "--summary"], &at[..]].concat()), summary);
    let table = program.run(&[&["report", "balances", "--overpaid"], &at[..]].concat()).1;
    let receivable = table.lines().last().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(receivable, "museum EUR assets:receivable 6 155.00", "{table}");
    let trial = program.run(&["report", "trial-balance", "--format", "csv"]).1;
    assert!(trial.contains("museum,EUR,assets:receivable,0.00,") && trial.contains(",155.00\n"), "{trial}");
    // By the clock of the machine everything is old.
    assert!(rows(&["--open"]).iter().skip(1).all(|row| row.ends_with(",over 90")));
});
