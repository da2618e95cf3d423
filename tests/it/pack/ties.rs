//! A walk of all ties, over books of every kind.

use ticketledger::ledger::entered::import::FileKind;
use ticketledger::ledger::proof::sums::write_anew;

use super::{all_tied, as_known, data, euros, line, outcome};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::report::ties::{policies, with_history};
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE};
use crate::support::db::{Engine, TestDatabase};
use crate::support::documented::{deliver_what_imports_name, import_examples};
use crate::support::random::Random;
use ticketledger::report::pack::{Outcome, SummaryLine, Tie};

on_both_engines!(the_seed_orders_tie, async |database| {
    let daemon = TestDaemon::start(database).await;
    // The unified example has the id of the other one.
    let unified = UNIFIED_EXAMPLE.replace("1a3c5e7f9b2d4f6a8c0e1f23456789ab", "the unified example");
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(unified).await;
    for period in ["2025-10", "2025-11", "2025-12", "2025-Q4", "2025", "2024"] {
        let pack = as_known(&daemon, period);
        assert!(all_tied(&pack) > 16 || pack.currencies.is_empty(), "{period}");
        assert_eq!(outcome(&pack, Tie::Frozen), Outcome::NotChecked, "{period} is open");
    }
    let pack = as_known(&daemon, "2025-11");
    assert_eq!(line(&pack, SummaryLine::Receivable), (40_100, None));
    assert_eq!(line(&pack, SummaryLine::Refunded), (-1_000, None));
    assert_eq!(line(&pack, SummaryLine::Discounts), (-200, None));
    assert_eq!(euros(&pack).open_items.total_minor, 40_100);
    daemon.finish().await;
});

on_both_engines!(every_page_ties_on_random_histories, async |database| {
    for (seed, policy) in (1..).zip(policies()) {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = with_history(&fresh, seed, policy).await;
        for period in ["2025-10", "2025-11", "2025-12", "2025-Q4", "2025", "2026-11"] {
            let pack = as_known(&daemon, period);
            assert!(all_tied(&pack) >= 16 * pack.currencies.len(), "seed {seed}: {period}");
            if period == "2025" {
                assert_eq!(pack.currencies.len(), 2, "seed {seed}");
            }
        }
        daemon.finish().await;
    }
});

on_both_engines!(what_a_person_enters_ties_too, async |database| {
    let daemon = TestDaemon::start(database).await;
    deliver_what_imports_name(&daemon).await;
    daemon.imported(FileKind::Manual, &import_examples()[0]);
    for period in ["2025-11", "2025-12", "2025"] {
        all_tied(&as_known(&daemon, period));
    }
    let year = data(&as_known(&daemon, "2025"));
    let named = |rows: &serde_json::Value, name: &str| {
        rows.as_array().unwrap().iter().map(|row| row[name].as_i64().unwrap()).sum::<i64>()
    };
    let clearing = &year["currencies"][0]["clearing"];
    assert!(named(clearing, "fees_minor") < 0 && named(clearing, "paid_out_minor") < 0, "{clearing}");
    let moves = year["currencies"][0]["stored_value_total"]["moves"].as_array().unwrap();
    let moved = |what: &str| moves.iter().find(|part| part["what"] == what).unwrap()["minor"].as_i64().unwrap();
    assert!(moved("expired") < 0 && moved("brought_in") > 0, "{moves:?}");
    daemon.finish().await;
});

// A longer period adds up its months, whatever of their facts undo each other.
on_both_engines!(a_quarter_is_the_sum_of_its_months, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(11);
    let world = World::new(&mut random, 20);
    play(&daemon, &world.mixed(&mut random), 16).await;
    let sum = |period: &str, line_of: SummaryLine| line(&as_known(&daemon, period), line_of).0;
    for of in [SummaryLine::Billed, SummaryLine::Net, SummaryLine::Vat, SummaryLine::Paid, SummaryLine::Refunded] {
        let months: i64 = ["2025-10", "2025-11", "2025-12"].map(|month| sum(month, of)).iter().sum();
        assert_eq!(sum("2025-Q4", of), months, "{of:?}");
    }
    let (quarter, december) = (as_known(&daemon, "2025-Q4"), as_known(&daemon, "2025-12"));
    for of in [SummaryLine::Receivable, SummaryLine::StoredValue, SummaryLine::Deferred] {
        assert_eq!(line(&quarter, of), line(&december, of), "{of:?}: balances are those of the end");
    }
    let october = as_known(&daemon, "2025-10");
    for row in &euros(&as_known(&daemon, "2025-11")).summary {
        assert_eq!(row.period_before_minor, line(&october, row.line).0, "{:?}", row.line);
    }
    daemon.finish().await;
});

on_both_engines!(what_does_not_agree_is_said, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.parked("museum", "{").await;
    let pack = as_known(&daemon, "2025-11");
    all_tied(&pack);
    assert_eq!((outcome(&pack, Tie::Parked), outcome(&pack, Tie::Sweep)), (Outcome::Failed, Outcome::NotChecked));
    let forge = "UPDATE postings SET amount_minor = amount_minor + 1 WHERE account_code = 'income:tickets'";
    match database.engine {
        Engine::Sqlite => database.execute(&format!("DROP TRIGGER postings_update; {forge}")),
        Engine::Postgres => database.execute(&format!("ALTER TABLE postings DISABLE TRIGGER USER; {forge}")),
    }
    // Reports of months read sums that are kept.
    write_anew(daemon.database(), None).unwrap();
    let pack = as_known(&daemon, "2025-11");
    let failed: Vec<Tie> =
        pack.checks.iter().filter(|check| check.outcome == Outcome::Failed).map(|check| check.code).collect();
    assert_eq!(failed, [Tie::Chain, Tie::Parked, Tie::TrialBalance]);
    let check = pack.checks.iter().find(|check| check.code == Tie::TrialBalance).unwrap();
    assert!(check.differences.iter().any(|difference| difference.about == "closing"), "{check:?}");
    daemon.daemon.stop().await.unwrap();
});
