//! Closing a month, from both ends: what finance asks for, and what a hostile statement tries.

use serde_json::{Value, json};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger;
use ticketledger::ledger::close::{Closing, Month, Request, anchor, anchor_lines, close, contradiction, preview};
use ticketledger::ledger::verify::verify;
use ticketledger::report::{self, Cut, Format, Kind};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, VENDOR, at, changed};
use crate::support::db::TestDatabase;

fn request(month: &str) -> Request {
    Request {
        month: Month::parse(month).unwrap(),
        soft: false,
        force: false,
        reason: Reason { actor: "ada".to_owned(), why: "month end".to_owned() },
    }
}

fn shut(daemon: &TestDaemon, month: &str) -> Closing {
    close(daemon.database(), &daemon.clock, "museum", &request(month)).unwrap()
}

fn codes(closing: &Closing) -> Vec<&'static str> {
    closing.blockers.iter().map(|blocker| blocker.code).collect()
}

fn go_to(daemon: &TestDaemon, instant: &str) {
    daemon.clock.advance_milliseconds(at(instant).milliseconds_since(daemon.clock.now()));
}

fn manifest(closing: &Closing) -> Value {
    serde_json::from_str(closing.manifest.get()).unwrap()
}

fn csv(table: &report::Table) -> Vec<String> {
    let text = report::format::render(table, Format::Csv).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

fn vat(period: &str) -> Kind {
    Kind::Vat { period: Some(period.to_owned()) }
}

fn as_known(daemon: &TestDaemon, kind: &Kind) -> Vec<String> {
    csv(&report::read(daemon.database(), kind, Some("museum")).unwrap())
}

fn as_closed(daemon: &TestDaemon, kind: &Kind, period: &str) -> Vec<String> {
    csv(&report::read_as_closed(daemon.database(), kind, Some("museum"), period).unwrap())
}

fn refund(date: &str) -> Value {
    json!({"id": "r1", "code": "StripeBankWire", "payment_method": "StripeBankWire", "name": "Bank wire",
        "value": -10, "type": "refund", "payment_date": date})
}

/// The paid order with its second participant cancelled and paid back.
fn refunded(cancelled: &str, paid_back: &str) -> String {
    changed(
        PAID_ORDER,
        &[
            ("/tickets/0/participants/1/status", json!("CANCELED")),
            ("/tickets/0/participants/1/cancellation_date", json!(cancelled)),
            ("/payments/-", refund(paid_back)),
        ],
    )
}

on_both_engines!(a_closed_month_keeps_its_numbers_and_december_shows_the_refund, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, codes(&closing)), ("closed", vec![]));
    assert_eq!(closing.anchor.as_ref().unwrap().entry_no, 4, "the close is an entry of the chain");
    let before = manifest(&closing);
    assert_eq!(before["totals"]["vat"][0]["gross_minor"], json!(2000));
    assert_eq!(before["totals"]["entries"], json!(3));
    assert_eq!(before["observed"]["intake"]["states"], json!({"done": 1}));
    assert_eq!(before["totals"]["rollforward_receivable"][0]["billed_minor"], json!(2000));
    assert_eq!(before["totals"]["rollforward_receivable"][0]["paid_minor"], json!(-2000));
    assert_eq!(before["totals"]["rollforward_receivable"][0]["closing_minor"], json!(0));

    daemon.accepted("museum", refunded("2025-12-02T09:00:00Z", "2025-12-02T09:30:00Z")).await;
    daemon.settle().await;
    assert_eq!(as_known(&daemon, &vat("2025-11")), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    assert_eq!(as_known(&daemon, &vat("2025-12")), ["museum,EUR,2025-12,1900,-840,-160,-1000"]);
    for kind in [
        vat("2025-11"),
        Kind::TrialBalance { period: Some("2025-11".to_owned()) },
        Kind::Revenue { period: Some("2025-11".to_owned()) },
        Kind::Payments { period: Some("2025-11".to_owned()) },
    ] {
        let closed = as_closed(&daemon, &kind, "2025-11");
        assert_eq!(closed, as_known(&daemon, &kind), "nothing came late, so {kind:?} is the same both ways");
        assert!(!closed.is_empty(), "{kind:?}");
    }
    assert_eq!(
        daemon.lines("SELECT reason AS line FROM v_gl WHERE period = '2025-12' AND reason LIKE 'late%'"),
        Vec::<String>::new(),
        "a refund of December is not late"
    );
    let december = "SELECT opening_minor || '|' || billed_minor || '|' || refunded_minor || '|' || closing_minor AS line \
         FROM v_rollforward_receivable WHERE period = '2025-12'";
    assert_eq!(daemon.lines(december), ["0|-1000|1000|0"]);
    let stored = daemon.lines("SELECT doc AS line FROM period_manifests");
    assert_eq!(stored, [closing.manifest.get()], "stored as it was shown");
    // `finish` verifies, which computes the manifest anew and compares byte for byte.
    daemon.finish().await;
});

