//! Customers: shown when asked for, erasable without touching the books, and nowhere else to be found.

use serde_json::json;
use ticketledger::contacts::{Erased, Unerasable, Who, erase, returned, show};
use ticketledger::demo::stand_in::{BookingExample, person_example};
use ticketledger::inbox::operator::Reason;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed, refund};
use crate::support::db::{Engine, TestDatabase};

const ORDER: &str = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";
const MAIL: &str = "iamhomersimpson@hotmail.com";
const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";

/// What identifies somebody in the fixtures.
const PERSONAL: &[&str] = &[
    MAIL,
    "Frank Grimes",
    "0177 1234 789",
    "DE123456789",
    "Muehlenweg",
    "Buntestrasse",
    "Product receiver",
    "maximuster@gmail.com",
    "Maxi Muster",
    "0162 9999 9999",
    "Customer Comment",
    "Typed Answer",
    "tech@ticketpark.ch",
    "Manuel",
    "Reinhard",
    "Birkenweg",
];

/// Codes that open doors or pay. (Of Ticketpark the barcode is the ticket's id in upper case.)
const CODES: &[&str] = &[
    "7648V-W5P3F-5R6DH",
    "M7W7W-974HL-US9PT",
    "QBP-UPRHC4-ZUN",
    "XN3-CSJG87-HNH",
    "XN3-CSJG87-R93",
    "H88LR2",
    "2M388R",
    "6445CDBE3E9509E8",
    "6445CDBE3E9509E9",
];

fn reason() -> Reason {
    Reason { actor: "anna".to_owned(), why: "asked for in writing".to_owned() }
}

impl TestDaemon {
    fn erase(&self, contact_id: i64, parked_too: bool, dry_run: bool) -> Result<Erased, Unerasable> {
        erase(self.database(), contact_id, parked_too, &reason(), self.clock.now(), None, dry_run)
    }

    fn head(&self) -> Vec<String> {
        self.lines("SELECT entry_hash AS line FROM journal_entries ORDER BY source, entry_no")
    }

    fn trace(&self) -> Vec<String> {
        self.lines("SELECT source || entry_no || body_sha256 AS line FROM v_trace ORDER BY source, entry_no")
    }

