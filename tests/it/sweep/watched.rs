//! The doctor, the alert and `config check` look at sweeps.

use std::sync::Arc;

use secrecy::SecretString;
use ticketledger::demo::stand_in::Fault;
use ticketledger::doctor::{Check, Options, Status, examine};

use super::{delta, started, started_with};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::program::Program;

const FAULT: Fault = Fault::Status { status: 500, retry_after: None };

/// What the doctor says of the sweeps of a source: that they end, and what they may ask.
async fn examined(daemon: &TestDaemon, source: &str) -> (Check, Option<Check>) {
    let options = Options { skip_integrity: true, ..Options::default() };
    let checks = examine(daemon.config(), &daemon.clock, &options).await;
    let mut of = checks.into_iter().filter(|check| check.source.as_deref() == Some(source));
    let sweep = of.find(|check| check.check == "sweep").expect("a check");
    (sweep, of.find(|check| check.check == "sweep_budget"))
}

fn is(check: &Check, status: Status, text: &str, to_do: &str) {
    assert!(check.status == status && check.text.contains(text) && check.to_do.contains(to_do), "{check:?}");
}

on_both_engines!(the_doctor_says_how_sweeps_stand_and_what_to_do, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    is(&examined(&daemon, "museum").await.0, Status::Ok, "never swept", "");
    daemon.clock.advance_milliseconds(2 * 3_600_000);
    is(&examined(&daemon, "museum").await.0, Status::Warning, "never swept", "ticketledger sweep museum");
    delta(&daemon).await;
    let (sweep, budget) = examined(&daemon, "museum").await;
    is(&sweep, Status::Ok, "2025-11-11 15:00 CET, found no difference; complete up to 2025-11-11 15:00 CET", "");
    is(&budget.expect("a check"), Status::Ok, "1 of 100000 requests", "");
    bookingkit.script([FAULT]);
    delta(&daemon).await;
    is(&examined(&daemon, "museum").await.0, Status::Warning, "failed: the provider is down; complete up to", "outage");
    bookingkit.script([Fault::Status { status: 403, retry_after: None }]);
    delta(&daemon).await;
    is(&examined(&daemon, "museum").await.0, Status::Failed, "does not let this client", "orders_read_owned");
    delta(&daemon).await;
    daemon.clock.advance_milliseconds(80 * 60_000);
    is(&examined(&daemon, "museum").await.0, Status::Warning, "repeated long ago", "daemon runs");
    daemon.finish().await;
});

on_both_engines!(the_doctor_says_what_is_used_up_held_or_not_set_up, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.budget = 20).await;
    let bookingkit = daemon.stand_in.bookingkit();
    for number in 0..18 {
        database.execute("DELETE FROM sweep_runs");
        assert!(delta(&daemon).await.run.result.is_complete(), "{number}");
    }
    is(&examined(&daemon, "museum").await.1.expect("a check"), Status::Ok, "18 of 20", "");
    delta(&daemon).await;
    is(&examined(&daemon, "museum").await.1.expect("a check"), Status::Warning, "19 of 20", "raise `budget`");
    bookingkit.script([Fault::MonthUsedUp]);
    delta(&daemon).await;
    let (sweep, budget) = examined(&daemon, "museum").await;
    is(&sweep, Status::Warning, "no more requests are allowed this month", "which program");
    is(&budget.expect("a check"), Status::Warning, "none is made before 2025-12-01 01:00 CET", "which program");
    database.execute("UPDATE sweep_progress SET held_by = 'x', held_until = '2025-11-11 12:02:00'");
    is(&examined(&daemon, "museum").await.0, Status::Warning, "a sweep is running", "");
    daemon.finish().await;
    let daemon = TestDaemon::start(database).await;
    let (sweep, budget) = examined(&daemon, "museum").await;
    is(&sweep, Status::Ok, "goes unnoticed", "[sources.api]");
    assert_eq!(budget, None);
    daemon.finish().await;
});

on_both_engines!(a_token_that_another_program_has_is_named_by_the_doctor, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().script_tokens([Fault::ReuseToken]);
    delta(&daemon).await;
    let (sweep, _) = examined(&daemon, "museum").await;
    is(&sweep, Status::Warning, "another program uses the token of this client", "client of its own");
    assert!(sweep.text.contains("not tried again before 2025-11-11 1"), "{sweep:?}");
    // What to do is said once, whoever tells of it.
    let table = ticketledger::report::findings(daemon.database(), None).expect("the database works");
    let told = serde_json::to_string(&format!("{table:?}")).expect("text");
    assert_eq!(told.matches("a client of its own").count(), 1, "{told}");
    daemon.finish().await;
});

