//! Random histories of many orders against a naive model: of each section the newest delivery counts, and that is all.
//!
//! `TICKETLEDGER_HISTORY_SEED` chooses the first seed, `TICKETLEDGER_HISTORY_RUNS` how many seeds are played and
//! `TICKETLEDGER_HISTORY_ORDERS` how many orders each has. A failing test prints its seed.

use serde_json::{Map, Value, json};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, Row, TestDaemon, UNIFIED_EXAMPLE};
use crate::support::db::{Engine, TestDatabase};
use crate::support::order::{
    SECTIONS, but, coupon, flex, order, partial, participant, payment, product, redeemed, refund_voucher, ticket,
    voucher,
};
use crate::support::random::Random;

/// Up to `limit` parts, each from its number.
fn some(random: &mut Random, limit: usize, mut part: impl FnMut(&mut Random, usize) -> Value) -> Value {
    let wanted: Vec<usize> = (0..limit).filter(|_| random.percent(50)).collect();
    wanted.into_iter().map(|number| part(random, number)).collect()
}

/// One webhook.
#[derive(Clone)]
pub(crate) struct Delivery {
    /// The fields that it says; `None` when it cannot be read.
    said: Option<Map<String, Value>>,
    body: String,
}

/// All deliveries of each order, in the order of their receipt.
pub(crate) struct World {
    orders: Vec<Vec<Delivery>>,
}

fn id(number: usize) -> String {
    format!("O{number:04}")
}

impl Delivery {
    /// The same in the currency of most orders, for what knows only one.
    pub(crate) fn in_euro(mut self) -> Self {
        self.body = self.body.replace("CHF", "EUR");
        self
    }
}

impl World {
    pub(crate) fn new(random: &mut Random, orders: usize) -> Self {
        Self { orders: (0..orders).map(|number| history(random, number, orders)).collect() }
    }

    /// Mixes the orders; the deliveries of each stay in their order.
    pub(crate) fn mixed(&self, random: &mut Random) -> Vec<Delivery> {
        let mut waiting: Vec<_> = self.orders.iter().map(|deliveries| deliveries.iter().cloned()).collect();
        let mut mixed = Vec::new();
        while !waiting.is_empty() {
            let chosen = random.index(waiting.len());
            match waiting[chosen].next() {
                Some(delivery) => mixed.push(delivery),
                None => drop(waiting.swap_remove(chosen)),
            }
        }
        mixed
    }

    /// The model: one delivery for each order, with the newest of every section.
    fn last_words(&self) -> Vec<String> {
        let last_word = |(number, deliveries): (usize, &Vec<Delivery>)| {
            let mut known = Map::new();
            for said in deliveries.iter().filter_map(|delivery| delivery.said.as_ref()) {
                known.retain(|field, _| SECTIONS.contains(&field.as_str()));
                known.extend(said.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())));
            }
            partial(&id(number), Value::Object(known))
        };
        self.orders.iter().enumerate().map(last_word).collect()
    }
}

fn history(random: &mut Random, number: usize, orders: usize) -> Vec<Delivery> {
    let fixed = json!({"currency": random.pick(&["EUR", "EUR", "EUR", "CHF"]),
        "date": random.pick(&["2025-11-08T10:00:00Z", "2025-10-31T23:30:00Z", ""])});
    let mut deliveries: Vec<Delivery> = Vec::new();
    for _ in 0..=random.below(6) {
        let again = match random.below(100) {
            0..15 => deliveries.last().cloned(),
            15..30 if !deliveries.is_empty() => Some(deliveries[random.index(deliveries.len())].clone()),
            _ => None,
        };
        deliveries.push(again.unwrap_or_else(|| fresh(random, number, orders, &fixed, &deliveries)));
    }
    // At least one that can be read, so that the model knows the order.
    if deliveries.iter().all(|delivery| delivery.said.is_none()) {
        deliveries.push(delivery(number, &fixed, Map::new()));
    }
    deliveries
}

fn delivery(number: usize, fixed: &Value, said: Map<String, Value>) -> Delivery {
    let said = but(fixed.clone(), Value::Object(said));
    let body = partial(&id(number), said.clone());
    Delivery { said: said.as_object().cloned(), body }
}