    /// Columns, as `table.column`, in which one of the texts is found.
    fn found(&self, database: &TestDatabase, texts: &[&str], except: &[&str]) -> Vec<String> {
        let columns = match database.engine {
            Engine::Sqlite => {
                "SELECT m.name || '.' || c.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                 WHERE m.type = 'table'"
            }
            Engine::Postgres => {
                "SELECT c.table_name || '.' || c.column_name AS line FROM information_schema.columns c \
                 JOIN information_schema.tables t USING (table_schema, table_name) \
                 WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            }
        };
        let columns = self.lines(columns);
        assert!(columns.len() > 150, "all columns of all tables are looked at: {}", columns.len());
        let mut found = Vec::new();
        for name in columns {
            let (table, column) = name.split_once('.').unwrap();
            if except.contains(&table) {
                continue;
            }
            let (text, within) = match database.engine {
                Engine::Sqlite => (format!("CAST({column} AS TEXT)"), "instr"),
                Engine::Postgres if column == "body" || column.ends_with("_sealed") => {
                    (format!("encode({column}, 'escape')"), "strpos")
                }
                Engine::Postgres => (format!("CAST({column} AS TEXT)"), "strpos"),
            };
            let any: Vec<String> = texts.iter().map(|needle| format!("{within}({text}, '{needle}') > 0")).collect();
            let sql = format!("SELECT '{name}' AS line FROM {table} WHERE {} LIMIT 1", any.join(" OR "));
            found.extend(self.lines(&sql));
        }
        found.sort();
        found
    }
}

const PERSONAL_TABLES: &[&str] = &["contacts", "inbox_events", "documents"];

/// Both seeds, a refund, a person and a booking that is paid and cancelled.
async fn traffic(daemon: &TestDaemon) {
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.accepted("museum", changed(PAID_ORDER, &[("/payments/-", refund("2025-11-11T09:30:00Z"))])).await;
    daemon.settle().await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.stand_in.put_person(PERSON, person_example());
    daemon.ticketpark("new-person", json!({ "person_pid": PERSON })).await;
    daemon.ticketpark("new-booking", json!({ "booking_pid": booking.pid() })).await;
    let payment = json!({ "booking_pid": booking.pid(), "payment_pid": "payment-1", "payment_method": "card",
        "payment_method_pid": "card", "amount": "50.00", "currency_pid": "CHF" });
    daemon.post("theatre", json!({ "type": "new-payment", "payload": payment }).to_string()).await;
    daemon.settle().await;
}

on_both_engines!(personal_data_and_codes_are_nowhere_else, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    daemon.parked("museum", changed(UNIFIED_EXAMPLE, &[("/status", json!("ODD"))])).await;
    assert_eq!(daemon.found(database, PERSONAL, PERSONAL_TABLES), Vec::<String>::new());
    assert_eq!(daemon.found(database, CODES, &["inbox_events", "documents"]), Vec::<String>::new());
    // The search itself finds what is there.
    assert_eq!(
        daemon.found(database, PERSONAL, &[]),
        [
            "contacts.city",
            "contacts.company",
            "contacts.details",
            "contacts.email",
            "contacts.match_key",
            "contacts.name"
        ]
        .iter()
        .filter(|column| !["contacts.city", "contacts.company"].contains(column))
        .map(|column| (*column).to_owned())
        .chain(
            ["contacts.phone", "contacts.street", "contacts.vat_number", "documents.body", "inbox_events.body"]
                .map(str::to_owned)
        )
        .collect::<Vec<_>>()
    );
    // After everybody is erased, it is nowhere at all; the books, their chain and their traces are as before.
    let (head, trace) = (daemon.head(), daemon.trace());
    for shown in ["1", "2"].map(|id| show(daemon.database(), &Who::Number(id.parse().unwrap())).unwrap()) {
        daemon.erase(shown[0].contact.contact_id, true, false).unwrap();
    }
    assert_eq!(daemon.found(database, PERSONAL, &[]), Vec::<String>::new());
    assert_eq!(daemon.found(database, CODES, &[]), Vec::<String>::new());
    assert_eq!((daemon.head(), daemon.trace()), (head, trace));
    assert_eq!(
        daemon.rows(&["action", "actor", "why", "filter"], "FROM operator_actions ORDER BY id"),
        [
            ["erase", "anna", "asked for in writing", "contact=1 source=museum orders=1 events=4 documents=0"],
            ["erase", "anna", "asked for in writing", "contact=2 source=theatre orders=1 events=3 documents=2"],
        ]
    );
    daemon.finish().await;
});

on_both_engines!(an_erased_customer_can_come_back_and_is_flagged, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let by = |who: Who| -> Vec<i64> {
        show(daemon.database(), &who).unwrap().iter().map(|shown| shown.contact.contact_id).collect()
    };
    assert_eq!(by(Who::Mail("IamHomerSimpson@hotmail.com ".to_owned())), [1]);
    assert_eq!(by(Who::Order("RQW-ETD72D".to_owned())), [1]);
    assert_eq!(by(Who::Order(ORDER.to_owned())), [1]);

    let would = daemon.erase(1, false, true).unwrap();
    assert_eq!((would.events, would.documents, would.orders.as_slice()), (1, 0, [ORDER.to_owned()].as_slice()));
    assert_eq!(by(Who::Mail(MAIL.to_owned())), [1], "a preview erases nothing");
    let hashes = daemon.lines("SELECT body_sha256 AS line FROM inbox_events ORDER BY id");
    assert_eq!(daemon.erase(1, false, false).unwrap(), would);
    assert!(matches!(daemon.erase(1, false, false), Err(Unerasable::Already(1, _))));
    assert!(matches!(daemon.erase(9, false, false), Err(Unerasable::Unknown(9))));
    assert_eq!(by(Who::Mail(MAIL.to_owned())), Vec::<i64>::new());
    let left = show(daemon.database(), &Who::Number(1)).unwrap();
    assert!(left[0].contact.erased_at.is_some() && left[0].contact.name.is_none());
    assert_eq!(left[0].orders, [ORDER]);
    assert_eq!(daemon.lines("SELECT body_sha256 AS line FROM inbox_events WHERE body IS NULL ORDER BY id"), hashes);
    assert_eq!(returned(daemon.database(), None).unwrap(), []);

    // The provider does not know of it, and sends the order with the person again.
    daemon.accepted("museum", changed(PAID_ORDER, &[("/tickets/0/comment", json!("changed"))])).await;
    daemon.settle().await;
    assert_eq!(by(Who::Mail(MAIL.to_owned())), [2]);
    assert_eq!(returned(daemon.database(), Some("museum")).unwrap(), [("museum".to_owned(), 2, 1)]);
    assert_eq!(daemon.lines("SELECT CAST(contact_id AS TEXT) AS line FROM orders"), ["2"]);
    assert_eq!(daemon.entries("museum"), 3, "the books learn nothing new");
    daemon.erase(2, false, false).unwrap();
    assert_eq!(returned(daemon.database(), None).unwrap(), []);
    daemon.finish().await;
});

