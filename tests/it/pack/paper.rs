//! What is on the paper.

use serde_json::{Value, json};
use ticketledger::report::pack::paper::{Language, html, json};
use ticketledger::report::pack::{Pack, SummaryLine};

use super::{as_known, line};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::random::Random;

/// Every amount of the data with its currency: that of its section, or that beside it.
fn amounts(value: &Value, currency: Option<&str>, found: &mut Vec<(String, i64)>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| amounts(value, currency, found)),
        Value::Object(fields) => {
            let currency = match fields.get("currency") {
                Some(named) => named.as_str(),
                None => currency,
            };
            for (name, value) in fields {
                let is_amount = name == "minor" || name.ends_with("_minor");
                match (is_amount, currency, value.as_i64()) {
                    (true, Some(currency), Some(minor)) => found.push((currency.to_owned(), minor)),
                    _ => amounts(value, currency, found),
                }
            }
        }
        _ => {}
    }
}

/// The text of a page as a reader sees it.
pub(super) fn text_of(html: &str) -> String {
    html.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// How many amounts of the data are on the paper, which are all.
fn all_on_paper(pack: &Pack) -> usize {
    let data: Value = serde_json::from_str(&json(pack).unwrap()).unwrap();
    let mut found = Vec::new();
    amounts(&data, None, &mut found);
    found.retain(|(_, minor)| *minor != 0);
    for language in Language::ALL {
        let text = text_of(&html(pack, language).unwrap());
        for (currency, minor) in &found {
            let amount = language.amount(*minor, currency);
            assert!(text.contains(&amount), "{} {language:?}: {amount} {currency}", pack.period);
        }
    }
    found.len()
}

on_both_engines!(every_amount_is_on_paper_in_every_language, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(3);
    let world = World::new(&mut random, 30);
    play(&daemon, &world.mixed(&mut random), 16).await;
    for period in ["2025-11", "2025-Q4", "2025"] {
        let found = all_on_paper(&as_known(&daemon, period));
        assert!(found > 100, "{period}: {found}");
    }
    daemon.finish().await;
});

const HOSTILE: &str = "</title></svg><script>alert(1)</script><img src=x onerror='alert(2)'> {{ pack }} {% raw %} \
    \u{202e}txt.exe \" style=\"color:red";

on_both_engines!(a_hostile_title_is_only_a_title, async |database| {
    let daemon = TestDaemon::start(database).await;
    let payments = json!([{"id": "p1", "payment_method": HOSTILE, "value": "20.00",
        "payment_date": "2025-11-08T14:40:00Z", "type": "payment"}]);
    let changes = [("/tickets/0/title", json!(HOSTILE)), ("/payments", payments), ("/code", json!("<b>&'\""))];
    daemon.deliver(changed(PAID_ORDER, &changes)).await;
    let pack = as_known(&daemon, "2025-11");
    assert_eq!(line(&pack, SummaryLine::Gross), (2_000, None));
    for language in Language::ALL {
        let html = html(&pack, language).unwrap();
        for never in ["<script", "<img", "<b>", " style=\"", "\u{202e}", "</title></svg>"] {
            assert!(!html.contains(never), "{never}");
        }
        assert!(html.contains("&#60;script&#62;alert(1)") || html.contains("&lt;script&gt;alert(1)"), "it is shown");
        assert!(text_of(&html.replace("&#60;", "<")).contains("{{ pack }} {% raw %}"), "and is no template");
        for tag in ["section", "table", "svg", "figure", "dl"] {
            let (opened, closed) =
                (html.matches(&format!("<{tag}")).count(), html.matches(&format!("</{tag}>")).count());
            assert_eq!(opened, closed, "{tag}");
        }
        for elsewhere in ["http://", "https://", "@import", "src="] {
            let allowed = elsewhere == "src=" && html.matches("src=").count() == html.matches("img src=x").count();
            assert!(allowed || !html.contains(elsewhere), "nothing is loaded: {elsewhere}");
        }
    }
    daemon.finish().await;
});

on_both_engines!(no_page_has_personal_data, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    let pack = as_known(&daemon, "2025-11");
    let all = json(&pack).unwrap() + &html(&pack, Language::En).unwrap();
    for personal in ["iamhomersimpson", "Frank Grimes", "0177"] {
        assert!(PAID_ORDER.contains(personal) && !all.contains(personal), "{personal}");
    }
    assert!(all.contains("Some awesome experience"));
    daemon.finish().await;
});

on_both_engines!(empty_pages_say_none, async |database| {
    let daemon = TestDaemon::start(database).await;
    for (language, none) in [(Language::En, ">none<"), (Language::De, ">keine<"), (Language::DeCh, ">keine<")] {
        let empty = html(&as_known(&daemon, "2025-10"), language).unwrap();
        assert!(empty.matches(none).count() > 3, "a book without entries: {empty}");
    }
    daemon.deliver(PAID_ORDER).await;
    // A month after it has balances and nothing else.
    let pack = as_known(&daemon, "2026-01");
    let html = html(&pack, Language::En).unwrap();
    for heading in ["By booking date", "Part of it that concerns earlier months", "Largest debts", "Open findings"] {
        let after = html.split(heading).nth(1).unwrap();
        let table = after.split("</div>").next().unwrap();
        assert!(table.contains(">none<"), "{heading}: {table}");
    }
    assert_eq!(html.matches("<figure>").count(), 3);
    assert!(!html.contains("<svg"), "there is nothing to draw");
    daemon.finish().await;
});

on_both_engines!(a_pack_is_the_same_whenever_the_time_is, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    let both = [(); 2].map(|()| as_known(&daemon, "2025-11"));
    let [first, second] = both.map(|pack| (json(&pack).unwrap(), html(&pack, Language::De).unwrap()));
    assert_eq!(first, second);
    daemon.finish().await;
});
