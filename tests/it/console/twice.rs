//! Two who confirm the same thing at the same time are both told the truth, also when each uses another daemon.

use std::sync::Barrier;

use ticketledger::clock::Clock;
use ticketledger::config::Role;
use ticketledger::inbox::operator::{self, Reason, Selection, Undone, dismiss};
use ticketledger::provider::DOUBTS;

use super::browser::{Browser, Page};
use super::filled::fill;
use super::told::Program;
use crate::daemons::on_postgresql;
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

/// Sends a form and answers what the page of its result says.
async fn sent(browser: &Browser, page: &Page, path: &str, fields: &[(&str, &str)]) -> String {
    let done = browser.submit(page, path, fields).await;
    assert_eq!(done.status, 303, "{path}: {}", done.text());
    browser.page(done.location()).await.text()
}

/// Both confirm what a page shows; answers what the first one to do so was told, and then the other.
async fn both(anna: &Browser, bert: &Browser, path: &str, query: &str, fields: &[(&str, &str)]) -> (String, String) {
    let address = format!("{path}?{query}");
    let (first, other) = (anna.page(&address).await, bert.page(&address).await);
    let send = async |browser: &Browser, page: &Page| {
        let seen = if page.has("name=\"seen\"") { page.field("seen") } else { String::new() };
        let own = [("number", "1"), ("seen", &seen), ("why", "both at once"), ("force", "looked at")];
        sent(browser, page, path, &[fields, &own].concat()).await
    };
    let (one, two) = tokio::join!(send(anna, &first), send(bert, &other));
    if one.contains("Refused") { (two, one) } else { (one, two) }
}

async fn confirm_everything(daemon: &TestDaemon, anna: &Browser, bert: &Browser) {
    for round in 1..=6 {
        daemon.clock.advance_milliseconds(60_000);
        let (done, refused) = both(anna, bert, "/inbox/replay", "id=1", &[("id", "1")]).await;
        assert!(done.contains("Set back to be processed 1"), "{done}");
        assert!(refused.contains("Refused") && refused.contains("was faster"), "{refused}");
        daemon.settle().await;
        daemon.parked("museum", format!("no json {round}")).await;
        let newest = daemon.lines("SELECT CAST(MAX(id) AS TEXT) AS line FROM inbox_events").remove(0);
        let (done, refused) = both(anna, bert, "/inbox/dismiss", &format!("id={newest}"), &[("id", &newest)]).await;
        assert!(done.contains("Dismissed webhooks Done Dismissed 1"), "{done}");
        assert!(refused.contains("was faster") && refused.contains("dismissed"), "{refused}");
        let acts = daemon.lines("SELECT action AS line FROM operator_actions");
        assert_eq!(acts.len(), 2 * round, "{acts:?}");
    }
    // A finding is taken once, too.
    let finding = daemon.lines("SELECT fingerprint AS line FROM findings WHERE state = 'open'").remove(0);
    let (path, query) = ("/findings/acknowledge", format!("fingerprint={finding}"));
    let (done, refused) = both(anna, bert, path, &query, &[("fingerprint", &finding)]).await;
    assert!(done.contains("Acknowledged 1"), "{done}");
    assert!(refused.contains("has acknowledged it already"), "{refused}");
    let acts = daemon.lines("SELECT action AS line FROM operator_actions WHERE action = 'findings ack'");
    assert_eq!(acts.len(), 1, "{acts:?}");
}

on_both_engines!(two_people_at_once_are_told_the_truth, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let (anna, bert) = (Browser::signed_in(&daemon, database, "admin"), Browser::signed_in(&daemon, database, "admin"));
    confirm_everything(&daemon, &anna, &bert).await;
    daemon.finish().await;
});

