//! A whole daemon under test: real sockets, a real database, a stand-in for Ticketpark, and a clock that stands still.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use secrecy::SecretString;
use serde_json::{Value, json};
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::cluster::Presence;
use ticketledger::config::{
    Alerts, Config, Console as ConsoleSettings, Expect, Limits, OauthClient, Retention, Server, Source, VatRule, Worker,
};
use ticketledger::daemon::{Daemon, Options};
use ticketledger::db::Database;
use ticketledger::demo::stand_in::StandIn;
use ticketledger::inbox::operator::{self, Reason, Replayed, Selection};
use ticketledger::inbox::store;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close};
use ticketledger::ledger::proof::verify::{Verdict, verify};
use ticketledger::limits;
use ticketledger::monitor::Notice;
use ticketledger::order::Provider;
use ticketledger::provider::classify_by_name;
use ticketledger::worker::{self, Probe};

use super::db::TestDatabase;
use super::vat::check_vat_dates;

/// The vendor of both seed orders.
pub(crate) const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// The first seed order, as received.
pub(crate) const PAID_ORDER: &str = include_str!("../../fixtures/bookingkit/paid_order.json");
/// The second seed order, as received.
pub(crate) const UNIFIED_EXAMPLE: &str = include_str!("../../fixtures/bookingkit/unified_example.json");

/// A daemon with a bookingkit source `museum` and a Ticketpark source `theatre`. Nothing is worked on before
/// [`TestDaemon::settle`].
pub(crate) struct TestDaemon {
    pub(crate) daemon: Daemon,
    pub(crate) stand_in: StandIn,
    pub(crate) clock: Clock,
    client: reqwest::Client,
    config: Config,
}

/// An instant, written as in the payloads.
pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is no instant"))
}

fn config(url: &str, stand_in: &StandIn) -> Config {
    let source = |name: &str, provider, timezone, country: &str| Source {
        path_secrets: vec![SecretString::from(format!("{name}-secret"))],
        ..Source::new(name, provider, timezone, country)
    };
    let rule = VatRule {
        from: chrono::NaiveDate::from_ymd_opt(2018, 1, 1).expect("a date"),
        event: None,
        price: None,
        host: None,
        rate_bp: 260,
    };
    let museum = Source {
        vendor_ids: vec![VENDOR.to_owned()],
        oauth_clients: vec![OauthClient {
            id: "bookingkit".to_owned(),
            secrets: vec![SecretString::from("client-secret")],
        }],
        ..source("museum", Provider::Bookingkit, chrono_tz::Europe::Berlin, "DE")
    };
    let theatre = Source {
        api: Some(stand_in.api()),
        vat_rules: vec![rule],
        ..source("theatre", Provider::Ticketpark, chrono_tz::Europe::Zurich, "CH")
    };
    Config {
        server: Server {
            listen: "127.0.0.1:0".parse().expect("an address"),
            console: "127.0.0.1:0".parse().expect("an address"),
            console_names: Vec::new(),
        },
        database_url: SecretString::from(url),
        database_expect: Expect::default(),
        limits: Limits { body_bytes: 1_048_576, requests_per_second: 100_000 },
        worker: Worker {
            workers: 2,
            attempts: 4,
            retry_initial_milliseconds: 5_000,
            retry_max_milliseconds: 3_600_000,
        },
        retention: Retention::default(),
        alerts: Alerts::default(),
        console: ConsoleSettings::default(),
        sources: vec![museum, theatre],
    }
}

