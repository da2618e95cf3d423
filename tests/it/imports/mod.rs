//! What no webhook tells: imported, traced, taxed, reversed, and never posted twice.

mod accounts;
mod command;
mod documented;
mod openings;
mod orders;
mod refusals;
mod vouchers;

use serde_json::json;
use ticketledger::inbox::operator::{self, Reason, Selection, Stored};
use ticketledger::ledger::book::{EntryKind, KnownSource};
use ticketledger::ledger::entered::import::{
    File, FileKind, ImportError, Imported, Irreversible, import, preview, reverse,
};
use ticketledger::ledger::proof::rebuild::{Rebuilt, rebuild};
use ticketledger::ledger::proof::verify::verify;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, Row, TestDaemon, changed, expected};
use crate::support::db::TestDatabase;

const ORDER: &str = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";
const ORDERS: [&str; 4] = ["order_id", "billed_minor", "settled_minor", "balance_minor"];

fn museum() -> KnownSource {
    KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin }
}

fn reason() -> Reason {
    Reason { actor: "anna".to_owned(), why: "settlement of November".to_owned() }
}

fn file(kind: FileKind, text: &str) -> File {
    File { kind, bytes: text.as_bytes().to_vec(), opened_on: None }
}

impl TestDaemon {
    fn import(&self, kind: FileKind, text: &str) -> Result<Imported, ImportError> {
        import(self.database(), &museum(), &file(kind, text), &reason(), None, self.clock.now())
    }

    /// Imports a manual file although its rows contradict the books.
    fn forced(&self, text: &str, why: &str) -> Imported {
        let file = file(FileKind::Manual, text);
        let imported = import(self.database(), &museum(), &file, &reason(), Some(why), self.clock.now());
        imported.unwrap_or_else(|error| panic!("{error}"))
    }