on_both_engines!(what_comes_late_is_booked_in_the_first_open_month, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    assert_eq!(shut(&daemon, "2025-11").result, "closed");
    // A cancellation and a refund that happened in November, and an order of November that nobody had sent.
    daemon.accepted("museum", refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!("never sent before"))])).await;
    daemon.settle().await;
    let late = daemon.lines(
        "SELECT DISTINCT e.booking_date || '|' || e.kind || '|' || e.event_type || '|' || e.reason_code AS line \
         FROM journal_entries e WHERE e.entry_no > 4 ORDER BY 1",
    );
    assert!(late.contains(&"2025-12-01|reverse|sale.ticket|late_for_2025-11".to_owned()), "{late:?}");
    assert!(late.contains(&"2025-12-01|post|refund|late_for_2025-11".to_owned()), "{late:?}");
    assert!(late.contains(&"2025-12-01|post|sale.ticket|late_for_2025-11".to_owned()), "{late:?}");
    assert!(late.iter().all(|line| line.starts_with("2025-12-01|") && line.ends_with("|late_for_2025-11")), "{late:?}");
    assert_eq!(as_closed(&daemon, &vat("2025-11"), "2025-11"), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    assert_eq!(as_known(&daemon, &vat("2025-11")), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    let adjustments = daemon.lines(
        "SELECT late_for || '|' || period || '|' || account || '|' || SUM(amount_minor) AS line FROM v_late_adjustments \
         WHERE account = 'liabilities:vat:1900' GROUP BY late_for, period, account",
    );
    assert_eq!(adjustments, ["2025-11|2025-12|liabilities:vat:1900|-160"]);
    daemon.finish().await;
});

on_both_engines!(an_order_that_comes_after_its_month_is_late, async |database| {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2026-01-10T08:00:00Z");
    assert_eq!(shut(&daemon, "2025-12").result, "closed", "a month without entries can be closed");
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let booked =
        daemon.lines("SELECT DISTINCT period || '|' || reason AS line FROM v_gl WHERE source = 'museum' ORDER BY 1");
    assert_eq!(booked, ["2026-01|late_for_2025-11"], "a closed December closes November too");
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, codes(&closing)), ("blocked", vec!["already_closed"]));
    assert_eq!(as_known(&daemon, &vat("2026-01")), ["museum,EUR,2026-01,1900,1680,320,2000"]);
    daemon.finish().await;
});

