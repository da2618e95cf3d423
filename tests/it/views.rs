//! The views against hand-made ledgers with known results. The expected text is the same for both engines, so these
//! tests also hold the engines to one another.

use crate::on_both_engines;
use crate::support::book::{Book, Line};
use crate::support::daemon::{Row, lines, rows};
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::plan;

/// The columns of a view, in their order.
pub(crate) fn columns(database: &TestDatabase, view: &str) -> Vec<String> {
    lines(
        &database.open(),
        &match database.engine {
            Engine::Sqlite => format!("SELECT name AS line FROM pragma_table_info('{view}') ORDER BY cid"),
            Engine::Postgres => format!(
                "SELECT CAST(column_name AS text) AS line FROM information_schema.columns
                    WHERE table_name = '{view}' ORDER BY ordinal_position"
            ),
        },
    )
}

/// The rows of a view with all its columns, sorted.
fn read(database: &TestDatabase, view: &str) -> Vec<Row> {
    let columns = columns(database, view);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut rows = rows(&database.open(), &columns, &format!("FROM {view}"));
    rows.sort();
    rows
}

fn line(account: &'static str, minor: i64) -> Line {
    Line { account, minor, ..Line::default() }
}

fn ticket(gross: i64, vat: i64, vat_bp: i32, event: &'static str) -> [Line; 3] {
    let dimensions = Line { event: Some(event), vat_bp: Some(vat_bp), ..Line::default() };
    [
        Line { vat_bp: None, ..Line { account: "assets:receivable", minor: gross, ..dimensions } },
        Line { account: "income:tickets", minor: vat - gross, qty: Some(1), ..dimensions },
        Line { account: "liabilities:vat:1900", minor: -vat, ..dimensions },
    ]
}

fn payment(minor: i64, method: &'static str) -> [Line; 2] {
    let clearing = if method == "cash" { "assets:clearing:cash" } else { "assets:clearing:Stripe_Bank" };
    [Line { method: Some(method), ..line(clearing, minor) }, line("assets:receivable", -minor)]
}

fn voucher_lines(account: &'static str, voucher: &'static str, minor: i64) -> [Line; 2] {
    [line("assets:receivable", minor), Line { voucher: Some(voucher), ..line(account, -minor) }]
}

#[test]
fn every_view_has_the_columns_of_the_contract() {
    // The columns are a contract with finance and BI tools; a change here is a breaking change.
    let contract = [
        (
            "v_gl",
            "source, entry_no, line_no, kind, event_type, booking_date, period, effective_at, recorded_at, order_id, \
             order_code, account, currency, amount_minor, debit_minor, credit_minor, vat_bp, item_kind, event_id, \
             event_title, service_date, payment_id, payment_method, voucher_id, reverses_no, reason, inbox_event_id",
        ),
        ("v_trial_balance", "source, currency, account, balance_minor"),
        (
            "v_revenue_by_event",
            "source, currency, period, event_id, event_title, vat_bp, qty, net_minor, vat_minor, gross_minor",
        ),
        ("v_vat_by_rate", "source, currency, period, vat_bp, net_minor, vat_minor, gross_minor"),
        ("v_payments_by_method", "source, currency, period, payment_method, paid_minor, refunded_minor, net_minor"),
        (
            "v_order_balance",
            "source, order_id, order_code, status, currency, billed_minor, settled_minor, balance_minor",
        ),
        ("v_voucher_balance", "source, voucher_id, kind, currency, issued_minor, redeemed_minor, balance_minor"),
        (
            "v_open_findings",
            "source, order_id, order_code, reason, severity, currency, expected_minor, actual_minor, \
             difference_minor, first_seen, evidence",
        ),
        ("v_inbox", "source, state, events, oldest_received_at"),
        (
            "v_customers",
            "source, contact_id, name, email, company, country, orders, currency, billed_minor, last_order_at",
        ),
        (
            "v_rollforward_receivable",
            "source, currency, period, opening_minor, billed_minor, paid_minor, refunded_minor, redeemed_minor, \
             refund_vouchers_minor, other_minor, closing_minor",
        ),
        (
            "v_rollforward_voucher",
            "source, currency, account, period, opening_minor, issued_minor, redeemed_minor, other_minor, \
             closing_minor",
        ),
        (
            "v_late_adjustments",
            "source, late_for, period, entry_no, line_no, kind, event_type, booking_date, effective_at, recorded_at, \
             order_id, order_code, account, currency, amount_minor, vat_bp",
        ),
        ("v_trace", "source, entry_no, order_id, snapshot_no, inbox_event_id, document_id, body_sha256"),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = TestDatabase::new(engine) else { continue };
        for (view, expected) in contract {
            assert_eq!(columns(&database, view).join(", "), expected, "{view} on {engine:?}");
        }
    }
}

