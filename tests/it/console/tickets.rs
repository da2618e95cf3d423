//! The id of a ticket of Ticketpark is its code: no page and no file shows a reader any of them.

use serde_json::json;
use ticketledger::config::Role;
use ticketledger::demo::stand_in::BookingExample;

use super::books::links;
use super::browser::Browser;
use super::filled::fill;
use super::told::Program;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

/// The beginning of the ids of all tickets of the example.
const IDS: &str = "6445cdbe3e95";

on_both_engines!(no_ticket_of_ticketpark_can_be_read_off_a_page, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    // Something was announced that did not happen, so that there are findings about tickets.
    let booking = BookingExample::default();
    for (kind, tickets) in [
        ("booking-tickets-deleted", json!(["6445cdbe3e9509e8", "6445cdbe3e9509e9"])),
        ("booking-tickets-updated", json!(["6445cdbe3e9509f0"])),
    ] {
        daemon.ticketpark(kind, json!({ "booking_pid": booking.pid(), "ticket_pids": tickets })).await;
    }
    daemon.settle().await;
    let evidence = "SELECT evidence AS line FROM findings WHERE source = 'theatre'";
    assert!(daemon.lines(evidence).iter().any(|line| line.contains(IDS)), "{:?}", daemon.lines(evidence));
    let (reader, program) = (Browser::signed_in(&daemon, database, "reader"), Program::new(&daemon, Role::Reader));
    let order = format!("/orders/theatre/{}", booking.pid());
    let begin = ["/inbox?source=theatre", "/findings", "/books/journal?source=theatre", order.as_str()];
    let mut pages: Vec<String> = begin.map(str::to_owned).into();
    for page in begin {
        let found = links(&reader.page(page).await);
        let own =
            |link: &String| ["/inbox/", "/findings/", "/books/entry/theatre"].iter().any(|path| link.starts_with(path));
        pages.extend(found.into_iter().filter(own));
    }
    pages.extend(["/findings?format=csv", "/findings?format=json"].map(str::to_owned));
    pages.extend(["html", "json"].map(|file| format!("/books/pack/file/{file}?source=theatre&period=2025-11")));
    pages.sort();
    pages.dedup();
    assert!(pages.len() > 10, "{pages:#?}");
    let mut told_apart = false;
    for path in &pages {
        for body in [reader.get(path).await.body, program.ask(path).await.body] {
            let low = body.to_lowercase();
            let place =
                low.find(IDS).map(|place| low.chars().skip(place.saturating_sub(80)).take(160).collect::<String>());
            assert_eq!(place, None, "{path}");
            told_apart |= low.contains("…09e8");
        }
    }
    assert!(told_apart, "tickets are still told apart");
    // Whoever has the files of the command has them to the byte.
    let file = Browser::signed_in(&daemon, database, "finance").get("/findings?format=csv").await;
    assert!(file.body.contains(IDS));
    daemon.finish().await;
});