on_both_engines!(every_blocker_has_its_name, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    // 23:30 in London on the last of the month is the next month in Berlin, so the month is over.
    go_to(&daemon, "2025-11-30T22:59:59Z");
    assert_eq!(codes(&shut(&daemon, "2025-11")), ["month_not_over"]);
    daemon.parked("museum", "{").await;
    daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!("second"))])).await;
    go_to(&daemon, "2025-11-30T23:00:00Z");
    daemon.lines("SELECT source AS line FROM sources");
    let blocked = shut(&daemon, "2025-11");
    assert_eq!((blocked.result, codes(&blocked)), ("blocked", vec!["events_parked", "events_pending"]));
    assert!(blocked.blockers.iter().all(|blocker| blocker.can_be_forced && !blocker.detail.is_empty()));
    daemon.settle().await;
    database.execute(
        "INSERT INTO findings (fingerprint, source, order_id, reason, severity, evidence, first_seen, last_seen, state)
            SELECT 'f1', source, MIN(order_id), 'payment_vanished', 'high', 'evidence', '2025-11-12 00:00:00',
                '2025-11-12 00:00:00', 'open' FROM journal_entries WHERE source = 'museum' GROUP BY source",
    );
    let forced = Request { force: true, ..request("2025-11") };
    let blocked = close(daemon.database(), &daemon.clock, "museum", &forced).unwrap();
    assert_eq!(codes(&blocked), ["findings_open"], "a serious finding is acknowledged, not forced");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE severity = 'high'");
    assert_eq!(daemon.lines("SELECT period AS line FROM periods"), Vec::<String>::new(), "nothing was written");

    go_to(&daemon, "2026-01-05T08:00:00Z");
    let later = shut(&daemon, "2025-12");
    assert_eq!(codes(&later), ["earlier_month_open"]);
    assert!(later.blockers[0].detail.contains("2025-11"));
    let shown = preview(daemon.database(), &daemon.clock, "museum", &forced).unwrap();
    assert_eq!((shown.result, codes(&shown)), ("possible", vec![]));
    assert_eq!(daemon.lines("SELECT period AS line FROM periods"), Vec::<String>::new(), "a preview writes nothing");
    let closing = close(daemon.database(), &daemon.clock, "museum", &forced).unwrap();
    assert_eq!(closing.result, "closed");
    assert_eq!(closing.forced.iter().map(|blocker| blocker.code).collect::<Vec<_>>(), ["events_parked"]);
    let document = manifest(&closing);
    assert_eq!(document["observed"]["forced"][0]["code"], json!("events_parked"));
    assert_eq!(document["observed"]["why"], json!("month end"));
    assert_eq!(
        document["observed"]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| { finding["reason"] == json!("payment_vanished") })
            .count(),
        1
    );
    assert_eq!(document["observed"]["intake"]["received"], json!(3));
    assert_eq!(codes(&shut(&daemon, "2025-11")), ["already_closed"], "twice is refused");
    let actions = daemon.lines("SELECT action || '|' || actor || '|' || why AS line FROM operator_actions");
    assert_eq!(actions, ["close|ada|month end"]);
    assert_eq!(shut(&daemon, "2025-12").result, "closed");
    daemon.finish().await;
});

on_both_engines!(a_soft_close_only_warns, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let soft = Request { soft: true, ..request("2025-11") };
    let softly = close(daemon.database(), &daemon.clock, "museum", &soft).unwrap();
    assert_eq!((softly.result, softly.anchor), ("soft", None));
    let shown = preview(daemon.database(), &daemon.clock, "museum", &request("2025-11")).unwrap();
    assert_eq!(shown.changed_since_soft_close, Some(false));
    daemon.accepted("museum", refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.settle().await;
    let reasons = daemon.lines(
        "SELECT DISTINCT booking_date || '|' || reason_code AS line FROM journal_entries \
        WHERE entry_no > 3 ORDER BY 1",
    );
    assert_eq!(reasons, ["2025-11-20|gone", "2025-11-20|new"], "booked in the month, and nothing is marked");
    let open = report::read_as_closed(daemon.database(), &vat("2025-11"), Some("museum"), "2025-11");
    assert!(open.unwrap_err().to_string().contains("is not closed"));
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, closing.changed_since_soft_close), ("closed", Some(true)));
    daemon.finish().await;
});

