//! Reading Ticketpark's API. There is no way to write: a DELETE there takes a record's children with it.

mod grant;
mod verdict;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;

pub use self::grant::{Grant, GrantError};

use crate::clock::Clock;
use crate::config::Api;
use crate::inbox::ParkReason;
use crate::limits;
use crate::provider::Failure;

const JSON: &str = "application/json";
/// Longer than any identifier; what is longer is not asked for.
const PID_BYTES: usize = 200;

/// The client of one source.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    client_key: SecretString,
    client_secret: SecretString,
    clock: Clock,
}

/// What the provider answered. The body may hold personal data, so there is no `Debug`.
pub struct Fetched {
    /// 200, or 404 for a record that is not there (or that we may not see).
    pub status: u16,
    /// The bytes as received; JSON when the status is 200.
    pub body: Vec<u8>,
}

/// The outcome of a request that reached the provider.
pub enum Answer {
    /// An answer to work with.
    Fetched(Fetched),
    /// 401 or 403: the access token may be at fault.
    Refused(u16),
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS (is the package ca-certificates installed?): {0}")]
pub struct SetupError(String);

impl Client {
    /// A client for the account of `api`.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(api: &Api, clock: Clock) -> Result<Self, SetupError> {
        Self::with_timeout(api, clock, limits::FETCH_TIMEOUT)
    }

    fn with_timeout(api: &Api, clock: Clock, timeout: std::time::Duration) -> Result<Self, SetupError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ticketledger/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            // Repeating is the worker's business, who counts and logs it.
            .retry(reqwest::retry::never());
        if api.base_url.starts_with("http://") {
            // Plain HTTP is allowed on loopback only, where no proxy can help.
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build().map_err(|error| SetupError(verdict::root_cause(&error)))?,
            base_url: api.base_url.trim_end_matches('/').to_owned(),
            client_key: api.client_key.clone(),
            client_secret: api.client_secret.clone(),
            clock,
        })
    }

    /// Reads a booking with its tickets and its customer. The cookbook says POST, which could change data: it is GET.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn get_booking(&self, pid: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        let pid = path_segment(pid)?;
        // Without both properties a booking looks as if it had no tickets and no customer.
        let path = format!("bookings/{pid}?properties%5Bcustomer%5D=true&properties%5Btickets%5D=true");
        self.get(&path, access_token).await
    }

    /// Reads a person.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn get_person(&self, pid: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        let pid = path_segment(pid)?;
        self.get(&format!("persons/{pid}"), access_token).await
    }

    async fn get(&self, path: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        let request = self.http.get(format!("{}/{path}", self.base_url));
        let request = request.header(CONTENT_TYPE, JSON).header(ACCEPT, JSON);
        let sent = request.bearer_auth(access_token.expose_secret()).send().await;
        let response = sent.map_err(|error| verdict::of_transport(&error))?;
        let status = response.status().as_u16();
        match status {
            200 => {
                let body = verdict::read_body(response).await?;
                // Half an answer must never be taken for a booking without tickets.
                let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
                match serde_json::from_slice::<IgnoredAny>(text) {
                    Ok(_) => Ok(Answer::Fetched(Fetched { status, body })),
                    Err(_) => Err(verdict::garbage("the response is not JSON")),
                }
            }
            404 => Ok(Answer::Fetched(Fetched { status, body: verdict::read_body(response).await? })),
            401 | 403 => Ok(Answer::Refused(status)),
            // This API's validation error: the same request will never be right.
            409 => Err(Failure::Permanent {
                reason: ParkReason::ProviderRefused,
                detail: "the provider answered 409".to_owned(),
            }),
            _ => Err(verdict::of_status(&response, self.clock.now())),
        }
    }
}

/// A pid as one segment of a path: whatever it holds, it addresses one record or none.
fn path_segment(pid: &str) -> Result<String, Failure> {
    // Dots cannot be escaped: `%2E%2E` is read as `..` as well.
    if pid.is_empty() || pid == "." || pid == ".." || pid.len() > PID_BYTES {
        return Err(Failure::Permanent {
            reason: ParkReason::BadPid,
            detail: "the pid cannot be part of an API address".to_owned(),
        });
    }
    let mut segment = String::with_capacity(pid.len());
    for byte in pid.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(segment)
}

#[cfg(test)]
mod tests;
