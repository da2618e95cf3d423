//! Closing a month, from both ends: what finance asks for, and what a hostile statement tries.

mod chain;
mod command;
mod cuts;
mod numbers;

use serde_json::{Value, json};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Closing, Request, anchor, anchor_lines, close, contradiction, preview};
use ticketledger::ledger::proof::verify::verify;
use ticketledger::report::{self, Cut, Format, Kind};

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

pub(super) fn shut(daemon: &TestDaemon, month: &str) -> Closing {
    close(daemon.database(), &daemon.clock, "museum", &request(month)).unwrap()
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
    let text = report::format::render(table, Format::Csv).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

pub(super) fn vat(period: &str) -> Kind {
    Kind::Vat { period: Some(period.to_owned()) }
}

pub(super) fn as_known(daemon: &TestDaemon, kind: &Kind) -> Vec<String> {
    csv(&report::read(daemon.database(), kind, Some("museum")).unwrap())
}

pub(super) fn as_closed(daemon: &TestDaemon, kind: &Kind, period: &str) -> Vec<String> {
    csv(&report::read_as_closed(daemon.database(), kind, Some("museum"), period).unwrap())
}