    fn previewed(&self, text: &str) -> Imported {
        let file = file(FileKind::Manual, text);
        preview(self.database(), &museum(), &file, None, self.clock.now()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Imports a manual file, which is the same as its preview said, then undoes its entries, and answers what the
    /// import came to. All that is moved in between is as it was.
    fn imported_and_undone(&self, text: &str) -> Imported {
        let standing = || {
            let findings =
                self.lines("SELECT reason || order_id AS line FROM findings WHERE state = 'open' ORDER BY 1");
            (self.balances("museum"), self.view("v_order_balance", &ORDERS), findings)
        };
        let before = standing();
        let would = self.previewed(text);
        let imported = self.imported(FileKind::Manual, text);
        assert_eq!((&would.sums, &would.effect), (&imported.sums, &imported.effect));
        self.proved();
        let event = imported.event_id.expect("it is stored");
        let sql = format!(
            "SELECT CAST(entry_no AS TEXT) AS line FROM journal_entries WHERE inbox_event_id = {event} \
             AND kind = 'manual' ORDER BY entry_no DESC"
        );
        for number in self.lines(&sql) {
            self.undo(number.parse().unwrap());
        }
        assert_eq!(standing(), before, "what is undone is as if it had never been");
        self.proved();
        assert_eq!(self.imported(FileKind::Manual, text).posted, 0, "a reference that was reversed is still used");
        imported
    }

    fn undo(&self, entry_no: i64) {
        let undone = reverse(self.database(), &museum(), entry_no, &reason(), self.clock.now(), false);
        undone.unwrap_or_else(|error| panic!("{error}"));
    }

    /// The books hold, and what is stored gives them again.
    fn proved(&self) {
        let verdict = verify(self.database(), None).expect("the books can be read");
        assert_eq!(verdict.broken, None);
        let rebuilt = rebuild(self.database(), None, None, 10, |_, _| {}).expect("the books can be rebuilt");
        assert!(rebuilt.iter().all(Rebuilt::is_identical), "{rebuilt:#?}");
    }

    /// Why a manual file is refused unless somebody says why it is right.
    fn refused(&self, text: &str) -> Vec<String> {
        match self.import(FileKind::Manual, text) {
            Err(ImportError::Refused(refused)) => refused.iter().map(ToString::to_string).collect(),
            Err(error) => panic!("{error}"),
            Ok(imported) => panic!("{imported:?}"),
        }
    }

    pub(crate) fn imported(&self, kind: FileKind, text: &str) -> Imported {
        self.import(kind, text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn mistakes(&self, kind: FileKind, text: &str) -> Vec<String> {
        match self.import(kind, text) {
            Err(ImportError::Mistakes(mistakes) | ImportError::MistakesAndRefused { mistakes, .. }) => {
                mistakes.iter().map(ToString::to_string).collect()
            }
            Err(error) => panic!("{error}"),
            Ok(imported) => panic!("{imported:?}"),
        }
    }

    fn order_balance(&self) -> Vec<Row> {
        self.rows(
            &["billed_minor", "settled_minor", "balance_minor"],
            "FROM v_order_balance \
             WHERE source = 'museum'",
        )
    }

    fn entry_no(&self, event_type: &str) -> i64 {
        let sql =
            format!("SELECT CAST(entry_no AS TEXT) AS line FROM journal_entries WHERE event_type = '{event_type}'");
        self.lines(&sql)[0].parse().unwrap()
    }
}

async fn paid(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.settle_after_seconds(86_400).await;
    daemon
}

on_both_engines!(a_manual_file_posts_what_it_says_once, async |database| {
    let daemon = paid(database).await;
    daemon.deliver(changed(PAID_ORDER, &[("/status", json!("CANCELLED"))])).await;
    let text = format!(
        "date,reference,kind,method,account,order_id,currency,amount,vat_rate\n\
         2025-11-11,ch_1,fee,StripeBankWire,,,EUR,0.59,\n\
         2025-11-12,po_1,payout,StripeBankWire,,,EUR,14.41,\n\
         2025-11-12,re_1,refund,StripeBankWire,,{ORDER},EUR,5.00,\n\
         2025-11-12,kept_1,retain,,,{ORDER},EUR,12.00,19\n\
         2025-11-12,wo_1,write-off,,income:retained,{ORDER},EUR,3.00,\n"
    );
    let would = daemon.previewed(&text);
    assert_eq!((would.posted, would.event_id, daemon.entries("museum")), (5, None, 5), "a preview posts nothing");
    let imported = daemon.imported(FileKind::Manual, &text);
    assert_eq!((imported.posted, imported.already, &imported.sums), (5, 0, &would.sums));
    let sums: Vec<String> =
        imported.sums.iter().map(|sum| format!("{} {} {}", sum.currency, sum.account, sum.amount_minor)).collect();
    assert_eq!(
        sums,
        [
            "EUR assets:bank 1441",
            "EUR assets:clearing:StripeBankWire -2000",
            "EUR assets:receivable 2000",
            "EUR expenses:fees 59",
            "EUR income:retained -1308",
            "EUR liabilities:vat:1900 -192",
        ]
    );
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:bank", 1441),
            ("expenses:fees", 59),
            ("income:retained", -1308),
            ("liabilities:vat:1900", -192),
        ])
    );
    // Paid 20 and cancelled, given back 5, kept 12, and the guest gave up 3: nothing of it is billed.
    assert_eq!(daemon.order_balance(), [["0", "0", "0"]]);
    assert_eq!(
        daemon.rows(&["paid_minor", "refunded_minor", "net_minor"], "FROM v_payments_by_method"),
        [["2000", "-500", "1500"]]
    );
    assert_eq!(
        daemon.rows(
            &["e.atom_key", "e.kind", "e.booking_date", "i.method", "i.kind", "i.state"],
            "FROM journal_entries e JOIN inbox_events i ON i.id = e.inbox_event_id \
             WHERE e.kind = 'manual' ORDER BY e.entry_no"
        ),
        [
            ["fee:ch_1", "manual", "2025-11-11", "IMPORT", "import", "done"],
            ["payout:po_1", "manual", "2025-11-12", "IMPORT", "import", "done"],
            ["refund:re_1", "manual", "2025-11-12", "IMPORT", "import", "done"],
            [&format!("retain:{ORDER}"), "manual", "2025-11-12", "IMPORT", "import", "done"],
            ["write-off:wo_1", "manual", "2025-11-12", "IMPORT", "import", "done"],
        ]
    );
    let event = imported.event_id.unwrap();
    assert_eq!(
        daemon.rows(&["action", "actor", "filter", "events"], "FROM operator_actions"),
        [["import", "anna", &format!("source=museum kind=manual event={event}"), "5"]]
    );

    let again = daemon.imported(FileKind::Manual, &text);
    assert_eq!((again.posted, again.already, again.event_id), (0, 5, None));
    let other_file = text.replace("2025-11-11,ch_1", "2025-11-12,ch_2");
    let partly = daemon.imported(FileKind::Manual, &other_file);
    assert_eq!((partly.posted, partly.already), (1, 4));
    assert_eq!(
        daemon.mistakes(FileKind::Manual, &text.replace("0.59", "0.60")),
        ["line 2: `reference` was already imported as entry 6 with other content; \
             reverse that entry and use a new reference"]
    );
    // A replay of everything leaves what a person entered alone, and changes no balance.
    let before = daemon.balances("museum");
    operator::replay(
        daemon.database(),
        &daemon.clock,
        &|_: &str, _: &Stored, _: &[u8]| None,
        &Selection::Matching(operator::Filter::default()),
        &reason(),
        None,
        |_| {},
    )
    .unwrap();
    daemon.settle().await;
    assert_eq!(daemon.balances("museum"), before);
    assert_eq!(daemon.states(), ["superseded", "done", "done", "done"]);
    daemon.finish().await;
});

on_both_engines!(all_mistakes_of_a_file_are_told_at_once, async |database| {
    let daemon = paid(database).await;
    let header = "date,reference,kind,method,account,order_id,currency,amount,vat_rate\n";
    let rows = "2025-11-31,ref 1,fee,Stripe,,,EUR,1.00,\n\
         2025-11-13,r2,fee,Stripe,,,EURO,1.00,\n\
         2025-11-11,r3,refund,Stripe,,unknown-order,EUR,1.00,\n\
         2025-11-11,r4,refund,Stripe,,,EUR,-1,\n\
         2025-11-11,r5,gift,,,,EUR,\"1,00\",\n\
         2025-11-11,r6,write-off,Stripe,assets:bank,x,EUR,0.001,200\n\
         2025-11-11,r7,payout,guest@example.org,,,EUR,0,\n\
         2025-11-11,r8,fee,Stripe,,,EUR,1.00,\n\
         2025-11-11,r8,fee,Stripe,,,EUR,1.00,\n\
         2025-11-11,r9,fee\n";
    assert_eq!(
        daemon.mistakes(FileKind::Manual, &(header.to_owned() + rows)),
        [
            "line 2: `date` is not a date such as 2025-11-30",
            "line 2: `reference` is too long, or has characters other than letters, digits and . _ : / # + -",
            "line 3: `currency` is not a currency code such as EUR",
            "line 3: `date` is in the future",
            "line 4: `order_id`: source museum has no order unknown-order",
            "line 5: `amount` is negative; the kind decides the direction",
            "line 5: `order_id` is empty",
            "line 6: `amount`: not a decimal number; write an amount such as 1234.50",
            "line 6: `kind` must be one of: fee, payout, payment, refund, retain, write-off, price-reduction, \
             breakage, voucher-correction, opening-vouchers, opening-balance",
            "line 7: `account` must be one of: expenses:bad_debt, expenses:fees, income:retained, suspense:rounding",
            "line 7: `amount`: more decimal places than the currency has; write an amount such as 1234.50",
            "line 7: `method` has no meaning for this kind; leave it empty",
            "line 7: `vat_rate` is not a percentage such as 19 or 8.1",
            "line 8: `amount` is zero",
            "line 8: `method` is not a payment method",
            "line 10: `reference` is the same as in line 9",
            "line 11: it is not UTF-8, or its number of cells differs from the header",
        ]
    );
    assert_eq!(
        daemon.mistakes(FileKind::Manual, "date,reference,kind,text,amount,amount\n"),
        [
            "line 1: column 4 must be one of: date, reference, kind, currency, amount, method, account, order_id, \
             vat_rate, input_vat, voucher_id",
            "line 1: column `amount` appears twice",
            "line 1: column `currency` is missing",
        ]
    );
    assert_eq!(daemon.mistakes(FileKind::Manual, header), ["line 1: the file has no rows"]);
    assert_eq!(daemon.mistakes(FileKind::Manual, "\u{0}"), daemon.mistakes(FileKind::Manual, "x"));
    assert_eq!(daemon.entries("museum"), 3, "a file with a mistake posts nothing");
    daemon.finish().await;
});

on_both_engines!(a_settlement_posts_fee_and_payout_of_each_row, async |database| {
    let daemon = paid(database).await;
    let text = "\u{feff}date;reference;method;currency;gross;fee;net\r\n\
        \r\n2025-11-12;txn_1;StripeBankWire;EUR;20.00;0.59;19.41\r\n";
    assert_eq!(daemon.imported(FileKind::Settlement, text).posted, 2);
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:bank", 1941),
            ("expenses:fees", 59),
            ("income:tickets", -1680),
            ("liabilities:vat:1900", -320)
        ])
    );
    // A manual file cannot post the same fee a second time.
    let fee = "date,reference,kind,method,currency,amount\n2025-11-12,txn_1,fee,StripeBankWire,EUR,0.59\n";
    assert_eq!(daemon.imported(FileKind::Manual, fee).already, 1);
    assert_eq!(
        daemon.mistakes(FileKind::Settlement, &text.replace("19.41", "19.40").replace("txn_1", "txn_2")),
        ["line 3: `gross` minus `fee` is not `net`"]
    );
    daemon.finish().await;
});

