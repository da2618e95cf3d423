//! `report journal`.

use serde_json::{Value, json};

use super::write_book;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::order::{order, participant, ticket};
use crate::support::program::Program;

on_both_engines!(the_journal_has_every_entry_with_its_lines_in_the_order_of_their_numbers, |database| {
    write_book(database);
    let program = Program::new(database);
    let (code, text, _) = program.run(&["report", "journal"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "museum 1  2025-11-08  ticket  order RQW-ETD72D  EUR
  assets:receivable                                  1234.56
  income:tickets                                                   1037.45
  liabilities:vat:1900                                              197.11
museum 2  2025-11-09  ticket  order RQW-ETD72D  EUR
  assets:receivable                                     5.00
  suspense:vat_undetermined                                           5.00
museum 3  2025-12-02  ticket  order RQW-ETD72D  EUR  reverses 1
  assets:receivable                                                1234.56
  income:tickets                                     1037.45
  liabilities:vat:1900                                197.11
museum 4  2025-12-02  payment  order RQW-ETD72D  EUR
  assets:clearing:cash                                  5.00
  assets:receivable                                                   5.00

4 entries
  total EUR                                          2479.12       2479.12
"
    );
    let numbers = |arguments: &[&str]| {
        let (code, text, errors) = program.run(&[&["report", "journal", "--format", "json"], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        let lines: Vec<Value> = serde_json::from_str(&text).unwrap();
        lines.iter().map(|line| line["entry_no"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&[]), [1, 1, 1, 2, 2, 3, 3, 3, 4, 4]);
    assert_eq!(numbers(&["--period", "2025-12"]), [3, 3, 3, 4, 4]);
    assert_eq!(numbers(&["--period", "2025-Q4"]), numbers(&[]));
    assert_eq!(numbers(&["--from", "2025-11-09", "--to", "2025-12-01"]), [2, 2]);
    assert_eq!(numbers(&["--booked-until", "2025-11-08"]), [1, 1, 1]);
    assert_eq!(numbers(&["--as-of", "2025-11-11"]), [0_i64; 0]);
    // The counter-accounts come with the account.
    assert_eq!(numbers(&["--account", "suspense:vat_undetermined"]), [2, 2]);
    assert_eq!(numbers(&["--account", "liabilities:", "--period", "2025-12"]), [3, 3, 3]);
    assert_eq!(numbers(&["--account", "assets:clearing:"]), [4, 4]);
    assert_eq!(numbers(&["--order", "RQW-ETD72D"]), numbers(&[]), "an order by its code");
    assert_eq!(numbers(&["--order", "X", "--period", "2025-12", "--account", "income:tickets"]), [3, 3, 3]);
    assert_eq!(program.run(&["report", "journal", "--period", "2026"]).1, "(no entries)\n");
    let (code, _, errors) = program.run(&["report", "journal", "--account", "income:ticket"]);
    assert_eq!((code, errors.contains("did you mean one of income:tickets")), (1, true), "{errors}");
});

on_both_engines!(the_journal_as_csv_has_the_columns_of_the_view_of_lines, |database| {
    write_book(database);
    let program = Program::new(database);
    let csv = |more: &[&str]| program.run(&[&["report", "journal", "--format", "csv"], more].concat()).1;
    let minor = csv(&["--amounts", "minor"]);
    let columns = "source,entry_no,line_no,kind,event_type,booking_date,period,effective_at,recorded_at,order_id,\
         order_code,account,currency,amount_minor,debit_minor,credit_minor,vat_bp,item_kind,event_id,event_title,\
         service_date,payment_id,payment_method,voucher_id,reverses_no,reason,inbox_event_id";
    assert_eq!(minor.lines().next(), Some(columns));
    assert_eq!(minor.lines().count(), 11);
    assert_eq!(csv(&[]).lines().next(), Some(columns.replace("_minor", "").as_str()));
    let last = csv(&[]).lines().last().unwrap().to_owned();
    assert!(last.starts_with("museum,4,2,post,payment,2025-12-02,2025-12,2025-12-02T12:00:00Z,"), "{last}");
    assert!(last.contains(",assets:receivable,EUR,-5.00,0.00,5.00,"), "{last}");
});

// More entries than are read together.
on_both_engines!(a_journal_of_many_pages_has_every_line_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    for number in 0..4 {
        let people: Vec<Value> =
            (0..150).map(|seat| participant(&format!("p{number}-{seat}"), "10.00", "19")).collect();
        daemon.accepted("museum", order(&format!("order {number}"), json!({"tickets": [ticket(&people)]}))).await;
    }
    daemon.settle().await;
    let wanted = daemon.rows(&["entry_no", "line_no"], "FROM v_gl WHERE source = 'museum' ORDER BY entry_no, line_no");
    assert_eq!(wanted.len(), 4 * 150 * 3);
    daemon.finish().await;
    let program = Program::new(database);
    let lines = |arguments: &[&str]| {
        let (code, text, errors) = program.run(&[&["report", "journal", "--format", "csv"], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        let field = |line: &str, index| line.split(',').nth(index).unwrap().to_owned();
        text.lines().skip(1).map(|line| vec![field(line, 1), field(line, 2)]).collect::<Vec<_>>()
    };
    assert_eq!(lines(&[]), wanted);
    assert_eq!(lines(&["--period", "2025-11"]), wanted);
    assert_eq!(lines(&["--account", "assets:receivable"]), wanted, "every entry is about it");
    assert_eq!(lines(&["--order", "order 2"]).len(), wanted.len() / 4);
});
