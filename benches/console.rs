//! What every page of the console costs on the server, cold and warm, in a book of a given number of orders, each with
//! its webhook and two entries over two years.
//!
//! `cargo bench --bench console -- [orders]`; PostgreSQL is measured too if `TICKETLEDGER_BENCH_URL` names an empty
//! database whose owner may switch triggers off, and it alone with `-- postgresql [orders]`.
#![expect(clippy::expect_used, clippy::float_arithmetic, reason = "a bench ends at the first fault and prints ratios")]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "see above")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest as _, Sha256};
use ticketledger::config::{self, Config};
use ticketledger::daemon::{Daemon, Options};
use ticketledger::ledger::proof::sums::write_anew;

const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The order that came over HTTP: the page of an order needs one that was really settled.
const ORDER: &str = "00000000000000000000000000000abc";
/// Times that a page is read warm; the median counts.
const WARM: usize = 5;
/// What a page may take.
const GOAL: Duration = Duration::from_millis(100);

/// Every page that people open again and again. What reads a whole book by nature is not among them: the month pack, the
/// full check of a close, and reports of an earlier state.
const PAGES: [&str; 32] = [
    "/",
    "/inbox",
    "/inbox?state=parked",
    "/inbox/parked",
    "/inbox/1",
    "/orders",
    "/orders?source=museum",
    "/orders?q=CODE500",
    "/orders?q=person500%40example.org",
    "/orders?q=lovelace500",
    "/orders/museum/00000000000000000000000000000abc",
    "/vouchers?source=museum",
    "/vouchers?q=V400",
    "/vouchers/museum/voucher/V400",
    "/findings",
    "/findings?state=acknowledged",
    "/findings?severity=low&reason=underpaid",
    "/contacts",
    "/contacts?q=lovelace5",
    "/contacts/500",
    "/books",
    "/books/trial-balance?source=museum",
    "/books/trial-balance?source=museum&period=2025",
    "/books/revenue?source=museum&period=2025-06",
    "/books/vat?source=museum&period=2025-06",
    "/books/bridge?source=museum&period=2025-06",
    "/books/payments?source=museum&period=2025",
    "/books/balances?source=museum",
    "/books/journal?source=museum&period=2025-06",
    "/books/account?source=museum&period=2025-06&account=assets%3Areceivable",
    "/books/lines?of=vat&source=museum&period=2025-06&currency=EUR&rate=1900",
    "/books/entry/museum/1001",
];