on_both_engines!(a_manual_entry_is_undone_only_by_its_reversal, async |database| {
    let daemon = paid(database).await;
    // The key of this entry is also that of a webhook's payment: neither may take the other for its own.
    let text = format!(
        "date,reference,kind,method,order_id,currency,amount\n\
         2025-11-12,8b38027ccab4c18531f3a724203c9a09,payment,StripeBankWire,{ORDER},EUR,7.00\n"
    );
    daemon.forced(&text, "the bank shows it twice");
    assert_eq!(daemon.order_balance(), [["2000", "2700", "-700"]]);
    let (source, now) = (museum(), daemon.clock.now());
    let undo = |entry_no, dry| reverse(daemon.database(), &source, entry_no, &reason(), now, dry);
    let number = daemon.entry_no("manual.payment");
    assert!(matches!(undo(1, false), Err(Irreversible::NotManual(1, kind)) if kind == EntryKind::Post));
    assert!(matches!(undo(99, false), Err(Irreversible::Unknown(..))));
    let would = undo(number, true).unwrap();
    assert_eq!((would.entry_no, daemon.entries("museum")), (None, 4));
    let undone = undo(number, false).unwrap();
    assert_eq!((undone.reverses_no, undone.entry_no), (number, Some(5)));
    assert!(matches!(undo(number, false), Err(Irreversible::Already(_, 5))));
    assert!(matches!(undo(5, false), Err(Irreversible::NotManual(5, _))));
    assert_eq!(daemon.order_balance(), [["2000", "2000", "0"]]);
    // What the provider says afterwards finds its own atoms untouched.
    daemon.accepted("museum", changed(PAID_ORDER, &[("/tickets/0/comment", json!("again"))])).await;
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), 5);
    let again = daemon.imported(FileKind::Manual, &text);
    assert_eq!((again.posted, again.already), (0, 1), "a reference that was reversed is still used");
    daemon.finish().await;
});