impl TestDaemon {
    /// Started at noon UTC on 11 November 2025, three hours before the first seed order is paid.
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |_| {}, Arc::new(|_| {})).await
    }

    pub(crate) async fn start_with(database: &TestDatabase, change: impl FnOnce(&mut Config), probe: Probe) -> Self {
        let clock = Clock::manual(at("2025-11-11T12:00:00Z"));
        let stand_in = StandIn::start(clock.clone()).await.expect("the stand-in starts");
        let mut config = config(&database.url, &stand_in);
        change(&mut config);
        Self::start_again(config, stand_in, clock, probe, false).await
    }

    async fn start_again(config: Config, stand_in: StandIn, clock: Clock, probe: Probe, work: bool) -> Self {
        let options = Options { clock: clock.clone(), work, probe, ..Options::default() };
        let daemon = Daemon::start(config.clone(), options).await.expect("the daemon starts");
        Self { daemon, stand_in, clock, client: reqwest::Client::new(), config }
    }

    /// Another daemon beside it: the same settings and the same clock, all else its own. Works only when told to.
    pub(crate) async fn beside(&self) -> Daemon {
        let options = Options { clock: self.clock.clone(), work: false, ..Options::default() };
        Daemon::start(self.config.clone(), options).await.expect("the daemon starts")
    }

    /// Stops the daemon and starts another on the same database, with changed settings.
    pub(crate) async fn restart(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { daemon, stand_in, clock, mut config, .. } = self;
        daemon.stop().await.expect("the daemon stops");
        change(&mut config);
        Self::start_again(config, stand_in, clock, Arc::new(|_| {}), false).await
    }

    /// The same with workers that run by themselves, as those of an operator do.
    pub(crate) async fn restart_working(self) -> Self {
        let Self { daemon, stand_in, clock, config, .. } = self;
        daemon.stop().await.expect("the daemon stops");
        Self::start_again(config, stand_in, clock, Arc::new(|_| {}), true).await
    }

    /// Sends a body as the provider would, and answers status and answer.
    pub(crate) async fn post(&self, source: &str, body: impl Into<String>) -> (u16, Value) {
        let address = format!("http://{}/webhooks/{source}/{source}-secret", self.daemon.public());
        let answer = self.client.post(address).body(body.into()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Sends a body that must be accepted, and answers the number of its event.
    pub(crate) async fn accepted(&self, source: &str, body: impl Into<String>) -> i64 {
        let (status, answer) = self.post(source, body).await;
        assert_eq!((status, &answer["status"]), (200, &json!("accepted")), "{answer}");
        answer["event"].as_i64().expect("the number of the event")
    }

    /// Sends a body that must be stored and parked, and answers the reason.
    pub(crate) async fn parked(&self, source: &str, body: impl Into<String>) -> String {
        let (status, answer) = self.post(source, body).await;
        assert_eq!((status, &answer["status"]), (202, &json!("parked")), "{answer}");
        answer["reason"].as_str().expect("a reason").to_owned()
    }

    /// Sends a Ticketpark webhook that must be accepted.
    pub(crate) async fn ticketpark(&self, kind: &str, payload: Value) -> i64 {
        self.accepted("theatre", json!({ "type": kind, "payload": payload }).to_string()).await
    }

    /// Sends a bookingkit order that must be accepted, and works on it.
    pub(crate) async fn deliver(&self, body: impl Into<String>) -> i64 {
        let event = self.accepted("museum", body).await;
        self.settle().await;
        event
    }

    /// Lets the clock stand at an instant to come.
    pub(crate) fn set_clock(&self, instant: &str) {
        self.clock.advance_milliseconds(at(instant).milliseconds_since(self.clock.now()));
    }

    /// Works on all that is due now.
    pub(crate) async fn settle(&self) {
        self.daemon.run_until_idle().await;
    }

    /// Looks at the database as the daemon does every few seconds, and answers what was told.
    pub(crate) async fn observe(&self) -> Vec<Notice> {
        self.daemon.observe().await
    }

    /// Works once more on the events that an SQL condition chooses, as after `inbox replay`.
    pub(crate) async fn settle_again(&self, database: &TestDatabase, chosen: &str) {
        database.execute(&format!(
            "UPDATE inbox_events SET state = 'pending', attempts = 0, due_at = received_at, reason = NULL, \
             finished_at = NULL WHERE {chosen}"
        ));
        self.settle().await;
    }

    /// Closes a month that is over, whatever is parked or found.
    pub(crate) fn close_month(&self, database: &TestDatabase, month: &str) {
        database.execute("UPDATE findings SET state = 'acknowledged' WHERE state = 'open' AND severity = 'high'");
        let request = Request {
            month: Month::parse(month).expect("a month"),
            soft: false,
            force: true,
            reason: Reason { actor: "test".to_owned(), why: "month end".to_owned() },
        };
        let closing = close(self.database(), &self.clock, "museum", &request, Settings::default()).expect("a look");
        let blockers: Vec<&str> = closing.blockers.iter().map(|blocker| blocker.detail.as_str()).collect();
        assert_eq!((closing.result, blockers), ("closed", vec![]));
    }

    /// Lets time pass, and works on what becomes due by it.
    pub(crate) async fn settle_after_seconds(&self, seconds: i64) {
        self.clock.advance_milliseconds(seconds * 1000);
        self.settle().await;
    }

    /// Another pool of workers on the same database, with its own circuit breakers and tokens, as in another daemon.
    pub(crate) fn another_pool(&self, probe: Probe) -> worker::Worker {
        let wake = Arc::new(tokio::sync::Notify::new());
        // A daemon that starts on a SQLite file knows that it is alone, and takes all work over.
        let presence = match self.database().is_embedded() {
            true => self.daemon.presence().clone(),
            false => Presence::register(self.database().clone(), self.clock.clone()).expect("a place"),
        };
        worker::Worker::new(self.database().clone(), self.clock.clone(), &self.config, wake, probe, presence)
            .expect("a pool")
    }

    /// Claims all that is due, as a worker does that dies before it ends its claim.
    pub(crate) fn claim_and_die(&self) {
        let now = self.clock.now();
        let until = now.plus_milliseconds(i64::try_from(limits::LEASE.as_millis()).expect("a lease"));
        let claim = |source| {
            let claimed = self
                .database()
                .transaction("claim", |connection| store::claim(connection, "dead", now, until, source, 1000));
            claimed.expect("the claim works").len()
        };
        assert!(claim("museum") + claim("theatre") > 0);
    }

    /// Sets events back as `ticketledger inbox replay` does.
    pub(crate) fn replay(&self, ids: &[i64]) -> Replayed {
        let reason = Reason { actor: "test".to_owned(), why: "to see".to_owned() };
        operator::replay(
            self.database(),
            &self.clock,
            &classify_by_name(&self.config.sources),
            &Selection::Ids(ids.to_vec()),
            &reason,
            None,
            |_| {},
        )
        .expect("the replay works")
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn database(&self) -> &Database {
        self.daemon.database()
    }

    /// Rows of a query whose columns are joined into one text named `line`.
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        lines(self.database(), sql)
    }

    /// Rows of a query by their columns; NULL is `-`.
    pub(crate) fn rows(&self, columns: &[&str], from: &str) -> Vec<Row> {
        rows(self.database(), columns, from)
    }

    /// Balance of every account of a source in its one currency, zero balances left out.
    pub(crate) fn balances(&self, source: &str) -> BTreeMap<String, i64> {
        balances(self.database(), source)
    }

    /// Balance of every account for one bookingkit order, zero balances left out.
    pub(crate) fn balances_of(&self, order: &str) -> BTreeMap<String, i64> {
        let from = format!("FROM v_gl WHERE order_id = '{order}' GROUP BY account HAVING SUM(amount_minor) <> 0");
        by_account(self.rows(&["account", "SUM(amount_minor)"], &from))
    }

    /// Entries of one order as `booking date kind atom (reason)`, from the `after`-th on.
    pub(crate) fn booked(&self, order: &str, after: usize) -> Vec<String> {
        let all = self.lines(&format!(
            "SELECT booking_date || ' ' || kind || ' ' || atom_key || ' (' || reason_code || ')' AS line \
             FROM journal_entries WHERE order_id = '{order}' ORDER BY entry_no"
        ));
        all[after..].to_vec()
    }

    /// Columns of a view, sorted; NULL is `-`.
    pub(crate) fn view(&self, name: &str, columns: &[&str]) -> Vec<Row> {
        self.view_where(name, columns, "")
    }

    /// The same of the rows that an SQL condition leaves.
    pub(crate) fn view_where(&self, name: &str, columns: &[&str], condition: &str) -> Vec<Row> {
        let mut rows = self.rows(columns, &format!("FROM {name} {condition}"));
        rows.sort();
        rows
    }

    /// One column of a view, sorted; NULL is `-`.
    pub(crate) fn column(&self, view: &str, column: &str) -> Vec<String> {
        self.view(view, &[column]).concat()
    }

    /// All entries of a source's only book, in their order. `said` are the columns of an entry to be compared.
    pub(crate) fn journal(&self, said: &[&str]) -> Vec<Entry> {
        self.journal_where(said, "1 = 1")
    }

    /// Entries of one order, from the `after`-th on: their day, whether they post or reverse, and what happened.
    pub(crate) fn journal_of(&self, order: &str, after: usize) -> Vec<Entry> {
        let said = ["booking_date", "kind", "event_type"];
        self.journal_where(&said, &format!("e.order_id = '{order}'")).split_off(after)
    }

    fn journal_where(&self, said: &[&str], condition: &str) -> Vec<Entry> {
        let said: Vec<String> = said.iter().map(|column| format!("e.{column}")).collect();
        let number = ["e.source", "e.entry_no"];
        let columns: Vec<&str> = number
            .into_iter()
            .chain(said.iter().map(String::as_str))
            .chain(["p.account_code", "p.amount_minor"])
            .collect();
        let from = format!(
            "FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
             WHERE {condition} ORDER BY e.source, e.entry_no, p.line_no"
        );
        let entry = |lines: &[Row]| Entry {
            said: lines[0][number.len()..columns.len() - 2].join(" "),
            lines: lines.iter().map(|line| by_account_of(&line[columns.len() - 2..])).collect(),
        };
        let lines = self.rows(&columns, &from);
        lines.chunk_by(|a, b| a[..number.len()] == b[..number.len()]).map(entry).collect()
    }

    /// State and reason of every event, in the order of their numbers.
    pub(crate) fn states(&self) -> Vec<String> {
        self.lines("SELECT state || COALESCE(' ' || reason, '') AS line FROM inbox_events ORDER BY id")
    }

    /// Number of entries of a source.
    pub(crate) fn entries(&self, source: &str) -> usize {
        self.lines(&format!("SELECT 'x' AS line FROM journal_entries WHERE source = '{source}'")).len()
    }

    /// Looks at everything that must always hold, and stops the daemon.
    pub(crate) async fn finish(self) -> Verdict {
        let verdict = check_invariants(self.database());
        self.daemon.stop().await.expect("the daemon stops");
        assert_eq!(self.stand_in.counts().writes, 0, "nothing is ever written at Ticketpark");
        verdict
    }
}

/// What must hold whenever nothing is being worked on.
pub(crate) fn check_invariants(database: &Database) -> Verdict {
    let verdict = verify(database, None).expect("the ledger can be read");
    assert_eq!(verdict.broken, None);
    let leased = lines(database, "SELECT 'event ' || id AS line FROM inbox_events WHERE lease_token IS NOT NULL");
    assert_eq!(leased, Vec::<String>::new(), "nothing is in hand");
    let unbalanced = "SELECT source || currency AS line FROM v_trial_balance GROUP BY source, currency \
         HAVING SUM(balance_minor) <> 0";
    assert_eq!(lines(database, unbalanced), Vec::<String>::new());
    // A report row outside the ledger, or a liability that no voucher explains, would be a cent without a reason.
    let receivable = "SELECT 'receivable ' || source AS line FROM \
         (SELECT source, SUM(balance_minor) total FROM v_order_balance GROUP BY source) o \
         WHERE total <> COALESCE((SELECT SUM(t.balance_minor) FROM v_trial_balance t \
             WHERE t.source = o.source AND t.account = 'assets:receivable'), 0)";
    assert_eq!(lines(database, receivable), Vec::<String>::new());
    let vouchers = "SELECT 'vouchers ' || source AS line FROM \
         (SELECT source, SUM(balance_minor) total FROM v_voucher_balance GROUP BY source) v \
         WHERE total <> -COALESCE((SELECT SUM(t.balance_minor) FROM v_trial_balance t WHERE t.source = v.source \
             AND (t.account LIKE 'liabilities:voucher:%' OR t.account = 'liabilities:flex')), 0)";
    assert_eq!(lines(database, vouchers), Vec::<String>::new());
    for basis in ["payment", "service"] {
        check_vat_dates(database, basis);
    }
    assert_eq!(super::findings::hidden_money(database), Vec::<String>::new());
    verdict
}

/// A row of a query, column after column.
pub(crate) type Row = Vec<String>;

/// A row, for comparing.
pub(crate) fn row<const N: usize>(columns: [&str; N]) -> Row {
    columns.map(str::to_owned).into()
}

/// An entry as a test compares it: some of its columns, and its lines by account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    said: String,
    lines: Vec<(String, i64)>,
}

