//! The command that closes, and the reports that follow it.

use super::*;
use crate::support::program::Program;

on_both_engines!(the_command_closes_and_the_reports_follow, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.finish().await;
    let program = Program::new(database);
    let run = |arguments: &[&str]| {
        let (code, stdout, stderr) = program.run(arguments);
        (code, stdout + &stderr)
    };
    let anchors = program.path("anchors");
    let close = ["ledger", "close", "2025-11", "--source", "museum", "--anchor-file", "anchors", "--actor", "ada"];
    let (code, said) = run(&[&close[..], &["--dry-run"]].concat());
    assert_eq!((code, said.contains("can be closed")), (0, true), "{said}");
    assert!(!anchors.exists());
    assert_eq!(run(&[&close[..], &["--force"]].concat()).0, 2, "--force needs a reason");
    let (code, said) = run(&close);
    assert_eq!((code, said.contains("museum: 2025-11 is closed.")), (0, true), "{said}");
    let (code, said) = run(&close);
    assert_eq!((code, said.contains("already_closed")), (3, true), "{said}");
    assert_eq!(anchor::read(&anchors).unwrap().len(), 1);
    let (code, said) = run(&["ledger", "verify", "--anchor-file", "anchors"]);
    assert_eq!(code, 0, "{said}");
    let minor = ["--source", "museum", "--format", "csv", "--amounts", "minor"];
    let report = |more: &[&str]| run(&[&["report"][..], more, &minor].concat());
    let (code, said) = report(&["vat", "--period", "2025-11", "--as-closed"]);
    assert_eq!((code, said.lines().last()), (0, Some("museum,EUR,2025-11,1900,1680,320,2000")), "{said}");
    let (code, said) = report(&["balances", "--period", "2025-11", "--as-closed"]);
    assert_eq!((code, said.lines().count()), (0, 2), "{said}");
    let (code, said) = report(&["trial-balance", "--period", "2025-11", "--as-closed"]);
    assert!(code == 0 && said.contains("museum,EUR,assets:clearing:StripeBankWire,2000,0,2000,0,2000\n"), "{said}");
    assert_eq!(report(&["trial-balance", "--period", "2025-11"]).1, said, "nothing came late");
    let (code, said) = report(&["bridge", "--period", "2025-11", "--as-closed"]);
    assert_eq!(
        (code, said.lines().last()),
        (0, Some("museum,EUR,2025-11,1900,19,revenue_report,1680,320,2000")),
        "{said}"
    );
    let (code, said) = report(&["trial-balance", "--booked-until", "2025-11-08"]);
    assert!(code == 0 && said.contains("museum,EUR,assets:receivable,2000"), "the payment came on the 11th: {said}");
    let (code, said) = report(&["payments", "--as-of", "2025-11-01"]);
    assert_eq!((code, said.lines().count()), (0, 1), "nothing was known then: {said}");
    assert_eq!(report(&["vat", "--as-closed"]).0, 2);
    assert_eq!(report(&["vat", "--as-closed", "--period", "2025-12"]).0, 1);
    assert_eq!(report(&["balances", "--period", "2025-11"]).0, 2);
});
