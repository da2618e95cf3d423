//! VAT by the date of payment and by the date of service: real deliveries, and what the views and the commands say.

mod closed;
mod commands;
mod examples;
mod money;
mod opening;
mod plans;
mod random;
mod service;

use serde_json::{Value, json};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::ledger::totals::{self, Selection};
use ticketledger::policy::VatReportBasis;
use ticketledger::report::{Cell, Table};

use crate::on_both_engines;
use crate::support::daemon::{Row, TestDaemon, row};
use crate::support::order::{admission, but, order, payment};

/// A payment on a day.
fn paid(id: &str, value: &str, date: &str) -> Value {
    but(payment(id, value), json!({"payment_date": format!("{date}T10:00:00Z")}))
}

/// A ticket for a show on a day.
fn seat(id: &str, price: &str, vat: &str, date: &str) -> Value {
    but(admission(id, price, vat), json!({"date": format!("{date}T18:00:00Z")}))
}

/// An order of 10 August 2026.
fn placed(id: &str, fields: Value) -> String {
    order(id, but(json!({"date": "2026-08-10T09:00:00Z"}), fields))
}

impl TestDaemon {
    /// Delivers at noon of a day.
    async fn on(&self, day: &str, body: String) {
        self.set_clock(&format!("{day}T12:00:00Z"));
        self.deliver(body).await;
    }

    /// Month, rate, net and VAT of one of the VAT views.
    fn vat(&self, view: &str) -> Vec<Row> {
        self.view_where(view, &["period", "vat_bp", "net_minor", "vat_minor"], "WHERE source = 'museum'")
    }

    fn by_payment(&self) -> Vec<Row> {
        self.vat("v_vat_by_payment")
    }

    fn by_service(&self) -> Vec<Row> {
        self.vat("v_vat_by_service")
    }

    /// Month, opening, posted, due and closing of what is not due yet at 19 %.
    fn not_due(&self, basis: &str) -> Vec<Row> {
        let columns = ["period", "opening_minor", "posted_minor", "due_minor", "closing_minor"];
        let condition = format!("WHERE basis = '{basis}' AND vat_bp = 1900");
        self.view_where("v_rollforward_vat_not_due", &columns, &condition)
    }
}

fn cells(table: Table) -> Vec<Row> {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone().unwrap_or_else(|| "-".to_owned()),
        Cell::Number(number) => number.map_or_else(|| "-".to_owned(), |number| number.to_string()),
    };
    let mut rows: Vec<Row> = table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    rows.sort();
    rows
}

/// What the commands compute is what the views have.
fn agree(daemon: &TestDaemon) {
    let mut connection = daemon.database().reader().unwrap();
    for (basis, view) in [(VatReportBasis::Payment, "v_vat_by_payment"), (VatReportBasis::Service, "v_vat_by_service")]
    {
        let columns = ["source", "currency", "period", "vat_bp", "net_minor", "vat_minor", "gross_minor"];
        let rows = totals::vat_due(&mut connection, &Selection::default(), basis).unwrap();
        assert_eq!(cells(Table::of(rows)), daemon.view(view, &columns));
        let columns = [
            "source",
            "currency",
            "basis",
            "vat_bp",
            "period",
            "opening_minor",
            "posted_minor",
            "due_minor",
            "closing_minor",
        ];
        let word = view.trim_start_matches("v_vat_by_");
        let condition = format!("WHERE basis = '{word}'");
        let rows = totals::vat_not_due(&mut connection, &Selection::default(), basis).unwrap();
        assert_eq!(cells(Table::of(rows)), daemon.view_where("v_rollforward_vat_not_due", &columns, &condition));
    }
}

/// Everything holds, is the same when it is sent or built again, and the commands agree with the views.
async fn holds(daemon: TestDaemon) {
    agree(&daemon);
    let shifts =
        || daemon.view("vat_shifts", &["order_id", "entry_no", "row_no", "basis", "booking_date", "net_minor"]);
    let before = shifts();
    let all: Vec<i64> = daemon
        .lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE kind = 'order'")
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    daemon.replay(&all);
    daemon.settle().await;
    assert_eq!(shifts(), before, "replayed");
    for rebuilt in rebuild(daemon.database(), None, None, 10, |_, _| {}).expect("a rebuild") {
        assert!(rebuilt.is_identical(), "{rebuilt:?}");
    }
    daemon.finish().await;
}
