//! Webhooks that a person sets aside: no longer parked, not counted, and not lost.

use serde_json::{Value, json};
use ticketledger::demo::stand_in::BookingExample;
use ticketledger::inbox::operator::dismiss::{Dismissed, Doubt, Plan, dismiss, plan};
use ticketledger::inbox::operator::{self, Reason, Selection};
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close};
use ticketledger::maintenance::retention::{Class, Rule, prune};
use ticketledger::provider::DOUBTS;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::db::TestDatabase;
use crate::support::home::Home;
use crate::support::order::{admission, order, payment};
use crate::support::program::Program;

const PID: &str = "293233446073";

fn json_of(program: &Program, arguments: &[&str]) -> Value {
    let (code, said, errors) = program.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&said).unwrap()
}

fn planned(daemon: &TestDaemon, ids: &[i64]) -> Plan {
    plan(daemon.database(), &daemon.clock, &Selection::Ids(ids.to_vec()), DOUBTS).unwrap()
}

/// Dismisses events, doubtful or not.
fn set_aside(daemon: &TestDaemon, ids: &[i64]) -> Dismissed {
    let reason = Reason { actor: "ada".to_owned(), why: "not ours".to_owned() };
    let (plan, selection) = (planned(daemon, ids), Selection::Ids(ids.to_vec()));
    dismiss(daemon.database(), &daemon.clock, &plan, &selection, &reason, None).unwrap()
}

fn doubts(plan: &Plan) -> Vec<(i64, Doubt)> {
    plan.doubtful.iter().map(|doubtful| (doubtful.id, doubtful.doubt)).collect()
}

/// Order A, read and booked (1) after it could not be read (2 comes first); a body that is none (3); somebody else's
/// order with a payment (4).
async fn mixed(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    let bad = order("A", json!({"tickets": [admission("p", "ten", "19")]}));
    assert_eq!(daemon.parked("museum", bad).await, "bad_amount");
    daemon.deliver(order("A", json!({"tickets": [admission("p", "10.00", "19")]}))).await;
    assert_eq!(daemon.parked("museum", "{").await, "invalid_json");
    let others = changed(PAID_ORDER, &[("/vendor_id", json!("somebody else"))]);
    assert_eq!(daemon.parked("museum", others).await, "unknown_vendor");
    daemon
}

on_both_engines!(a_dismissed_webhook_is_no_longer_parked_and_not_counted, async |database| {
    let daemon = mixed(database).await;
    assert_eq!(daemon.observe().await.len(), 1, "the alert began");
    let before = (daemon.balances("museum"), daemon.entries("museum"));
    assert_eq!(doubts(&planned(&daemon, &[1, 3, 4])), [(4, Doubt::LastWord)]);
    assert_eq!(set_aside(&daemon, &[1, 3, 4]), Dismissed { dismissed: 3, in_work: 0 });
    assert_eq!(daemon.states(), ["dismissed bad_amount", "done", "dismissed invalid_json", "dismissed unknown_vendor"]);
    assert_eq!(
        daemon.view("v_inbox", &["source", "state", "events"]),
        [["museum", "dismissed", "3"], ["museum", "done", "1"]]
    );
    let ended: Vec<String> = daemon.observe().await.iter().map(|notice| notice.text.clone()).collect();
    assert_eq!(ended, ["museum: over: no webhook is parked"]);
    assert_eq!((daemon.balances("museum"), daemon.entries("museum")), before);
    // Nothing makes it count again by itself, and it holds up no close.
    daemon.deliver(order("A", json!({"tickets": [admission("p", "12.00", "19")]}))).await;
    assert_eq!(daemon.states()[0], "dismissed bad_amount");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open'");
    daemon.set_clock("2025-12-03T12:00:00Z");
    let reason = Reason { actor: "ada".to_owned(), why: "month end".to_owned() };
    let request = Request { month: Month::parse("2025-11").unwrap(), soft: false, force: false, reason };
    let closing = close(daemon.database(), &daemon.clock, "museum", &request, Settings::default()).unwrap();
    assert_eq!((closing.result, closing.blockers.len()), ("closed", 0));
    daemon.finish().await;
    let (code, said, errors) = Program::new(database).run(&["ledger", "rebuild"]);
    assert_eq!(code, 0, "{said}{errors}");
});

