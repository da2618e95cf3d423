//! What is downloaded is what the commands write, and every form of a report has every column of its table.

use ticketledger::config::Role;

use super::browser::Browser;
use super::filled::fill;
use super::told::Program as Asking;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::program::Program;

/// Path and arguments of every page that has files; the same period and source.
const FILES: [(&str, &[&str]); 12] = [
    ("trial-balance?period=2025-11", &["trial-balance", "--period", "2025-11"]),
    ("trial-balance?period=all", &["trial-balance"]),
    ("revenue?period=2025", &["revenue", "--period", "2025"]),
    ("vat?period=2025-11", &["vat", "--period", "2025-11"]),
    ("vat?period=all&basis=payment", &["vat", "--basis", "payment"]),
    ("bridge?period=2025-Q4", &["bridge", "--period", "2025-Q4"]),
    ("payments?period=2025-11", &["payments", "--period", "2025-11"]),
    ("balances?", &["balances"]),
    ("vouchers?", &["vouchers"]),
    ("journal?period=2025-11", &["journal", "--period", "2025-11"]),
    ("account?account=assets:receivable&period=2025-11", &["account", "assets:receivable", "--period", "2025-11"]),
    ("journal?from=2025-11-12&to=2025-11-13", &["journal", "--from", "2025-11-12", "--to", "2025-11-13"]),
];

on_both_engines!(a_file_is_that_of_the_command, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let program = Program::new(database);
    for (path, arguments) in FILES {
        for format in ["csv", "json"] {
            let arguments = [&["report"], arguments, &["--source", "museum", "--format", format]].concat();
            let (code, expected, errors) = program.run(&arguments);
            assert_eq!(code, 0, "{arguments:?}: {errors}");
            let file = reader.page(&format!("/books/{path}&source=museum&format={format}")).await;
            let name = file.headers["content-disposition"].to_str().unwrap();
            assert!(name.starts_with("attachment") && name.ends_with(&format!(".{format}\"")), "{name}");
            assert_eq!(file.body, expected, "{path} {format}");
            assert!(file.body.lines().count() > 1, "{path}: {}", file.body);
        }
    }
    // A settled order is in the file, and not on the page of what is open.
    let balances = reader.page("/books/balances?source=museum&format=csv").await;
    let orders = daemon.lines("SELECT order_id AS line FROM order_sums WHERE source = 'museum'");
    for order in &orders {
        assert!(balances.has(order), "{order}: {}", balances.body);
    }
    daemon.finish().await;
});

on_both_engines!(findings_and_freshness_are_files_too, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let program = Program::new(database);
    for (path, arguments) in [
        ("/findings?source=museum&", ["report", "findings", "--source", "museum"]),
        ("/books/freshness?source=museum&", ["report", "freshness", "--source", "museum"]),
    ] {
        for format in ["csv", "json"] {
            let (_, expected, errors) = program.run(&[&arguments[..], &["--format", format]].concat());
            let file = reader.page(&format!("{path}format={format}")).await;
            assert!(file.headers["content-disposition"].to_str().unwrap().ends_with(&format!(".{format}\"")));
            assert_eq!(file.body, expected, "{path}{format}: {errors}");
            assert!(file.body.lines().count() > 1, "{path}: {}", file.body);
        }
    }
    for path in ["/findings?format=csv", "/books/freshness?format=csv"] {
        let file = reader.page(path).await;
        assert!(file.has("\nmuseum,") && file.has("\ntheatre,"), "{path}: {}", file.body);
    }
    for (page, link) in
        [("/findings?source=museum", "/findings?source=museum&#38;format=csv"), ("/", "freshness?format=csv")]
    {
        assert!(reader.page(page).await.has(link), "{page}: {link}");
    }
    assert_eq!(reader.get("/books/freshness").await.location(), "/");
    daemon.finish().await;
});

on_both_engines!(every_form_of_a_report_has_every_column, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let asking = Asking::new(&daemon, Role::Reader);
    for report in ["trial-balance", "revenue", "vat", "bridge", "payments", "balances", "vouchers"] {
        let path = format!("/books/{report}?source=museum&period=2025-11");
        let path = if ["balances", "vouchers"].contains(&report) { "/books/".to_owned() + report + "?" } else { path };
        let csv = reader.page(&format!("{path}&format=csv")).await;
        let titles: Vec<&str> = csv.body.lines().next().unwrap().split(',').collect();
        let file: serde_json::Value =
            serde_json::from_str(&reader.page(&format!("{path}&format=json")).await.body).unwrap();
        let told = asking.json(&path).await;
        // What people see in the sign, or in the order of the rows.
        let hidden = usize::from(["trial-balance", "bridge"].contains(&report));
        for (form, rows) in [("file", &file), ("program", &told["rows"])] {
            let row = rows[0].as_object().unwrap_or_else(|| panic!("{report} {form}: {rows}"));
            let names: Vec<&str> = row.keys().map(|name| name.trim_end_matches("_minor")).collect();
            for title in &titles {
                assert!(names.contains(title), "{report}: {form} has no {title}: {names:?}");
            }
            assert_eq!(names.len(), titles.len() + hidden, "{report}: {form} has {names:?}, the file {titles:?}");
        }
        // People see no more columns than there are, and each that is theirs.
        let page = reader.page(&path).await;
        let heads = page.body.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
        let source = usize::from(path.contains("source=museum"));
        assert_eq!(heads.matches("<th ").count() + source, titles.len(), "{report}: {heads}");
    }
    daemon.finish().await;
});

on_both_engines!(an_entry_and_what_is_behind_a_figure_are_files, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let reader = Browser::signed_in(&daemon, database, "reader");
    let entry = reader.page("/books/entry/museum/1?format=json").await;
    let rows: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
    let lines = daemon.lines("SELECT account AS line FROM v_gl WHERE source = 'museum' AND entry_no = 1");
    assert_eq!(rows.as_array().unwrap().len(), lines.len());
    assert!(rows[0]["amount_minor"].is_i64(), "{rows}");
    assert_eq!(reader.page("/books/entry/museum/1?format=csv").await.body.lines().count(), lines.len() + 1);
    let path = "/books/lines?source=museum&period=2025-11&of=vat&currency=EUR&rate=1900";
    let file = reader.page(&format!("{path}&format=csv")).await;
    let page = reader.page(path).await;
    let shown = page.body.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    assert_eq!(file.body.lines().count(), shown.matches("<tr").count() + 1, "{}", file.body);
    daemon.finish().await;
});

on_both_engines!(the_sum_of_the_lines_is_the_figure, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let asking = Asking::new(&daemon, Role::Reader);
    let reader = Browser::signed_in(&daemon, database, "reader");
    let mut followed = 0;
    for report in [
        "revenue?source=museum&period=2025-11",
        "revenue?source=theatre&period=all",
        "vat?source=museum&period=2025-11",
        "vat?source=museum&period=2025-11&basis=payment",
        "vat?source=museum&period=2025&basis=service",
        "payments?source=museum&period=2025",
        "bridge?source=museum&period=2025-11",
    ] {
        let page = reader.page(&format!("/books/{report}")).await;
        for link in super::books::links(&page).into_iter().filter(|link| link.starts_with("/books/lines?")) {
            let told = asking.json(&link).await;
            assert_eq!(told["sum"]["agrees"], true, "{link}: {:#}", told["sum"]);
            let lines = reader.page(&link).await;
            assert!(lines.has("The report has the same"), "{link}: {}", lines.text());
            assert!(!lines.has("sum=yes"), "few lines are added up at once");
            followed += 1;
        }
    }
    assert!(followed > 10, "{followed}");
    daemon.finish().await;
});
