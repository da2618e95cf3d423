//! Random lives of vouchers against a naive model, which computes each life from what the orders say last: sold, used
//! in parts, the seller or the user cancelled, refunded by money or by a voucher, in any order.
//!
//! `TICKETLEDGER_HISTORY_SEED` chooses the first seed, `TICKETLEDGER_HISTORY_RUNS` how many seeds are played. A failing
//! test prints its seed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, order, payment, redeemed, refund_voucher, voucher};
use crate::support::random::Random;

const STEPS: u64 = 40;
const RATES_BP: [i64; 4] = [0, 700, 1600, 1900];
const FACES: [i64; 4] = [3003, 5000, 11_900, 999];
const PRICES: [i64; 4] = [1001, 2380, 5000, 11_900];

/// A voucher and the order that sells it.
struct Sold {
    rate_bp: i64,
    face: i64,
    live: bool,
    /// Paid and paid back, on its order.
    paid: Vec<i64>,
}

/// A use: the number of the voucher, the amount, and when, as a number that grows.
#[derive(Clone, Copy)]
struct Used {
    voucher: usize,
    amount: i64,
    at: u64,
}

/// An order with one ticket that vouchers pay for.
struct User {
    rate_bp: i64,
    price: i64,
    live: bool,
    uses: Vec<Used>,
    paid: Vec<i64>,
    /// Vouchers given instead of money, each in an order of its own.
    refunded: Vec<i64>,
}

struct World {
    sold: Vec<Sold>,
    users: Vec<User>,
    clock: u64,
}

fn decimal(minor: i64) -> String {
    format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100)
}

/// In percent.
fn rate(bp: i64) -> String {
    format!("{}", bp / 100)
}

fn vat(gross: i64, bp: i64) -> i64 {
    (2 * gross * bp + 10_000 + bp) / (2 * (10_000 + bp))
}

fn payments(paid: &[i64]) -> Value {
    (0..).zip(paid).map(|(number, minor)| payment(&format!("m{number}"), &decimal(*minor))).collect()
}

fn with_state(fields: Value, live: bool) -> Value {
    if live { fields } else { but(fields, json!({"status": "CANCELLED", "cancellation_date": "2025-11-10T12:00:00Z"})) }
}

impl World {
    fn new(random: &mut Random) -> Self {
        let mut any = |list: &[i64]| list[random.index(list.len())];
        let sold = |_| Sold { rate_bp: any(&RATES_BP), face: any(&FACES), live: true, paid: Vec::new() };
        Self { sold: (0..4).map(sold).collect(), users: Vec::new(), clock: 0 }
    }

    fn used(&self, voucher: usize) -> i64 {
        self.uses(voucher).iter().map(|used| used.amount).sum()
    }

    fn uses(&self, voucher: usize) -> Vec<Used> {
        self.users.iter().flat_map(|user| &user.uses).filter(|used| used.voucher == voucher).copied().collect()
    }

    /// What is sold of it: its face, or what was used when its sale is undone.
    fn issued(&self, voucher: usize) -> i64 {
        let sold = &self.sold[voucher];
        if sold.live { sold.face } else { sold.face.min(self.used(voucher)) }
    }

    fn seller(&self, number: usize) -> String {
        let Sold { rate_bp, face, live, paid } = &self.sold[number];
        let voucher = voucher(&format!("v{number}"), &decimal(*face), &rate(*rate_bp));
        order(&format!("S{number}"), with_state(json!({"voucherOrders": [voucher], "payments": payments(paid)}), *live))
    }