fn settings(folder: &Path, url: &str) -> Config {
    std::fs::write(folder.join("hook"), SECRET).expect("a secret");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nconsole = \"127.0.0.1:0\"\n\n[database]\nurl = \"{url}\"\n\n[[sources]]\n\
         name = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\ncountry = \"DE\"\n\
         vendor_ids = [\"{VENDOR}\"]\npath_secrets = [\"file:{}\"]\n",
        folder.join("hook").display()
    );
    let file = folder.join("ticketledger.toml");
    std::fs::write(&file, text).expect("the settings");
    config::load(Some(&file), &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A connection of our own, for what no program of ours does.
enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Raw {
    fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => Self::Sqlite(SqliteConnection::establish(path).expect("the file opens")),
            None => Self::Postgres(PgConnection::establish(url).expect("the server answers")),
        }
    }

    fn execute(&mut self, sql: &str) {
        let done = match self {
            Self::Sqlite(connection) => connection.batch_execute(sql),
            Self::Postgres(connection) => connection.batch_execute(sql),
        };
        done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// From here on the database takes what it is given: the rows of a bench have no chain of hashes.
    fn trust(&mut self) {
        match self {
            Self::Sqlite(connection) => {
                // The daemon that made it may still be writing its log back.
                connection.batch_execute("PRAGMA busy_timeout = 10000").expect("a setting");
                let query = diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'trigger'");
                let triggers: Vec<Name> = query.load(connection).expect("the schema");
                let drops: String = triggers.iter().map(|trigger| format!("DROP TRIGGER {};", trigger.name)).collect();
                self.execute(&format!("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; {drops}"));
            }
            Self::Postgres(_) => self.execute("SET session_replication_role = replica; SET synchronous_commit = off"),
        }
    }

    /// The words in which the engines differ: numbers from 1 on, hexadecimal, a day after another, bytes, the first
    /// numbers that are free.
    fn words(&self, orders: u64) -> [(&'static str, String); 5] {
        match self {
            Self::Sqlite(_) => [
                (
                    "{series}",
                    format!(
                        "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {orders}) \
                             SELECT n FROM s) s"
                    ),
                ),
                ("{id}", "printf('%08x%08x', (n * 2654435761) % 4294967296, n)".to_owned()),
                ("{hash}", "printf('%032x%032x', 7, n)".to_owned()),
                ("{day}", format!("date('2024-01-01', '+' || (n * 730 / {orders}) || ' days')")),
                ("{body}", "zeroblob(600)".to_owned()),
            ],
            Self::Postgres(_) => [
                ("{series}", format!("generate_series(1::bigint, {orders}) AS s(n)")),
                ("{id}", "lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || lpad(to_hex(n), 8, '0')".to_owned()),
                ("{hash}", "lpad('7', 32, '0') || lpad(to_hex(n), 32, '0')".to_owned()),
                ("{day}", format!("(DATE '2024-01-01' + CAST(n * 730 / {orders} AS integer))")),
                ("{body}", "decode(repeat('00', 600), 'hex')".to_owned()),
            ],
        }
    }

    fn fill(&mut self, orders: u64) {
        let words = self.words(orders);
        let noon = match self {
            Self::Sqlite(_) => "{day} || ' 12:00:00'",
            Self::Postgres(_) => "CAST({day} AS timestamp) + interval '12 hours'",
        };
        for statement in STATEMENTS {
            let sql = words.iter().fold(statement.replace("{noon}", noon), |sql, (word, text)| sql.replace(word, text));
            self.execute(&sql);
        }
        self.analyze();
    }

    /// What autovacuum does within a minute, and statistics of the schema do on SQLite.
    fn analyze(&mut self) {
        if matches!(self, Self::Postgres(_)) {
            self.execute("VACUUM ANALYZE");
        }
    }
}

/// An order of 20.00 at 19 %, paid but for every fiftieth, with a customer of its own; a voucher and a finding for some.
const STATEMENTS: [&str; 14] = [
    "INSERT INTO inbox_events (id, source, kind, entity, received_at, method, headers, body, body_sha256, state, reason,
        attempts, due_at, finished_at)
     SELECT n + 1000, 'museum', 'order', 'order:' || {id}, {noon}, 'PATCH', '{}', {body}, {hash},
        CASE WHEN n % 1000 = 0 THEN 'parked' ELSE 'done' END, CASE WHEN n % 1000 = 0 THEN 'bad_amount' END, 1, {noon},
        {noon} FROM {series}",
    "INSERT INTO order_snapshots SELECT 'museum', n + 1000, {id}, n + 1000, NULL, 'delivery', {noon}, '{}', {hash}
     FROM {series}",
    "INSERT INTO accounts (source, code, kind) SELECT 'museum', 'assets:clearing:Card', 'asset'
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE code = 'assets:clearing:Card')",
    "INSERT INTO event_titles (source, event_key, event_id, title, version)
     SELECT 'museum', 'E' || n, 'E' || n, 'Event ' || n, 1 FROM {series} WHERE n <= 200",
    "INSERT INTO journal_entries
     SELECT 'museum', 2 * n + 999, 'post', 'sale.ticket', {id}, n + 1000, 'sale:' || n, 'h', NULL, 'new', 'EUR', {noon},
        'order_date', {day}, {noon}, n + 1000, 1, 3, 's' || n, 1, {hash}, 'a' || substr({hash}, 2) FROM {series}",
    "INSERT INTO journal_entries
     SELECT 'museum', 2 * n + 1000, 'post', 'payment', {id}, n + 1000, 'payment:' || n, 'h', NULL, 'new', 'EUR', {noon},
        'payment_date', {day}, {noon}, n + 1000, 1, 2, 'p' || n, 1, {hash}, 'b' || substr({hash}, 2)
     FROM {series} WHERE n % 50 <> 0",
    "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, order_id, line_key,
        item_kind, event_id, event_key, vat_bp, qty)
     SELECT 'museum', 2 * n + 999, line, CASE line WHEN 1 THEN 'assets:receivable' WHEN 2 THEN 'income:tickets'
        ELSE 'liabilities:vat:1900' END, 'EUR', CASE line WHEN 1 THEN 2000 WHEN 2 THEN -1681 ELSE -319 END, {id}, 'key',
        'ticket', 'E' || (n % 200 + 1), 'E' || (n % 200 + 1), 1900, CASE line WHEN 2 THEN 1 END
     FROM {series}, (SELECT 1 AS line UNION ALL SELECT 2 UNION ALL SELECT 3) l",
    "INSERT INTO postings (source, entry_no, line_no, account_code, currency, amount_minor, order_id, line_key,
        item_kind, payment_id, payment_method)
     SELECT 'museum', 2 * n + 1000, line, CASE line WHEN 1 THEN 'assets:clearing:Card' ELSE 'assets:receivable' END,
        'EUR', CASE line WHEN 1 THEN 2000 ELSE -2000 END, {id}, 'key', 'payment', 'm' || n, 'Card'
     FROM {series}, (SELECT 1 AS line UNION ALL SELECT 2) l WHERE n % 50 <> 0",
    "INSERT INTO orders (source, order_id, order_code, status, currency, ordered_at, contact_id, versions,
        first_event_id, first_snapshot_no, last_snapshot_no)
     SELECT 'museum', {id}, 'CODE' || n, 'accepted', 'EUR', {noon}, n + 100, '{}', n + 1000, n + 1000, n + 1000
     FROM {series}",
    "INSERT INTO payments SELECT 'museum', {id}, 'm' || n, 'Card', 'EUR', 2000, {noon}, 'current' FROM {series}",
    "INSERT INTO contacts (contact_id, source, match_key, version, name, email)
     SELECT n + 100, 'museum', 'email:person' || n || '@example.org', 1, 'Ada Lovelace' || n,
        'person' || n || '@example.org' FROM {series}",
    "INSERT INTO contact_orders SELECT 'museum', {id}, n + 100 FROM {series}",
    "INSERT INTO vouchers (source, class, voucher_id, regime, origin, state, face_minor, currency, purchase_order_id,
        code_last4) SELECT 'museum', 'voucher', 'V' || n, 'mpv', 'sale', 'live', 2000, 'EUR', {id}, 'ABCD'
     FROM {series} WHERE n % 20 = 0",
    "INSERT INTO findings (fingerprint, source, order_id, reason, severity, currency, expected_minor, actual_minor,
        difference_minor, evidence, first_seen, last_seen, state)
     SELECT {hash}, 'museum', {id}, CASE n % 100 WHEN 50 THEN 'underpaid' ELSE 'schema_extra_field' END,
        CASE n % 100 WHEN 50 THEN 'medium' ELSE 'low' END, 'EUR', 2000, 0, -2000, 'Nothing was paid.', {noon}, {noon},
        CASE WHEN n % 3 = 0 THEN 'acknowledged' ELSE 'open' END FROM {series} WHERE n % 50 = 0",
];

