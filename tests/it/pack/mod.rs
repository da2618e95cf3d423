//! The month pack: every page ties to the others, and paper says what the data says.

mod exports;
mod late;
mod paper;
mod program;
mod ties;

use serde_json::Value;
use ticketledger::ledger::totals::Period;
use ticketledger::report::pack::{self, Outcome, Pack, Request, Section, SummaryLine, Tie, Unpackable};

use crate::support::daemon::TestDaemon;

/// The pack of the museum, or why there is none.
fn asked(daemon: &TestDaemon, period: &str, as_closed: bool) -> Result<Pack, Unpackable> {
    let request = Request {
        source: "museum",
        period: Period::parse(period).unwrap(),
        as_closed,
        now: daemon.clock.now(),
        made_by: "ticketledger of a test",
        numbers: None,
        told: &|_| None,
    };
    pack::read(daemon.database(), &request)
}

fn as_known(daemon: &TestDaemon, period: &str) -> Pack {
    asked(daemon, period, false).unwrap_or_else(|error| panic!("{error}"))
}

fn as_closed(daemon: &TestDaemon, period: &str) -> Pack {
    asked(daemon, period, true).unwrap_or_else(|error| panic!("{error}"))
}

/// What says something about the state of the books, and not whether numbers agree.
const OF_STATE: [Tie; 5] = [Tie::Parked, Tie::Pending, Tie::HighFindings, Tie::Sweep, Tie::Exports];

/// Everything agrees; answers how many things were compared.
fn all_tied(pack: &Pack) -> usize {
    let mut compared = 0;
    for check in pack.checks.iter().filter(|check| !OF_STATE.contains(&check.code)) {
        assert_ne!(check.outcome, Outcome::Failed, "{} {:?}: {check:?}", pack.period, pack.view);
        compared += usize::from(check.outcome == Outcome::Passed);
    }
    compared
}

fn outcome(pack: &Pack, code: Tie) -> Outcome {
    pack.checks.iter().find(|check| check.code == code).map(|check| check.outcome).unwrap()
}

fn euros(pack: &Pack) -> &Section {
    pack.currencies.iter().find(|section| section.currency == "EUR").unwrap()
}

/// A line of the summary in EUR: this period, and as now known.
fn line(pack: &Pack, line: SummaryLine) -> (i64, Option<i64>) {
    let section = pack.currencies.iter().find(|section| section.currency == "EUR");
    let row = section.and_then(|section| section.summary.iter().find(|row| row.line == line));
    row.map_or((0, None), |row| (row.minor, row.as_now_known_minor))
}

fn data(pack: &Pack) -> Value {
    serde_json::from_str(&pack::paper::json(pack).unwrap()).unwrap()
}
