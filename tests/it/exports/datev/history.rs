//! Random books: whatever happened, DATEV ends with the same balances as the ledger.

use ticketledger::policy::{FlexRegime, Policy, RevenueMode, VatRounding, VoucherRegime};

use super::{automatic, booked, decoded, mistakes, settings, wanted};
use crate::exports::{files, run, with_settings};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::policies::under;
use crate::support::daemon::lines;
use crate::support::db::TestDatabase;
use crate::support::random::Random;

/// Policies with what the settings must say under them.
fn policies() -> [(Policy, &'static str); 5] {
    // Without a voucher that may pay for another rate than it was taxed at, nothing has to be set.
    let untaxed = |vat_rounding, revenue_mode| Policy {
        voucher_regime: VoucherRegime::Mpv,
        flex_regime: FlexRegime::Prepaid,
        vat_rounding,
        revenue_mode,
        ..Policy::default()
    };
    let of_taxed_vouchers = [
        Policy::default(),
        Policy { revenue_mode: RevenueMode::OnEventDate, vat_rounding: VatRounding::SumByRate, ..Policy::default() },
        Policy {
            revenue_mode: RevenueMode::OnEventDate,
            vat_rounding: VatRounding::Document,
            voucher_regime: VoucherRegime::Spv(700),
            ..Policy::default()
        },
    ];
    let [first, second, third] = of_taxed_vouchers.map(|policy| (policy, "vat_split = \"on\"\n"));
    let fourth = (untaxed(VatRounding::Document, RevenueMode::OnSale), "");
    let fifth = (untaxed(VatRounding::SumByRate, RevenueMode::OnEventDate), "");
    [first, second, third, fourth, fifth]
}

on_both_engines!(datev_ends_with_the_balances_of_the_ledger_on_random_histories, async |database| {
    for (seed, (policy, split)) in (1..).zip(policies()) {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = under(&fresh, policy).await;
        let mut random = Random::new(seed);
        let world = World::new(&mut random, 20);
        let deliveries: Vec<_> = world.mixed(&mut random).into_iter().map(|delivery| delivery.in_euro()).collect();
        let program = with_settings(&fresh, &settings(split));
        // Half of it, an export, and the rest: the later batch has what came since.
        let (first, second) = deliveries.split_at(deliveries.len() / 2);
        let mut sums = std::collections::BTreeMap::new();
        for (part, deliveries) in [first, second].into_iter().enumerate() {
            play(&daemon, deliveries, 16).await;
            let months = lines(daemon.database(), "SELECT DISTINCT period AS line FROM v_gl WHERE source = 'museum'");
            for month in months {
                let folder = format!("{part}-{month}");
                let (code, said, errors) = program.run(&["export", "datev", "--period", &month, "--out", &folder]);
                // Sales of an unknown rate are told, and exported.
                assert!([0, 3].contains(&code) && !said.contains("STOPPED"), "seed {seed}: {said}{errors}");
                if !program.path(&folder).exists() {
                    continue;
                }
                for bytes in files(&program.path(&folder)).into_values() {
                    assert_eq!(mistakes(&bytes, &automatic()), Vec::<String>::new(), "seed {seed}");
                    for (account, minor) in booked(&bytes) {
                        *sums.entry((month.clone(), account)).or_insert(0_i64) += minor;
                    }
                    assert!(decoded(&bytes).lines().count() > 2);
                }
            }
        }
        let months = lines(daemon.database(), "SELECT DISTINCT period AS line FROM v_gl WHERE source = 'museum'");
        for month in &months {
            let found = sums.iter().filter(|((of, _), minor)| of == month && **minor != 0);
            let found: Vec<(String, i64)> = found.map(|((_, account), minor)| (account.clone(), *minor)).collect();
            let wanted: Vec<(String, i64)> = wanted(&daemon, month).into_iter().collect();
            assert_eq!(found, wanted, "seed {seed}, {month}");
        }
        assert!(run(&program, 0, &["export", "list"]).lines().count() > months.len());
        daemon.finish().await;
    }
});
