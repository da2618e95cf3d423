//! DATEV: the form of each field, the meaning of each row, and what stops an export.

mod entered;
mod form;
mod history;
mod reader;
mod rounding;

use std::collections::BTreeMap;

use serde_json::json;

use self::form::{decoded, fields, inner, mistakes};
pub(super) use self::reader::Reader;
use super::{files, late, orders, run, with_settings};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, rows};
use crate::support::order::{admission, but, order, payment, redeemed, voucher};
use crate::support::program::Program;

/// The automatic accounts of the client, by number and rate.
fn automatic() -> BTreeMap<&'static str, i64> {
    BTreeMap::from([
        ("8400", 1900),
        ("8300", 700),
        ("8720", 1900),
        ("8710", 700),
        ("1718", 1900),
        ("8640", 1900),
        ("2406", 1900),
    ])
}

/// Settings with a client, and numbers for what has none.
pub(super) fn settings(more: &str) -> String {
    format!(
        "[sources.exports]\n{more}accounts = [\n\
         {{ code = \"assets:clearing:\", account = \"1361\" }},\n\
         {{ code = \"income:\", rate = \"8.1\", account = \"8499\", tax_key = \"100\" }},\n\
         {{ code = \"liabilities:vat:810\", account = \"1779\" }},\n\
         {{ code = \"liabilities:deferred:tickets\", rate = \"8.1\", account = \"0990\", tax_key = \"100\" }},\n\
         {{ code = \"suspense:\", account = \"1590\" }},\n\
         ]\n[sources.exports.datev]\nconsultant = 1001\nclient = 1\n"
    )
}

/// Exports a month, and answers its only file.
fn exported(program: &Program, month: &str, folder: &str) -> Vec<u8> {
    run(program, 0, &["export", "datev", "--period", month, "--out", folder]);
    let files = files(&program.path(folder));
    assert_eq!(files.len(), 1, "{:?}", files.keys());
    files.into_values().next().unwrap()
}

/// A row by the numbers of its columns.
struct Row(Vec<String>);

impl Row {
    fn of(&self, number: usize) -> String {
        self.0[number - 1].trim_matches('"').to_owned()
    }

    fn minor(&self) -> i64 {
        self.of(1).replace(',', "").parse().unwrap()
    }
}

fn read(bytes: &[u8]) -> Vec<Row> {
    let text = decoded(bytes);
    text.trim_end_matches("\r\n").split("\r\n").skip(2).map(|line| Row(fields(line))).collect()
}

/// Mistakes in the form of a file.
pub(super) fn wrong(bytes: &[u8]) -> Vec<String> {
    mistakes(bytes, &automatic())
}

/// The entry of each row.
pub(super) fn entries(bytes: &[u8]) -> Vec<String> {
    read(bytes).iter().map(|row| row.of(49)).collect()
}

/// What is posted to each account before DATEV takes VAT out.
pub(super) fn gross(bytes: &[u8]) -> BTreeMap<String, i64> {
    let mut gross: BTreeMap<String, i64> = BTreeMap::new();
    for row in read(bytes) {
        let sign = if row.of(2) == "S" { 1 } else { -1 } * if row.of(118) == "1" { -1 } else { 1 };
        *gross.entry(row.of(7)).or_default() += sign * row.minor();
        *gross.entry(row.of(8)).or_default() -= sign * row.minor();
    }
    gross
}