on_both_engines!(a_replay_takes_a_dismissed_webhook_up_with_fresh_attempts, async |database| {
    let daemon = mixed(database).await;
    database.execute("UPDATE inbox_events SET attempts = 12 WHERE id = 4");
    set_aside(&daemon, &[3, 4]);
    // A replay of what is parked leaves it alone; by its id it is taken up, and read again.
    let parked = Selection::Matching(operator::Filter {
        states: Some(vec![ticketledger::inbox::State::Parked]),
        ..operator::Filter::default()
    });
    assert_eq!(operator::preview(daemon.database(), &parked).unwrap().iter().map(|c| c.events).sum::<i64>(), 1);
    let replayed = daemon.replay(&[3, 4]);
    assert_eq!((replayed.replayed, replayed.still_parked), (1, 1), "what cannot be read is parked again");
    assert_eq!(daemon.states()[2..], ["parked invalid_json", "pending"]);
    assert_eq!(daemon.lines("SELECT CAST(attempts AS TEXT) AS line FROM inbox_events WHERE id = 4"), ["0"]);
    daemon.settle().await;
    assert_eq!(daemon.states()[3], "parked unknown_vendor", "the worker reads it as it is");
    let history = operator::store::attempts(&mut daemon.database().reader().unwrap(), 4).unwrap();
    let told: Vec<_> = history.iter().map(|line| (line.verdict.as_str(), line.actor.as_deref())).collect();
    assert_eq!(told[..2], [("dismiss", Some("ada")), ("replay", Some("test"))]);
    assert_eq!((history[0].reason.as_str(), history[0].next_due_at), ("unknown_vendor", None));
    daemon.finish().await;
});

on_both_engines!(what_may_be_the_only_word_of_money_takes_a_second_reason, async |database| {
    let daemon = TestDaemon::start(database).await;
    let known = |id: &str, amount: &str| order(id, json!({"payments": [payment("m", amount)]}));
    daemon.deliver(known("A", "1.00")).await;
    daemon.parked("museum", known("A", "bad")).await;
    let waiting = daemon.accepted("museum", known("B", "1.00")).await;
    let payment = json!({"booking_pid": PID, "payment_pid": "m", "currency": "CHF", "amount": "bad"});
    daemon.parked("theatre", json!({"type": "new-payment", "payload": payment}).to_string()).await;
    daemon.parked("theatre", json!({"type": "new-voucher", "payload": {}}).to_string()).await;
    daemon.parked("theatre", json!({"type": "booking-cancelled", "payload": {}}).to_string()).await;
    daemon.parked("theatre", json!({"type": "new-person", "payload": {}}).to_string()).await;
    let examined = planned(&daemon, &[1, 2, waiting, 4, 5, 6, 7]);
    assert_eq!(examined.counted, [1]);
    assert_eq!(examined.events(), 6);
    assert_eq!(
        doubts(&examined),
        [
            (2, Doubt::LastWord),
            (waiting, Doubt::NotProcessed),
            (4, Doubt::OwnFact),
            (5, Doubt::MayTellOfMoney),
            (6, Doubt::OwnFact)
        ]
    );
    // A later one makes it unimportant, but not a payment that only the webhook tells.
    daemon.deliver(known("A", "2.00")).await;
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    daemon.ticketpark("new-booking", json!({"booking_pid": PID})).await;
    daemon.settle().await;
    assert_eq!(doubts(&planned(&daemon, &[2, 4])), [(4, Doubt::OwnFact)]);
    assert_eq!(planned(&daemon, &[waiting]).counted, [waiting]);
    daemon.finish().await;
});

on_both_engines!(what_cannot_be_read_and_may_tell_of_money_takes_a_second_reason, async |database| {
    let daemon = TestDaemon::start(database).await;
    for body in [serde_json::to_string(PAID_ORDER).unwrap(), "data=%7B%22payments%22%7D".to_owned()] {
        daemon.parked("museum", body).await;
    }
    let pings = ["{\"test\":\"hello\"}", "", "ping", "<html></html>", "[]"];
    for ping in pings {
        daemon.parked("museum", ping).await;
    }
    let all: Vec<i64> = (1..=7).collect();
    assert_eq!(doubts(&planned(&daemon, &all)), [(1, Doubt::MayTellOfMoney), (2, Doubt::MayTellOfMoney)]);
    daemon.finish().await;
});

