//! The first close of a book.

use super::*;
use crate::close::{manifest, request, shut};
use ticketledger::ledger::close::{Closing, Settings, Warning, preview};

on_both_engines!(the_first_close_has_what_was_brought_in_apart_from_the_turnover, async |database| {
    let daemon = begun(database).await;
    let two = |b: Value| {
        of_march(
            "A",
            json!({"tickets": [ticket(&[participant("a", "119.00", "19"), b])],
            "payments": [paid("p", "119.00", "03-10"), paid("q", "119.00", "11-10")]}),
        )
    };
    daemon.deliver(two(participant("b", "119.00", "19"))).await;
    daemon.deliver(order("N", json!({"tickets": [admission("n", "11.90", "19")]}))).await;
    daemon.deliver(two(cancelled_on(participant("b", "119.00", "19"), "11-11"))).await;
    daemon.set_clock("2025-12-01T12:00:00Z");
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, warnings(&closing).len()), ("closed", 0));
    let frozen = manifest(&closing);
    let totals = &frozen["totals"];
    assert_eq!(
        totals["rollforward_receivable"],
        json!([{"currency": "EUR", "account": "assets:receivable", "opening_minor": 0, "billed_minor": 1190 - 11900,
            "paid_minor": -11900, "refunded_minor": 0, "redeemed_minor": 0, "refund_vouchers_minor": 0,
            "other_minor": 11900, "closing_minor": 1190 - 11900}])
    );
    let views = ["opening_minor", "billed_minor", "paid_minor", "other_minor", "closing_minor"];
    assert_eq!(daemon.view("v_rollforward_receivable", &views), [row(["0", "-10710", "-11900", "11900", "-10710"])]);
    assert_eq!(totals["vat"][0]["gross_minor"], json!(1190 - 11900));
    holds(daemon).await;
});

on_both_engines!(the_first_close_warns_of_months_from_before_the_first_webhook, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    daemon.deliver(order("N", json!({"tickets": [admission("n", "11.90", "19")]}))).await;
    let looked = preview(daemon.database(), &daemon.clock, "museum", &request("2025-03"), Settings::default())
        .expect("a preview");
    let [warning] = warnings(&looked)[..] else { panic!("one warning: {looked:?}") };
    assert_eq!(warning.code, "earlier_months_late");
    assert!(warning.detail.starts_with("1 entries belong to months before 2025-11"), "{}", warning.detail);
    assert!(warning.detail.contains("the earliest to 2025-03"), "{}", warning.detail);
    assert_eq!(warnings(&shut(&daemon, "2025-03")).len(), 1);
    daemon.set_clock("2025-12-01T12:00:00Z");
    assert_eq!(warnings(&shut(&daemon, "2025-11")).len(), 0, "it is too late to say so");
    holds(daemon).await;
});

on_both_engines!(a_book_that_began_with_its_first_month_closes_without_a_warning, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("N", json!({"tickets": [admission("n", "11.90", "19")]}))).await;
    daemon.set_clock("2025-12-01T12:00:00Z");
    assert_eq!(warnings(&shut(&daemon, "2025-11")).len(), 0);
    holds(daemon).await;
});

/// What a close warns of besides that nobody compared with the provider.
fn warnings(closing: &Closing) -> Vec<&Warning> {
    closing.warnings.iter().filter(|warning| warning.code != "never_swept").collect()
}
