//! Months, quarters, years and days.

use super::write_book;
use crate::on_both_engines;
use crate::support::program::Program;

on_both_engines!(a_longer_period_is_summed_up_under_its_name, |database| {
    write_book(database);
    let program = Program::new(database);
    let vat = |arguments: &[&str]| {
        let csv = ["report", "vat", "--format", "csv", "--amounts", "minor"];
        let (code, text, errors) = program.run(&[&csv[..], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let months = [
        "museum,EUR,2025-11,,500,0,500",
        "museum,EUR,2025-11,1900,103745,19711,123456",
        "museum,EUR,2025-12,1900,-103745,-19711,-123456",
    ];
    assert_eq!(vat(&[]), months);
    assert_eq!(vat(&["--period", "2025-Q4"]), ["museum,EUR,2025-Q4,,500,0,500", "museum,EUR,2025-Q4,1900,0,0,0"]);
    assert_eq!(vat(&["--period", "2025-Q4", "--by-month"]), months);
    assert_eq!(vat(&["--period", "2025"]), ["museum,EUR,2025,,500,0,500", "museum,EUR,2025,1900,0,0,0"]);
    assert_eq!(vat(&["--period", "2025-Q3"]), Vec::<String>::new());
    assert_eq!(vat(&["--period", "2026"]), Vec::<String>::new());
    // The sale is of the 8th, the other of the 9th, the reversal of 2 December.
    let sale = ["museum,EUR,until 2025-11-08,1900,103745,19711,123456"];
    assert_eq!(vat(&["--to", "2025-11-08"]), sale);
    let other = "museum,EUR,2025-11-09 to 2025-12-01,,500,0,500";
    assert_eq!(vat(&["--from", "2025-11-09", "--to", "2025-12-01"]), [other]);
    assert_eq!(vat(&["--from", "2025-12-01"]), ["museum,EUR,from 2025-12-01,1900,-103745,-19711,-123456"]);
    assert_eq!(vat(&["--from", "2025-12-03"]), Vec::<String>::new());
    // A month by its days is that month.
    assert_eq!(vat(&["--from", "2025-11-01", "--to", "2025-11-30"]), months[..2]);
    // Cuts hold inside a period.
    assert_eq!(
        vat(&["--period", "2025", "--booked-until", "2025-11-08"]),
        ["museum,EUR,2025,1900,103745,19711,123456"]
    );
    assert_eq!(vat(&["--period", "2025", "--as-of", "2025-11-11"]), Vec::<String>::new());
    let revenue = program.run(&["report", "revenue", "--period", "2025-Q4", "--format", "csv"]).1;
    assert!(
        revenue.contains(",1900,0,0.00,0.00,0.00\n"),
        "what was sold and undone is nothing in the quarter: {revenue}"
    );
});

on_both_engines!(the_trial_balance_of_some_days_opens_with_what_was_before_them, |database| {
    write_book(database);
    let program = Program::new(database);
    let rows = |arguments: &[&str]| {
        let csv = ["report", "trial-balance", "--format", "csv"];
        let (code, text, errors) = program.run(&[&csv[..], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&["--from", "2025-11-09", "--to", "2025-11-09"]),
        [
            "source,currency,account,opening,debit,credit,closing",
            "museum,EUR,assets:receivable,1234.56,5.00,0.00,1239.56",
            "museum,EUR,income:tickets,-1037.45,0.00,0.00,-1037.45",
            "museum,EUR,liabilities:vat:1900,-197.11,0.00,0.00,-197.11",
            "museum,EUR,suspense:vat_undetermined,0.00,0.00,5.00,-5.00",
        ]
    );
    // A period that is over before the cut begins has only what was before.
    let before = rows(&["--period", "2025-12", "--booked-until", "2025-11-08"]);
    assert_eq!(before[1], "museum,EUR,assets:receivable,1234.56,0.00,0.00,1234.56");
});
