//! What a close freezes, what stands in its way, and where that goes which comes after it.

use super::*;

/// Nothing came late to November, so it is now as it was closed.
fn same_both_ways<R: Total>(daemon: &TestDaemon) {
    let closed = as_closed::<R>(daemon, "2025-11");
    let columns = R::COLUMNS;
    assert_eq!(closed, as_known::<R>(daemon, "2025-11"), "{columns:?}");
    assert!(!closed.is_empty(), "{columns:?}");
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
    assert_eq!(as_known::<VatByRate>(&daemon, "2025-11"), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    assert_eq!(as_known::<VatByRate>(&daemon, "2025-12"), ["museum,EUR,2025-12,1900,-840,-160,-1000"]);
    same_both_ways::<VatByRate>(&daemon);
    same_both_ways::<AccountBalance>(&daemon);
    same_both_ways::<RevenueByEvent>(&daemon);
    same_both_ways::<PaymentsByMethod>(&daemon);
    assert_eq!(
        daemon.lines("SELECT reason AS line FROM v_gl WHERE period = '2025-12' AND reason LIKE 'late%'"),
        Vec::<String>::new(),
        "a refund of December is not late"
    );
    let december = daemon.rows(
        &["opening_minor", "billed_minor", "refunded_minor", "closing_minor"],
        "FROM v_rollforward_receivable WHERE period = '2025-12'",
    );
    assert_eq!(december, [["0", "-1000", "1000", "0"]]);
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
    let late = daemon.rows(
        &["booking_date", "kind", "event_type", "reason_code"],
        "FROM journal_entries WHERE entry_no > 4 GROUP BY booking_date, kind, event_type, reason_code ORDER BY 1",
    );
    assert!(late.contains(&row(["2025-12-01", "reverse", "sale.ticket", "late_for_2025-11"])), "{late:?}");
    assert!(late.contains(&row(["2025-12-01", "post", "refund", "late_for_2025-11"])), "{late:?}");
    assert!(late.contains(&row(["2025-12-01", "post", "sale.ticket", "late_for_2025-11"])), "{late:?}");
    assert!(late.iter().all(|row| row[0] == "2025-12-01" && row[3] == "late_for_2025-11"), "{late:?}");
    assert_eq!(as_closed::<VatByRate>(&daemon, "2025-11"), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    assert_eq!(as_known::<VatByRate>(&daemon, "2025-11"), ["museum,EUR,2025-11,1900,1680,320,2000"]);
    let adjustments = daemon.rows(
        &["late_for", "period", "account", "SUM(amount_minor)"],
        "FROM v_late_adjustments WHERE account = 'liabilities:vat:1900' GROUP BY late_for, period, account",
    );
    assert_eq!(adjustments, [["2025-11", "2025-12", "liabilities:vat:1900", "-160"]]);
    daemon.finish().await;
});

on_both_engines!(an_order_that_comes_after_its_month_is_late, async |database| {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2026-01-10T08:00:00Z");
    assert_eq!(shut(&daemon, "2025-12").result, "closed", "a month without entries can be closed");
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    let booked =
        daemon.rows(&["period", "reason"], "FROM v_gl WHERE source = 'museum' GROUP BY period, reason ORDER BY 1");
    assert_eq!(booked, [["2026-01", "late_for_2025-11"]], "a closed December closes November too");
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, codes(&closing)), ("blocked", vec!["already_closed"]));
    assert_eq!(as_known::<VatByRate>(&daemon, "2026-01"), ["museum,EUR,2026-01,1900,1680,320,2000"]);
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
    let blocked = close(daemon.database(), &daemon.clock, "museum", &forced, Settings::default()).unwrap();
    assert_eq!(codes(&blocked), ["findings_open"], "a serious finding is acknowledged, not forced");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE severity = 'high'");
    assert_eq!(daemon.lines("SELECT period AS line FROM periods"), Vec::<String>::new(), "nothing was written");

    go_to(&daemon, "2026-01-05T08:00:00Z");
    let later = shut(&daemon, "2025-12");
    assert_eq!(codes(&later), ["earlier_month_open"]);
    assert!(later.blockers[0].detail.contains("2025-11"));
    let shown = preview(daemon.database(), &daemon.clock, "museum", &forced, Settings::default()).unwrap();
    assert_eq!((shown.result, codes(&shown)), ("possible", vec![]));
    assert_eq!(daemon.lines("SELECT period AS line FROM periods"), Vec::<String>::new(), "a preview writes nothing");
    let closing = close(daemon.database(), &daemon.clock, "museum", &forced, Settings::default()).unwrap();
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
    let actions = daemon.rows(&["action", "actor", "why"], "FROM operator_actions");
    assert_eq!(actions, [["close", "ada", "month end"]]);
    assert_eq!(shut(&daemon, "2025-12").result, "closed");
    daemon.finish().await;
});

on_both_engines!(a_soft_close_only_warns, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    let soft = Request { soft: true, ..request("2025-11") };
    let softly = close(daemon.database(), &daemon.clock, "museum", &soft, Settings::default()).unwrap();
    assert_eq!((softly.result, softly.anchor), ("soft", None));
    let shown = preview(daemon.database(), &daemon.clock, "museum", &request("2025-11"), Settings::default()).unwrap();
    assert_eq!(shown.changed_since_soft_close, Some(false));
    daemon.accepted("museum", refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.settle().await;
    let reasons = daemon.rows(
        &["booking_date", "reason_code"],
        "FROM journal_entries \
        WHERE entry_no > 3 GROUP BY booking_date, reason_code ORDER BY 1",
    );
    assert_eq!(reasons, [["2025-11-20", "gone"], ["2025-11-20", "new"]], "booked in the month, and nothing is marked");
    let november = Month::parse("2025-11").unwrap();
    let open = report::read_as_closed::<VatByRate>(daemon.database(), Some("museum"), november);
    assert!(open.unwrap_err().to_string().contains("is not closed"));
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, closing.changed_since_soft_close), ("closed", Some(true)));
    daemon.finish().await;
});
