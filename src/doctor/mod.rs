//! `ticketledger doctor`: looks at a live host from outside, changes nothing, and says of each thing whether it is
//! well, and if not what to do.

mod books;
mod clock;
mod database;
mod host;
mod network;
mod probe;
mod store;
mod sweep;
mod work;

pub use self::probe::probe;

use serde::Serialize;

use crate::clock::Clock;
use crate::config::Config;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, and needs a person before long.
    Warning,
    /// Does not work.
    Failed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at. No secrets and no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What, such as `disk`.
    pub check: &'static str,
    /// Of which source; `None` when it is of all.
    pub source: Option<String>,
    pub status: Status,
    pub text: String,
    /// What to do; empty when there is nothing to do.
    pub to_do: String,
}

impl Check {
    /// All is well.
    pub fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, source: None, status: Status::Ok, text: text.into(), to_do: String::new() }
    }

    /// Something needs a person.
    pub fn warning(check: &'static str, text: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { status: Status::Warning, to_do: to_do.into(), ..Self::ok(check, text) }
    }

    /// Something does not work.
    pub fn failed(check: &'static str, text: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { status: Status::Failed, to_do: to_do.into(), ..Self::ok(check, text) }
    }

    /// The same of one source.
    #[must_use]
    pub fn of(mut self, source: &str) -> Self {
        self.source = Some(source.to_owned());
        self
    }
}

/// What to look at besides the usual.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The address under which providers reach this host, such as `https://hooks.example.com`.
    pub public_url: Option<String>,
    /// Leave out the reading of the whole SQLite file.
    pub skip_integrity: bool,
}

/// Looks at everything that the settings speak of.
pub async fn examine(config: &Config, clock: &Clock, options: &Options) -> Vec<Check> {
    let secrets: usize =
        config.sources.iter().map(|source| source.path_secrets.len() + source.oauth_clients.len()).sum();
    let text = format!("{} source(s), {secrets} sender secret(s) or client(s)", config.sources.len());
    let mut checks = vec![Check::ok("config", text)];
    if let Some(file) = config.database_file() {
        checks.extend(host::folder(&file));
    }
    let opened = database::open(config, options.skip_integrity, &mut checks);
    checks.push(clock::sane(clock));
    if let Some(visitor) = &opened {
        checks.extend(clock::beside_server(visitor, clock));
        checks.push(clock::of_rows(visitor, config, clock));
    }
    for source in config.sources.iter().filter(|source| source.can_be_swept()) {
        checks.extend(network::provider(config, source, clock, opened.is_some()).await);
    }
    checks.extend(network::daemon(config).await);
    if let Some(url) = &options.public_url {
        checks.push(network::public(url).await);
    }
    if let Some(visitor) = &opened {
        checks.extend(books::checks(visitor, config));
        checks.extend(work::checks(visitor, config, clock));
        checks.extend(sweep::checks(visitor, config, clock));
    }
    checks
}

pub fn worst(checks: &[Check]) -> Status {
    checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok)
}