fn fresh(random: &mut Random, number: usize, orders: usize, fixed: &Value, before: &[Delivery]) -> Delivery {
    if random.percent(4) {
        let body = order(&id(number), but(fixed.clone(), json!({"payments": [payment("bad", "1,00")]})));
        return Delivery { said: None, body };
    }
    let mut said = Map::new();
    let status = random.pick(&["ACCEPTED", "ACCEPTED", "ACCEPTED", "ACCEPTED", "PENDING", "CANCELLED", "DECLINED"]);
    said.insert("status".to_owned(), json!(status));
    said.insert("cancellation_date".to_owned(), json!(random.pick(&["", "2025-11-10T12:00:00Z"])));
    said.insert("additional_discount".to_owned(), json!(random.pick(&["", "0.00", "1.00", "-0.50", "1000.00"])));
    let last = before.iter().rev().find_map(|delivery| delivery.said.as_ref());
    for section in SECTIONS {
        let same = last.and_then(|last| last.get(section)).cloned();
        match random.below(100) {
            0..20 => {}
            20..25 => drop(said.insert(section.to_owned(), Value::Null)),
            25..60 if same.is_some() => drop(said.insert(section.to_owned(), same.unwrap())),
            _ => drop(said.insert(section.to_owned(), random_section(random, section, number, orders))),
        }
    }
    delivery(number, fixed, said)
}

const PRICES: [&str; 6] = ["10.00", "9.99", "33.33", "0.05", "0.00", "-5.00"];
const RATES: [&str; 6] = ["19", "19", "7", "8.1", "0", ""];
const STATUSES: [&str; 6] = ["ACCEPTED", "ACCEPTED", "ACCEPTED", "", "CANCELED", "PENDING"];

fn random_section(random: &mut Random, section: &str, number: usize, orders: usize) -> Value {
    match section {
        "tickets" => some(random, 2, |random, place| {
            let people = some(random, 3, |random, seat| random_participant(random, &format!("p{place}{seat}"), orders));
            let people = people.as_array().unwrap().clone();
            if people.is_empty() {
                return json!({"id": format!("empty{place}"), "status": "ACCEPTED"});
            }
            let about = json!({"event_id": random.pick(&["E1", "E2"]), "title": random.pick(&["Old", "New"]),
                "status": random.pick(&STATUSES), "vat": random.pick(&RATES)});
            but(ticket(&people), about)
        }),
        "products" => some(random, 3, |random, _| {
            let line = product(random.pick(&["cup", "bag"]), random.pick(&PRICES), 2, random.pick(&RATES));
            but(line, json!({"status": random.pick(&STATUSES)}))
        }),
        "flexTickets" => some(random, 1, |random, _| {
            let sold = flex(&format!("f{number}"), random.pick(&PRICES[..3]), ["0", "19"][number % 2]);
            but(sold, json!({"status": random.pick(&STATUSES)}))
        }),
        "voucherOrders" => some(random, 2, |random, place| {
            let voucher_id = format!("v{place}{number}");
            let named = [id(random.index(orders)), id(number), "never heard of".to_owned()];
            let named: Vec<&str> = named.iter().filter(|_| random.percent(40)).map(String::as_str).collect();
            let value = random.pick(&PRICES[..3]);
            // Told in one way, for the first one holds once something is used.
            let vat = ["0", "19", "7"][number % 3];
            let issued = if random.percent(30) && !named.is_empty() {
                refund_voucher(&voucher_id, value, &named)
            } else {
                voucher(&voucher_id, value, vat)
            };
            but(issued, json!({"vat": vat, "status": random.pick(&STATUSES)}))
        }),
        "redeemed_vouchers" => some(random, 2, |random, place| {
            let used = redeemed(&format!("v{place}{}", random.index(orders)), random.pick(&PRICES[..4]));
            but(used, json!({"usage_date": random.pick(&["2025-11-10T10:00:00Z", ""])}))
        }),
        "redeemed_coupons" => some(random, 2, |random, place| {
            coupon(&format!("c{place}"), random.pick(&["5.00", "0.01", "-2.00", "500.00"]))
        }),
        _ => some(random, 3, |random, place| {
            let paid = payment(&format!("m{place}"), random.pick(&["10.00", "20.00", "-10.00", "0"]));
            but(paid, json!({"payment_method": random.pick(&["Card", "Gift Card", ""])}))
        }),
    }
}

fn random_participant(random: &mut Random, who: &str, orders: usize) -> Value {
    let fields = json!({"status": random.pick(&STATUSES),
        "cancellation_date": random.pick(&["", "", "2025-11-09T09:00:00Z"]),
        "currency": random.pick(&["", "", "", "", "CHF"]),
        "redeemed_flexTicket": some(random, 1, |random, _| json!({"id": format!("f{}", random.index(orders)),
            "redeemed_value": random.pick(&PRICES[..3]), "creation_date": "2025-11-10T10:00:00Z"}))});
    but(participant(who, random.pick(&PRICES), random.pick(&RATES)), fields)
}