    fn user(&self, number: usize) -> String {
        let user = &self.users[number];
        let used = |used: &Used| {
            let (day, minute) = (9 + used.at / 1000, used.at % 60);
            let at = format!("2025-11-{day:02}T10:{minute:02}:00Z");
            but(redeemed(&format!("v{}", used.voucher), &decimal(used.amount)), json!({"usage_date": at}))
        };
        let fields = json!({
            "tickets": [admission(&format!("p{number}"), &decimal(user.price), &rate(user.rate_bp))],
            "redeemed_vouchers": user.uses.iter().map(used).collect::<Vec<_>>(),
            "payments": payments(&user.paid),
        });
        order(&format!("U{number:02}"), with_state(fields, user.live))
    }

    /// One thing that happens; answers what the order concerned says then.
    fn step(&mut self, random: &mut Random) -> String {
        self.clock += 1;
        let number = random.index(self.sold.len());
        if self.users.is_empty() || random.percent(25) {
            let index = |random: &mut Random, length| random.index(length);
            let (price, rate_bp) = (PRICES[index(random, 4)], RATES_BP[index(random, 4)]);
            self.users.push(User {
                rate_bp,
                price,
                live: true,
                uses: Vec::new(),
                paid: Vec::new(),
                refunded: Vec::new(),
            });
            return self.user(self.users.len() - 1);
        }
        let place = random.index(self.users.len());
        match random.below(100) {
            0..45 => {
                let left = self.sold[number].face - self.used(number);
                if left > 0 {
                    let most = u64::try_from(left).expect("above zero");
                    let amount = if random.percent(40) { left } else { 1 + i64::try_from(random.below(most)).unwrap() };
                    self.users[place].uses.push(Used { voucher: number, amount, at: self.clock });
                }
            }
            45..55 => {
                self.sold[number].live = !self.sold[number].live;
                return self.seller(number);
            }
            55..65 => {
                self.sold[number].paid.push([5000, -2000, 100][random.index(3)]);
                return self.seller(number);
            }
            65..75 => self.users[place].live = !self.users[place].live,
            75..80 => drop(self.users[place].uses.pop()),
            80..90 => self.users[place].paid.push([1000, -500, 300][random.index(3)]),
            _ => {
                let face = PRICES[random.index(4)];
                let nth = self.users[place].refunded.len();
                self.users[place].refunded.push(face);
                let (id, user) = (format!("r{place}-{nth}"), format!("U{place:02}"));
                let issued = refund_voucher(&id, &decimal(face), &[&user]);
                return order(&format!("N{id}"), json!({"voucherOrders": [issued]}));
            }
        }
        self.user(place)
    }

    /// Balances by the deliveries alone. `vat` is of all rates together, `income` of all income accounts.
    fn expected(&self) -> BTreeMap<&'static str, i64> {
        let mut sums = BTreeMap::from([("clearing", 0), ("receivable", 0), ("liability", 0), ("vat", 0)]);
        let mut add = |account, minor: i64| *sums.get_mut(account).expect("an account") += minor;
        for (number, sold) in self.sold.iter().enumerate() {
            let (issued, paid) = (self.issued(number), sold.paid.iter().sum::<i64>());
            add("receivable", issued - paid);
            add("clearing", paid);
            add("vat", -vat(issued, sold.rate_bp));
            let net = |gross: i64| gross - vat(gross, sold.rate_bp);
            let owed = net(issued) - self.uses(number).iter().map(|used| net(used.amount)).sum::<i64>();
            add("liability", if issued == self.used(number) { 0 } else { -owed });
        }
        for user in &self.users {
            let price = if user.live { user.price } else { 0 };
            let (paid, refunded) = (user.paid.iter().sum::<i64>(), user.refunded.iter().sum::<i64>());
            add("receivable", price - user.uses.iter().map(|used| used.amount).sum::<i64>() - paid + refunded);
            add("clearing", paid);
            add("liability", -refunded);
            add("vat", self.vat_of(user, price));
        }
        let income = -sums.values().sum::<i64>();
        sums.insert("income", income);
        sums
    }

    /// The VAT of a ticket that is not settled by a taxed voucher, and that of uses for which there is no ticket.
    fn vat_of(&self, user: &User, price: i64) -> i64 {
        let (mut left, mut relieved) = (price, 0);
        for used in user.uses.iter().filter(|used| self.sold[used.voucher].rate_bp > 0) {
            let bp = self.sold[used.voucher].rate_bp;
            let share = left.min(used.amount);
            left -= share;
            let rest = used.amount - share;
            relieved += if share > 0 { vat(rest, bp) } else { vat(used.amount, bp) - self.residue(*used) };
        }
        let whole = vat(price, user.rate_bp);
        let settled = if price == 0 { 0 } else { (2 * whole * (price - left) + price) / (2 * price) };
        settled - whole + relieved
    }

    /// What rounding leaves on the voucher when all is used: the last use takes it.
    fn residue(&self, used: Used) -> i64 {
        let (uses, bp) = (self.uses(used.voucher), self.sold[used.voucher].rate_bp);
        let net = |gross: i64| gross - vat(gross, bp);
        let last = uses.iter().map(|used| used.at).max() == Some(used.at);
        if !last || self.issued(used.voucher) != self.used(used.voucher) {
            return 0;
        }
        net(self.issued(used.voucher)) - uses.iter().map(|used| net(used.amount)).sum::<i64>()
    }
}

