//! VAT that is not that of one gross amount: cents between revenue and VAT, and rates that changed on a day.

use std::collections::BTreeMap;

use serde_json::json;
use ticketledger::policy::{Policy, RevenueMode, VatRounding};

use super::{automatic, booked, decoded, exported, mistakes, read, settings, wanted};
use crate::exports::{run, with_settings};
use crate::on_both_engines;
use crate::policies::under;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, coupon, order, participant, payment, product, ticket};

fn rounded() -> [Policy; 4] {
    let policy = |vat_rounding, revenue_mode| Policy { vat_rounding, revenue_mode, ..Policy::default() };
    [
        policy(VatRounding::Document, RevenueMode::OnSale),
        policy(VatRounding::SumByRate, RevenueMode::OnSale),
        policy(VatRounding::Document, RevenueMode::OnEventDate),
        policy(VatRounding::SumByRate, RevenueMode::OnEventDate),
    ]
}

on_both_engines!(vat_that_is_rounded_on_a_sum_needs_no_setting, async |database| {
    for policy in rounded() {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = under(&fresh, policy.clone()).await;
        let two = |status: &str| {
            let second = but(participant("b", "10.00", "19"), json!({"status": status}));
            json!([ticket(&[participant("a", "10.00", "19"), second])])
        };
        daemon.deliver(order("A", json!({"tickets": two("ACCEPTED"), "payments": [payment("ap", "20.00")]}))).await;
        let mixed = json!({"tickets": [admission("c", "30.00", "7"), admission("d", "20.00", "19")],
            "products": [product("p", "9.99", 3, "19")], "redeemed_coupons": [coupon("k", "5.00")]});
        daemon.deliver(order("M", mixed)).await;
        let program = with_settings(&fresh, &settings(""));
        let first = exported(&program, "2025-11", "first");
        assert_eq!(mistakes(&first, &automatic()), Vec::<String>::new());
        assert_eq!(booked(&first), wanted(&daemon, "2025-11"), "{}", decoded(&first));
        let cents: Vec<[String; 6]> = read(&first)
            .iter()
            .filter(|row| row.of(8) == "1776")
            .map(|row| [1, 2, 7, 8, 9, 14].map(|number| row.of(number)))
            .collect();
        let account = if policy.revenue_mode == RevenueMode::OnSale { ["8400", "0040"] } else { ["0990", ""] };
        assert!(cents.contains(&["0,01", "H", account[0], "1776", account[1], "Rundung Tour"].map(str::to_owned)));

        // One of the two is gone: nothing is left to round, and the cent is reversed.
        daemon.deliver(order("A", json!({"tickets": two("CANCELED"), "payments": [payment("ap", "20.00")]}))).await;
        let second = exported(&program, "2025-11", "second");
        assert_eq!(mistakes(&second, &automatic()), Vec::<String>::new());
        let mut sums = booked(&first);
        for (account, minor) in booked(&second) {
            *sums.entry(account).or_default() += minor;
        }
        sums.retain(|_, minor| *minor != 0);
        assert_eq!(sums, wanted(&daemon, "2025-11"), "{}", decoded(&second));

        // Who may not name an account of VAT is told what to set, and then it goes out.
        let program = with_settings(&fresh, &settings("vat_split = \"off\"\n"));
        run(&program, 0, &["export", "take-back", "datev/museum/2025-11/2", "--reason", "to see"]);
        run(&program, 0, &["export", "take-back", "datev/museum/2025-11/1", "--reason", "to see"]);
        let said = run(&program, 3, &["export", "datev", "--period", "2025-11", "--out", "out"]);
        assert!(said.contains("export_vat_mismatch: entry museum/") && said.contains("(vat.rounding)"), "{said}");
        let setting = "vat_split = \"rounding\"";
        assert!(said.contains(&format!("set {setting} in [sources.exports]")), "{said}");
        let program = with_settings(&fresh, &settings(&format!("{setting}\n")));
        assert_eq!(booked(&exported(&program, "2025-11", "out")), wanted(&daemon, "2025-11"));
        daemon.finish().await;
    }
});

