//! The command that imports: its preview, its refusals, what it asks for.

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::order::{admission, order, payment};
use crate::support::program::Program;

on_both_engines!(the_command_shows_before_and_after_and_posts_when_it_is_told, async |database| {
    let daemon = TestDaemon::start(database).await;
    let fields = json!({"tickets": [admission("p", "119.00", "19")], "payments": [payment("m", "114.00")]});
    daemon.deliver(order("A", fields)).await;
    daemon.finish().await;
    let program = Program::new(database);
    let run = |arguments: &[&str]| {
        let (code, stdout, stderr) = program.run(arguments);
        (code, stdout + &stderr)
    };
    let row = |name: &str, row: &str| {
        let header = "date,reference,kind,account,order_id,currency,amount\n";
        std::fs::write(program.path(name), format!("{header}{row}\n")).expect("a file");
    };
    row("reduction.csv", "2025-11-11,r1,price-reduction,,A,EUR,5.00");
    row("wrong.csv", "2025-11-11,w1,write-off,expenses:bad_debt,A,EUR,6.00");
    row("bad.csv", "2025-11-31,w1,write-off,expenses:bad_debt,A,EUR,6.00");
    let import = |file: &str, more: &[&str]| {
        run(&[&["ledger", "import", file, "--source", "museum", "--why", "November"][..], more].concat())
    };
    let (code, said) = import("reduction.csv", &["--dry-run"]);
    assert_eq!(code, 0, "{said}");
    let rows: Vec<String> = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "CODE-A EUR before 119.00 114.00 5.00",
        "CODE-A EUR after 114.00 114.00 0.00",
        "Findings that close:",
        "To post: 1 entries.",
        "Nothing was changed.",
    ] {
        assert!(rows.iter().any(|row| row == expected), "{expected}: {said}");
    }
    let (code, said) = import("reduction.csv", &[]);
    assert!(code == 2 && said.contains("would post 1 entries; pass --yes"), "{said}");
    let (code, said) = import("wrong.csv", &["--yes"]);
    assert!(code == 1 && said.contains("wrong.csv: nothing was imported; these rows contradict the books"), "{said}");
    assert!(said.contains("line 2: `amount`: only 5.00 EUR is open of order CODE-A"), "{said}");
    let (code, said) = import("bad.csv", &["--yes", "--force", "it is right"]);
    assert!(code == 1 && said.contains("bad.csv: nothing was imported; correct these mistakes"), "{said}");
    assert_eq!(import("wrong.csv", &["--yes", "--force", " "]).0, 2);
    let (code, said) = import("wrong.csv", &["--yes", "--force", "6.00 by contract", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["orders"][0]["after"]["balance_minor"], -100);
    assert_eq!(said["forced"].as_array().map(Vec::len), Some(1));
    let (code, said) = run(&["ledger", "reverse", "3", "--source", "museum", "--why", "wrong", "--dry-run"]);
    assert!(code == 0 && said.contains("This would reverse entry 3. Nothing was changed."), "{said}");
    assert_eq!(run(&["ledger", "reverse", "3", "--source", "museum", "--why", "wrong"]).0, 0);
    let (code, said) = import("reduction.csv", &["--yes"]);
    assert!(code == 0 && said.contains("Posted: 1 entries."), "{said}");
    assert_eq!(run(&["ledger", "verify"]).0, 0);
    assert_eq!(run(&["ledger", "rebuild"]).0, 0);
});
