//! The reports, as the program prints them.

mod account;
mod ageing;
mod balances;
mod bridge;
mod journal;
mod periods;
mod plans;
pub(crate) mod ties;

use std::io::Read as _;
use std::process::Stdio;

use crate::on_both_engines;
use crate::support::book::{Book, Line};
use crate::support::db::{Engine, TestDatabase};
use crate::support::program::Program;

/// One ticket at 19 % in November, paid and reversed in December, and one of unknown rate.
fn write_book(database: &TestDatabase) {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    book.order("X", "RQW-ETD72D", Some("accepted"));
    database.execute("INSERT INTO event_titles VALUES ('museum', 'E', 'E', 'A \"fine\", loud\x1b[31m evening', 1)");
    let line = |account, minor| Line { account, minor, ..Line::default() };
    let of_event = |account, minor, vat_bp| Line { event: Some("E"), vat_bp, ..line(account, minor) };
    book.post(
        "2025-11-08",
        "X",
        "ticket",
        &[
            line("assets:receivable", 123_456),
            Line { qty: Some(1), ..of_event("income:tickets", -103_745, Some(1900)) },
            of_event("liabilities:vat:1900", -19_711, Some(1900)),
        ],
    );
    book.post(
        "2025-11-09",
        "X",
        "ticket",
        &[line("assets:receivable", 500), Line { qty: Some(1), ..of_event("suspense:vat_undetermined", -500, None) }],
    );
    book.reverse("2025-12-02", 1);
    let payment = Line { method: Some("cash"), ..line("assets:clearing:cash", 500) };
    book.post("2025-12-02", "X", "payment", &[payment, line("assets:receivable", -500)]);
}

on_both_engines!(tables_are_for_people_csv_and_json_for_programs, |database| {
    write_book(database);
    let program = Program::new(database);
    let table = program.run(&["report", "vat"]).1;
    assert_eq!(
        table,
        " source   currency   period            rate        net       vat      gross
────────────────────────────────────────────────────────────────────────────
 museum   EUR        2025-11   undetermined       5.00      0.00       5.00
 museum   EUR        2025-11           19 %    1037.45    197.11    1234.56
 museum   EUR        2025-12           19 %   -1037.45   -197.11   -1234.56
"
    );
    let (code, csv, _) = program.run(&["report", "revenue", "--period", "2025-11", "--format", "csv"]);
    assert_eq!(code, 0);
    assert_eq!(
        csv,
        "source,currency,period,event_id,event_title,vat_bp,qty,net,vat,gross\n\
         museum,EUR,2025-11,E,\"A \"\"fine\"\", loud\u{fffd}[31m evening\",,1,5.00,0.00,5.00\n\
         museum,EUR,2025-11,E,\"A \"\"fine\"\", loud\u{fffd}[31m evening\",1900,1,1037.45,197.11,1234.56\n"
    );
    let minor = ["report", "vat", "--period", "2025-12", "--format", "csv", "--amounts", "minor"];
    assert_eq!(
        program.run(&minor).1,
        "source,currency,period,vat_bp,net_minor,vat_minor,gross_minor\n\
         museum,EUR,2025-12,1900,-103745,-19711,-123456\n"
    );
    let json = program.run(&["report", "payments", "--format", "json"]).1;
    assert_eq!(
        json,
        "[\n  {\n    \"source\": \"museum\",\n    \"currency\": \"EUR\",\n    \"period\": \"2025-12\",\n    \
         \"payment_method\": \"cash\",\n    \"paid_minor\": 500,\n    \"refunded_minor\": 0,\n    \
         \"net_minor\": 500\n  }\n]\n"
    );
    assert!(!program.run(&["report", "revenue"]).1.contains('\x1b'), "a terminal must not obey a title");
});