on_both_engines!(the_last_word_on_what_was_paid_takes_a_second_reason, async |database| {
    let daemon = TestDaemon::start(database).await;
    let paid = json!({"status": "NEVER_HEARD_OF", "payments": [payment("m", "500.00")]});
    assert_eq!(daemon.parked("museum", order("A", paid)).await, "unknown_status");
    let mut without: Value = serde_json::from_str(&order("A", json!({}))).unwrap();
    without.as_object_mut().unwrap().remove("payments");
    daemon.deliver(without.to_string()).await;
    assert_eq!(doubts(&planned(&daemon, &[1])), [(1, Doubt::LastWord)]);
    daemon.deliver(order("A", json!({"payments": []}))).await;
    assert_eq!(doubts(&planned(&daemon, &[1])), []);
    daemon.finish().await;
});

on_both_engines!(what_a_worker_holds_or_has_changed_is_left_alone, async |database| {
    let daemon = mixed(database).await;
    daemon.accepted("museum", order("B", json!({"payments": [payment("m", "1.00")]}))).await;
    daemon.claim_and_die();
    let examined = planned(&daemon, &[3, 5]);
    assert_eq!((examined.events(), examined.in_work.as_slice()), (1, &[5][..]));
    database.execute("UPDATE inbox_events SET state = 'done', reason = NULL WHERE id = 3");
    let reason = Reason { actor: "ada".to_owned(), why: "no JSON".to_owned() };
    let done =
        dismiss(daemon.database(), &daemon.clock, &examined, &Selection::Ids(vec![3, 5]), &reason, None).unwrap();
    assert_eq!(done, Dismissed { dismissed: 0, in_work: 1 });
    assert_eq!(daemon.states()[2], "done");
    daemon.settle_after_seconds(3600).await;
    daemon.finish().await;
});

on_both_engines!(the_command_previews_asks_refuses_and_writes_it_down, async |database| {
    let daemon = mixed(database).await;
    let tried = daemon.accepted("museum", PAID_ORDER).await;
    database.execute(&format!("UPDATE inbox_events SET state = 'parked', reason = 'database' WHERE id = {tried}"));
    daemon.finish().await;
    let program = Program::new(database);
    let refused = |arguments: &[&str], code: i32, text: &str| {
        let ended = program.run(&[&["inbox", "dismiss"][..], arguments].concat());
        assert_eq!((ended.0, ended.2.contains(text)), (code, true), "{arguments:?}: {}", ended.2);
    };
    let preview = program.run(&["inbox", "dismiss", "--dry-run"]);
    assert_eq!(preview.0, 0, "{}", preview.2);
    for text in [
        "invalid_json",
        "They will count for nothing",
        "Payments that they tell of, museum: 20.00 EUR.",
        "Webhooks whose payments, if any, cannot be read: 1.",
        "2 of these webhooks may be the only word of an order or of money; ",
        "--force \"REASON\" dismisses them all the same:",
        "webhook 4 of museum, order:",
    ] {
        assert!(preview.1.contains(text), "{text}: {}", preview.1);
    }
    let whole = json_of(&program, &["inbox", "dismiss", "--dry-run"]);
    assert_eq!((&whole["events"], &whole["payments_unread"]), (&json!(4), &json!(1)));
    assert_eq!(whole["payments"], json!([{"source": "museum", "currency": "EUR", "amount_minor": 2000}]));
    assert_eq!((&whole["needs_force"][0]["id"], &whole["needs_force"][0]["doubt"]), (&json!(4), &json!("last_word")));
    refused(&["--yes"], 2, "--reason");
    refused(&["--reason", " ", "--yes"], 2, "--reason is empty");
    refused(&["--reason", "x", "--force", "", "--yes"], 2, "--force is empty");
    refused(&["--reason", "x", "--yes"], 2, "say which webhooks");
    refused(&["--state", "parked", "--reason", "x", "--yes"], 1, "webhook 4 of museum");
    refused(&["1", "3", "--reason", "x"], 2, "pass --yes to confirm");
    refused(&["2", "--reason", "x", "--force", "y", "--yes"], 1, "were applied or superseded: [2]");
    refused(&["77", "--reason", "x", "--yes"], 1, "no webhooks with these ids: [77]");
    refused(&["--state", "done", "--reason", "x"], 2, "cannot be dismissed");
    let states = || program.run(&["inbox", "stats", "--format", "csv"]);
    assert_eq!(states().0, 3, "nothing was changed");
    let done = json_of(&program, &["inbox", "dismiss", "--code", "bad_amount", "--reason", "sent again", "--yes"]);
    assert_eq!(done, json!({"dismissed": 1, "in_work": 0}));
    let force = ["3", "4", "1", "5", "--reason", "not ours", "--force", "the shop next door", "--actor", "bo", "--yes"];
    let (code, said, errors) = program.run(&[&["inbox", "dismiss"][..], &force].concat());
    assert_eq!((code, said.as_str(), errors.as_str()), (0, "Dismissed: 3.\n", ""));
    let (code, said, _) = states();
    assert_eq!((code, said.contains("museum,dismissed,,4,")), (0, true), "nothing is parked: {said}");
    let list = program.run(&["inbox", "list", "--state", "dismissed", "--format", "csv"]).1;
    assert_eq!(list.lines().count(), 5, "{list}");
    let shown = program.run(&["inbox", "show", "4"]).1;
    assert!(shown.contains("dismiss") && shown.contains("not ours (forced: the shop next door)"), "{shown}");
    let traced = program.run(&["ledger", "trace", "event:4"]).1;
    assert!(traced.contains("it was dismissed"), "{traced}");
    let actions = crate::support::daemon::rows(
        &database.open(),
        &["action", "actor", "why", "filter", "events"],
        "FROM operator_actions ORDER BY id",
    );
    assert_eq!(
        actions,
        [
            ["dismiss", "operator", "sent again", "state=parked reason=bad_amount", "1"],
            ["dismiss", "bo", "not ours (forced: the shop next door)", "id=3,4,1,5", "3"],
        ]
    );
    let replay = program.run(&["inbox", "replay", "--dry-run"]).1;
    assert!(replay.contains("No webhook matches"), "{replay}");
});

