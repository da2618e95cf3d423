//! Fees, payouts and opening balances: entries without an order.

use ticketledger::ledger::entered::import::FileKind;

use super::paid;
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};

on_both_engines!(the_tax_in_a_fee_is_input_tax_and_no_turnover, async |database| {
    let daemon = paid(database).await;
    let text = "date,reference,kind,method,currency,amount,input_vat\n\
                2025-11-11,ch_1,fee,StripeBankWire,EUR,1.19,19\n\
                2025-11-11,ch_2,fee,StripeBankWire,EUR,0.50,\n";
    let vat = daemon.view("v_vat_by_rate", &["vat_bp", "net_minor", "vat_minor"]);
    let imported = daemon.imported_and_undone(text);
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(sums, ["assets:clearing:StripeBankWire -169", "assets:vat_input:1900 19", "expenses:fees 150"]);
    daemon.imported(FileKind::Manual, &text.replace("ch_", "ch_again_"));
    assert_eq!(daemon.view("v_vat_by_rate", &["vat_bp", "net_minor", "vat_minor"]), vat);
    assert_eq!(daemon.lines("SELECT kind AS line FROM accounts WHERE code = 'assets:vat_input:1900'"), ["asset"]);
    assert_eq!(
        daemon.mistakes(
            FileKind::Manual,
            "date,reference,kind,method,currency,amount,vat_rate\n2025-11-11,f,fee,Stripe,EUR,-1.00,19\n"
        ),
        [
            "line 2: `amount` is negative; the kind decides the direction",
            "line 2: `vat_rate` is output tax; the tax in a fee goes into `input_vat`",
        ]
    );
    daemon.finish().await;
});

// What a provider takes back stands in its settlement with its sign.
on_both_engines!(a_settlement_can_be_negative_and_has_its_input_tax, async |database| {
    let daemon = paid(database).await;
    let text = "date,reference,method,currency,gross,fee,net,input_vat\n\
                2025-11-11,txn_1,StripeBankWire,EUR,20.00,1.19,18.81,19\n\
                2025-11-11,txn_2,StripeBankWire,EUR,-5.00,-0.30,-4.70,\n";
    daemon.imported(FileKind::Settlement, text);
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:bank", 1411),
            ("assets:clearing:StripeBankWire", 500),
            ("assets:vat_input:1900", 19),
            ("expenses:fees", 70),
            ("income:tickets", -1680),
            ("liabilities:vat:1900", -320)
        ])
    );
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(balances_are_opened_once_on_the_side_of_their_account, async |database| {
    let daemon = TestDaemon::start(database).await;
    let header = "date,reference,kind,account,currency,amount\n";
    let text = format!(
        "{header}2025-11-01,o1,opening-balance,assets:bank,EUR,500.00\n\
         2025-11-01,o2,opening-balance,assets:clearing:Stripe,EUR,-20.00\n\
         2025-11-01,o3,opening-balance,liabilities:vat:1900,EUR,95.00\n\
         2025-11-01,o4,opening-balance,assets:bank,CHF,10.00\n"
    );
    daemon.imported_and_undone(&text);
    // An account whose opening was reversed can be opened again, under another reference.
    daemon.imported(FileKind::Manual, &text.replace("01,o", "01,n"));
    assert_eq!(
        daemon.rows(&["account", "currency", "balance_minor"], "FROM v_trial_balance ORDER BY account, currency"),
        [
            ["assets:bank", "CHF", "1000"],
            ["assets:bank", "EUR", "50000"],
            ["assets:clearing:Stripe", "EUR", "-2000"],
            ["equity:opening", "CHF", "-1000"],
            ["equity:opening", "EUR", "-38500"],
            ["liabilities:vat:1900", "EUR", "-9500"],
        ]
    );
    assert_eq!(daemon.column("v_vat_by_rate", "vat_bp"), Vec::<String>::new(), "what was taxed before is no turnover");
    let again = "2025-11-01,o5,opening-balance,assets:bank,EUR,1.00\n\
                 2025-11-01,o6,opening-balance,assets:clearing:A,EUR,1.00\n\
                 2025-11-01,o7,opening-balance,assets:clearing:A,EUR,1.00\n";
    assert_eq!(
        daemon.refused(&format!("{header}{again}")),
        [
            "line 2: `account`: entry 9 opened assets:bank in EUR already",
            "line 4: `account`: another row of the file opens assets:clearing:A in EUR"
        ]
    );
    let others = ["assets:receivable", "liabilities:flex", "income:tickets", "equity:opening", "assets:cash"];
    for account in others {
        let mistakes =
            daemon.mistakes(FileKind::Manual, &format!("{header}2025-11-01,x,opening-balance,{account},EUR,1.00\n"));
        assert!(mistakes[0].starts_with("line 2: `account` must be one of: assets:bank"), "{mistakes:?}");
    }
    daemon.finish().await;
});

on_both_engines!(vouchers_are_opened_in_the_same_sheet, async |database| {
    let daemon = TestDaemon::start(database).await;
    let text = "date,reference,kind,voucher_id,currency,amount,vat_rate\n\
                2025-11-01,o1,opening-vouchers,m,EUR,50.00,\n\
                2025-11-01,o2,opening-vouchers,s,EUR,119.00,19\n\
                2025-11-01,o3,opening-vouchers,flex:f,EUR,30.00,\n";
    daemon.imported_and_undone(text);
    // A voucher whose opening was reversed can be opened anew with what is right.
    let right = text.replace("50.00", "40.00");
    assert_eq!(
        (daemon.imported(FileKind::Manual, &right).posted, daemon.imported(FileKind::Manual, &right).already),
        (1, 3)
    );
    assert_eq!(
        daemon.mistakes(FileKind::OpeningVouchers, "voucher_id,kind,currency,value\nm,mpv,EUR,60.00\n"),
        ["line 2: `voucher_id` was already imported as entry 7 with other content; reverse that entry first, or \
             correct it with `voucher-correction`"]
    );
    daemon.undo(7);
    daemon.imported(FileKind::OpeningVouchers, "voucher_id,kind,currency,value\nm,mpv,EUR,60.00\n");
    let rows = daemon.view("v_voucher_balance", &["voucher_id", "kind", "issued_minor"]);
    assert_eq!(rows, [["f", "flex", "0"], ["m", "mpv", "6000"], ["s", "spv", "0"]]);
    daemon.proved();
    daemon.finish().await;
});
