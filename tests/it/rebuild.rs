//! The ledger is a function of what is stored: rebuilt it is the same to the last hash, on both engines, and what was
//! tampered with is found and named.

use serde_json::{Value, json};
use ticketledger::db::Database;
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close};
use ticketledger::ledger::proof::rebuild::{Rebuilt, Switches, rebuild};
use ticketledger::on_engine;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::order::{
    admission, but, coupon, flex, flex_participant, order, partial, payment, product, redeemed, refund_voucher, ticket,
    voucher,
};
use crate::support::random::Random;

/// A delivery about one of a few orders, in any state: sold, changed, cancelled, paid, refunded, discounted, with
/// vouchers and flex tickets of other orders, some sections left out.
pub(crate) fn delivery(random: &mut Random) -> String {
    let number = random.below(8);
    let id = format!("o{number}");
    let mut fields = json!({});
    let set = |fields: &mut Value, name: &str, list: Vec<Value>| fields[name] = Value::Array(list);
    let who = |index: u64| format!("p{number}-{index}");
    let mut tickets = Vec::new();
    for index in 0..random.below(3) {
        let price = format!("{}.{:02}", 5 + random.below(20), random.below(100));
        let rate = random.pick(&["19", "7", "0", ""]);
        let mut sold = if random.one_in(4) {
            ticket(&[flex_participant(&who(index), "10.00", "19", &format!("f{}", random.below(3)))])
        } else {
            admission(&who(index), &price, rate)
        };
        if random.one_in(4) {
            sold["participants"][0]["status"] = json!("CANCELED");
            sold["participants"][0]["cancellation_date"] = json!("2025-11-10T09:00:00Z");
        }
        tickets.push(sold);
    }
    set(&mut fields, "tickets", tickets);
    if random.one_in(3) {
        set(&mut fields, "products", vec![product("mug", "3.50", 2, "19"), product("mug", "3.50", 1, "7")]);
    }
    let paid = (0..random.below(3))
        .map(|index| payment(&format!("pay{number}-{index}"), random.pick(&["10.00", "-4.00", "7.77"])));
    set(&mut fields, "payments", paid.collect());
    if random.one_in(3) {
        set(&mut fields, "redeemed_coupons", vec![coupon(&format!("c{number}"), "2.00")]);
    }
    if random.one_in(3) {
        set(&mut fields, "redeemed_vouchers", vec![redeemed(&format!("v{}", random.below(4)), "5.00")]);
    }
    if random.one_in(3) {
        let rate = random.pick(&["0", "19"]);
        let sold = if random.one_in(3) {
            refund_voucher(&format!("r{number}"), "6.00", &[&format!("o{}", random.below(8))])
        } else {
            voucher(&format!("v{}", number % 4), "25.00", rate)
        };
        set(&mut fields, "voucherOrders", vec![sold]);
    }
    if random.one_in(3) {
        set(&mut fields, "flexTickets", vec![flex(&format!("f{}", number % 3), "50.00", "0")]);
    }
    if random.one_in(5) {
        fields = but(fields, json!({"status": "CANCELLED", "cancellation_date": "2025-11-10T12:00:00Z"}));
    }
    if random.one_in(4) { partial(&id, fields) } else { order(&id, fields) }
}

/// Random traffic of a seed: duplicates and copies of older deliveries included.
pub(crate) async fn traffic(daemon: &TestDaemon, seed: u64, deliveries: usize) {
    let mut random = Random::new(seed);
    let mut sent: Vec<String> = Vec::new();
    for _ in 0..deliveries {
        let again = !sent.is_empty() && random.one_in(4);
        let index = random.index(sent.len().max(1));
        let body = if again { sent[index].clone() } else { delivery(&mut random) };
        daemon.post("museum", body.clone()).await;
        sent.push(body);
        daemon.clock.advance_milliseconds(1_000 * 3_600);
        if random.one_in(3) {
            daemon.settle().await;
        }
    }
    daemon.settle().await;
}

