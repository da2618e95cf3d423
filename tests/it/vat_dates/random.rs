//! Random orders against a naive model: at the end of each month, what is due of an order is the proportion of its VAT
//! that is paid until then.

use std::collections::BTreeMap;

use super::*;
use crate::rebuild::delivery;
use crate::support::daemon::check_invariants;
use crate::support::random::Random;

const MONTHS: [&str; 5] = ["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"];

/// An order whose lines do not change: what it costs, when it is accepted, when it is played, and what is paid when.
struct Plan {
    id: String,
    /// Gross and rate, in basis points.
    lines: Vec<(i64, i32)>,
    accepted: usize,
    played: usize,
    paid: Vec<(usize, i64)>,
}

impl Plan {
    fn random(random: &mut Random, number: usize) -> Self {
        let line = |random: &mut Random| {
            let price = 1 + i64::try_from(random.below(20_000)).unwrap();
            (price, [700, 1900, 260, 0][random.index(4)])
        };
        let lines: Vec<(i64, i32)> = (0..=random.index(4)).map(|_| line(random)).collect();
        let accepted = random.index(MONTHS.len());
        let mut paid = Vec::new();
        let mut money = 0;
        for month in 0..MONTHS.len() {
            if random.percent(40) {
                let amount = i64::try_from(random.below(25_000)).unwrap() - 5_000;
                let amount = amount.max(-money);
                money += amount;
                paid.extend((amount != 0).then_some((month, amount)));
            }
        }
        let played = random.index(MONTHS.len());
        Self { id: format!("o{number}"), lines, accepted, played, paid }
    }

    /// What the provider says in that month.
    fn said(&self, month: usize) -> String {
        let money =
            |minor: i64| format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100);
        let rate = |bp: i32| format!("{}.{:02}", bp / 100, bp % 100);
        let played = format!("{}-20", MONTHS[self.played]);
        let tickets =
            self.lines.iter().enumerate().map(|(number, (price, bp))| {
                seat(&format!("{}-{number}", self.id), &money(*price), &rate(*bp), &played)
            });
        let payments = self.paid.iter().filter(|(paid, _)| *paid <= month).map(|(paid_in, minor)| {
            paid(&format!("{}-{paid_in}", self.id), &money(*minor), &format!("{}-10", MONTHS[*paid_in]))
        });
        let status = if month < self.accepted { "PENDING" } else { "ACCEPTED" };
        let (tickets, payments): (Vec<Value>, Vec<Value>) = (tickets.collect(), payments.collect());
        placed(&self.id, json!({"status": status, "tickets": tickets, "payments": payments}))
    }

    /// VAT that is due at the end of a month by rate, as everything is known in the end.
    fn due(&self, month: usize, by_service: bool) -> BTreeMap<i32, i64> {
        let gross: i64 = self.lines.iter().map(|(price, _)| price).sum();
        let money: i64 = self.paid.iter().filter(|(paid, _)| *paid <= month).map(|(_, minor)| minor).sum();
        let settled =
            if by_service && self.played <= month && self.accepted <= month { gross } else { money.clamp(0, gross) };
        let mut due = BTreeMap::new();
        for bp in [260, 700, 1900] {
            let vat = |(price, _): &(i64, i32)| half_up(price * i64::from(bp), 10_000 + i64::from(bp));
            let vat: i64 = self.lines.iter().filter(|(_, rate)| *rate == bp).map(vat).sum();
            due.insert(bp, half_up(vat * settled, gross));
        }
        due
    }
}

fn half_up(product: i64, divisor: i64) -> i64 {
    (2 * product + divisor) / (2 * divisor)
}

on_both_engines!(what_is_due_is_the_proportion_that_is_paid, async |database| {
    let mut random = Random::new(7);
    let daemon = TestDaemon::start(database).await;
    let plans: Vec<Plan> = (0..20).map(|number| Plan::random(&mut random, number)).collect();
    for (month, name) in MONTHS.iter().enumerate() {
        daemon.set_clock(&format!("{name}-10T12:00:00Z"));
        for plan in &plans {
            daemon.accepted("museum", plan.said(month)).await;
            daemon.settle().await;
        }
        check_invariants(daemon.database());
    }
    for (month, name) in MONTHS.iter().enumerate() {
        for (view, by_service) in [("v_vat_by_payment", false), ("v_vat_by_service", true)] {
            for bp in [260, 700, 1900] {
                let expected: i64 = plans.iter().map(|plan| plan.due(month, by_service)[&bp]).sum();
                let from = format!("FROM {view} WHERE vat_bp = {bp} AND period <= '{name}'");
                let found = daemon.rows(&["COALESCE(SUM(vat_minor), 0)"], &from);
                assert_eq!(found, [row([&expected.to_string()])], "{view} of {bp} until {name}");
            }
        }
    }
    holds(daemon).await;
});

on_both_engines!(the_dates_hold_in_any_history, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(42);
    for month in ["2025-12", "2026-01", "2026-02", "2026-03"] {
        for day in 1..=15 {
            daemon.set_clock(&format!("{month}-{day:02}T12:00:00Z"));
            daemon.deliver(delivery(&mut random)).await;
        }
        check_invariants(daemon.database());
        agree(&daemon);
        daemon.set_clock(&format!("{month}-28T12:00:00Z"));
        let closed = match month {
            "2025-12" => "2025-11",
            "2026-02" => "2026-01",
            _ => continue,
        };
        if closed == "2026-01" {
            daemon.close_month(database, "2025-12");
        }
        let frozen = |view: &str| daemon.view_where(view, &["period", "vat_bp", "net_minor", "vat_minor"], "");
        let before = (frozen("v_vat_by_payment"), frozen("v_vat_by_service"));
        daemon.close_month(database, closed);
        daemon.deliver(delivery(&mut random)).await;
        let until = |rows: Vec<Row>| -> Vec<Row> { rows.into_iter().filter(|row| row[0].as_str() <= closed).collect() };
        assert_eq!(until(frozen("v_vat_by_payment")), until(before.0));
        assert_eq!(until(frozen("v_vat_by_service")), until(before.1));
    }
    holds(daemon).await;
});