on_both_engines!(a_row_that_lacks_a_cent_stays_gross, async |database| {
    let daemon = TestDaemon::start(database).await;
    // With a VAT of 0.02 each. The first is reduced by 0.02 five times, the second by 0.03 four times, which is too
    // little for VAT; the last reduction has all that is left.
    daemon.deliver(order("A", json!({"tickets": [admission("a", "0.10", "19")]}))).await;
    daemon.deliver(order("B", json!({"tickets": [admission("b", "0.12", "19")]}))).await;
    let program = with_settings(database, &settings(""));
    let mut csv = "date,reference,kind,order_id,currency,amount\n".to_owned();
    for (order, amount, times) in [("A", "0.02", 5), ("B", "0.03", 4)] {
        for number in 1..=times {
            csv += &format!("2025-11-09,{order}-{number},price-reduction,{order},EUR,{amount}\n");
        }
    }
    std::fs::write(program.path("manual.csv"), csv).unwrap();
    run(&program, 0, &["ledger", "import", "manual.csv", "--source", "museum", "--why", "to see", "--yes"]);
    let bytes = exported(&program, "2025-11", "out");
    assert_eq!(mistakes(&bytes, &automatic()), Vec::<String>::new());
    assert_eq!(booked(&bytes), wanted(&daemon, "2025-11"), "{}", decoded(&bytes));
    let last = |entry: &str| -> Vec<[String; 5]> {
        let rows = read(&bytes).into_iter().filter(|row| row.of(49) == entry);
        rows.map(|row| [1, 2, 7, 8, 9].map(|number| row.of(number))).collect()
    };
    assert_eq!(last("museum/7"), [["0,02", "H", "10000", "1776", ""]]);
    assert_eq!(last("museum/11"), [["0,03", "H", "10000", "8720", ""], ["0,02", "H", "8720", "1776", "0040"]]);
    daemon.finish().await;
});

/// What DATEV had on the automatic accounts in the second half of 2020.
fn booked_in_2020(bytes: &[u8]) -> BTreeMap<String, i64> {
    let rates =
        BTreeMap::from([("8400", (16, "1775")), ("8720", (16, "1775")), ("8300", (5, "1773")), ("8710", (5, "1773"))]);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in read(bytes) {
        assert_eq!(row.of(9), "", "an automatic account has no key");
        let gross = if row.of(2) == "S" { row.minor() } else { -row.minor() };
        let other = row.of(8);
        let (rate, account) = rates.get(other.as_str()).copied().unwrap_or((0, ""));
        let vat = (2 * gross.abs() * rate + 100 + rate) / (2 * (100 + rate)) * gross.signum();
        *sums.entry(row.of(7)).or_default() += gross;
        *sums.entry(other).or_default() -= gross - vat;
        *sums.entry(account.to_owned()).or_default() -= vat;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

on_both_engines!(rates_that_were_lowered_for_half_a_year_have_their_accounts, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |day: &str, fields: serde_json::Value| but(json!({"date": format!("{day}T10:00:00Z")}), fields);
    let lowered = json!({"tickets": [admission("a", "11.60", "16"), admission("b", "10.50", "5")],
        "redeemed_coupons": [but(coupon("k", "2.21"), json!({"usage_date": "2020-08-08T10:00:00Z"}))]});
    daemon.deliver(order("A", of("2020-08-08", lowered))).await;
    for (id, day) in [("J", "2020-06-30"), ("N", "2021-01-01")] {
        daemon.deliver(order(id, of(day, json!({"tickets": [admission(id, "11.90", "19")]})))).await;
    }
    let discount = settings("").replace("accounts = [", "accounts = [{ code = \"suspense:\", account = \"1590\" },");
    let program = with_settings(database, &discount);
    for month in ["2020-06", "2021-01"] {
        assert_eq!(booked(&exported(&program, month, month)), wanted(&daemon, month));
    }
    let bytes = exported(&program, "2020-08", "out");
    let mut sums = booked_in_2020(&bytes);
    let balances = |from: &str| -> i64 {
        let text = format!("FROM v_gl WHERE period = '2020-08' AND {from}");
        crate::support::daemon::rows(daemon.database(), &["SUM(amount_minor)"], &text)[0][0].parse().unwrap()
    };
    assert_eq!(sums.remove("8400"), Some(balances("account = 'income:tickets' AND vat_bp = 1600")));
    assert_eq!(sums.remove("8300"), Some(balances("account = 'income:tickets' AND vat_bp = 500")));
    assert_eq!(sums.remove("1775"), Some(balances("account = 'liabilities:vat:1600'")));
    assert_eq!(sums.remove("1773"), Some(balances("account = 'liabilities:vat:500'")));

    // A sale at the old rate is not for the automatic account, nor one at the lowered rate before and after.
    for (id, day, rate) in [("O", "2020-09-01", "19"), ("E", "2020-05-01", "16"), ("L", "2021-02-01", "16")] {
        daemon.deliver(order(id, of(day, json!({"tickets": [admission(id, "11.90", rate)]})))).await;
        let said = run(&program, 3, &["export", "datev", "--period", &day[..7], "--out", "out"]);
        let wanted = if id == "E" { "unmapped_account: income:tickets at 16 %" } else { "takes out another rate than" };
        assert!(said.contains(wanted), "{id}: {said}");
    }
    daemon.finish().await;
});