/// The journal in the terms of the model; what is zero is there too.
fn booked(daemon: &TestDaemon) -> BTreeMap<&'static str, i64> {
    let mut sums = BTreeMap::from([("clearing", 0), ("income", 0), ("liability", 0), ("receivable", 0), ("vat", 0)]);
    for (account, minor) in daemon.balances("museum") {
        let name = match account.split(':').collect::<Vec<_>>()[..] {
            ["assets", "clearing", ..] => "clearing",
            ["assets", "receivable"] => "receivable",
            ["liabilities", "vat", _] => "vat",
            ["liabilities", "voucher", ..] => "liability",
            ["income", _] => "income",
            _ => panic!("an account that nothing here posts to: {account}"),
        };
        *sums.get_mut(name).expect("named above") += minor;
    }
    sums
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

on_both_engines!(money_tax_and_liability_are_counted_once_over_the_life_of_a_voucher, async |database| {
    let first = setting("TICKETLEDGER_HISTORY_SEED", 1);
    for seed in first..first + setting("TICKETLEDGER_HISTORY_RUNS", 3) {
        println!("TICKETLEDGER_HISTORY_SEED={seed}");
        let mut random = Random::new(seed);
        let mut world = World::new(&mut random);
        let database = TestDatabase::new(database.engine).expect("a database for a history");
        let daemon = TestDaemon::start(&database).await;
        for number in 0..world.sold.len() {
            daemon.accepted("museum", world.seller(number)).await;
        }
        for step in 0..STEPS {
            daemon.clock.advance_milliseconds(60_000);
            daemon.deliver(world.step(&mut random)).await;
            assert_eq!(booked(&daemon), world.expected(), "step {step}");
        }
        // The same words in another order come to the same: those of the users before those of the sellers.
        let other = TestDatabase::new(database.engine).expect("a database for the last words");
        let shuffled = TestDaemon::start(&other).await;
        for number in 0..world.users.len() {
            shuffled.accepted("museum", world.user(number)).await;
        }
        shuffled.settle().await;
        for number in (0..world.sold.len()).rev() {
            shuffled.deliver(world.seller(number)).await;
        }
        let without_refunds: i64 = world.users.iter().flat_map(|user| &user.refunded).sum();
        let mut wanted = world.expected();
        *wanted.get_mut("receivable").expect("there") -= without_refunds;
        *wanted.get_mut("liability").expect("there") += without_refunds;
        assert_eq!(booked(&shuffled), wanted);
        daemon.settle_again(&database, "state <> 'parked'").await;
        assert_eq!(booked(&daemon), world.expected(), "replayed");
        daemon.finish().await;
        shuffled.finish().await;
    }
});
