//! Closing a month, from both ends: what finance asks for, and what a hostile statement tries.

mod chain;
mod command;
mod cuts;
mod manifest;
mod numbers;

use serde_json::{Value, json};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Closing, Request, Settings, anchor, anchor_lines, close, contradiction, preview};
use ticketledger::ledger::proof::verify::verify;
use ticketledger::ledger::totals::{
    AccountBalance, AsOf, OrderBalance, PaymentsByMethod, RevenueByEvent, Selection, Total, VatByRate, VoucherBalance,
};
use ticketledger::report::{self, Format};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed, refunded, row};
use crate::support::db::TestDatabase;

pub(super) fn request(month: &str) -> Request {
    Request {
        month: Month::parse(month).unwrap(),
        soft: false,
        force: false,
        reason: Reason { actor: "ada".to_owned(), why: "month end".to_owned() },
    }
}

pub(crate) fn shut(daemon: &TestDaemon, month: &str) -> Closing {
    close(daemon.database(), &daemon.clock, "museum", &request(month), Settings::default()).unwrap()
}

pub(super) fn codes(closing: &Closing) -> Vec<&'static str> {
    closing.blockers.iter().map(|blocker| blocker.code).collect()
}

pub(super) fn go_to(daemon: &TestDaemon, instant: &str) {
    daemon.clock.advance_milliseconds(at(instant).milliseconds_since(daemon.clock.now()));
}

pub(super) fn manifest(closing: &Closing) -> Value {
    serde_json::from_str(closing.manifest.get()).unwrap()
}

pub(super) fn csv(table: &report::Table) -> Vec<String> {
    let text = report::format::render_with(table, Format::Csv, report::Amounts::Minor).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// A report of a month of the museum, as it is now.
pub(super) fn as_known<R: Total>(daemon: &TestDaemon, month: &str) -> Vec<String> {
    let period = Month::parse(month).map(Into::into);
    let selection = Selection { source: Some("museum"), period, as_of: AsOf::default() };
    csv(&report::read::<R>(daemon.database(), &selection).unwrap())
}

/// The same as the month was closed.
pub(super) fn as_closed<R: Total>(daemon: &TestDaemon, month: &str) -> Vec<String> {
    let month = Month::parse(month).unwrap();
    csv(&report::read_as_closed::<R>(daemon.database(), Some("museum"), month).unwrap())
}