fn rebuilt(database: &Database) -> Rebuilt {
    let books = rebuild(database, Some("museum"), None, 20, |_, _| {}).expect("it can be read");
    assert_eq!(books.len(), 1);
    books.into_iter().next().unwrap()
}

fn identical(database: &Database, seed: u64) -> Rebuilt {
    let book = rebuilt(database);
    assert!(book.is_identical(), "seed {seed}: {book:#?}");
    assert_eq!((book.accounts.len(), book.orders.len()), (0, 0));
    book
}

/// Takes the protection away, as only somebody with rights on the tables can.
fn without_triggers(database: &TestDatabase, table: &str, sql: &str) {
    let triggers = match database.engine {
        Engine::Sqlite => lines(
            &database.open(),
            &format!("SELECT name AS line FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"),
        ),
        Engine::Postgres => lines(
            &database.open(),
            &format!(
                "SELECT CAST(tgname AS text) AS line FROM pg_trigger WHERE tgrelid = CAST('{table}' AS regclass) \
                 AND NOT tgisinternal"
            ),
        ),
    };
    for trigger in triggers {
        let on = if database.engine == Engine::Postgres { format!(" ON {table}") } else { String::new() };
        database.execute(&format!("DROP TRIGGER {trigger}{on}"));
    }
    database.execute(sql);
}

on_both_engines!(random_traffic_rebuilds_to_the_same_head, async |database| {
    let seed = 20_251_111;
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon, seed, 120).await;
    let book = identical(daemon.database(), seed);
    assert!(book.entries > 150, "{book:?}");
    assert!(book.snapshots > 50, "{book:?}");
    let reversals = lines(daemon.database(), "SELECT 'x' AS line FROM journal_entries WHERE kind = 'reverse'");
    assert!(reversals.len() > 20);
    daemon.finish().await;
});

#[test]
fn both_engines_come_to_the_same_head() {
    let seed = 7;
    let mut heads = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = TestDatabase::new(engine) else { continue };
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let daemon = TestDaemon::start(&database).await;
            traffic(&daemon, seed, 60).await;
            heads.push(identical(daemon.database(), seed).rebuilt_head.expect("a head"));
            daemon.finish().await;
        });
    }
    assert!(heads.windows(2).all(|pair| pair[0] == pair[1]), "{heads:?}");
}

on_both_engines!(a_ledger_without_bodies_and_contacts_rebuilds_all_the_same, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    traffic(&daemon, 3, 30).await;
    let before = identical(daemon.database(), 3);
    database.execute(
        "UPDATE inbox_events SET body = NULL; UPDATE documents SET body = NULL;
         UPDATE orders SET contact_id = NULL; DELETE FROM contact_orders; DELETE FROM contacts;",
    );
    assert_eq!(identical(daemon.database(), 3), before);
    daemon.finish().await;
});