/// Sends all of it, a minute between two, and works on it whenever `batch` deliveries have come.
pub(crate) async fn play(daemon: &TestDaemon, deliveries: &[Delivery], batch: usize) {
    for (number, delivery) in deliveries.iter().enumerate() {
        daemon.clock.advance_milliseconds(60_000);
        match delivery.said {
            Some(_) => drop(daemon.accepted("museum", delivery.body.clone()).await),
            None => drop(daemon.parked("museum", delivery.body.clone()).await),
        }
        if number % batch == 0 {
            daemon.settle().await;
        }
    }
    daemon.settle().await;
}

/// All that must depend on the last words only: table or view, columns, condition. What is zero is left out, for its
/// row depends on the way; and so do dates, so that sums are over all periods.
const FIGURES: [(&str, &str, &str); 12] = [
    ("v_trial_balance", "account currency balance_minor", "WHERE balance_minor <> 0"),
    (
        "v_order_balance",
        "order_id currency billed_minor settled_minor",
        "WHERE billed_minor <> 0 OR settled_minor <> 0",
    ),
    ("orders", "order_id status", "WHERE status IS NOT NULL"),
    (
        "v_voucher_balance",
        "voucher_id kind currency issued_minor redeemed_minor",
        "WHERE issued_minor <> 0 OR redeemed_minor <> 0",
    ),
    (
        "v_vat_by_rate",
        "currency vat_bp SUM(net_minor) SUM(vat_minor)",
        "GROUP BY currency, vat_bp HAVING SUM(net_minor) <> 0 OR SUM(vat_minor) <> 0",
    ),
    (
        "v_revenue_by_event",
        "currency event_id vat_bp SUM(qty) SUM(net_minor) SUM(vat_minor)",
        "GROUP BY currency, event_id, vat_bp HAVING SUM(qty) <> 0 OR SUM(net_minor) <> 0 OR SUM(vat_minor) <> 0",
    ),
    (
        "v_payments_by_method",
        "currency payment_method SUM(paid_minor) SUM(refunded_minor)",
        "GROUP BY currency, payment_method HAVING SUM(paid_minor) <> 0 OR SUM(refunded_minor) <> 0",
    ),
    ("order_lines", "order_id line_key state qty gross_minor vat_bp", ""),
    // What vanished is remembered, so only the last words of it are compared.
    ("payments", "order_id payment_id payment_method amount_minor", "WHERE state = 'current'"),
    ("redemptions", "order_id redemption_key amount_minor", ""),
    ("vouchers", "voucher_id regime origin state purchase_order_id", "WHERE purchase_order_id IS NOT NULL"),
    (
        "v_open_findings",
        "order_id reason difference_minor",
        "WHERE reason IN ('vat_unknown', 'currency_mixed', 'discount_exceeds_lines', 'refund_voucher_unallocated')",
    ),
];

fn figures(daemon: &TestDaemon) -> Vec<String> {
    let of = |(name, columns, condition): (&str, &str, &str)| {
        let columns: Vec<&str> = columns.split(' ').collect();
        let rows = daemon.view_where(name, &columns, condition);
        rows.into_iter().map(|row| format!("{name} {}", row.join(" "))).collect::<Vec<_>>()
    };
    FIGURES.into_iter().flat_map(of).collect()
}

/// The hash of the last entry, which covers all before it.
fn head(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT entry_no || ' ' || entry_hash AS line FROM journal_entries ORDER BY entry_no DESC LIMIT 1")
}

/// The lines that only one of two has: what a failure shows.
fn difference(left: &[String], right: &[String]) -> Vec<String> {
    let only = |mark: &str, these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{mark} {line}")).collect::<Vec<_>>()
    };
    [only("<", left, right), only(">", right, left)].concat()
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// The worlds of this run, each with what made it.
fn worlds() -> impl Iterator<Item = (World, Random)> {
    let first = setting("TICKETLEDGER_HISTORY_SEED", 1);
    let orders = usize::try_from(setting("TICKETLEDGER_HISTORY_ORDERS", 60)).unwrap();
    (first..first + setting("TICKETLEDGER_HISTORY_RUNS", 1)).map(move |seed| {
        // Shown when the test fails.
        println!("TICKETLEDGER_HISTORY_SEED={seed} TICKETLEDGER_HISTORY_ORDERS={orders}");
        let mut random = Random::new(seed);
        (World::new(&mut random, orders), random)
    })
}

