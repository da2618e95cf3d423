//! Texts of the demo.

use std::fmt::Write as _;

use chrono_tz::Tz;

use super::place::Place;
use super::stand_in::StandIn;
use super::traffic::Scene;
use crate::clock::Timestamp;
use crate::daemon::Daemon;
use crate::db::Database;
use crate::freshness::Freshness;
use crate::ledger::totals::{
    AccountBalance, OrderBalance, PaymentsByMethod, RevenueByEvent, Selection, VatByRate, VoucherBalance,
};
use crate::report::{self, Format, format};

pub(super) fn opening(place: &Place) -> String {
    format!(
        "A daemon is running on a fresh SQLite file ({}), and a stand-in plays the APIs of both providers.\n\
         Now the two providers send webhooks, over HTTP as they would to your server:\n\n",
        place.database().display()
    )
}

pub(super) fn scene(scene: &Scene, answers: &[String]) -> String {
    let mut text = format!("  * {}\n", scene.happens);
    for answer in answers {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "      {answer}");
    }
    let _ = writeln!(text, "      {}", scene.meaning);
    text
}

/// The reports, each with a sentence that explains it.
pub(super) fn books(database: &Database, sources: &[(String, Tz)], now: Timestamp) -> anyhow::Result<String> {
    let all = &Selection::default();
    let reports = [
        (
            "Trial balance: every account; debit is positive, and each currency sums to zero",
            report::read::<AccountBalance>(database, all)?,
        ),
        ("Revenue by event", report::read::<RevenueByEvent>(database, all)?),
        (
            "VAT by rate: a cancellation reduces the month in which it happened",
            report::read::<VatByRate>(database, all)?,
        ),
        ("Payments by method", report::read::<PaymentsByMethod>(database, all)?),
        (
            "Balance of every order: positive if the customer owes money, negative if you do",
            report::read::<OrderBalance>(database, all)?,
        ),
        ("Vouchers and flex tickets: the value still to be honoured", report::read::<VoucherBalance>(database, all)?),
        ("Findings: what needs an explanation before the books can be closed", report::findings(database, None)?),
    ];
    let mut text = "\nWhat the ledger shows now:\n".to_owned();
    for (title, table) in reports {
        let _ = write!(text, "\n{title}\n{}", format::render(&table, Format::Table)?);
    }
    let freshness = freshness(database, sources, now)?;
    let title = "How complete the books are: the sweep compared the museum's with its provider, nobody the theatre's";
    let _ = write!(text, "\n{title}\n{freshness}");
    text.push('\n');
    Ok(text)
}

/// What `report freshness` says.
fn freshness(database: &Database, sources: &[(String, Tz)], now: Timestamp) -> anyhow::Result<String> {
    let mut text = String::new();
    for (source, zone) in sources {
        let known = database.read(|connection| Freshness::read(connection, source, &|_| None, now))?;
        let _ = writeln!(text, " {source:<8} {}", known.in_words(*zone));
    }
    Ok(text)
}

pub(super) fn kept(daemon: &Daemon, stand_in: &StandIn, place: &Place, password: &str) -> String {
    let settings = place.settings().display().to_string();
    format!(
        "\nEverything is still running; stop it with Ctrl-C.\n\
         \x20 deliveries   http://{public}/webhooks/museum/{museum}\n\
         \x20              http://{public}/webhooks/theatre/{theatre}\n\
         \x20 console      http://{console}/\n\
         \x20              sign in as `{user}` with the password {password}\n\
         \x20 providers    {stand_in} (stand-in for both APIs)\n\
         \x20 database     {database}\n\
         In another terminal:\n\
         \x20 ticketledger --config {settings} report balances\n\
         \x20 ticketledger --config {settings} inbox list\n\
         \x20 ticketledger --config {settings} sweep museum\n\
         \x20 ticketledger --config {settings} doctor --probe museum\n\
         \x20 sqlite3 {database} 'SELECT * FROM v_gl'\n",
        public = daemon.public(),
        console = daemon.console(),
        user = super::place::USER,
        museum = place.secret("museum"),
        theatre = place.secret("theatre"),
        stand_in = stand_in.base_url(),
        database = place.database().display(),
    )
}

pub(super) fn farewell() -> &'static str {
    "\nThat was the demo; its folder was removed. `ticketledger demo --keep` keeps everything running for a look \
     around.\n To start for real: ticketledger config example > ticketledger.toml\n"
}