on_both_engines!(why_something_was_refused_is_told_in_the_language_of_the_reader, async |database| {
    let daemon = TestDaemon::start(database).await;
    fill(&daemon).await;
    let (mut anna, bert) =
        (Browser::signed_in(&daemon, database, "admin"), Browser::signed_in(&daemon, database, "admin"));
    anna.language = "de";
    daemon.clock.advance_milliseconds(60_000);
    let (hers, his) = (anna.page("/inbox/replay?id=1").await, bert.page("/inbox/replay?id=1").await);
    let fields = |page: &Page| [("id", "1"), ("number", "1"), ("why", "x"), ("seen", &page.field("seen"))].map(owned);
    sent(&bert, &his, "/inbox/replay", &borrowed(&fields(&his))).await;
    let refused = anna.submit(&hers, "/inbox/replay", &borrowed(&fields(&hers))).await;
    for (browser, faster) in [(&anna, "war schneller"), (&bert, "was faster")] {
        let page = browser.page(refused.location()).await;
        assert!(page.text().contains(faster), "{}", page.text());
        let record = browser.page("/access/record").await;
        assert!(record.text().contains(faster), "{}", record.text());
    }
    let told = Program::new(&daemon, Role::Admin).json(refused.location()).await;
    assert!(told["facts"][0]["value"].as_str().is_some_and(|why| why.contains("was faster")), "{told}");
    daemon.finish().await;
});

fn owned((name, value): (&'static str, &str)) -> (&'static str, String) {
    (name, value.to_owned())
}

fn borrowed<'f>(fields: &'f [(&'static str, String)]) -> Vec<(&'f str, &'f str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

on_postgresql!(also_when_each_uses_a_daemon_of_his_own, async |database| {
    let daemon = TestDaemon::start(database).await;
    let second = daemon.beside().await;
    fill(&daemon).await;
    let anna = Browser::signed_in(&daemon, database, "admin");
    let mut bert = Browser::signed_in(&daemon, database, "admin");
    bert.base = format!("http://{}", second.console());
    confirm_everything(&daemon, &anna, &bert).await;
    second.stop().await.unwrap();
    daemon.finish().await;
});

on_both_engines!(of_many_who_decided_on_the_same_one_acts, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.parked("museum", "no json").await;
    daemon.parked("museum", "no json either").await;
    let (opened, clock): (_, &Clock) = (daemon.database().clone(), &daemon.clock);
    let at_once = |act: &(dyn Fn(&str, i64) -> Result<i64, Undone> + Sync)| {
        let known = operator::last_act(&opened).unwrap();
        let (start, act) = (Barrier::new(4), &act);
        let outcomes = std::thread::scope(|scope| {
            let one = |name: &'static str| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    act(name, known)
                })
            };
            ["anna", "bert", "cora", "dora"].map(one).map(|thread| thread.join().expect("no panic"))
        });
        let overtaken = outcomes.iter().filter(|outcome| matches!(outcome, Err(Undone::Overtaken))).count();
        let done: Vec<i64> = outcomes.into_iter().filter_map(Result::ok).collect();
        assert_eq!((overtaken, done.as_slice()), (3, &[1][..]));
    };
    let reason = |name: &str| Reason { actor: name.to_owned(), why: "at once".to_owned() };
    at_once(&|name, known| {
        let (selection, classify) = (Selection::Ids(vec![1]), |_: &str, _: &operator::Stored, _: &[u8]| None);
        let known = Some(known);
        let done = operator::replay(&opened, clock, &classify, &selection, &reason(name), known, |_| {})?;
        Ok(done.still_parked)
    });
    let selection = Selection::Ids(vec![2]);
    let plan = dismiss::plan(&opened, clock, &selection, DOUBTS).unwrap();
    at_once(&|name, known| {
        let done = dismiss::dismiss(&opened, clock, &plan, &selection, &reason(name), Some(known))?;
        Ok(done.dismissed)
    });
    // A command that looked at nothing before acts on what is there.
    let replay = |known| {
        let classify = |_: &str, _: &operator::Stored, _: &[u8]| None;
        let selection = Selection::Ids(vec![1]);
        operator::replay(&opened, clock, &classify, &selection, &reason("dora"), known, |_| {})
    };
    assert!(replay(None).is_ok() && matches!(replay(Some(0)), Err(Undone::Overtaken)));
    let acts = daemon.lines("SELECT action AS line FROM operator_actions ORDER BY id");
    assert_eq!(acts, ["replay", "dismiss", "replay"]);
    daemon.finish().await;
});