on_both_engines!(the_database_itself_keeps_a_closed_month, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let anchor = shut(&daemon, "2025-11").anchor.unwrap();
    let entry = |kind: &str, day: &str, lines: i64, currency: &str, atom: &str| {
        let lines_sql = if lines == 0 {
            String::new()
        } else {
            format!(
                "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, line_key, item_kind)
                    VALUES ('museum', 5, 1, 'assets:receivable', '{currency}', 5, 'k', 'ticket'),
                        ('museum', 5, 2, 'assets:receivable', '{currency}', -5, 'k', 'ticket');"
            )
        };
        format!(
            "{lines_sql} INSERT INTO journal_entries VALUES ('museum', 5, '{kind}', 'ticket', NULL, NULL, '{atom}', 'hash',
                NULL, 'new', '{currency}', '2025-11-11 12:00:00', 'order_date', '{day}', '2025-12-03 00:00:00', NULL, 1,
                {lines}, 'key', 1, '{}', '{:064x}');",
            anchor.entry_hash, 5
        )
    };
    let (open, stays) = ("period is not open", "a closed period stays closed");
    let moneyless = "a close moves no money";
    let hostile = [
        (open, entry("post", "2025-11-30", 2, "EUR", "a")),
        (open, entry("post", "2025-10-31", 2, "EUR", "a")),
        (open, entry("manual", "2025-11-01", 2, "EUR", "a")),
        (moneyless, entry("close", "2025-11-30", 2, "XXX", "close:2025-11")),
        (moneyless, entry("close", "2025-12-03", 0, "XXX", "close:2025-12")),
        (moneyless, entry("close", "2025-12-03", 0, "XXX", "close:2025-11")),
        (stays, "UPDATE periods SET status = 'open'".to_owned()),
        (stays, "UPDATE periods SET status = 'soft'".to_owned()),
        (stays, "DELETE FROM periods".to_owned()),
        ("period_manifests is append-only", "UPDATE period_manifests SET doc = '{}'".to_owned()),
        ("period_manifests is append-only", "DELETE FROM period_manifests".to_owned()),
        ("chain_anchors is append-only", "UPDATE chain_anchors SET entry_no = 1".to_owned()),
    ];
    for (why, sql) in &hostile {
        let refused = database.try_execute(sql).expect_err(sql).to_string();
        assert!(refused.contains(why), "{refused}\n{sql}");
    }
    database.try_execute(&entry("post", "2025-12-01", 2, "EUR", "a")).unwrap();
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(who_gets_past_the_database_is_found_by_verify, async |database| {
    use crate::support::db::Engine;
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    shut(&daemon, "2025-11");
    let tamper = |table: &str, trigger: &str, sql: &str| match database.engine {
        Engine::Sqlite => database.execute(&format!("DROP TRIGGER {trigger}; {sql}")),
        Engine::Postgres => database.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER; {sql}")),
    };
    let broken = || verify(daemon.database(), None).unwrap().broken.unwrap_or_default();
    assert_eq!(broken(), "");
    tamper("periods", "periods_update", "UPDATE periods SET totals_sha256 = 'x'");
    assert!(broken().contains("the row in `periods`"), "{}", broken());
    tamper(
        "period_manifests",
        "period_manifests_update",
        "UPDATE period_manifests SET doc = replace(doc, '2000', '2001')",
    );
    assert!(broken().contains("does not have the hash"), "{}", broken());
    tamper("chain_anchors", "chain_anchors_update", "UPDATE chain_anchors SET entry_hash = 'x'");
    assert!(broken().contains("anchor 1"), "{}", broken());
    database.execute("INSERT INTO periods (source, period, status) VALUES ('theatre', '2025-11', 'closed')");
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(a_report_with_a_cut_agrees_with_its_view_and_balances_at_every_cut, async |database| {
    let daemon = TestDaemon::start(database).await;
    let days = ["2025-11-12", "2025-11-20", "2025-12-02", "2025-12-05", "2026-01-03"];
    for (number, day) in days.iter().enumerate() {
        go_to(&daemon, &format!("{day}T08:00:00Z"));
        if *day == "2025-12-05" {
            daemon.close_month(database, "2025-11");
        }
        let order = if number % 2 == 0 { PAID_ORDER } else { UNIFIED_EXAMPLE };
        daemon.accepted("museum", changed(order, &[("/id", json!(format!("order {number}")))])).await;
        daemon.settle().await;
    }
    daemon.accepted("museum", refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.settle().await;
    let november = || Some("2025-11".to_owned());
    let everything = Cut { entries_until: Some(i64::MAX), ..Cut::default() };
    for kind in [
        Kind::TrialBalance { period: None },
        Kind::TrialBalance { period: november() },
        Kind::Revenue { period: None },
        Kind::Revenue { period: november() },
        Kind::Vat { period: None },
        Kind::Payments { period: None },
        Kind::Balances,
        Kind::Vouchers,
    ] {
        let mut view = report::read(daemon.database(), &kind, None).unwrap();
        if kind == Kind::Balances {
            view.rows.iter_mut().for_each(|row| row[3] = report::Cell::Text(None));
            view.rows.sort();
        }
        let cut = report::read_cut(daemon.database(), &kind, None, &everything).unwrap();
        assert_eq!(csv(&cut), csv(&view), "{kind:?}");
        assert_eq!(cut.columns, view.columns, "{kind:?}");
    }
    // Any cut on either axis sums to zero; the seed is the list of cuts itself.
    let instants = ["2025-11-11T00:00:00Z", "2025-11-12T08:00:00Z", "2025-12-03T00:00:00Z", "2026-02-01T00:00:00Z"];
    let booked = ["2025-11-01", "2025-11-10", "2025-11-30", "2025-12-01", "2026-01-31"];
    for as_of in instants.iter().map(|text| Some(at(text))).chain([None]) {
        for booked_until in booked.iter().map(|day| Some(day.parse().unwrap())).chain([None]) {
            let cut = Cut { as_of, booked_until, entries_until: None };
            let table = report::read_cut(daemon.database(), &Kind::TrialBalance { period: None }, None, &cut).unwrap();
            let sum: i64 = table
                .column("balance_minor")
                .map(|cell| if let report::Cell::Number(Some(minor)) = cell { *minor } else { 0 })
                .sum();
            assert_eq!(sum, 0, "{cut:?}");
        }
    }
    let early = Cut { as_of: Some(at("2025-11-15T00:00:00Z")), ..Cut::default() };
    let table = report::read_cut(daemon.database(), &Kind::Balances, Some("museum"), &early).unwrap();
    assert_eq!(csv(&table), ["museum,order 0,RQW-ETD72D,,EUR,2000,2000,0"]);
    daemon.finish().await;
});

on_both_engines!(the_anchor_file_gets_each_line_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2026-01-02T08:00:00Z");
    let first = shut(&daemon, "2025-11").anchor.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors.jsonl");
    let lines = || anchor_lines(daemon.database(), "museum").unwrap();
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 1);
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 0);
    let second = shut(&daemon, "2025-12").anchor.unwrap();
    assert_eq!(anchor::append(&path, &lines()).unwrap(), 1);
    assert_eq!(anchor::read(&path).unwrap(), [first, second]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["anchors.jsonl"], "no half-written file is left");
    assert_eq!(contradiction(daemon.database(), &anchor::read(&path).unwrap(), None).unwrap(), None);
    let mut forged = anchor::read(&path).unwrap();
    forged[1].entry_hash = "0".repeat(64);
    let found = contradiction(daemon.database(), &forged, Some("museum")).unwrap();
    assert!(found.unwrap().contains("the anchor of 2025-12 says 0000"));
    assert_eq!(contradiction(daemon.database(), &forged, Some("theatre")).unwrap(), None);
    daemon.finish().await;
});