on_both_engines!(a_manual_entry_in_a_closed_month_goes_into_the_open_one, async |database| {
    let daemon = paid(database).await;
    daemon.close_month(database, "2025-10");
    let text = format!(
        "date,reference,kind,method,order_id,currency,amount\n2025-10-30,f,fee,StripeBankWire,,EUR,1.00\n\
         2025-10-30,r,price-reduction,,{ORDER},EUR,1.00\n2025-10-31,p,payment,Cash,{ORDER},EUR,1.00\n"
    );
    daemon.imported(FileKind::Manual, &text);
    daemon.proved();
    assert_eq!(
        daemon.rows(&["booking_date", "reason_code"], "FROM journal_entries WHERE kind = 'manual'"),
        [["2025-11-01", "late_for_2025-10"]; 3]
    );
    daemon.finish().await;
});

on_both_engines!(a_large_file_is_imported_whole, async |database| {
    let daemon = paid(database).await;
    let mut text = "date,reference,kind,method,currency,amount\n".to_owned();
    for number in 0..1_500 {
        text += &format!("2025-11-12,fee_{number},fee,StripeBankWire,EUR,0.01\n");
    }
    assert_eq!(daemon.imported(FileKind::Manual, &text).posted, 1_500);
    assert_eq!(daemon.imported(FileKind::Manual, &text).already, 1_500);
    assert_eq!(daemon.balances("museum")["expenses:fees"], 1_500);
    daemon.finish().await;
});

// Who books what was open away need not wait for the next reconciliation to see that nothing is.
on_both_engines!(what_a_manual_entry_explains_is_no_finding_any_more, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(changed(PAID_ORDER, &[("/status", json!("CANCELLED"))])).await;
    let open = || {
        daemon.lines(
            "SELECT reason || ' ' || difference_minor AS line FROM findings \
             WHERE state = 'open' AND difference_minor IS NOT NULL",
        )
    };
    assert_eq!(open(), ["retained_after_cancel 2000"]);
    let kept = |reference: &str, amount: &str| {
        format!("date,reference,kind,order_id,currency,amount\n2025-11-11,{reference},retain,{ORDER},EUR,{amount}\n")
    };
    daemon.imported(FileKind::Manual, &kept("fee", "5.00"));
    assert_eq!(open(), ["retained_after_cancel 1500"]);
    daemon.imported(FileKind::Manual, &kept("rest", "15.00"));
    assert_eq!(open(), Vec::<String>::new());
    let last = i64::try_from(daemon.entries("museum")).unwrap();
    reverse(daemon.database(), &museum(), last, &reason(), daemon.clock.now(), false).expect("it is reversed");
    assert_eq!(open(), ["retained_after_cancel 1500"]);
    daemon.finish().await;
});