on_both_engines!(the_examples_of_the_page_work_as_they_stand, async |database| {
    let daemon = mixed(database).await;
    daemon.finish().await;
    let program = Program::new(database);
    let page = include_str!("../../docs/parked.md");
    let examples = page.lines().filter_map(|line| line.strip_prefix("ticketledger inbox dismiss --code "));
    let mut count = 0;
    for example in examples {
        // Every second piece stands in quotes.
        let pieces = example.split('"').enumerate();
        let words: Vec<&str> = pieces
            .flat_map(|(at, piece)| if at % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() })
            .collect();
        let (code, said, errors) = program.run(&[&["inbox", "dismiss", "--yes", "--code"], words.as_slice()].concat());
        assert_eq!((code, errors.as_str()), (0, ""), "{example}: {said}");
        count += 1;
    }
    assert_eq!(count, 3);
    let left = program.run(&["inbox", "list", "--state", "parked", "--format", "csv"]).1;
    assert!(left.contains("bad_amount") && left.lines().count() == 2, "{left}");
});

#[test]
fn a_dismissal_without_an_operator_is_refused() {
    let home = Home::new();
    drop(home.database());
    let act = ["inbox", "dismiss", "--state", "parked", "--reason", "not ours", "--yes"];
    let refused = home.command(&act).env_remove("USER").output().unwrap();
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{errors}");
    assert!(errors.contains("no operator is named; pass --actor NAME"), "{errors}");
}

on_both_engines!(the_body_of_a_dismissed_webhook_is_kept_as_long_as_a_superseded_one, async |database| {
    let daemon = mixed(database).await;
    set_aside(&daemon, &[4]);
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    let bodiless = || daemon.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE body IS NULL");
    let take = |class| {
        let now = daemon.clock.now();
        let reason = Reason { actor: "ada".to_owned(), why: "age".to_owned() };
        let rules = [Rule::older_than(class, 0, now)];
        prune(daemon.database(), &rules, None, now, Some(&reason), |_| true).unwrap();
    };
    take(Class::Done);
    assert_eq!(bodiless(), ["2"]);
    take(Class::Superseded);
    assert_eq!(bodiless(), ["2", "4"]);
    assert_eq!(daemon.replay(&[4]).pruned, 1);
    assert_eq!(daemon.states()[3], "dismissed unknown_vendor");
    daemon.finish().await;
});