on_both_engines!(the_trial_balance_leads_from_the_opening_to_the_closing_balance, |database| {
    write_book(database);
    let program = Program::new(database);
    let rows = |arguments: &[&str]| {
        let csv = ["report", "trial-balance", "--format", "csv", "--amounts", "minor"];
        let (code, text, errors) = program.run(&[&csv[..], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&[]),
        [
            "museum,EUR,assets:clearing:cash,500,0,500,0,500",
            "museum,EUR,assets:receivable,0,0,123956,123956,0",
            "museum,EUR,income:tickets,0,0,103745,103745,0",
            "museum,EUR,liabilities:vat:1900,0,0,19711,19711,0",
            "museum,EUR,suspense:vat_undetermined,-500,0,0,500,-500",
        ]
    );
    assert_eq!(
        rows(&["--source", "museum", "--period", "2025-12"]),
        [
            "museum,EUR,assets:clearing:cash,500,0,500,0,500",
            "museum,EUR,assets:receivable,-123956,123956,0,123956,0",
            "museum,EUR,income:tickets,103745,-103745,103745,0,0",
            "museum,EUR,liabilities:vat:1900,19711,-19711,19711,0,0",
            "museum,EUR,suspense:vat_undetermined,0,-500,0,0,-500",
        ]
    );
    assert_eq!(
        program.run(&["report", "trial-balance", "--period", "2025-12"]).1,
        " source   currency   account                      opening     debit    credit   closing
────────────────────────────────────────────────────────────────────────────────────────
 museum   EUR        assets:clearing:cash            0.00      5.00      0.00      5.00
 museum   EUR        assets:receivable            1239.56      0.00   1239.56      0.00
 museum   EUR        income:tickets              -1037.45   1037.45      0.00      0.00
 museum   EUR        liabilities:vat:1900         -197.11    197.11      0.00      0.00
 museum   EUR        suspense:vat_undetermined      -5.00      0.00      0.00     -5.00
────────────────────────────────────────────────────────────────────────────────────────
 museum   EUR        total                           0.00   1239.56   1239.56      0.00
"
    );
});

on_both_engines!(open_findings_ask_for_attention, |database| {
    write_book(database);
    let program = Program::new(database);
    let finding = |fingerprint: &str, severity: &str| {
        database.execute(&format!(
            "INSERT INTO findings (fingerprint, source, order_id, reason, severity, currency, difference_minor,
                evidence, first_seen, last_seen, state)
             VALUES ('{fingerprint}', 'museum', 'X', 'underpaid', '{severity}', 'EUR', 700, 'balance',
                '2025-11-11 14:36:50.5', '2025-11-11 14:36:50', 'open')"
        ));
    };
    assert_eq!(program.run(&["report", "findings"]), (0, "(no rows)\n".to_owned(), String::new()));
    finding("1", "info");
    assert_eq!(program.run(&["report", "findings"]).0, 0);
    finding("2", "high");
    let (code, csv, _) = program.run(&["report", "findings", "--format", "csv"]);
    assert_eq!(code, 3);
    assert!(csv.contains("museum,X,RQW-ETD72D,underpaid,high,EUR,,,7.00,2025-11-11T14:36:50.500Z,balance\n"), "{csv}");
    for report in ["balances", "vouchers"] {
        assert_eq!(program.run(&["report", report]).0, 0, "{report}");
    }
});

on_both_engines!(a_closed_pipe_is_no_error, |database| {
    write_book(database);
    let program = Program::new(database);
    let mut command = program.command(&["report", "balances"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""));
});

#[test]
fn mistakes_are_told_with_their_exit_code() {
    let database = TestDatabase::new(Engine::Sqlite).unwrap_or_else(|| TestDatabase::new(Engine::Postgres).unwrap());
    let program = Program::new(&database);
    if database.engine == Engine::Sqlite {
        let (code, _, errors) = program.run(&["report", "vat"]);
        assert_eq!(code, 1);
        assert!(errors.contains("there is no database") && errors.contains("ticketledger serve"), "{errors}");
    }
    drop(database.open());
    for (arguments, expected, says) in [
        (&["report", "vat", "--period", "2025-13"][..], 2, "write a month such as 2025-11"),
        (&["report", "vat", "--period", "2025-1"], 2, "write a month such as 2025-11"),
        (&["report", "vat", "--period", "2026-Q5"], 2, "a quarter such as 2026-Q3"),
        (&["report", "vat", "--from", "2025-11-31"], 2, "write a day such as 2025-11-30"),
        (&["report", "vat", "--from", "2025-11-02", "--to", "2025-11-01"], 2, "--from is later than --to"),
        (&["report", "vat", "--period", "2025-11", "--to", "2025-11-01"], 2, "cannot be used with"),
        (&["report", "vat", "--period", "2026-Q1", "--as-closed"], 2, "a month is closed as a whole"),
        (&["report", "vat", "--by-month"], 2, "leave --by-month out"),
        (&["report", "vat", "--format", "json", "--amounts", "units"], 2, "JSON has amounts in minor units only"),
        (&["report", "vat", "--amounts", "minor"], 2, "add --format csv"),
        (&["report", "balances", "--period", "2025-11"], 2, "--as-closed"),
        (&["report", "balances", "--from", "2025-11-01"], 2, "at one point, not in a period; pass --booked-until"),
        (&["report", "balances", "--summary"], 2, "add --open or --overpaid"),
        (&["report", "findings", "--period", "2025-11"], 2, "at one point, not in a period"),
        (&["report", "account", "assets:receivable"], 1, "there is no account `assets:receivable`; nothing is booked"),
        (&["report", "journal", "--order", "X"], 1, "there is no order with the id or code X"),
        (
            &["report", "vat", "--source", "musem"],
            2,
            "there is no source `musem` in the settings; choose one of museum",
        ),
        (&["report"], 2, "trial-balance"),
        (&["inbox", "show", "7"], 1, "there is no event 7"),
        (&["inbox", "replay", "7", "--yes"], 1, "there are no webhooks with these ids: [7]"),
        (&["inbox", "replay", "--state", "done", "--yes"], 2, "--all-states"),
        (&["inbox", "replay", "--all-states", "--state", "parked"], 2, "cannot be used with"),
        (&["--config", "elsewhere.toml", "report", "vat"], 1, "ticketledger: elsewhere.toml"),
    ] {
        let (code, _, errors) = program.run(arguments);
        assert_eq!(code, expected, "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
    }
    let (code, text, _) = program.run(&["config", "check"]);
    assert_eq!(code, 0);
    assert!(text.contains("museum"));
}
