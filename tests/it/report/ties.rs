//! What the reports say of one book agrees, to the cent, whatever the book.

use std::collections::BTreeMap;

use chrono::Days;
use ticketledger::db::Error;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::totals::{
    AccountBalance, Accounts, BRIDGE_STEPS, Bridge, Period, RevenueByEvent, Row, Selection, Total, TrialBalance,
    VatByRate,
};
use ticketledger::policy::{
    AfterDays, FlexRegime, Policy, Retained, RetainedVat, RevenueMode, VatRounding, VoucherRegime,
};
use ticketledger::report::journal::{self, Wanted};
use ticketledger::report::sheet::{self, Part};
use ticketledger::report::{ageing, read};

use crate::histories::{World, play};
use crate::on_both_engines;
use crate::policies::under;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::random::Random;

fn rows<R: Total>(daemon: &TestDaemon, selection: &Selection<'_>) -> Vec<R> {
    R::read(&mut daemon.database().reader().unwrap(), selection).unwrap()
}

/// Source, currency and rate, over all periods.
type Rate = (String, String, Option<i32>);

fn add(sums: &mut BTreeMap<Rate, [i64; 3]>, rate: Rate, amounts: [i64; 3]) {
    let sum = sums.entry(rate).or_default();
    sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
}

fn the_bridge_adds_up(daemon: &TestDaemon, selection: &Selection<'_>) -> usize {
    let (mut vat, mut revenue) = (BTreeMap::new(), BTreeMap::new());
    for row in rows::<VatByRate>(daemon, selection) {
        add(&mut vat, (row.source, row.currency, row.vat_bp), [row.net_minor, row.vat_minor, row.gross_minor]);
    }
    for row in rows::<RevenueByEvent>(daemon, selection) {
        add(&mut revenue, (row.source, row.currency, row.vat_bp), [row.net_minor, row.vat_minor, row.gross_minor]);
    }
    let (mut first, mut last, mut sum) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let bridge = rows::<Bridge>(daemon, selection);
    let steps = bridge.len();
    for row in bridge {
        assert!(BRIDGE_STEPS.iter().any(|(step, _)| *step == row.step), "a step without words: {row:?}");
        assert_eq!(row.net_minor + row.vat_minor, row.gross_minor, "{row:?}");
        let amounts = [row.net_minor, row.vat_minor, row.gross_minor];
        let rate = (row.source, row.currency, row.vat_bp);
        match row.step.as_str() {
            "vat_report" => add(&mut first, rate.clone(), amounts),
            "revenue_report" => {
                add(&mut last, rate, amounts);
                continue;
            }
            _ => {}
        }
        add(&mut sum, rate, amounts);
    }
    let there = |sums: BTreeMap<Rate, [i64; 3]>| {
        sums.into_iter().filter(|(_, amounts)| *amounts != [0; 3]).collect::<BTreeMap<_, _>>()
    };
    let (vat, revenue, first, last, sum) = (there(vat), there(revenue), there(first), there(last), there(sum));
    assert_eq!(first, vat, "{selection:?}");
    assert_eq!(last, revenue, "{selection:?}");
    assert_eq!(sum, revenue, "{selection:?}");
    steps
}

fn the_trial_balance_adds_up(daemon: &TestDaemon, selection: &Selection<'_>) {
    let trial = rows::<TrialBalance>(daemon, selection);
    let mut sums: BTreeMap<(String, String), [i64; 4]> = BTreeMap::new();
    let mut moved = Vec::new();
    for row in &trial {
        assert_eq!(row.balance_minor, row.debit_minor - row.credit_minor, "{row:?}");
        assert_eq!(row.opening_minor + row.balance_minor, row.closing_minor, "{row:?}");
        let sum = sums.entry((row.source.clone(), row.currency.clone())).or_default();
        let amounts = [row.opening_minor, row.debit_minor, -row.credit_minor, row.closing_minor];
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        moved.push((row.source.clone(), row.currency.clone(), row.account.clone(), row.balance_minor));
    }
    for (of, [opening, debit, credit, closing]) in sums {
        assert_eq!((opening, debit + credit, closing), (0, 0, 0), "{of:?} of {selection:?}");
    }
    let balances = rows::<AccountBalance>(daemon, selection).into_iter();
    let balances = balances.map(|row| (row.source, row.currency, row.account, row.balance_minor));
    moved.retain(|(.., minor)| *minor != 0);
    assert_eq!(moved, balances.filter(|(.., minor)| *minor != 0).collect::<Vec<_>>(), "{selection:?}");
}