/// What DATEV has on each account after the import: it takes VAT out of the gross by itself.
pub(super) fn booked(bytes: &[u8]) -> BTreeMap<String, i64> {
    let vat_accounts = BTreeMap::from([(1900, "1776"), (700, "1771"), (810, "1779")]);
    let keys = BTreeMap::from([("0003", 1900), ("0002", 700), ("0100", 810)]);
    let input = BTreeMap::from([("0009", (1900, "1576")), ("0008", (700, "1571"))]);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in read(bytes) {
        let sign = if row.of(2) == "S" { 1 } else { -1 } * if row.of(118) == "1" { -1 } else { 1 };
        let (gross, account, other, key) = (sign * row.minor(), row.of(7), row.of(8), row.of(9));
        assert!(!automatic().contains_key(account.as_str()) || key == "0040", "VAT would be taken out on both sides");
        *sums.entry(account.clone()).or_default() += gross;
        let of_account = automatic().get(other.as_str()).copied().filter(|_| key != "0040");
        let rate = of_account.or_else(|| keys.get(key.as_str()).copied());
        let (rate, vat_account) = match (rate, input.get(key.as_str())) {
            (_, Some((rate, account))) => (*rate, *account),
            (Some(rate), None) => (rate, vat_accounts[&rate]),
            (None, None) => (0, ""),
        };
        let vat = (2 * gross.abs() * rate + 10_000 + rate) / (2 * (10_000 + rate)) * gross.signum();
        *sums.entry(other).or_default() -= gross - vat;
        if vat != 0 {
            *sums.entry(vat_account.to_owned()).or_default() -= vat;
        }
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// What the ledger moved in a month, through a map of the test's own.
pub(super) fn wanted(daemon: &TestDaemon, month: &str) -> BTreeMap<String, i64> {
    let from = format!("FROM v_gl WHERE source = 'museum' AND period = '{month}' GROUP BY account, vat_bp");
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(daemon.database(), &["account", "vat_bp", "SUM(amount_minor)"], &from) {
        let minor: i64 = row[2].parse().unwrap();
        *sums.entry(number(&row[0], &row[1]).to_owned()).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn number<'a>(account: &'a str, rate: &str) -> &'a str {
    match (account, rate) {
        ("assets:receivable", _) => "10000",
        ("assets:bank", _) => "1200",
        ("assets:vat_input:1900", _) => "1576",
        ("expenses:fees", _) => "4970",
        ("expenses:bad_debt", "1900") => "2406",
        ("expenses:bad_debt", _) => "2400",
        ("income:breakage", _) => "2709",
        ("equity:opening", _) => "9000",
        (account, _) if account.starts_with("assets:clearing:") => "1361",
        ("assets:voucher_refund_unallocated" | "suspense:vat_undetermined", _) => "1590",
        ("liabilities:vat:1900", _) => "1776",
        ("liabilities:vat:700", _) => "1771",
        ("liabilities:vat:810", _) => "1779",
        ("liabilities:voucher:mpv", _) => "1604",
        ("liabilities:voucher:spv:1900", _) => "1718",
        ("liabilities:voucher:spv:700", _) => "1711",
        ("liabilities:flex", "1900") => "1718",
        ("liabilities:flex", "700") => "1711",
        ("liabilities:flex", _) => "1604",
        ("liabilities:deferred:tickets", _) => "0990",
        ("income:discount", "1900") => "8720",
        ("income:discount", "700") => "8710",
        ("income:discount", "0") => "8700",
        ("income:retained", "1900") => "8640",
        ("income:retained", _) => "8603",
        (_, "1900") => "8400",
        (_, "700") => "8300",
        (_, "810") => "8499",
        (_, "0") => "8200",
        _ => panic!("no number for {account} at {rate}"),
    }
}

on_both_engines!(a_batch_has_the_form_and_the_meaning_that_datev_wants, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = with_settings(database, &settings(""));
    let first = exported(&program, "2025-11", "first");
    assert_eq!(mistakes(&first, &automatic()), Vec::<String>::new());
    assert_eq!(booked(&first), wanted(&daemon, "2025-11"));

    // A reversal repeats its original with a mark: the turnover of both accounts stays clean.
    late(&daemon).await;
    let second = exported(&program, "2025-11", "second");
    assert_eq!(mistakes(&second, &automatic()), Vec::<String>::new());
    let rows = read(&second);
    let said: Vec<Vec<String>> =
        rows.iter().map(|row| [1, 2, 7, 8, 9, 10, 11, 118].map(|number| row.of(number)).into()).collect();
    assert_eq!(
        said,
        [
            ["10,00", "S", "10000", "8400", "", "1611", "RQW-ETD72D", "1"],
            ["10,00", "H", "1361", "10000", "", "1711", "RQW-ETD72D", "0"],
        ]
    );
    assert!(rows[0].of(14).starts_with("Storno "), "{}", rows[0].of(14));
    let both = [&first[..], &second[second.windows(2).position(|end| end == b"\r\n").unwrap() + 2..]].concat();
    let mut sums = booked(&first);
    for (account, minor) in booked(&second) {
        *sums.entry(account).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    assert_eq!(sums, wanted(&daemon, "2025-11"), "{}", decoded(&both));
    run(&program, 0, &["export", "again", "datev/museum/2025-11/1", "--out", "again"]);
    assert_eq!(files(&program.path("again")).into_values().next().unwrap(), first);
    daemon.finish().await;
});

/// Every mistake that a program could make is one that the table finds.
#[test]
fn the_table_finds_mistakes() {
    let row = |changes: &[(usize, &str)]| {
        let mut row: Vec<String> = include_str!("row.txt").trim_end().split(';').map(str::to_owned).collect();
        for (number, value) in changes {
            row[number - 1] = (*value).to_owned();
        }
        row.join(";")
    };
    let header = "'EXTF';700;21;'Buchungsstapel';13;20251201080000000;;'TL';'ticketledger';'';1001;1;20250101;4;\
                  20251101;20251130;'museum 2025/11';'';1;0;0;'EUR';;'';;;'03';;;'';'2025-11-1'"
        .replace('\'', "\"");
    let header = header.as_str();
    let file = |header: &str, row: &str| format!("{header}\r\n{}\r\n{row}\r\n", ";".repeat(124));
    let found = |text: String| mistakes(text.as_bytes(), &automatic());
    assert_eq!(found(file(header, &row(&[]))), Vec::<String>::new());
    for change in [
        (1, "20.00"),
        (1, "-20,00"),
        (1, "0,00"),
        (2, "\"X\""),
        (2, "S"),
        (7, "100000"),
        (7, "0000"),
        (8, "10000"),
        (9, "\"0003\""),
        (10, "0812"),
        (10, "811"),
        (11, "\"A B\""),
        (11, "\"\""),
        (14, "\"\u{9f}x\u{1}\""),
        (21, "\"Rechnung\""),
        (37, "\"a-b\""),
        (114, ""),
        (114, "1"),
        (115, "14112025"),
        (118, "\"G\""),
        (125, "0"),
    ] {
        assert!(!found(file(header, &row(&[change]))).is_empty(), "{change:?} was not noticed");
    }
    let long = format!("\"{}\"", "x".repeat(61));
    assert!(!found(file(header, &row(&[(14, long.as_str())]))).is_empty());
    assert!(!found(file(header, &row(&[])).replace("\r\n", "\n")).is_empty());
    assert!(!found(file(&header.replace("museum 2025/11", "museum-2025"), &row(&[]))).is_empty());
    assert!(!found(file(&header.replace("13;2025", "14;2025"), &row(&[]))).is_empty());
    assert!(!found(file(header, &(row(&[]) + ";"))).is_empty());
}

on_both_engines!(what_cannot_be_exported_stops_with_a_list, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let stopped = |settings: &str, codes: &[&str]| {
        let program = with_settings(database, settings);
        let said = run(&program, 3, &["export", "datev", "--period", "2025-11", "--out", "out"]);
        assert!(said.contains("STOPPED"), "{said}");
        for code in codes {
            assert!(said.contains(code), "{code}: {said}");
        }
        assert_eq!(run(&program, 0, &["export", "list"]), "Nothing was exported yet.\n");
        assert!(!program.path("out").exists());
    };
    let datev = "[sources.exports.datev]\nconsultant = 1001\nclient = 1\n";
    let exports = |rules: &str| format!("[sources.exports]\naccounts = [{rules}]\n{datev}");
    let clearing = "{ code = \"assets:clearing:\", account = \"1361\" }";
    stopped(datev, &["unmapped_account: assets:clearing:StripeBankWire", "assets:clearing:paypal.express"]);
    // Without tax key or automatic account DATEV would take out nothing.
    let own =
        format!("{clearing}, {{ code = \"income:tickets\", account = \"8500\", rate = \"19\", automatic = \"on\" }}");
    let wrong = own.replace("\"19\"", "\"7\"");
    run(&with_settings(database, &exports(&own)), 0, &["export", "datev", "--period", "2025-11", "--dry-run"]);
    stopped(&exports(&format!("{wrong}, {}", own.replace("8500", "85000"))), &["export_account_length", "85000"]);
    let taken = format!("{clearing}, {{ code = \"income:\", account = \"8300\" }}");
    stopped(&exports(&taken), &["export_vat_mismatch", "8300 takes out another rate than 19 %", "vat_split"]);
    daemon.deliver(order("C", json!({"currency": "CHF", "tickets": [admission("c", "11.90", "19")]}))).await;
    daemon.deliver(order("L", json!({"tickets": [admission("l", "10000000000.00", "19")]}))).await;
    daemon.deliver(order("T", json!({"tickets": [admission("t", "11.90", "5")]}))).await;
    let five = format!("{clearing}, {{ code = \"income:tickets\", rate = \"5\", account = \"8305\" }}");
    stopped(
        &exports(&five),
        &["export_currency: CHF", "export_amount: entry museum/", "export_tax_key: income:tickets at 5 %"],
    );
    let program = Program::new(database);
    assert!(run(&program, 2, &["export", "datev", "--period", "2025-11"]).contains("sources.exports.datev"));
    daemon.finish().await;
});

on_both_engines!(a_voucher_that_was_taxed_at_another_rate_is_split_when_that_is_wanted, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon
        .deliver(order(
            "S",
            json!({"voucherOrders": [voucher("V", "119.00", "7")], "payments": [payment("sp", "119.00")]}),
        ))
        .await;
    let used = json!({"tickets": [admission("a", "119.00", "19")], "redeemed_vouchers": [redeemed("V", "119.00")]});
    daemon.deliver(order("U", used)).await;
    let program = with_settings(database, &settings(""));
    let said = run(&program, 3, &["export", "datev", "--period", "2025-11", "--out", "out"]);
    assert!(said.contains("export_vat_mismatch: entry museum/") && said.contains("voucher.redeem"), "{said}");
    let program = with_settings(database, &settings("vat_split = \"on\"\n"));
    let bytes = exported(&program, "2025-11", "out");
    assert_eq!(mistakes(&bytes, &automatic()), Vec::<String>::new());
    assert_eq!(booked(&bytes), wanted(&daemon, "2025-11"), "{}", decoded(&bytes));
    daemon.finish().await;
});