impl Entry {
    pub(crate) fn says(&self, word: &str) -> bool {
        self.said.split(' ').any(|said| said == word)
    }
}

/// An entry, for comparing: such as `2025-11-11 post payment`, and its lines in minor units.
pub(crate) fn entry<const N: usize>(said: &str, lines: [(&str, i64); N]) -> Entry {
    let lines = lines.map(|(account, minor)| (account.to_owned(), minor)).into();
    Entry { said: said.to_owned(), lines }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Rows of a query whose columns are joined into one text named `line`.
pub(crate) fn lines(database: &Database, sql: &str) -> Vec<String> {
    let mut connection = database.reader().expect("a connection");
    let rows: Vec<Line> = ticketledger::on_engine!(&mut connection, |c| diesel::sql_query(sql).load(c))
        .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// Rows of a query by their columns, which are SQL; NULL is `-`. `from` is all that stands behind them.
pub(crate) fn rows(database: &Database, columns: &[&str], from: &str) -> Vec<Row> {
    // No text of a test has it.
    const BETWEEN: &str = "\u{1f}";
    let columns: Vec<String> = columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '-')")).collect();
    let sql = format!("SELECT {} AS line {from}", columns.join(&format!(" || '{BETWEEN}' || ")));
    lines(database, &sql).iter().map(|line| line.split(BETWEEN).map(str::to_owned).collect()).collect()
}

/// Balance of every account of a source in its one currency, zero balances left out.
pub(crate) fn balances(database: &Database, source: &str) -> BTreeMap<String, i64> {
    let from = format!("FROM v_trial_balance WHERE source = '{source}' AND balance_minor <> 0");
    by_account(rows(database, &["account", "balance_minor"], &from))
}

fn by_account(rows: Vec<Row>) -> BTreeMap<String, i64> {
    rows.iter().map(|row| by_account_of(row)).collect()
}

fn by_account_of(columns: &[String]) -> (String, i64) {
    let [account, minor] = columns else { panic!("two columns") };
    (account.clone(), minor.parse().expect("a number"))
}

/// A map of balances, for comparing.
pub(crate) fn expected<const N: usize>(accounts: [(&str, i64); N]) -> BTreeMap<String, i64> {
    accounts.map(|(account, minor)| (account.to_owned(), minor)).into()
}

/// Ten euros given back by bank wire, a part of the first seed order.
pub(crate) fn refund(date: &str) -> Value {
    json!({"id": "r1", "code": "StripeBankWire", "payment_method": "StripeBankWire", "name": "Bank wire", "value": -10,
        "type": "refund", "payment_date": date})
}

/// The first seed order with one of its two participants cancelled, and the money for it given back.
pub(crate) fn refunded(cancelled: &str, paid_back: &str) -> String {
    changed(
        PAID_ORDER,
        &[
            ("/tickets/0/participants/1/status", json!("CANCELED")),
            ("/tickets/0/participants/1/cancellation_date", json!(cancelled)),
            ("/payments/-", refund(paid_back)),
        ],
    )
}

/// A seed order with changes: JSON pointers and their new values.
pub(crate) fn changed(order: &str, changes: &[(&str, Value)]) -> String {
    let mut value: Value = serde_json::from_str(order).expect("the fixture is JSON");
    for (pointer, new) in changes {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
        match parent {
            Value::Array(list) if key == "-" => list.push(new.clone()),
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = new.clone(),
            Value::Object(map) if *new == Value::String("(absent)".to_owned()) => {
                map.remove(key);
            }
            Value::Object(map) => {
                map.insert(key.to_owned(), new.clone());
            }
            _ => panic!("{pointer} leads nowhere"),
        }
    }
    value.to_string()
}
