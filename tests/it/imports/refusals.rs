//! What could be booked, and would be a mistake: refused, unless somebody says why it is right.

use serde_json::{Value, json};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::entered::import::{File, FileKind, ImportError, Irreversible, import, reverse};

use super::{file, museum};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::order::{admission, but, order, payment};

const HEADER: &str = "date,reference,kind,method,account,order_id,currency,amount\n";

/// Orders of 119.00: `live` is paid but for 9.00, `dead` is cancelled and paid, `over` has 0.50 too much.
async fn orders(daemon: &TestDaemon) {
    let sold = |id: &str, pay: &str| -> Value {
        let payments = json!([payment(&format!("pay-{id}"), pay)]);
        let fields = json!({"tickets": [admission(&format!("p-{id}"), "119.00", "19")], "payments": payments});
        serde_json::from_str(&order(id, fields)).unwrap()
    };
    daemon.deliver(sold("live", "110.00").to_string()).await;
    daemon.deliver(sold("over", "119.50").to_string()).await;
    daemon.deliver(but(sold("dead", "119.00"), json!({"status": "CANCELLED"})).to_string()).await;
}

const ROWS: &str = "2025-11-11,r1,payment,Cash,,live,EUR,9.01\n\
     2025-11-11,r2,payment,Cash,,live,CHF,9.00\n\
     2025-11-11,pay-live,payment,Card,,live,EUR,110.00\n\
     2025-11-11,r3,refund,Cash,,live,EUR,110.01\n\
     2025-11-11,pay-dead,refund,Card,,dead,EUR,5.00\n\
     2025-11-11,r4,retain,,,live,EUR,1.00\n\
     2025-11-11,r5,retain,,,dead,EUR,200.00\n\
     2025-11-11,r6,write-off,,expenses:bad_debt,live,EUR,300.00\n\
     2025-11-11,r7,write-off,,income:retained,over,EUR,0.51\n\
     2025-11-11,r8,write-off,,expenses:bad_debt,over,EUR,0.01\n\
     2025-11-11,r9,price-reduction,,,live,EUR,119.00\n";

on_both_engines!(what_contradicts_the_books_is_refused_row_by_row, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let entries = daemon.entries("museum");
    for (row, why) in ROWS.lines().zip([
        "`amount`: it turns the open balance of order CODE-live over, from 9.00 EUR to -0.01 EUR",
        "`currency`: order CODE-live is in EUR",
        "`reference`: the provider has told of payment pay-live of order CODE-live, and it is booked",
        "`amount`: order CODE-live received 110.00 EUR, and 0.00 EUR of it were given back already",
        "`reference`: the provider has told of payment pay-dead of order CODE-dead, and it is booked",
        "`order_id`: order CODE-live is not cancelled, and no part of it is; nothing of it can be kept",
        "`amount`: the credit of order CODE-dead is 119.00 EUR; no more can be kept",
        "`amount`: only 9.00 EUR is open of order CODE-live",
        "`amount`: only -0.50 EUR is open of order CODE-over",
        "`account`: we owe the guest the -0.50 EUR that are open of order CODE-over; expenses:bad_debt is for the \
         opposite",
        "`amount`: it turns the open balance of order CODE-live over, from 9.00 EUR to -110.00 EUR",
    ]) {
        assert_eq!(daemon.refused(&format!("{HEADER}{row}\n")), [format!("line 2: {why}")], "{row}");
        let imported = daemon.forced(&format!("{HEADER}{row}\n"), "as agreed with the auditor");
        assert_eq!(imported.forced, [format!("line 2: {why}")]);
        daemon.undo(i64::try_from(daemon.entries("museum")).unwrap());
    }
    assert_eq!(daemon.entries("museum"), entries + 2 * ROWS.lines().count());
    // Every row of a file is checked, whatever is wrong with another, and nothing of it is posted.
    let text = format!("{HEADER}2025-11-11,s1,retain,,,live,EUR,1.00\n2025-11-11,s2,retain,,,nobody,EUR,1.00\n");
    let said = daemon.import(FileKind::Manual, &text).expect_err("it has mistakes").to_string();
    assert_eq!(
        said,
        "nothing was imported; correct these mistakes in the file:\n  line 3: `order_id`: source museum has no order \
         nobody\nThese rows contradict the books. Correct them, or, if they are right, pass --force with the reason, \
         which is stored:\n  line 2: `order_id`: order CODE-live is not cancelled, and no part of it is; nothing of it \
         can be kept"
    );
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(the_reason_for_what_was_forced_is_stored, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let text = format!("{HEADER}2025-11-11,s1,retain,,,live,EUR,1.00\n");
    let event = daemon.forced(&text, "the guest signed for it").event_id.unwrap();
    assert_eq!(
        daemon.rows(&["actor", "why", "filter"], "FROM operator_actions"),
        [[
            "anna",
            "settlement of November; forced: the guest signed for it",
            &format!("source=museum kind=manual event={event} forced")
        ]]
    );
    let headers = daemon.lines(&format!("SELECT headers AS line FROM inbox_events WHERE id = {event}"));
    let headers: Value = serde_json::from_str(&headers[0]).unwrap();
    assert_eq!(headers["force"], "the guest signed for it");
    assert_eq!(headers["forced"].as_array().map(Vec::len), Some(1));
    // What contradicts nothing is not forced, whatever is said.
    daemon.forced(&format!("{HEADER}2025-11-11,s2,payment,Cash,,live,EUR,1.00\n"), "to be sure");
    assert_eq!(
        daemon.lines("SELECT why AS line FROM operator_actions ORDER BY id DESC LIMIT 1"),
        ["settlement of November"]
    );
    daemon.finish().await;
});

on_both_engines!(nobody_enters_anything_without_a_name, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let nobody = Reason { actor: " ".to_owned(), why: "a reason".to_owned() };
    let text = format!("{HEADER}2025-11-11,s2,payment,Cash,,live,EUR,1.00\n");
    let manual: File = file(FileKind::Manual, &text);
    let (source, now) = (museum(), daemon.clock.now());
    let refused = import(daemon.database(), &source, &manual, &nobody, None, now);
    assert!(matches!(refused, Err(ImportError::NoActor)));
    daemon.imported(FileKind::Manual, &text);
    let last = i64::try_from(daemon.entries("museum")).unwrap();
    let refused = reverse(daemon.database(), &source, last, &nobody, now, false);
    assert!(matches!(refused, Err(Irreversible::NoActor)));
    daemon.finish().await;
});