on_both_engines!(amounts_and_counts_are_64_bit_integers, |database| {
    drop(database.open());
    if database.engine == Engine::Postgres {
        let others = lines(
            &database.open(),
            "SELECT table_name || '.' || column_name || ' ' || data_type AS line FROM information_schema.columns
                WHERE table_name LIKE 'v\\_%' AND data_type <> 'bigint' AND (column_name LIKE '%\\_minor'
                    OR column_name LIKE '%\\_no' AND column_name <> 'line_no'
                    OR column_name IN ('qty', 'orders', 'events', 'contact_id', 'inbox_event_id', 'document_id'))",
        );
        assert_eq!(others, Vec::<String>::new());
    }
});

/// The last four lines of the sale below.
fn last(database: &TestDatabase, columns: &[&str]) -> Vec<Row> {
    rows(&database.open(), &[&["entry_no", "line_no"], columns].concat(), "FROM v_gl ORDER BY entry_no, line_no")
        .split_off(9)
}

fn the_last_lines_say_what_was_booked(database: &TestDatabase) {
    assert_eq!(
        last(database, &["source", "kind", "event_type", "booking_date", "period", "effective_at", "recorded_at"]),
        [
            [
                "4",
                "2",
                "museum",
                "reverse",
                "ticket",
                "2025-12-02",
                "2025-12",
                "2025-12-02 12:00:00",
                "2025-11-11 14:36:50"
            ],
            [
                "4",
                "3",
                "museum",
                "reverse",
                "ticket",
                "2025-12-02",
                "2025-12",
                "2025-12-02 12:00:00",
                "2025-11-11 14:36:50"
            ],
            [
                "5",
                "1",
                "museum",
                "post",
                "refund",
                "2025-12-02",
                "2025-12",
                "2025-12-02 12:00:00",
                "2025-11-11 14:36:50"
            ],
            [
                "5",
                "2",
                "museum",
                "post",
                "refund",
                "2025-12-02",
                "2025-12",
                "2025-12-02 12:00:00",
                "2025-11-11 14:36:50"
            ],
        ]
    );
    assert_eq!(
        last(database, &["account", "currency", "amount_minor", "debit_minor", "credit_minor"]),
        [
            ["4", "2", "income:tickets", "EUR", "840", "840", "0"],
            ["4", "3", "liabilities:vat:1900", "EUR", "160", "160", "0"],
            ["5", "1", "assets:clearing:Stripe_Bank", "EUR", "-1000", "0", "1000"],
            ["5", "2", "assets:receivable", "EUR", "1000", "1000", "0"],
        ]
    );
}

fn the_last_lines_say_what_they_are_about(database: &TestDatabase) {
    assert_eq!(
        last(database, &["order_id", "order_code", "reverses_no", "reason", "inbox_event_id"]),
        [
            ["4", "2", "X", "RQW-ETD72D", "3", "new", "1"],
            ["4", "3", "X", "RQW-ETD72D", "3", "new", "1"],
            ["5", "1", "X", "RQW-ETD72D", "-", "new", "1"],
            ["5", "2", "X", "RQW-ETD72D", "-", "new", "1"],
        ]
    );
    assert_eq!(
        last(
            database,
            &[
                "vat_bp",
                "item_kind",
                "event_id",
                "event_title",
                "service_date",
                "payment_id",
                "payment_method",
                "voucher_id"
            ]
        ),
        [
            ["4", "2", "1900", "ticket", "E", "Some awesome experience", "-", "-", "-", "-"],
            ["4", "3", "1900", "ticket", "E", "Some awesome experience", "-", "-", "-", "-"],
            ["5", "1", "-", "refund", "-", "-", "-", "-", "Stripe Bank", "-"],
            ["5", "2", "-", "refund", "-", "-", "-", "-", "-", "-"],
        ]
    );
}

