//! The VAT of a month is read from the rows of the month, however many years the book has.

use std::collections::BTreeSet;

use ticketledger::ledger::totals::{Period, Selection, vat_due, vat_not_due};
use ticketledger::policy::VatReportBasis;

use crate::on_both_engines;
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::{plan_for_rows, record, tables_read};

/// Ten years of VAT that is due later than it was posted.
fn fill(database: &TestDatabase) {
    // SQLite plans by the statistics of its schema, whatever is there.
    if database.engine == Engine::Postgres {
        database.execute(
            "SET LOCAL session_replication_role = replica;
             INSERT INTO vat_shifts (source, order_id, entry_no, row_no, basis, currency, booking_date, vat_bp,
                net_minor, vat_minor)
             SELECT 'museum', 'o' || n, n, 1, CASE WHEN n % 2 = 0 THEN 'payment' ELSE 'service' END, 'EUR',
                '2016-01-01'::date + n * 3652 / 20000, 1900, 100, 19 FROM generate_series(1, 20000) n",
        );
        database.execute("ANALYZE");
    }
}

on_both_engines!(the_vat_of_a_month_is_read_through_its_index, |database| {
    let opened = database.open();
    fill(database);
    let days = Period::between("2025-11-03".parse().ok(), "2025-12-10".parse().ok());
    let statements = record(&opened);
    let mut asked = BTreeSet::new();
    for source in [Some("museum"), None] {
        for period in [Period::parse("2025-11"), Period::parse("2025-Q4"), days] {
            assert!(period.is_some());
            let selection = Selection { source, period, ..Selection::default() };
            for basis in [VatReportBasis::Payment, VatReportBasis::Service] {
                let mut connection = opened.reader().unwrap();
                vat_due(&mut connection, &selection, basis).unwrap();
                vat_not_due(&mut connection, &selection, basis).unwrap();
            }
        }
    }
    for statement in statements.try_iter().filter(|statement| statement.contains("v_vat_shift_lines")) {
        asked.insert(statement.split(" -- binds").next().unwrap().to_owned());
    }
    let (mut of_months, mut before) = (0, 0);
    let mut connection = opened.reader().unwrap();
    for statement in &asked {
        // Nothing of it is in the journal.
        let read = tables_read(&mut connection, statement);
        assert_eq!(read, BTreeSet::from(["vat_shifts".to_owned()]), "{statement}");
        let plan = plan_for_rows(&mut connection, statement);
        if [r#""period" IN"#, r#""period" = ANY"#, "`period` IN"].iter().any(|limit| statement.contains(limit)) {
            assert!(plan.contains("vat_shifts_period"), "{statement}\n{plan}");
            of_months += 1;
        } else {
            // What was not due at the beginning is the sum of all before.
            assert!(statement.contains("booking_date"), "{statement}");
            before += 1;
        }
    }
    assert!(of_months >= 4 && before >= 2, "{asked:#?}");
});
