//! What is reached over the network: the provider, the daemon itself, and the address that senders use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::DATE;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{Check, clock};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Source};
use crate::db::{Database, Role};
use crate::session::Access;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Our own answers are far smaller.
const ANSWER_BYTES: usize = 64 * 1024;
/// A `Date` header has whole seconds, and an answer takes its time.
const DATE_EXACT_MILLISECONDS: i64 = 12_000;

fn client(url: &str) -> Result<Client, String> {
    let mut builder = Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
    if url.starts_with("http://") {
        // A proxy does not lead back to this machine.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| error.to_string())
}

/// The innermost cause, which names no address: an address may hold a secret.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { format!("no answer within {} s", TIMEOUT.as_secs()) } else { cause.to_string() }
}

/// Whether the provider answers, agrees on the time, and lets us in.
pub(super) async fn provider(config: &Config, source: &Source, clock: &Clock, database: bool) -> Vec<Check> {
    let base_url = match (&source.api, &source.orders_api) {
        (Some(api), _) => &api.base_url,
        (None, Some(api)) => &api.base_url,
        (None, None) => return Vec::new(),
    };
    let asked = match client(base_url) {
        Ok(client) => client.get(base_url).send().await.map_err(|error| cause(&error)),
        Err(error) => Err(error),
    };
    let answer = match asked {
        Ok(answer) => answer,
        Err(error) => {
            let to_do = "check the network, the firewall, and IPAddressDeny= of the service";
            let text = format!("{base_url} does not answer: {error}");
            return vec![Check::failed("provider", text, to_do).of(&source.name)];
        }
    };
    let now = clock.now();
    let mut checks = vec![Check::ok("provider", format!("{base_url} answers")).of(&source.name)];
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    if let Some(date) = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()) {
        let date = Timestamp::new(date.to_utc());
        checks.push(clock::beside("the provider's", date, now, DATE_EXACT_MILLISECONDS).of(&source.name));
    }
    if source.api.is_none() {
        // bookingkit gives one token an hour; how the last sweep ended says whether it lets us in.
        return checks;
    }
    checks.push(if database {
        login(config, source, clock).await.of(&source.name)
    } else {
        let to_do = "fix the database first; the login is stored there";
        Check::warning("login", "skipped, because the database cannot be used", to_do).of(&source.name)
    });
    checks
}

/// Reads a booking that there cannot be, as the daemon reads those that there are. A token that has ended is renewed by
/// that, as the daemon would renew it.
async fn login(config: &Config, source: &Source, clock: &Clock) -> Check {
    let to_do =
        format!("if this persists, run `ticketledger login {}`, or check the API keys of the source", source.name);
    let url = config.database_url.clone();
    let opened = tokio::task::spawn_blocking(move || Database::open(url.expose_secret(), Role::Command)).await;
    let access = match opened {
        Ok(Ok(database)) => Access::new(database, clock.clone(), source).map_err(|error| error.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match access {
        Err(error) => Check::failed("login", error, to_do),
        Ok(access) => match access.get_booking("0").await {
            Ok(_) => Check::ok("login", "the provider grants access"),
            Err(failure) => Check::failed("login", failure.to_string(), to_do),
        },
    }
}

/// The way to a listener of this machine: one that listens on every address is reached on this machine's own.
fn local(address: SocketAddr) -> Option<String> {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    // Port 0 is another one at each start.
    (address.port() != 0).then(|| format!("http://{}", SocketAddr::new(ip, address.port())))
}

/// Whether the daemon takes deliveries, and is ready.
pub(super) async fn daemon(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    match local(config.server.listen) {
        None => checks.push(Check::ok("webhook", "skipped: server.listen has no fixed port")),
        Some(base) => {
            let to_do = "start the daemon: `systemctl start ticketledger`; its log says why it does not run";
            checks.push(healthz(&base, to_do).await);
        }
    }
    if let Some(base) = local(config.server.console) {
        checks.push(readyz(&base).await);
    }
    checks
}

/// Whether senders reach the daemon from outside.
pub(super) async fn public(url: &str) -> Check {
    let to_do = "check the DNS record, the certificate, and the proxy, which must forward /webhooks/, /oauth/token \
                 and /healthz";
    healthz(url.trim_end_matches('/'), to_do).await
}

async fn get(url: &str) -> Result<(u16, Value), String> {
    let mut answer = client(url)?.get(url).send().await.map_err(|error| cause(&error))?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    // Whoever answers there need not be ours, and may never end.
    while bytes.len() <= ANSWER_BYTES
        && let Some(part) = answer.chunk().await.map_err(|error| cause(&error))?
    {
        bytes.extend_from_slice(&part);
    }
    let whole = bytes.len() <= ANSWER_BYTES;
    let value = whole.then(|| serde_json::from_slice(&bytes).ok()).flatten();
    Ok((status, value.unwrap_or(Value::Null)))
}

async fn healthz(base: &str, to_do: &str) -> Check {
    match get(&format!("{base}/healthz")).await {
        Ok((200, answer)) if answer.get("status").is_some_and(|status| status == "alive") => {
            Check::ok("webhook", format!("{base} is reachable"))
        }
        Ok((status, _)) => {
            Check::failed("webhook", format!("{base} answers {status}, not as ticketledger does"), to_do)
        }
        Err(error) => Check::failed("webhook", format!("cannot reach {base}: {error}"), to_do),
    }
}

async fn readyz(base: &str) -> Check {
    let to_do = "start the daemon, or fix what it reports";
    match get(&format!("{base}/readyz")).await {
        Ok((200, _)) => Check::ok("ready", "the daemon is ready"),
        Ok((503, answer)) => {
            let checks = answer.get("checks").and_then(Value::as_object);
            let wrong = checks.into_iter().flatten().filter(|(_, result)| *result != "ok");
            let wrong: Vec<String> =
                wrong.map(|(name, result)| format!("{name}: {}", result.as_str().unwrap_or_default())).collect();
            Check::failed("ready", format!("the daemon is not ready: {}", wrong.join("; ")), to_do)
        }
        Ok((status, _)) => Check::failed("ready", format!("{base} answers {status}, not as ticketledger does"), to_do),
        Err(error) => Check::failed("ready", format!("cannot reach {base}: {error}"), to_do),
    }
}