on_both_engines!(an_amount_that_was_tampered_with_is_found_and_named, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.accepted("museum", UNIFIED_EXAMPLE.replace("27cb8a14", "another")).await;
    daemon.settle().await;
    identical(daemon.database(), 0);
    without_triggers(
        database,
        "postings",
        "UPDATE postings SET amount_minor = amount_minor + 100 WHERE entry_no = 2 AND line_no = 1;
         UPDATE postings SET amount_minor = amount_minor - 100 WHERE entry_no = 2 AND line_no = 2;",
    );
    let book = rebuilt(daemon.database());
    assert!(!book.is_identical());
    assert_eq!(book.head, book.rebuilt_head, "whoever did it left the hashes alone");
    assert_eq!(book.differences_total, 1, "{book:#?}");
    let difference = &book.differences[0];
    assert_eq!(difference.entry_no, Some(2));
    assert_eq!(
        difference.what,
        "line 1: amount_minor is 1100 instead of 1000; line 2: amount_minor is -940 instead of -840"
    );
    let accounts: Vec<(&str, i64)> =
        book.accounts.iter().map(|row| (row.account.as_str(), row.difference_minor)).collect();
    assert_eq!(accounts, [("assets:receivable", -100), ("income:tickets", 100)]);
    assert_eq!(book.orders_total, 1);
    assert_eq!(Some(&book.orders[0].order_id), difference.order_id.as_ref());
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(a_rewritten_hash_an_entry_too_many_and_a_wrong_state_are_found, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let forged = "f".repeat(64);
    without_triggers(
        database,
        "journal_entries",
        &format!("UPDATE journal_entries SET entry_hash = '{forged}' WHERE entry_no = 3"),
    );
    let book = rebuilt(daemon.database());
    assert_eq!(book.differences_total, 1);
    assert_eq!(book.differences[0].entry_no, Some(3));
    assert!(book.differences[0].what.starts_with("its hash is not that of its content"), "{book:?}");
    assert_eq!(book.head.as_ref(), Some(&forged));

    database.execute("UPDATE orders SET status = 'cancelled'; DELETE FROM payments;");
    let book = rebuilt(daemon.database());
    let said: Vec<&str> = book.differences.iter().map(|difference| difference.what.as_str()).collect();
    assert_eq!(
        said[..2],
        ["the table orders says cancelled, snapshot 1 says accepted", "the table payments has 0, snapshot 1 has 1"]
    );
    without_triggers(
        database,
        "order_snapshots",
        "UPDATE order_snapshots SET doc = replace(doc, '\"price_minor\":1000', '\"price_minor\":1100')",
    );
    let book = rebuilt(daemon.database());
    assert!(book.differences[0].what.contains("its text does not match its hash"), "{book:?}");
    assert!(book.accounts.iter().any(|row| row.account == "income:tickets"), "{book:?}");
    daemon.daemon.stop().await.unwrap();
});

/// An entry as another command writes it: through the same chain, without a snapshot.
fn enter(database: &Database, kind: &str, key: &str, date: &str) {
    use diesel::prelude::*;
    use sha2::{Digest as _, Sha256};
    use ticketledger::db::schema::{journal_entries, postings};
    use ticketledger::ledger::book::{EntryRow, PostingRow};
    use ticketledger::ledger::proof::sums::write_anew;
    let done: Result<(), ticketledger::db::Error> = database.transaction("test", |connection| {
        let last: EntryRow = on_engine!(connection, |c| journal_entries::table
            .order(journal_entries::entry_no.desc())
            .select(EntryRow::as_select())
            .first(c))?;
        let line = |line_no, account: &str, amount_minor| PostingRow {
            source: "museum".to_owned(),
            entry_no: last.entry_no + 1,
            line_no,
            account_code: account.to_owned(),
            currency: "EUR".to_owned(),
            amount_minor,
            order_id: None,
            line_key: String::new(),
            item_kind: "fee".to_owned(),
            event_id: None,
            event_key: None,
            event_date_id: None,
            service_date: None,
            vat_bp: None,
            tax_base_minor: None,
            qty: None,
            payment_id: None,
            payment_method: None,
            voucher_id: None,
            channel_id: None,
        };
        let lines = [line(1, "income:tickets", 100), line(2, "assets:receivable", -100)];
        let mut entry = EntryRow {
            entry_no: last.entry_no + 1,
            kind: kind.to_owned(),
            event_type: kind.to_owned(),
            order_id: None,
            snapshot_no: None,
            atom_key: key.to_owned(),
            atom_hash: "0".repeat(64),
            reverses_no: None,
            reason_code: kind.to_owned(),
            effective_at: at(&format!("{date}T12:00:00Z")),
            booking_date: date.parse().unwrap(),
            inbox_event_id: None,
            line_count: 2,
            posting_key: hex::encode(Sha256::digest(key)),
            prev_hash: last.entry_hash.clone(),
            entry_hash: String::new(),
            ..last
        };
        entry.entry_hash = hex::encode(Sha256::digest(serde_json::to_vec(&(&entry, &lines)).unwrap()));
        on_engine!(connection, |c| {
            diesel::insert_into(postings::table).values(&lines[..]).execute(c)?;
            diesel::insert_into(journal_entries::table).values(&entry).execute(c)
        })?;
        Ok(())
    });
    done.expect("it can be entered");
    write_anew(database, None).expect("sums");
}