on_both_engines!(a_rebuild_repeats_a_close_at_its_place, async |database| {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    shut(&daemon, "2025-11");
    let mut stored = ledger::close::closings(&mut daemon.database().reader().unwrap(), "museum").unwrap();
    let stored = stored.remove(0);
    let repeated = daemon.database().transaction::<_, ledger::Error>("rebuild", |connection| {
        // The book of the other source is empty, as a book is where its rebuild begins.
        let mut book = ledger::Book::open(connection, "theatre", chrono_tz::Europe::Zurich)?;
        book.source = "museum".to_owned();
        assert_eq!(ledger::close::next_entry_no(&book), stored.entry_no);
        Ok(ledger::close::repeat(&mut book, &stored))
    });
    assert_eq!(repeated.unwrap(), stored, "the same number and the same hash");
    daemon.finish().await;
});

/// A small generator, so that a failure can be repeated from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

on_both_engines!(random_histories_with_closes_in_between_hold_at_random_cuts, async |database| {
    for seed in [1, 7, 2025] {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = TestDaemon::start(&fresh).await;
        let mut random = Random(seed);
        let mut months = vec!["2026-03", "2026-02", "2026-01", "2025-12", "2025-11"];
        let mut closed: Vec<(String, Vec<String>)> = Vec::new();
        for _ in 0..25 {
            daemon.clock.advance_milliseconds(i64::try_from(random.below(8 * 86_400)).unwrap() * 1000);
            let order = if random.below(3) == 0 { UNIFIED_EXAMPLE } else { PAID_ORDER };
            let id = format!("order {}", random.below(4));
            let body = match random.below(4) {
                0 if order == PAID_ORDER => refunded("2025-11-20T09:00:00Z", "2025-12-20T09:30:00Z"),
                1 => changed(order, &[("/status", json!("CANCELLED"))]),
                _ => order.to_owned(),
            };
            daemon.accepted("museum", changed(&body, &[("/id", json!(id))])).await;
            daemon.settle().await;
            if random.below(3) == 0
                && let Some(month) = months.last()
            {
                database_acknowledges(&daemon);
                let closing = shut(&daemon, month);
                if closing.result == "closed" {
                    closed.push(((*month).to_owned(), as_known(&daemon, &vat(month))));
                    months.pop();
                } else {
                    assert_eq!(codes(&closing), ["month_not_over"], "seed {seed}");
                }
            }
        }
        assert!(closed.len() > 1, "seed {seed} closes {closed:?}");
        for (month, report) in &closed {
            assert_eq!(&as_closed(&daemon, &vat(month), month), report, "seed {seed}, {month}");
            assert_eq!(&as_known(&daemon, &vat(month)), report, "seed {seed}, {month}: nothing was added");
        }
        for line in daemon.lines("SELECT doc AS line FROM period_manifests") {
            rollforwards_agree(&daemon, &serde_json::from_str(&line).unwrap());
        }
        for _ in 0..40 {
            let as_of =
                at("2025-11-11T12:00:00Z").plus_milliseconds(i64::try_from(random.below(250 * 86_400)).unwrap() * 1000);
            let day = chrono::NaiveDate::from_ymd_opt(2025, 10, 25).unwrap() + chrono::Days::new(random.below(250));
            let cut = Cut {
                as_of: (random.below(2) == 0).then_some(as_of),
                booked_until: (random.below(2) == 0).then_some(day),
                entries_until: (random.below(2) == 0).then(|| i64::try_from(random.below(200)).unwrap()),
            };
            let table = report::read_cut(daemon.database(), &Kind::TrialBalance { period: None }, None, &cut).unwrap();
            assert_eq!(total(&table, "balance_minor"), 0, "seed {seed}, {cut:?}");
            let receivable =
                table.rows.iter().find(|row| row[2] == report::Cell::Text(Some("assets:receivable".to_owned())));
            let owed = receivable.map_or(0, |row| number(&row[3]));
            let balances = report::read_cut(daemon.database(), &Kind::Balances, None, &cut).unwrap();
            assert_eq!(total(&balances, "balance_minor"), owed, "seed {seed}, {cut:?}");
        }
        let chained = "SELECT period || ' ' || opening_minor AS line FROM v_rollforward_receivable WHERE closing_minor <> \
             opening_minor + billed_minor + paid_minor + refunded_minor + redeemed_minor + refund_vouchers_minor + other_minor";
        assert_eq!(daemon.lines(chained), Vec::<String>::new(), "seed {seed}");
        let chained = "SELECT period || ' ' || account AS line FROM v_rollforward_voucher WHERE closing_minor <> \
             opening_minor + issued_minor + redeemed_minor + other_minor";
        assert_eq!(daemon.lines(chained), Vec::<String>::new(), "seed {seed}");
        daemon.finish().await;
    }
});

