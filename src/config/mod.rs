//! The settings, validated and with their secrets resolved.

mod alerts;
mod api;
mod build;
mod console;
mod database;
mod environment;
mod exports;
mod load;
mod policy;
mod problem;
mod read;
mod retention;
mod secret;
mod source;
mod summary;
mod sweep;
mod sweep_cost;
mod tree;
mod unique;
mod vat;
mod warning;

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use secrecy::{ExposeSecret as _, SecretString};

use crate::order::Provider;
use crate::policy::DatedPolicy;

pub use self::console::{Console, HeaderSignIn, Network, Role};
pub use self::environment::environment;
pub use self::exports::{AccountRule, Chart, Datev, Exports, VatSplit};
pub use self::load::{load, load_with_warnings};
pub use self::problem::{Problem, Problems};
pub use self::secret::address;
pub use self::summary::{summary, without_password};
pub use self::sweep::Sweep;
pub use self::sweep_cost::Cost;

/// The commented default file: `ticketledger config example`.
pub const EXAMPLE: &str = include_str!("example.toml");

#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    /// `database.url`: `sqlite:PATH` or `postgres://…`. May hold a password, hence secret.
    pub database_url: SecretString,
    /// `database.expect`: whether the daemon may make a database.
    pub database_expect: Expect,
    /// Bounds that an operator may move.
    pub limits: Limits,
    pub worker: Worker,
    /// What is no longer needed, and when.
    pub retention: Retention,
    /// Whom to tell when something needs a person.
    pub alerts: Alerts,
    /// Who may sign in to the console.
    pub console: Console,
    /// The accounts, each with a book of its own.
    pub sources: Vec<Source>,
}

impl Config {
    /// Where the database is, if it is a file.
    pub fn database_file(&self) -> Option<PathBuf> {
        let path = self.database_url.expose_secret().strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.trim_start_matches("//")))
    }

    /// Where the hashes of closes are kept, unless the operator names another file: beside the database, else where the
    /// program runs.
    pub fn anchor_file(&self) -> PathBuf {
        let beside = |path: PathBuf| path.with_added_extension("anchors.jsonl");
        self.database_file().map_or_else(|| PathBuf::from("ticketledger.anchors.jsonl"), beside)
    }

    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }
}

/// What the daemon expects to find at `database.url`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// A database, or nothing: then it makes one.
    #[default]
    Anything,
    /// A database that was used before; none, or an empty one, means that something is wrong.
    Existing,
}

impl Expect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Existing => "existing",
        }
    }
}

/// Where the daemon listens.
#[derive(Clone, Debug)]
pub struct Server {
    /// Public: deliveries and the token endpoint.
    pub listen: SocketAddr,
    /// Private: readiness, metrics, console.
    pub console: SocketAddr,
    /// Names by which the console may be asked for, besides addresses and the names of this machine.
    pub console_names: Vec<String>,
}

/// Bounds that an operator may move.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest body of a delivery, in bytes.
    pub body_bytes: usize,
    /// Deliveries per second and source; more are answered 429.
    pub requests_per_second: u32,
}

#[derive(Clone, Debug)]
pub struct Worker {
    /// Tasks that claim and settle.
    pub workers: usize,
    /// Attempts before an event is parked.
    pub attempts: i32,
    /// First delay after a transient failure, in milliseconds; doubles from there.
    pub retry_initial_milliseconds: i64,
    /// Longest delay between attempts, in milliseconds.
    pub retry_max_milliseconds: i64,
}

/// After how many days what is no longer needed is taken; 0 = never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Whether the daemon does it by itself.
    pub automatic: bool,
    /// Bodies of deliveries that were applied.
    pub done_days: i64,
    /// Bodies of deliveries that were older than what was known.
    pub superseded_days: i64,
    /// Bodies of parked deliveries: they can never be replayed then.
    pub parked_days: i64,
    /// Bytes fetched from a provider's API.
    pub documents_days: i64,
    pub attempts_days: i64,
}

/// Whom to tell when something needs a person, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Program and arguments that each notice is handed to; empty = none.
    pub command: Vec<String>,
    /// Addresses that get each notice by mail; empty = none.
    pub mail_to: Vec<String>,
    pub sendmail: String,
    /// How long the command, or the mail program, may take.
    pub timeout_seconds: u64,
    /// Age from which on a waiting event is an alert, in seconds.
    pub backlog_seconds: i64,
}