on_both_engines!(manual_and_closing_entries_keep_their_place, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    enter(daemon.database(), "manual", "manual:1", "2025-11-11");
    traffic(&daemon, 5, 20).await;
    daemon.clock.advance_milliseconds(at("2025-12-02T10:00:00Z").milliseconds_since(daemon.clock.now()));
    let request = Request {
        month: Month::parse("2025-11").unwrap(),
        soft: false,
        force: true,
        reason: Reason { actor: "ada".to_owned(), why: "month end".to_owned() },
    };
    // What is still open is not what this is about.
    database.execute("UPDATE findings SET state = 'acknowledged'");
    let closed = close(daemon.database(), &daemon.clock, "museum", &request, Settings::default()).unwrap();
    assert_eq!(closed.result, "closed", "{:?}", closed.blockers);
    daemon
        .accepted(
            "museum",
            changed(
                PAID_ORDER,
                &[
                    ("/tickets/0/participants/1/status", json!("CANCELED")),
                    ("/tickets/0/participants/1/cancellation_date", json!("2025-11-29T09:00:00Z")),
                ],
            ),
        )
        .await;
    daemon.settle().await;
    let late =
        lines(daemon.database(), "SELECT 'x' AS line FROM journal_entries WHERE reason_code = 'late_for_2025-11'");
    assert_eq!(late.len(), 1);
    enter(daemon.database(), "manual", "manual:2", "2025-12-02");
    let book = identical(daemon.database(), 5);
    assert_eq!(book.taken_over, 3);
    daemon.finish().await;
});

on_both_engines!(a_policy_is_tried_out_without_writing, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let same: Switches = serde_json::from_value(json!({"vat_rounding": "line"})).unwrap();
    let books = rebuild(daemon.database(), Some("museum"), Some(&same), 20, |_, _| {}).unwrap();
    assert!(books[0].is_identical());
    let unknown: Switches = serde_json::from_value(json!({"rounding": "line"})).unwrap();
    let refused = rebuild(daemon.database(), Some("museum"), Some(&unknown), 20, |_, _| {}).unwrap_err();
    assert_eq!(refused.to_string(), "cannot apply the policy: `rounding` is not a policy switch");
    assert_eq!(daemon.entries("museum"), 3);
    daemon.finish().await;
});

/// `cargo test --release --test it rebuild::throughput -- --ignored --nocapture` measures.
#[test]
#[ignore = "measures"]
fn throughput() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = TestDatabase::new(engine) else { continue };
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let daemon = TestDaemon::start(&database).await;
            let orders = 5_000;
            for index in 0..orders {
                let id = format!("order-{index}");
                let fields = json!({
                    "tickets": [
                        admission(&format!("{id}-1"), "10.00", "19"),
                        admission(&format!("{id}-2"), "12.00", "7"),
                    ],
                    "payments": [payment(&format!("{id}-p"), "22.00")],
                });
                daemon.accepted("museum", order(&id, fields)).await;
            }
            let begun = std::time::Instant::now();
            daemon.settle().await;
            let settled = begun.elapsed();
            let begun = std::time::Instant::now();
            let book = identical(daemon.database(), 0);
            let took = begun.elapsed();
            println!(
                "{engine:?}: {} snapshots, {} entries: settled in {settled:?}, rebuilt and compared in {took:?}",
                book.snapshots, book.entries
            );
            daemon.finish().await;
        });
    }
}