/// The roll-forwards of a manifest are those of the views, which nothing later can have changed.
fn rollforwards_agree(daemon: &TestDaemon, manifest: &Value) {
    let period = manifest["period"].as_str().unwrap();
    for (section, account, columns) in [
        (
            "rollforward_receivable",
            "''",
            &["opening", "billed", "paid", "refunded", "redeemed", "refund_vouchers", "other", "closing"][..],
        ),
        ("rollforward_voucher", "account", &["opening", "issued", "redeemed", "other", "closing"][..]),
    ] {
        let names: Vec<String> = columns.iter().map(|name| format!("{name}_minor")).collect();
        let sql = format!(
            "SELECT {account} || ' ' || {} AS line FROM v_{section} WHERE source = 'museum' AND period = '{period}' ORDER BY 1",
            names.join(" || ' ' || ")
        );
        for line in daemon.lines(&sql) {
            let frozen = manifest["totals"][section].as_array().unwrap().iter().map(|row| {
                let amounts: Vec<String> = names.iter().map(|name| row[name].to_string()).collect();
                let account = if account == "account" { row["account"].as_str().unwrap() } else { "" };
                format!("{account} {}", amounts.join(" "))
            });
            assert!(frozen.collect::<Vec<_>>().contains(&line), "{section} of {period}: {line} in {manifest}");
        }
    }
}

