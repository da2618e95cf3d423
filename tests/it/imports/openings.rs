//! Vouchers and accounts of an earlier system.

use ticketledger::inbox::operator;
use ticketledger::ledger::entered::import::{File, FileKind, import, read, reverse};
use ticketledger::report::vouchers::{Listing, list};
use ticketledger::report::{Cell, Table};

use super::{ORDER, file, museum, reason};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, UNIFIED_EXAMPLE, at, expected};

/// The voucher that the unified example redeems, and that nobody sold.
const VOUCHER: &str = "59638e924822be1d0dc305873c798315";

fn column(table: &Table, name: &str) -> Vec<String> {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone().unwrap_or_default(),
        Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
    };
    table.column(name).map(text).collect()
}

on_both_engines!(opening_stock_gives_a_voucher_its_origin, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    let listing =
        |unknown_origin, day: &str| Listing { source: None, unknown_origin, all: true, as_of: day.parse().unwrap() };
    let unknown = list(daemon.database(), &listing(true, "2025-11-11")).unwrap();
    assert_eq!(column(&unknown, "voucher_id"), [VOUCHER]);
    assert_eq!(column(&unknown, "balance_minor"), ["-10000"]);

    let header = "voucher_id,kind,currency,value,vat_rate,sold_on,expires_on,code\n";
    let single = format!("{header}{VOUCHER},spv,EUR,119.00,19,2024-10-03,2027-12-31,GIFT-1234-ABCD\n");
    let imported = daemon.imported(FileKind::OpeningVouchers, &single);
    // The redemption moves from the multi-purpose to the single-purpose account, with its relief of VAT.
    assert_eq!((imported.posted, imported.settled_again), (1, 2));
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:clearing:StripeBankWire", 10_000),
            ("assets:receivable", 40_100),
            ("equity:opening", 10_000),
            ("income:discount", 168),
            ("income:products", -253),
            ("income:tickets", -8403),
            ("liabilities:flex", -40_000),
            ("liabilities:vat:1900", -15),
            ("liabilities:voucher:mpv", -10_000),
            ("liabilities:voucher:spv:1900", -1597),
        ])
    );
    assert_eq!(daemon.lines("SELECT 'x' AS line FROM v_vat_by_rate WHERE vat_bp IS NULL"), Vec::<String>::new());
    let known = list(daemon.database(), &listing(false, "2025-11-11")).unwrap();
    let row = column(&known, "voucher_id").iter().position(|id| id == VOUCHER).unwrap();
    let cells = ["origin", "regime", "issued_on", "age_days", "age", "code_last4", "balance_minor"];
    assert_eq!(
        cells.map(|name| column(&known, name)[row].clone()),
        ["import", "spv", "2024-10-03", "404", "1 to 3 years", "ABCD", "1597"]
    );
    let row = column(&known, "origin").iter().position(|origin| origin == "refund").unwrap();
    assert_eq!(column(&known, "refunds_order_id")[row], ORDER);
    assert_eq!(column(&list(daemon.database(), &listing(true, "2025-11-11")).unwrap(), "source"), Vec::<String>::new());

    // Again, and from what is stored, it is the same voucher; a code in clear is nowhere.
    assert_eq!(daemon.imported(FileKind::OpeningVouchers, &single).already, 1);
    let stored = operator::store::body(&mut daemon.database().reader().unwrap(), imported.event_id.unwrap()).unwrap();
    let stored = String::from_utf8(stored.unwrap()).unwrap();
    assert!(!stored.contains("GIFT"), "{stored}");
    assert_eq!(daemon.imported(FileKind::OpeningVouchers, &stored).already, 1);
    let day = "2025-11-11".parse().unwrap();
    assert_eq!(
        read(FileKind::OpeningVouchers, stored.as_bytes(), day).0[0].hash(),
        read(FileKind::OpeningVouchers, single.as_bytes(), day).0[0].hash()
    );
    assert_eq!(
        daemon.mistakes(
            FileKind::OpeningVouchers,
            &format!(
                "{header}f32e9fb7fcb9f4a3f02b84e2902a9db1,flex,EUR,5.00,,,,\n\
                 v1,mpv,EUR,5.00,19,,,\nv2,spv,EUR,-5.00,,,,\n"
            )
        ),
        [
            "line 2: `voucher_id`: flex:f32e9fb7fcb9f4a3f02b84e2902a9db1 is already in the books, from sale",
            "line 3: `vat_rate`: a multi-purpose voucher has none; it is taxed when it is used",
            "line 4: `value` is not positive",
            "line 4: `vat_rate` is missing; a single-purpose voucher was taxed when sold",
        ]
    );

    // Undone, its origin is unknown again, and the redemption is taxed as if it were multi-purpose.
    let number = daemon.entry_no("manual.opening_voucher");
    let undone = reverse(daemon.database(), &museum(), number, &reason(), daemon.clock.now(), false).unwrap();
    assert_eq!(undone.settled_again, 2);
    assert_eq!(daemon.balances("museum").get("liabilities:voucher:spv:1900"), None);
    assert_eq!(daemon.balances("museum")["liabilities:vat:1900"], -1613);
    let unknown = list(daemon.database(), &listing(true, "2025-11-11")).unwrap();
    assert_eq!(column(&unknown, "voucher_id"), [VOUCHER]);
    daemon.finish().await;
});

on_both_engines!(a_voucher_that_is_opened_first_is_known_when_it_is_redeemed, async |database| {
    let daemon = TestDaemon::start(database).await;
    let text = format!("voucher_id,kind,currency,value\n{VOUCHER},mpv,EUR,100.00\nother,flex,EUR,50.00\n");
    let opening = File { opened_on: Some("2025-11-01".parse().unwrap()), ..file(FileKind::OpeningVouchers, &text) };
    import(daemon.database(), &museum(), &opening, &reason(), None, daemon.clock.now()).unwrap();
    assert_eq!(
        daemon.balances("museum"),
        expected([("equity:opening", 15_000), ("liabilities:flex", -5_000), ("liabilities:voucher:mpv", -10_000)])
    );
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    assert_eq!(
        daemon.rows(
            &["kind", "issued_minor", "redeemed_minor", "balance_minor"],
            "FROM v_voucher_balance ORDER BY voucher_id"
        ),
        [
            ["mpv", "10000", "10000", "0"],
            ["mpv", "10000", "0", "10000"],
            ["flex", "50000", "10000", "40000"],
            ["flex", "5000", "0", "5000"]
        ]
    );
    let listing = Listing {
        source: Some("museum".to_owned()),
        unknown_origin: true,
        all: false,
        as_of: at("2025-11-11T00:00:00Z").utc().date_naive(),
    };
    assert_eq!(list(daemon.database(), &listing).unwrap().rows.len(), 0);
    daemon.finish().await;
});