on_both_engines!(a_sale_stays_in_its_month_and_its_reversal_in_another, |database| {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    book.order("X", "RQW-ETD72D", Some("accepted"));
    database.execute("INSERT INTO event_titles VALUES ('museum', 'E', 'E', 'Some awesome experience', 1)");
    book.post("2025-11-11", "X", "payment", &payment(2000, "Stripe Bank"));
    book.post("2025-11-08", "X", "ticket", &ticket(1000, 160, 1900, "E"));
    book.post("2025-11-08", "X", "ticket", &ticket(1000, 160, 1900, "E"));
    book.reverse("2025-12-02", 3);
    book.post("2025-12-02", "X", "refund", &payment(-1000, "Stripe Bank"));

    assert_eq!(
        read(database, "v_revenue_by_event"),
        [
            ["museum", "EUR", "2025-11", "E", "Some awesome experience", "1900", "2", "1680", "320", "2000"],
            ["museum", "EUR", "2025-12", "E", "Some awesome experience", "1900", "-1", "-840", "-160", "-1000"],
        ]
    );
    assert_eq!(
        read(database, "v_vat_by_rate"),
        [
            ["museum", "EUR", "2025-11", "1900", "1680", "320", "2000"],
            ["museum", "EUR", "2025-12", "1900", "-840", "-160", "-1000"]
        ]
    );
    assert_eq!(
        read(database, "v_payments_by_method"),
        [
            ["museum", "EUR", "2025-11", "Stripe Bank", "2000", "0", "2000"],
            ["museum", "EUR", "2025-12", "Stripe Bank", "0", "-1000", "-1000"]
        ]
    );
    assert_eq!(
        read(database, "v_order_balance"),
        [["museum", "X", "RQW-ETD72D", "accepted", "EUR", "1000", "1000", "0"]]
    );
    assert_eq!(
        read(database, "v_trial_balance"),
        [
            ["museum", "EUR", "assets:clearing:Stripe_Bank", "1000"],
            ["museum", "EUR", "assets:receivable", "0"],
            ["museum", "EUR", "income:tickets", "-840"],
            ["museum", "EUR", "liabilities:vat:1900", "-160"],
        ]
    );
    the_last_lines_say_what_was_booked(database);
    the_last_lines_say_what_they_are_about(database);
    let body = "b".repeat(64);
    assert_eq!(read(database, "v_trace")[4], ["museum", "5", "X", "1", "1", "-", &body]);
    assert_eq!(read(database, "v_trace").len(), 5);
    assert_eq!(read(database, "v_inbox"), [["museum", "done", "1", "2025-11-11 14:36:50"]]);
});