async fn measure(name: &str, folder: &Path, url: &str, orders: u64) {
    let config = settings(folder, url);
    let daemon = Daemon::start(config.clone(), Options::default()).await.expect("the daemon starts");
    let seed = include_str!("../tests/fixtures/bookingkit/paid_order.json");
    let mut order: serde_json::Value = serde_json::from_str(seed).expect("the seed order");
    order["id"] = ORDER.into();
    let client = reqwest::Client::new();
    let address = format!("http://{}/webhooks/museum/{SECRET}", daemon.public());
    let answer = client.post(address).body(order.to_string()).send().await.expect("an answer");
    assert!(answer.status().is_success());
    tokio::time::sleep(Duration::from_secs(2)).await;
    daemon.stop().await.expect("the daemon stops");
    let begun = Instant::now();
    let mut raw = Raw::open(url);
    raw.trust();
    raw.fill(orders);
    let database = ticketledger::db::Database::open(url, ticketledger::db::Role::Command).expect("it opens");
    write_anew(&database, Some("museum")).expect("the sums");
    raw.analyze();
    let token = "bench";
    let hash = hex::encode(Sha256::digest(token.as_bytes()));
    raw.execute(&format!(
        "INSERT INTO console_users VALUES ('bench', 'admin', '$argon2id$none', '2025-01-01 00:00:00',
            '2025-01-01 00:00:00');
         INSERT INTO console_sessions VALUES ('{hash}', 'bench', '2025-01-01 00:00:00', '2099-01-01 00:00:00',
            '2099-01-01 00:00:00', '127.0.0.1', 'bench')"
    ));
    drop((raw, database));
    println!("\n{name}, {orders} orders (filled in {:.0} s)", begun.elapsed().as_secs_f64());
    let options = Options { work: false, ..Options::default() };
    let daemon = Daemon::start(config, options).await.expect("the daemon starts");
    let base = format!("http://{}", daemon.console());
    let mut slow = 0;
    for page in PAGES {
        let mut times = Vec::new();
        for _ in 0..=WARM {
            let begun = Instant::now();
            let request = client.get(format!("{base}{page}")).header("cookie", format!("__Host-tl={token}"));
            let answer = request.header("accept", "text/html").send().await.expect("an answer");
            let status = answer.status();
            let text = answer.text().await.expect("a body");
            times.push(begun.elapsed());
            assert!(status.is_success(), "{page}: {status} {text}");
        }
        let cold = times.first().copied().unwrap_or_default();
        let mut warm = times.split_off(1);
        warm.sort_unstable();
        let warm = warm.get(WARM / 2).copied().unwrap_or_default();
        let mark = if cold.max(warm) > GOAL { "SLOW" } else { "" };
        slow += usize::from(cold.max(warm) > GOAL);
        println!("{:>8.1} ms cold {:>8.1} ms warm  {page} {mark}", cold.as_secs_f64() * 1e3, warm.as_secs_f64() * 1e3);
    }
    println!("{slow} of {} pages take more than {} ms", PAGES.len(), GOAL.as_millis());
    daemon.stop().await.expect("the daemon stops");
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let orders: u64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir_in("target").expect("a folder in target");
    let path = std::path::absolute(folder.path()).expect("a path").join("console.db");
    if !arguments.iter().any(|argument| argument == "postgresql") {
        measure("SQLite", folder.path(), &format!("sqlite:{}", path.display()), orders).await;
    }
    if let Ok(url) = std::env::var("TICKETLEDGER_BENCH_URL") {
        measure("PostgreSQL", folder.path(), &url, orders).await;
    }
}