impl Default for Alerts {
    /// No notice is sent; alerts are detected all the same.
    fn default() -> Self {
        Self {
            command: Vec::new(),
            mail_to: Vec::new(),
            sendmail: "/usr/sbin/sendmail".to_owned(),
            timeout_seconds: 30,
            backlog_seconds: 900,
        }
    }
}

/// One account of one provider.
#[derive(Clone, Debug)]
pub struct Source {
    /// The `{source}` in the webhook address: `[a-z0-9-]`.
    pub name: String,
    /// Who sends.
    pub provider: Provider,
    /// The accounting day is this zone's.
    pub timezone: Tz,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// Accepted vendors of a bookingkit source.
    pub vendor_ids: Vec<String>,
    pub path_secrets: Vec<SecretString>,
    /// Clients that may ask for a token.
    pub oauth_clients: Vec<OauthClient>,
    /// Where the bookings of a Ticketpark source are read.
    pub api: Option<Api>,
    /// Where a bookingkit source is asked what changed.
    pub orders_api: Option<OrdersApi>,
    pub sweep: Sweep,
    /// Dated VAT rates of a Ticketpark source, in the order of the file.
    pub vat_rules: Vec<VatRule>,
    /// How its book is kept, in the order of their days; none = the default.
    pub policies: Vec<DatedPolicy>,
    /// First local day of its book; `None` = everything that is told belongs in it.
    pub books_from: Option<NaiveDate>,
    /// Hours without a delivery that are too many: `None` = learnt from the past, 0 = never.
    pub silence_hours: Option<i64>,
    /// What its exports need.
    pub exports: Exports,
}

impl Source {
    /// Whether its provider can be asked what changed.
    pub fn can_be_swept(&self) -> bool {
        self.api.is_some() || self.orders_api.is_some()
    }

    /// A source to which nobody can deliver yet, with default policies.
    pub fn new(name: &str, provider: Provider, timezone: Tz, country: &str) -> Self {
        Self {
            name: name.to_owned(),
            provider,
            timezone,
            country: country.to_owned(),
            vendor_ids: Vec::new(),
            path_secrets: Vec::new(),
            oauth_clients: Vec::new(),
            api: None,
            orders_api: None,
            sweep: Sweep::usual(provider),
            vat_rules: Vec::new(),
            policies: Vec::new(),
            books_from: None,
            silence_hours: None,
            exports: Exports::default(),
        }
    }
}

/// A client of our token endpoint.
#[derive(Clone, Debug)]
pub struct OauthClient {
    pub id: String,
    pub secrets: Vec<SecretString>,
}

#[derive(Clone, Debug)]
pub struct Api {
    /// Without a trailing slash; `http://` on loopback only.
    pub base_url: String,
    /// From Ticketpark's support.
    pub client_key: SecretString,
    /// From Ticketpark's support.
    pub client_secret: SecretString,
    /// Those before it, which only open what was sealed with them.
    pub earlier_client_secrets: Vec<SecretString>,
    /// A back-office login; `None` = a first login by command.
    pub username: Option<SecretString>,
    pub password: Option<SecretString>,
}

impl Api {
    /// Whether both reach the same account in the same way.
    pub fn is_same(&self, other: &Self) -> bool {
        let secrets = |api: &Self| {
            let all = [&api.client_key, &api.client_secret].into_iter().chain(&api.earlier_client_secrets);
            all.map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
        };
        let login =
            |api: &Self| [&api.username, &api.password].map(|part| Some(part.as_ref()?.expose_secret().to_owned()));
        self.base_url == other.base_url && secrets(self) == secrets(other) && login(self) == login(other)
    }
}

/// How bookingkit's API is reached.
#[derive(Clone, Debug)]
pub struct OrdersApi {
    /// Without a trailing slash and without the version; `http://` on loopback only.
    pub base_url: String,
    /// From bookingkit's support.
    pub client_id: String,
    /// From bookingkit's support.
    pub client_secret: SecretString,
    /// Those before it, which only open what was sealed with them.
    pub earlier_client_secrets: Vec<SecretString>,
}

/// A dated VAT rate. A key that is `None` or `*` matches everything.
#[derive(Clone, Debug)]
pub struct VatRule {
    /// First local day of the show for which it holds.
    pub from: NaiveDate,
    pub event: Option<String>,
    pub price: Option<String>,
    pub host: Option<String>,
    /// Rate in basis points; 0 is a known rate.
    pub rate_bp: i32,
}

impl VatRule {
    /// What it names, as event, price and host; `*` names nothing.
    pub fn names(&self) -> [Option<&str>; 3] {
        [&self.event, &self.price, &self.host].map(|key| key.as_deref().filter(|name| *name != "*"))
    }
}