on_both_engines!(the_unified_example_is_billed_601_and_settled_200, |database| {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    book.order("X", "QBP-UPRHC4", Some("accepted"));
    let discount = Line { vat_bp: Some(1900), qty: Some(0), ..line("income:discount", 163) };
    book.post("2025-11-08", "X", "ticket", &ticket(10_000, 1597, 1900, "E"));
    book.post(
        "2025-11-08",
        "X",
        "product",
        &[
            line("assets:receivable", 300),
            Line { vat_bp: Some(1900), qty: Some(3), ..line("income:products", -252) },
            Line { vat_bp: Some(1900), ..line("liabilities:vat:1900", -48) },
        ],
    );
    book.post(
        "2025-11-08",
        "X",
        "discount",
        &[
            line("assets:receivable", -200),
            Line { event: Some("E"), ..discount },
            Line { event: Some("E"), vat_bp: Some(1900), ..line("liabilities:vat:1900", 31) },
            Line { minor: 5, ..discount },
            Line { vat_bp: Some(1900), ..line("liabilities:vat:1900", 1) },
        ],
    );
    book.post("2025-11-08", "X", "flex", &voucher_lines("liabilities:flex", "f32e", 50_000));
    book.post("2025-11-11", "X", "flex_redemption", &voucher_lines("liabilities:flex", "f32e", -10_000));
    book.post("2025-11-06", "X", "payment", &payment(11_000, "cash"));
    book.post("2025-11-06", "X", "refund", &payment(-1000, "cash"));
    book.post("2025-11-08", "X", "refund_voucher", &voucher_lines("liabilities:voucher:mpv", "abcd", 10_000));
    book.post("2025-11-09", "X", "voucher_redemption", &voucher_lines("liabilities:voucher:mpv", "5963", -10_000));

    assert_eq!(
        read(database, "v_order_balance"),
        [["museum", "X", "QBP-UPRHC4", "accepted", "EUR", "60100", "20000", "40100"]]
    );
    assert_eq!(
        read(database, "v_voucher_balance"),
        [
            ["museum", "5963", "mpv", "EUR", "0", "10000", "-10000"],
            ["museum", "abcd", "mpv", "EUR", "10000", "0", "10000"],
            ["museum", "f32e", "flex", "EUR", "50000", "10000", "40000"],
        ]
    );
    // Neither the multi-purpose vouchers nor the untaxed flex ticket are turnover.
    assert_eq!(read(database, "v_vat_by_rate"), [["museum", "EUR", "2025-11", "1900", "8487", "1613", "10100"]]);
    assert_eq!(
        read(database, "v_revenue_by_event"),
        [
            ["museum", "EUR", "2025-11", "-", "-", "1900", "3", "247", "47", "294"],
            ["museum", "EUR", "2025-11", "E", "-", "1900", "1", "8240", "1566", "9806"]
        ]
    );
});

on_both_engines!(what_is_unusual_still_adds_up, |database| {
    drop(database.open());
    let mut book = Book::new(database, "theatre");
    book.order("A", "A-1", None);
    book.order("B", "B-1", Some("accepted"));
    book.order("FREE", "F-1", Some("accepted"));
    database.execute("INSERT INTO event_titles VALUES ('theatre', 'title:1', NULL, 'Hamlet', 1)");
    // A ticket whose rate nobody knows.
    let hamlet = Line { title_key: Some("title:1"), ..Line::default() };
    let undetermined = Line { qty: Some(1), ..Line { account: "suspense:vat_undetermined", minor: -5000, ..hamlet } };
    book.post(
        "2025-01-31",
        "B",
        "ticket",
        &[Line { account: "assets:receivable", minor: 5000, ..hamlet }, undetermined],
    );
    // A refund voucher of order B pays back order A, which nobody has seen.
    let [receivable, liability] = voucher_lines("liabilities:voucher:mpv", "R", 700);
    book.post("2025-01-31", "B", "refund_voucher", &[Line { order: Some("A"), ..receivable }, liability]);
    // A payment that vanished is not a refund.
    book.post("2025-01-30", "B", "payment", &payment(100, "cash"));
    book.reverse("2025-01-31", 3);
    // A single-purpose voucher, posted as multi-purpose until its regime was known, then sold and redeemed.
    let spv = |sign: i64| {
        let dimensions = Line { voucher: Some("S"), vat_bp: Some(1900), ..Line::default() };
        [
            line("assets:receivable", sign * 1190),
            Line { account: "liabilities:voucher:spv:1900", minor: sign * -1000, ..dimensions },
            Line { account: "liabilities:vat:1900", minor: sign * -190, ..dimensions },
        ]
    };
    book.post("2025-02-01", "B", "voucher_redemption", &voucher_lines("liabilities:voucher:mpv", "S", -1190));
    book.reverse("2025-02-02", 5);
    book.post("2025-02-02", "B", "voucher_redemption", &spv(-1));
    book.post("2025-01-31", "B", "voucher", &spv(1));
    // A multi-purpose voucher whose sale was cancelled.
    book.post("2025-02-03", "B", "voucher", &voucher_lines("liabilities:voucher:mpv", "C", 500));
    book.reverse("2025-02-03", 9);

    assert_eq!(
        read(database, "v_order_balance"),
        [
            ["theatre", "A", "A-1", "-", "EUR", "0", "-700", "700"],
            ["theatre", "B", "B-1", "accepted", "EUR", "6190", "1190", "5000"],
            ["theatre", "FREE", "F-1", "accepted", "EUR", "0", "0", "0"],
        ]
    );
    assert_eq!(read(database, "v_payments_by_method"), [["theatre", "EUR", "2025-01", "cash", "0", "0", "0"]]);
    assert_eq!(
        read(database, "v_revenue_by_event"),
        [["theatre", "EUR", "2025-01", "-", "Hamlet", "-", "1", "5000", "0", "5000"]]
    );
    assert_eq!(
        read(database, "v_vat_by_rate"),
        [
            ["theatre", "EUR", "2025-01", "-", "5000", "0", "5000"],
            ["theatre", "EUR", "2025-01", "1900", "1000", "190", "1190"],
            ["theatre", "EUR", "2025-02", "1900", "-1000", "-190", "-1190"],
        ]
    );
    assert_eq!(
        read(database, "v_voucher_balance"),
        [
            ["theatre", "C", "mpv", "EUR", "0", "0", "0"],
            ["theatre", "R", "mpv", "EUR", "700", "0", "700"],
            ["theatre", "S", "spv", "EUR", "1000", "1000", "0"]
        ]
    );
});