on_both_engines!(sweeps_that_keep_failing_are_told_once_and_once_when_that_is_over, async |database| {
    let daemon = started(database).await;
    let said = async || -> Vec<String> {
        let notices = daemon.observe().await;
        notices
            .into_iter()
            .filter(|notice| notice.alert == "sweep")
            .map(|n| format!("{} {}", n.state, n.text))
            .collect()
    };
    delta(&daemon).await;
    for _ in 0..7 {
        daemon.clock.advance_milliseconds(10 * 60_000);
        daemon.stand_in.bookingkit().script([FAULT]);
        delta(&daemon).await;
        assert_eq!(said().await, Vec::<String>::new());
    }
    daemon.clock.advance_milliseconds(1_000);
    let began = "began museum: no sweep has come to its end since 2025-11-11 13:00 CET; the last, 2025-11-11 14:10 \
                 CET, failed: the provider is down";
    assert_eq!(said().await, [began]);
    assert_eq!(said().await, Vec::<String>::new());
    delta(&daemon).await;
    assert_eq!(said().await, ["ended museum: over: a sweep has come to its end again, or is no longer due"]);
    daemon.finish().await;
});

on_both_engines!(a_client_that_is_refused_is_told_at_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    let base_url = daemon.stand_in.base_url();
    let wrong = ticketledger::config::OrdersApi {
        base_url,
        client_id: "somebody".to_owned(),
        client_secret: SecretString::from("else"),
        earlier_client_secrets: Vec::new(),
    };
    let daemon = daemon.restart(|config| config.sources[0].orders_api = Some(wrong)).await;
    delta(&daemon).await;
    let notices = daemon.observe().await;
    let notice = notices.iter().find(|notice| notice.alert == "sweep").expect("a notice");
    assert!(notice.text.contains("rejected client_id and client_secret"), "{notice:?}");
    assert!(notice.to_do.contains("ticketledger doctor"), "{notice:?}");
    daemon.finish().await;
});

on_both_engines!(a_budget_that_is_too_small_is_a_warning_with_figures, async |database| {
    let daemon = TestDaemon::start_with(database, |_| {}, Arc::new(|_| {})).await;
    daemon.finish().await;
    let program = Program::new(database);
    let settings = std::fs::read_to_string(program.path("ticketledger.toml")).expect("settings");
    std::fs::write(program.path("secret"), "s").expect("a secret");
    let with = |sweep: &str| {
        let api = "api = { base_url = \"http://127.0.0.1:1\", client_id = \"c\", client_secret = \"file:secret\" }\n";
        std::fs::write(program.path("ticketledger.toml"), format!("{settings}{api}sweep = {{ {sweep} }}\n"))
            .expect("settings");
        let (code, text, errors) = program.run(&["config", "check"]);
        assert_eq!(code, 0, "{errors}");
        text
    };
    let usual = with("budget = 100000");
    assert!(usual.contains("that is enough for about 14"), "{usual}");
    assert!(!usual.contains("too few"), "{usual}");
    let small = with("every = \"1m\", budget = 40000");
    assert!(small.contains("sources.museum.sweep.budget: 40000 requests a month are too few"), "{small}");
    assert!(small.contains("about 44672 (44640 every 1m, 31 each night over 3d, 1 each month)"), "{small}");
    let named = with("payment_methods = { \"BANK_WIRE\" = \"StripeBankWire\" }");
    assert!(named.contains("by their names in webhooks: BANK_WIRE is StripeBankWire"), "{named}");
    // What came lately says how many orders change.
    let hour = "strftime('%Y-%m-%d %H:00:00', 'now', '-1 day')";
    let hour = if program_is_sqlite(&settings) {
        hour
    } else {
        "date_trunc('hour', now() at time zone 'UTC') - interval '1 day'"
    };
    database.execute(&format!("INSERT INTO delivery_hours VALUES ('museum', 'order', {hour}, 20000, {hour})"));
    let short = with("budget = 100000");
    assert!(short.contains("museum: sources.sweep.budget: 20000 webhooks came in the last 31 days"), "{short}");
    assert!(
        short.contains("100000 requests a month are too few") && short.contains("payments = \"changed\""),
        "{short}"
    );
    let changed = with("budget = 100000, payments = \"changed\"");
    assert!(!changed.contains("too few"), "{changed}");
});

fn program_is_sqlite(settings: &str) -> bool {
    settings.contains("sqlite:")
}
