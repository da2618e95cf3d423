//! The accountant's chart, and the formats that go by its VAT codes.

use std::collections::BTreeMap;

use super::{file, orders, run, with_settings};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

const SWISS: &str = "[sources.exports]\nchart = \"kmu\"\naccounts = [\n\
    { code = \"assets:clearing:\", account = \"1099\" },\n\
    { code = \"income:\", rate = \"19\", account = \"3400\", vat_code = \"V19\", vat_box = \"303\" },\n\
    { code = \"income:discount\", rate = \"19\", account = \"3800\", vat_code = \"VS19\" },\n]\n";

on_both_engines!(banana_and_pairs_have_gross_and_a_code, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = with_settings(database, SWISS);
    for arguments in [&["export", "banana"][..], &["export", "csv", "--shape", "pairs"]] {
        run(&program, 0, &[arguments, &["--period", "2025-11", "--out", "out"]].concat());
    }
    let (_, banana) = file(&program, "out", "museum-2025-11-1-banana.txt");
    let mut lines = banana.lines();
    assert_eq!(
        lines.next(),
        Some("Date\tDateDocument\tDoc\tDescription\tAccountDebit\tAccountCredit\tAmount\tVatCode")
    );
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 8, "{line}");
        let minor: i64 = fields[6].replace('.', "").parse().unwrap();
        *sums.entry(fields[4]).or_default() += minor;
        *sums.entry(fields[5]).or_default() -= minor;
        let taxed = [fields[4], fields[5]].iter().any(|account| ["3400", "3800"].contains(account));
        assert_eq!(!fields[7].is_empty(), taxed, "{line}");
    }
    let balances = daemon.balances("museum");
    assert_eq!(sums["1100"], balances["assets:receivable"]);
    assert_eq!(sums["2030"], balances["liabilities:flex"]);
    let gross = ["income:tickets", "income:products", "income:discount", "liabilities:vat:1900"];
    assert_eq!(sums["3400"] + sums["3800"], gross.iter().map(|account| balances[*account]).sum::<i64>());
    let (_, pairs) = file(&program, "out", "museum-2025-11-1-pairs.csv");
    let sale = pairs.lines().find(|line| line.contains("sale.ticket Some")).unwrap();
    assert_eq!(
        sale,
        "2025-11-08,museum/2,sale.ticket Some awesome experience,1100,3400,10.00,EUR,V19,303,1900,1.60,2025-11-23,\
         RQW-ETD72D,"
    );
    daemon.finish().await;
});

on_both_engines!(config_check_says_what_has_no_number, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let unmapped = |settings: &str| -> Vec<String> {
        let said = run(&with_settings(database, settings), 0, &["config", "check", "--quiet"]);
        said.lines().filter(|line| line.contains("has no number")).map(str::to_owned).collect()
    };
    assert_eq!(unmapped(""), Vec::<String>::new(), "nobody who exports nothing is bothered");
    let found = unmapped("[sources.exports]\nchart = \"skr04\"\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("museum: assets:clearing:StripeBankWire has no number in skr04"), "{found:?}");
    assert_eq!(unmapped(SWISS), Vec::<String>::new());
    let misspelt = with_settings(database, &SWISS.replace("income:discount", "income:discounts"));
    let said = run(&misspelt, 0, &["config", "check"]);
    assert!(said.contains("`income:discounts` is no account of ours"), "{said}");
    let (code, said, errors) = with_settings(
        database,
        "[sources.exports]\nchart = \"skr05\"\nvat_split = true\naccounts = [\n\
         { code = \"a\", account = \"1 2\", automatic = \"on\", tax_key = \"x\" }]\n\
         [sources.exports.datev]\nclient = 0\n",
    )
    .run(&["config", "check"]);
    assert_eq!(code, 1, "{said}");
    for mistake in ["skr03", "vat_split", "account", "rate", "tax_key", "consultant", "client"] {
        assert!(errors.contains(mistake), "{mistake}: {errors}");
    }
    daemon.finish().await;
});