on_both_engines!(the_last_words_decide_whatever_the_way_there, async |database| {
    for (world, mut random) in worlds() {
        // Each engine gets another mixing of the orders, and both must come to what the model says.
        if database.engine == Engine::Postgres {
            random.below(2);
        }
        let database =
            |what: &str| TestDatabase::new(database.engine).unwrap_or_else(|| panic!("a database for {what}"));
        let (history, model) = (database("the history"), database("the model"));
        let daemon = TestDaemon::start(&history).await;
        play(&daemon, &world.mixed(&mut random), 64).await;
        let model = TestDaemon::start(&model).await;
        for body in world.last_words() {
            model.accepted("museum", body).await;
        }
        model.settle().await;
        let wanted = figures(&model);
        assert!(wanted.len() > 5 * world.orders.len(), "there is something to compare");
        assert_eq!(difference(&figures(&daemon), &wanted), Vec::<String>::new(), "< history, > model");
        daemon.finish().await;
        model.finish().await;
    }
});

#[test]
fn both_engines_give_the_same_chain_and_neither_replay_nor_redelivery_adds_to_it() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    for (world, mut random) in worlds() {
        let deliveries = world.mixed(&mut random);
        let databases = [Engine::Sqlite, Engine::Postgres].into_iter().filter_map(TestDatabase::new);
        let seen: Vec<_> =
            databases.map(|database| runtime.block_on(history_on(&database, &world, &deliveries))).collect();
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    }
}

/// Plays a history, then all of it again in ways that say nothing new. Answers the head and the titles of the events.
async fn history_on(database: &TestDatabase, world: &World, deliveries: &[Delivery]) -> (Vec<String>, Vec<Row>) {
    let daemon = TestDaemon::start(database).await;
    play(&daemon, deliveries, 4).await;
    let titles = |daemon: &TestDaemon| daemon.view("event_titles", &["event_key", "title"]);
    let (booked, known, named) = (head(&daemon), figures(&daemon), titles(&daemon));
    daemon.settle_again(database, "state <> 'parked'").await;
    assert_eq!(head(&daemon), booked, "replay");
    assert_eq!(difference(&figures(&daemon), &known), Vec::<String>::new(), "replay");
    assert_eq!(titles(&daemon), named, "replay");
    let open = "SELECT 'event ' || id AS line FROM inbox_events WHERE state NOT IN ('done', 'superseded', 'parked')";
    assert_eq!(daemon.lines(open), Vec::<String>::new());
    for body in world.last_words() {
        daemon.accepted("museum", body).await;
    }
    daemon.settle().await;
    assert_eq!(head(&daemon), booked, "the last words again");
    daemon.finish().await;
    (booked, named)
}

/// Heads of the chain under manual clocks. Whatever is reshaped inside, a book that exists must not get other hashes.
const HEADS: [&str; 4] = [
    "16 40b930e66bf5721b0cceb334fe3dc283081522654ff643a93f2b2a744b422075",
    "396 895fe75a2e9dab116977efd189a4e5c8f548de999883dfde43f41ae6b58a174e",
    "303 99505338785f45f1c511d93f03acb5b2f3904b0731fd7e207795cfb13f9c70a0",
    "375 67476dfe0ed69fe12eff7199c2ac19cce74ffb56c6d80c9b1b16d99a4ea35914",
];

on_both_engines!(the_seed_orders_and_the_histories_have_the_hashes_that_they_always_had, async |database| {
    let daemon = TestDaemon::start(database).await;
    for seed_order in [PAID_ORDER, UNIFIED_EXAMPLE] {
        daemon.accepted("museum", seed_order).await;
        daemon.settle().await;
    }
    let mut heads = head(&daemon);
    daemon.finish().await;
    for seed in 1..=3 {
        let mut random = Random::new(seed);
        let deliveries = World::new(&mut random, 30).mixed(&mut random);
        let database = TestDatabase::new(database.engine).expect("a database for a history");
        let daemon = TestDaemon::start(&database).await;
        play(&daemon, &deliveries, 4).await;
        heads.extend(head(&daemon));
        daemon.finish().await;
    }
    assert_eq!(heads, HEADS, "the seed orders, and the histories of three seeds");
});