on_both_engines!(what_still_needs_its_bytes_is_not_erased_silently, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let (_, answer) = daemon.post("museum", changed(PAID_ORDER, &[("/total_invoice", json!("20.001"))])).await;
    let odd = answer["event"].as_i64().unwrap();
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "parked bad_amount"]);
    assert!(matches!(daemon.erase(1, false, true), Err(Unerasable::Parked(ids)) if ids == [odd]));
    let waiting = daemon.accepted("museum", changed(PAID_ORDER, &[("/name", json!("Somebody Else"))])).await;
    assert!(matches!(daemon.erase(1, true, false), Err(Unerasable::Pending(ids)) if ids == [waiting]));
    daemon.settle().await;
    let erased = daemon.erase(1, true, false).unwrap();
    assert_eq!((erased.events, erased.parked), (3, vec![odd]));
    daemon.finish().await;
});

on_both_engines!(an_erasure_takes_the_copies_too, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    daemon.replay(&[1]);
    daemon.settle().await;
    daemon.parked("museum", changed(PAID_ORDER, &[("/status", json!("ODD"))])).await;
    // What a header and the words of a failure may quote. Written as the daemon writes.
    let as_the_daemon = if database.engine == Engine::Sqlite { "PRAGMA secure_delete = ON;" } else { "" };
    database.execute(&format!(
        "{as_the_daemon} {}",
        "UPDATE inbox_events SET headers = '{\"user-agent\":\"Frank Grimes\"}', content_type = 'text/Muehlenweg';
         UPDATE inbox_events SET detail = 'name: Frank Grimes' WHERE state = 'parked';
         INSERT INTO inbox_attempts (event_id, at, attempt, verdict, reason, detail)
             SELECT id, received_at, 1, 'permanent', 'panic', 'name: Frank Grimes' FROM inbox_events;
         UPDATE inbox_events SET body = NULL WHERE id = 2;"
    ));
    let contacts = daemon.lines("SELECT CAST(contact_id AS TEXT) AS line FROM contacts");
    for contact in &contacts {
        daemon.erase(contact.parse().unwrap(), true, false).unwrap();
    }
    assert_eq!(daemon.found(database, PERSONAL, &[]), Vec::<String>::new());
    assert_eq!(daemon.lines("SELECT DISTINCT headers AS line FROM inbox_events"), ["{}"]);
    if let Some(path) = &database.path {
        // Not even in the pages that are free, nor in the log beside the file.
        let files = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<String> = files
            .flat_map(|file| {
                let bytes = std::fs::read(&file).unwrap();
                let has = move |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
                let found = PERSONAL.iter().filter(has).map(|text| format!("{}: {text}", file.display()));
                found.collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(found, Vec::<String>::new());
    }
    daemon.finish().await;
});

on_both_engines!(a_former_customer_of_an_order_is_found_and_erased, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon
        .accepted("museum", changed(PAID_ORDER, &[("/email", json!("lenny@example.org")), ("/name", json!("Lenny"))]))
        .await;
    daemon.settle().await;
    let erased = daemon.erase(1, false, false).unwrap();
    assert_eq!((erased.events, erased.other_contacts.as_slice()), (2, [2].as_slice()));
    assert_eq!(daemon.found(database, &[MAIL, "Frank Grimes"], &[]), Vec::<String>::new());
    assert_eq!(returned(daemon.database(), None).unwrap(), [], "the other one was known before");
    assert_eq!(show(daemon.database(), &Who::Number(2)).unwrap()[0].contact.name.as_deref(), Some("Lenny"));
    daemon.finish().await;
});
