//! From the VAT report to the revenue report.

use chrono::NaiveDate;
use serde_json::json;
use ticketledger::ledger::totals::{AsOf, Bridge, Period, Selection, Total as _};
use ticketledger::policy::{Policy, RevenueMode};

use crate::on_both_engines;
use crate::policies::{in_december, under};
use crate::support::order::{admission, flex, flex_participant, order, participant, redeemed, ticket, voucher};
use crate::support::program::Program;

on_both_engines!(every_difference_between_the_vat_report_and_the_revenue_report_has_its_cause, async |database| {
    let policy = Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    let daemon = under(database, policy).await;
    let sold = json!({"voucherOrders": [voucher("S", "119.00", "19")], "flexTickets": [flex("F", "59.50", "19")]});
    daemon.deliver(order("seller", sold)).await;
    // A show of November, and one of December that a flex ticket pays in part.
    let who = flex_participant("q", "23.80", "19", "F");
    let used = json!({"tickets": [admission("p", "119.00", "19"), in_december(&[who])],
        "redeemed_vouchers": [redeemed("S", "119.00")]});
    daemon.deliver(order("user", used)).await;
    daemon.deliver(order("unknown", json!({"tickets": [ticket(&[participant("u", "5.00", "")])]}))).await;
    // Whole months are read from the sums that are kept, with a cut the lines are read.
    for period in ["2025-11", "2025-12", "2025-Q4", "2025", "2024"].map(Period::parse).into_iter().chain([None]) {
        for source in [Some("museum"), None] {
            let kept = Selection { source, period, ..Selection::default() };
            let booked_until = NaiveDate::from_ymd_opt(2099, 1, 1);
            let lines = Selection { as_of: AsOf { booked_until, ..AsOf::default() }, ..kept };
            let mut connection = daemon.database().reader().unwrap();
            let [kept, lines] = [kept, lines].map(|selection| Bridge::read(&mut connection, &selection).unwrap());
            assert_eq!(kept, lines, "{period:?}");
            assert_eq!(kept.is_empty(), period == Period::parse("2024"));
        }
    }
    daemon.finish().await;
    let program = Program::new(database);
    let rows = |arguments: &[&str]| {
        let (code, text, errors) = program.run(&[&["report", "bridge", "--format", "csv"], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&["--period", "2025-11"]),
        [
            "source,currency,period,vat_bp,step,net,vat,gross",
            "museum,EUR,2025-11,,vat_report,5.00,0.00,5.00",
            "museum,EUR,2025-11,,revenue_report,5.00,0.00,5.00",
            "museum,EUR,2025-11,1900,vat_report,150.00,28.50,178.50",
            "museum,EUR,2025-11,1900,voucher,-100.00,-19.00,-119.00",
            "museum,EUR,2025-11,1900,voucher_redemption,100.00,19.00,119.00",
            "museum,EUR,2025-11,1900,flex,-50.00,-9.50,-59.50",
            "museum,EUR,2025-11,1900,flex_redemption,20.00,3.80,23.80",
            "museum,EUR,2025-11,1900,deferred,-120.00,0.00,-120.00",
            "museum,EUR,2025-11,1900,deferred_released,100.00,0.00,100.00",
            "museum,EUR,2025-11,1900,revenue_report,100.00,22.80,122.80",
        ]
    );
    assert_eq!(
        rows(&["--period", "2025-12"])[1..],
        [
            "museum,EUR,2025-12,1900,vat_report,0.00,0.00,0.00",
            "museum,EUR,2025-12,1900,deferred_released,20.00,0.00,20.00",
            "museum,EUR,2025-12,1900,revenue_report,20.00,0.00,20.00",
        ]
    );
    let quarter = rows(&["--period", "2025-Q4"]);
    assert!(quarter.contains(&"museum,EUR,2025-Q4,1900,revenue_report,120.00,22.80,142.80".to_owned()), "{quarter:#?}");
    let table = program.run(&["report", "bridge", "--period", "2025-Q4"]).1;
    let words: Vec<String> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "museum EUR 2025-Q4 undetermined VAT report 5.00 0.00 5.00",
        "museum EUR 2025-Q4 19 % single-purpose vouchers sold -100.00 -19.00 -119.00",
        "museum EUR 2025-Q4 all VAT report 155.00 28.50 183.50",
        "museum EUR 2025-Q4 all revenue report 125.00 22.80 147.80",
    ] {
        assert!(words.iter().any(|said| said == line), "{line} in {table}");
    }
});