on_both_engines!(settings_of_the_client_are_in_header_and_rows, async |database| {
    let daemon = TestDaemon::start(database).await;
    let named = |id: &str, title: &str| but(admission(id, "11.90", "19"), json!({"title": title}));
    let title = format!("Łódź — “{}” €", "x".repeat(70));
    daemon.deliver(order("A B.ü", json!({"tickets": [named("a", &title)]}))).await;
    let more = "account_length = 5\nfiscal_year_start = 7\nlock = \"on\"\nreversal = \"swap\"\nkey_digits = 1\n\
                service_dates = \"on\"\ncost_centre = \"on\"\n";
    let rule = "[sources.exports]\nchart = \"skr04\"\n\
                accounts = [{ code = \"income:tickets\", event = \"E1\", account = \"44001\" }]\n";
    let program =
        with_settings(database, &format!("{rule}[sources.exports.datev]\nconsultant = 29098\nclient = 7\n{more}"));
    let first = exported(&program, "2025-11", "out");
    assert_eq!(mistakes(&first, &BTreeMap::new()), Vec::<String>::new());
    let header = fields(decoded(&first).lines().next().unwrap());
    let of = |number: usize| header[number - 1].as_str();
    assert_eq!([of(11), of(12), of(13), of(14), of(21), of(27)], ["29098", "7", "20250701", "5", "1", "\"04\""]);
    assert_eq!(inner(of(31), true).as_deref(), Some("2025-11-1"));
    let row = &read(&first)[0];
    assert_eq!([7, 8, 9, 11].map(|number| row.of(number)), ["100000", "44001", "3", "CODE-A-B--"]);
    assert_eq!([37, 114, 115, 116].map(|number| row.of(number)), ["E1", "1", "23112025", "08112025"]);
    assert_eq!(row.of(14).chars().count(), 60);
    assert!(row.of(14).starts_with("Lódz — “xxx"), "{}", row.of(14));
    assert_eq!([48, 49, 50].map(|number| row.of(number)), ["Satz", "museum/1", "Hash"]);

    // Cancelled: the sides are swapped instead of marked.
    daemon.set_clock("2025-11-20T12:00:00Z");
    let gone = but(named("a", &title), json!({"status": "CANCELED", "cancellation_date": "2025-11-19T12:00:00Z"}));
    daemon.deliver(order("A B.ü", json!({"tickets": [gone]}))).await;
    let second = exported(&program, "2025-11", "second");
    let row = &read(&second)[0];
    assert_eq!([1, 2, 7, 8, 10, 118].map(|number| row.of(number)), ["11,90", "H", "100000", "44001", "1911", "0"]);
    daemon.finish().await;
});

on_both_engines!(a_reversal_has_the_accounts_of_the_day_of_its_original, async |database| {
    let daemon = TestDaemon::start(database).await;
    let ticket = |id: &str| admission(id, "11.90", "19");
    daemon.deliver(order("A", json!({"tickets": [ticket("a")]}))).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    let gone = but(ticket("a"), json!({"status": "CANCELED", "cancellation_date": "2025-12-02T12:00:00Z"}));
    daemon.deliver(order("A", json!({"tickets": [gone]}))).await;
    let sold = json!({"date": "2025-12-02T10:00:00Z", "tickets": [ticket("b")]});
    daemon.deliver(order("B", sold)).await;
    let new = "accounts = [{ code = \"income:tickets\", rate = \"19\", account = \"8401\", automatic = \"on\", \
               from = \"2025-12-01\" },";
    let program = with_settings(database, &settings("").replace("accounts = [", new));
    let bytes = exported(&program, "2025-12", "out");
    let said: Vec<[String; 4]> = read(&bytes).iter().map(|row| [2, 8, 10, 118].map(|number| row.of(number))).collect();
    assert_eq!(said, [["S", "8400", "0212", "1"], ["S", "8401", "0212", "0"]]);
    daemon.finish().await;
});