/// Serious findings stand in the way of a close; these histories are about the numbers.
fn database_acknowledges(daemon: &TestDaemon) {
    use diesel::RunQueryDsl as _;
    let acknowledge = "UPDATE findings SET state = 'acknowledged' WHERE state = 'open'";
    daemon
        .database()
        .transaction::<_, ticketledger::db::Error>("test", |connection| {
            ticketledger::on_engine!(connection, |c| diesel::sql_query(acknowledge).execute(c))?;
            Ok(())
        })
        .unwrap();
}

fn number(cell: &report::Cell) -> i64 {
    if let report::Cell::Number(Some(number)) = cell { *number } else { 0 }
}

fn total(table: &report::Table, column: &str) -> i64 {
    table.column(column).map(number).sum()
}

/// Runs the program itself, and answers its exit code and what it says.
fn ticketledger(folder: &std::path::Path, arguments: &[&str]) -> (i32, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ticketledger"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TICKETLEDGER_")) {
        command.env_remove(name);
    }
    let output = command
        .args(["--config", "ticketledger.toml"])
        .args(arguments)
        .current_dir(folder)
        .env("MUSEUM_HOOK", "a-secret-that-is-long-enough-for-a-path")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

on_both_engines!(the_command_closes_and_the_reports_follow, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.finish().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "[database]\nurl = \"{}\"\n[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\n\
         timezone = \"Europe/Berlin\"\ncountry = \"DE\"\nvendor_ids = [\"{VENDOR}\"]\npath_secrets = [\"env:MUSEUM_HOOK\"]\n",
        database.url
    );
    std::fs::write(folder.path().join("ticketledger.toml"), settings).unwrap();
    let run = |arguments: &[&str]| ticketledger(folder.path(), arguments);
    let close = ["ledger", "close", "2025-11", "--source", "museum", "--anchor-file", "anchors", "--actor", "ada"];
    let (code, said) = run(&[&close[..], &["--dry-run"]].concat());
    assert_eq!((code, said.contains("can be closed")), (0, true), "{said}");
    assert!(!folder.path().join("anchors").exists());
    assert_eq!(run(&[&close[..], &["--force"]].concat()).0, 2, "--force needs a reason");
    let (code, said) = run(&close);
    assert_eq!((code, said.contains("museum: 2025-11 is closed.")), (0, true), "{said}");
    let (code, said) = run(&close);
    assert_eq!((code, said.contains("already_closed")), (3, true), "{said}");
    assert_eq!(anchor::read(&folder.path().join("anchors")).unwrap().len(), 1);
    let (code, said) = run(&["ledger", "verify", "--anchor-file", "anchors"]);
    assert_eq!(code, 0, "{said}");
    let report = |more: &[&str]| run(&[&["report"][..], more, &["--source", "museum", "--format", "csv"]].concat());
    let (code, said) = report(&["vat", "--period", "2025-11", "--as-closed"]);
    assert_eq!((code, said.lines().last()), (0, Some("museum,EUR,2025-11,1900,1680,320,2000")), "{said}");
    let (code, said) = report(&["balances", "--period", "2025-11", "--as-closed"]);
    assert_eq!((code, said.lines().count()), (0, 2), "{said}");
    let (code, said) = report(&["trial-balance", "--booked-until", "2025-11-08"]);
    assert!(code == 0 && said.contains("museum,EUR,assets:receivable,2000"), "the payment came on the 11th: {said}");
    let (code, said) = report(&["payments", "--as-of", "2025-11-01"]);
    assert_eq!((code, said.lines().count()), (0, 1), "nothing was known then: {said}");
    assert_eq!(report(&["vat", "--as-closed"]).0, 2);
    assert_eq!(report(&["vat", "--as-closed", "--period", "2025-12"]).0, 1);
    assert_eq!(report(&["balances", "--period", "2025-11"]).0, 2);
});