on_both_engines!(a_customer_has_a_row_for_each_currency, |database| {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    database.execute(
        "INSERT INTO contacts (contact_id, source, match_key, version, name, email, country, erased_at) VALUES
            (1, 'museum', 'email:a@example.org', 1, 'Ada', 'a@example.org', 'DE', NULL),
            (2, 'museum', 'email:b@example.org', 1, 'Bob', 'b@example.org', 'CH', NULL),
            (3, 'museum', NULL, 1, NULL, NULL, NULL, '2025-12-01 00:00:00')",
    );
    book.order("X", "X-1", Some("accepted"));
    book.order("Y", "Y-1", Some("cancelled"));
    book.order("Z", "Z-1", Some("pending"));
    database.execute(
        "UPDATE orders SET contact_id = 1, ordered_at = '2025-11-08 10:00:00';
         UPDATE orders SET currency = 'CHF', ordered_at = '2025-11-09 10:00:00' WHERE order_id = 'Z'",
    );
    book.post("2025-11-08", "X", "ticket", &ticket(1000, 160, 1900, "E"));
    book.post("2025-11-08", "Y", "ticket", &ticket(1000, 160, 1900, "E"));
    book.reverse("2025-11-09", 2);
    book.post("2025-11-09", "X", "payment", &payment(1000, "cash"));
    assert_eq!(
        read(database, "v_customers"),
        [
            ["museum", "1", "Ada", "a@example.org", "-", "DE", "1", "CHF", "0", "2025-11-09 10:00:00"],
            ["museum", "1", "Ada", "a@example.org", "-", "DE", "2", "EUR", "1000", "2025-11-08 10:00:00"],
            ["museum", "2", "Bob", "b@example.org", "-", "CH", "0", "-", "0", "-"],
            ["museum", "3", "-", "-", "-", "-", "0", "-", "0", "-"],
        ]
    );
});

on_both_engines!(a_month_is_read_through_its_index, |database| {
    let mut connection = database.open().reader().unwrap();
    for view in ["v_gl", "v_revenue_by_event", "v_vat_by_rate", "v_payments_by_method"] {
        let sql = format!("SELECT * FROM {view} WHERE source = 'museum' AND period = '2025-11'");
        let plan = plan(&mut connection, &sql).join("\n");
        let index = if view == "v_gl" { "journal_entries_period" } else { "month_sums_p" };
        assert!(plan.contains(index), "{view}:\n{plan}");
    }
});
