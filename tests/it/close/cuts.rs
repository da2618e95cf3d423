//! Reports as of an instant, a day or an entry, between closes too.

use super::*;
use crate::support::random::Random;

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
    let november = Month::parse("2025-11");
    agrees_with_its_view::<AccountBalance>(&daemon, None);
    agrees_with_its_view::<AccountBalance>(&daemon, november);
    agrees_with_its_view::<RevenueByEvent>(&daemon, None);
    agrees_with_its_view::<RevenueByEvent>(&daemon, november);
    agrees_with_its_view::<VatByRate>(&daemon, None);
    agrees_with_its_view::<PaymentsByMethod>(&daemon, None);
    agrees_with_its_view::<OrderBalance>(&daemon, None);
    agrees_with_its_view::<VoucherBalance>(&daemon, None);
    // Any cut on either axis sums to zero; the seed is the list of cuts itself.
    let instants = ["2025-11-11T00:00:00Z", "2025-11-12T08:00:00Z", "2025-12-03T00:00:00Z", "2026-02-01T00:00:00Z"];
    let booked = ["2025-11-01", "2025-11-10", "2025-11-30", "2025-12-01", "2026-01-31"];
    for as_of in instants.iter().map(|text| Some(at(text))).chain([None]) {
        for booked_until in booked.iter().map(|day| Some(day.parse().unwrap())).chain([None]) {
            let cut = AsOf { recorded_until: as_of, booked_until, entries_until: None };
            let table = as_of_then::<AccountBalance>(&daemon, None, cut);
            let sum: i64 = table
                .column("balance_minor")
                .map(|cell| if let report::Cell::Number(Some(minor)) = cell { *minor } else { 0 })
                .sum();
            assert_eq!(sum, 0, "{cut:?}");
        }
    }
    let early = AsOf { recorded_until: Some(at("2025-11-15T00:00:00Z")), ..AsOf::default() };
    let table = as_of_then::<OrderBalance>(&daemon, Some("museum"), early);
    assert_eq!(csv(&table), ["museum,order 0,RQW-ETD72D,,EUR,2000,2000,0"]);
    daemon.finish().await;
});

fn as_of_then<R: Total>(daemon: &TestDaemon, source: Option<&str>, as_of: AsOf) -> report::Table {
    report::read::<R>(daemon.database(), &Selection { source, period: None, as_of }).unwrap()
}

fn agrees_with_its_view<R: Total>(daemon: &TestDaemon, month: Option<Month>) {
    let whole = Selection { period: month.map(Into::into), ..Selection::default() };
    let as_of = AsOf { entries_until: Some(i64::MAX), ..AsOf::default() };
    let mut view = report::read::<R>(daemon.database(), &whole).unwrap();
    if let Some(status) = view.columns.iter().position(|column| column.name == "status") {
        view.rows.iter_mut().for_each(|row| row[status] = report::Cell::Text(None));
        view.rows.sort();
    }
    let cut = report::read::<R>(daemon.database(), &Selection { as_of, ..whole }).unwrap();
    assert_eq!(csv(&cut), csv(&view), "{:?}", view.columns);
    assert_eq!(cut.columns, view.columns);
}

on_both_engines!(random_histories_with_closes_in_between_hold_at_random_cuts, async |database| {
    for seed in [1, 7, 2025] {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = TestDaemon::start(&fresh).await;
        let mut random = Random::new(seed);
        let mut months = vec!["2026-03", "2026-02", "2026-01", "2025-12", "2025-11"];
        let mut closed: Vec<(String, Vec<String>)> = Vec::new();
        for _ in 0..25 {
            daemon.clock.advance_milliseconds(i64::try_from(random.below(8 * 86_400)).unwrap() * 1000);
            let order = if random.one_in(3) { UNIFIED_EXAMPLE } else { PAID_ORDER };
            let id = format!("order {}", random.below(4));
            let body = match random.below(4) {
                0 if order == PAID_ORDER => refunded("2025-11-20T09:00:00Z", "2025-12-20T09:30:00Z"),
                1 => changed(order, &[("/status", json!("CANCELLED"))]),
                _ => order.to_owned(),
            };
            daemon.accepted("museum", changed(&body, &[("/id", json!(id))])).await;
            daemon.settle().await;
            if random.one_in(3)
                && let Some(month) = months.last()
            {
                database_acknowledges(&daemon);
                let closing = shut(&daemon, month);
                if closing.result == "closed" {
                    closed.push(((*month).to_owned(), as_known::<VatByRate>(&daemon, month)));
                    months.pop();
                } else {
                    assert_eq!(codes(&closing), ["month_not_over"], "seed {seed}");
                }
            }
        }
        assert!(closed.len() > 1, "seed {seed} closes {closed:?}");
        for (month, report) in &closed {
            assert_eq!(&as_closed::<VatByRate>(&daemon, month), report, "seed {seed}, {month}");
            assert_eq!(&as_known::<VatByRate>(&daemon, month), report, "seed {seed}, {month}: nothing was added");
        }
        for line in daemon.lines("SELECT doc AS line FROM period_manifests") {
            rollforwards_agree(&daemon, &serde_json::from_str(&line).unwrap());
        }
        for _ in 0..40 {
            let as_of =
                at("2025-11-11T12:00:00Z").plus_milliseconds(i64::try_from(random.below(250 * 86_400)).unwrap() * 1000);
            let day = chrono::NaiveDate::from_ymd_opt(2025, 10, 25).unwrap() + chrono::Days::new(random.below(250));
            let cut = AsOf {
                recorded_until: random.one_in(2).then_some(as_of),
                booked_until: random.one_in(2).then_some(day),
                entries_until: random.one_in(2).then(|| i64::try_from(random.below(200)).unwrap()),
            };
            let table = as_of_then::<AccountBalance>(&daemon, None, cut);
            assert_eq!(total(&table, "balance_minor"), 0, "seed {seed}, {cut:?}");
            let receivable =
                table.rows.iter().find(|row| row[2] == report::Cell::Text(Some("assets:receivable".to_owned())));
            let owed = receivable.map_or(0, |row| number(&row[3]));
            let balances = as_of_then::<OrderBalance>(&daemon, None, cut);
            assert_eq!(total(&balances, "balance_minor"), owed, "seed {seed}, {cut:?}");
        }
        let chained = "SELECT period || ' ' || opening_minor AS line FROM v_rollforward_receivable WHERE \
             closing_minor <> opening_minor + billed_minor + paid_minor + refunded_minor + redeemed_minor \
             + refund_vouchers_minor + other_minor";
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
            "SELECT {account} || ' ' || {} AS line FROM v_{section} WHERE source = 'museum' AND period = '{period}' \
             ORDER BY 1",
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