/// Every sheet adds up (the reader checks that), and the sheets have every line of the journal once.
fn the_sheets_have_the_journal(daemon: &TestDaemon, selection: &Selection<'_>) {
    let mut journal_lines = Vec::new();
    let wanted = Wanted { selection: *selection, ..Wanted::default() };
    let mut last = (String::new(), 0);
    journal::read::<Error>(daemon.database(), &wanted, |lines| {
        for line in lines {
            let place = (line.source.clone(), line.entry_no);
            assert!(last <= place, "{last:?} before {place:?}");
            last = place;
            journal_lines.push((
                line.source,
                line.account,
                line.currency,
                line.entry_no,
                line.line_no,
                line.amount_minor,
            ));
        }
        Ok(())
    })
    .unwrap();
    let mut sheet_lines = Vec::new();
    for kind in ["assets:", "liabilities:", "income:", "expenses:", "equity:", "suspense:"] {
        sheet::read::<Error>(daemon.database(), selection, &Accounts::new(kind), |part| {
            if let Part::Lines(sheet, lines) = part {
                assert!(lines.is_sorted_by_key(|(line, _)| (line.booking_date, line.entry_no, line.line_no)));
                sheet_lines.extend(lines.into_iter().map(|(line, _)| {
                    let TrialBalance { source, account, currency, .. } = sheet.clone();
                    (source, account, currency, line.entry_no, line.line_no, line.amount_minor)
                }));
            }
            Ok(())
        })
        .unwrap();
    }
    journal_lines.sort();
    sheet_lines.sort();
    assert_eq!(sheet_lines, journal_lines, "{selection:?}");
}

fn the_ages_are_the_receivable(daemon: &TestDaemon, selection: &Selection<'_>) {
    let ageing = ageing::read(daemon.database(), selection, Days::new(0), daemon.clock.now()).unwrap();
    let mut aged: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in &ageing.balances {
        let balance = &row.balance;
        assert_eq!(row.age.as_str() == "credit", balance.balance_minor < 0, "{row:?}");
        *aged.entry((balance.source.clone(), balance.currency.clone().unwrap())).or_default() += balance.balance_minor;
    }
    let receivable = rows::<AccountBalance>(daemon, selection).into_iter();
    let receivable = receivable.filter(|row| row.account == "assets:receivable" && row.balance_minor != 0);
    aged.retain(|_, minor| *minor != 0);
    let receivable: BTreeMap<_, _> = receivable.map(|row| ((row.source, row.currency), row.balance_minor)).collect();
    assert_eq!(aged, receivable, "{selection:?}");
}

pub(crate) fn policies() -> [Policy; 3] {
    let after = |vat| Retained::IncomeAfterDays(AfterDays { days: 1, vat });
    [
        Policy::default(),
        Policy {
            revenue_mode: RevenueMode::OnEventDate,
            vat_rounding: VatRounding::SumByRate,
            retained: after(RetainedVat::Taxed(1900)),
            ..Policy::default()
        },
        Policy {
            revenue_mode: RevenueMode::OnEventDate,
            vat_rounding: VatRounding::Document,
            voucher_regime: VoucherRegime::Spv(700),
            flex_regime: FlexRegime::RecogniseAtSale,
            retained: after(RetainedVat::Untaxed),
            ..Policy::default()
        },
    ]
}

/// A random history under a policy, settled.
pub(crate) async fn with_history(database: &TestDatabase, seed: u64, policy: Policy) -> TestDaemon {
    let daemon = under(database, policy).await;
    let mut random = Random::new(seed);
    let world = World::new(&mut random, 25);
    play(&daemon, &world.mixed(&mut random), 16).await;
    daemon.settle_after_seconds(3 * 86_400).await;
    daemon
}

on_both_engines!(every_report_ties_to_the_others_on_random_histories, async |database| {
    for (seed, policy) in (1..).zip(policies()) {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = with_history(&fresh, seed, policy).await;
        ticketledger::ledger::entered::recognise_credit::recognise(
            daemon.database(),
            None,
            daemon.clock.now(),
            false,
            || true,
        )
        .unwrap();
        let period = |text: &str| Some(Period::parse(text).unwrap());
        let days = |from: &str, to: &str| Period::between(Some(from.parse().unwrap()), Some(to.parse().unwrap()));
        let periods = [
            None,
            Month::parse("2025-11").map(Period::from),
            period("2025-10"),
            period("2025-Q4"),
            period("2025"),
            days("2025-11-08", "2025-11-08"),
            days("2025-11-09", "2025-11-20"),
            Period::between(Some("2025-11-10".parse().unwrap()), None),
            Period::between(None, Some("2025-11-09".parse().unwrap())),
        ];
        let mut steps = 0;
        for period in periods {
            for source in [None, Some("museum")] {
                let selection = Selection { source, period, ..Selection::default() };
                steps += the_bridge_adds_up(&daemon, &selection);
                the_trial_balance_adds_up(&daemon, &selection);
            }
            the_sheets_have_the_journal(&daemon, &Selection { period, ..Selection::default() });
        }
        assert!(steps > 100, "seed {seed}: {steps}");
        for until in [None, Some("2025-11-09"), Some("2025-11-12"), Some("2026-02-01")] {
            let mut selection = Selection::default();
            selection.as_of.booked_until = until.map(|day| day.parse().unwrap());
            the_ages_are_the_receivable(&daemon, &selection);
        }
        // A longer period is the sum of its months.
        let of = |period| read::<VatByRate>(daemon.database(), &Selection { period, ..Selection::default() }).unwrap();
        let all = of(period("2025-Q4")).in_one_period("x").unwrap();
        let mut months = of(period("2025-10"));
        months.rows.extend(of(period("2025-11")).rows);
        months.rows.extend(of(period("2025-12")).rows);
        assert_eq!(months.in_one_period("x").unwrap(), all, "seed {seed}");
        assert_eq!(VatByRate::COLUMNS.len(), all.columns.len());
        daemon.finish().await;
    }
});
