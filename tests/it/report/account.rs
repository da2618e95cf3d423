//! `report account`.

use super::write_book;
use crate::on_both_engines;
use crate::support::program::Program;

on_both_engines!(an_account_sheet_leads_from_the_opening_to_the_closing_balance, |database| {
    write_book(database);
    let program = Program::new(database);
    let (code, text, _) = program.run(&["report", "account", "assets:receivable", "--from", "2025-11-09"]);
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "museum  assets:receivable  EUR
  day            entry  what                        order                  debit        credit       balance
  2025-11-09            opening balance                                                              1234.56
  2025-11-09         2  ticket                      RQW-ETD72D              5.00                     1239.56
  2025-12-02         3  reversed ticket             RQW-ETD72D                         1234.56          5.00
  2025-12-02         4  payment                     RQW-ETD72D                            5.00          0.00
                        closing balance                                     5.00       1239.56          0.00
"
    );
    let rows = |arguments: &[&str]| {
        let csv = ["report", "account", "--format", "csv"];
        let (code, text, errors) = program.run(&[&csv[..], arguments].concat());
        assert_eq!(code, 0, "{errors}");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&["income:tickets", "--period", "2025-12"]),
        [
            "source,currency,account,row,booking_date,entry_no,line_no,kind,event_type,item_kind,order_id,order_code,\
             payment_id,payment_method,voucher_id,vat_bp,debit,credit,balance",
            "museum,EUR,income:tickets,opening,,,,,,,,,,,,,,,-1037.45",
            "museum,EUR,income:tickets,posting,2025-12-02,3,2,reverse,ticket,ticket,X,RQW-ETD72D,,,,1900,1037.45,,0.00",
            "museum,EUR,income:tickets,closing,,,,,,,,,,,,,1037.45,0.00,0.00",
        ]
    );
    // Nothing moved, and there is a balance.
    assert_eq!(rows(&["suspense:vat_undetermined", "--period", "2025-12"]).len(), 3);
    assert_eq!(rows(&["suspense:vat_undetermined", "--period", "2024"]).len(), 1, "before it was first posted to");
    // A sheet for each account that begins like this.
    let sheets: Vec<String> = rows(&["assets:"]).into_iter().filter(|row| row.contains(",opening,")).collect();
    assert_eq!(
        sheets,
        [
            "museum,EUR,assets:clearing:cash,opening,,,,,,,,,,,,,,,0.00",
            "museum,EUR,assets:receivable,opening,,,,,,,,,,,,,,,0.00",
        ]
    );
    let json = program.run(&["report", "account", "assets:clearing:cash", "--format", "json"]).1;
    let json: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let said: Vec<_> = json.iter().map(|row| (row["row"].as_str().unwrap(), row["balance_minor"].as_i64())).collect();
    assert_eq!(said, [("opening", Some(0)), ("posting", Some(500)), ("closing", Some(500))]);
});

on_both_engines!(an_account_that_does_not_exist_is_told_with_those_like_it, |database| {
    write_book(database);
    let program = Program::new(database);
    for (code, like) in [
        ("assets:clearing:Cash", "assets:clearing:cash"),
        ("receivables", "assets:receivable"),
        ("vat", "liabilities:vat:1900"),
        ("clearing:", "assets:clearing:cash"),
    ] {
        let (exit, said, errors) = program.run(&["report", "account", code]);
        assert_eq!((exit, said.as_str()), (1, ""));
        assert!(errors.contains(&format!("there is no account `{code}`; did you mean one of ")), "{errors}");
        let named = errors.split("did you mean one of ").nth(1).unwrap();
        assert!(named.starts_with(like) || code == "vat", "{errors}");
        assert!(named.contains(like), "{errors}");
    }
});
