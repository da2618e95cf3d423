//! Reading bookingkit's API: what changed, one order, its payments. There is no way to write.
//!
//! ```text
//! Client ──list──> records ──> one order and its payments ──compose──> the body of a webhook
//! ```

mod compose;

use chrono::NaiveDate;
use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

pub use self::compose::{Composed, ToldDate, ToldElsewhere, complete, compose, date_ids, method_names};

use crate::clock::{Clock, Timestamp};
use crate::config::OrdersApi;
use crate::inbox::ParkReason;
use crate::limits;
use crate::provider::Failure;
use crate::provider::http::{self, Answer, SetupError, path_segment};

const JSON: &str = "application/json";
/// Longer lifetimes are taken for a slip.
const LONGEST_LIFETIME_SECONDS: i64 = 24 * 3600;
/// A token of ours is out: asking for another is refused until it ends.
const TOKEN_IS_OUT: i64 = 42_901;
/// The requests of this month are used up.
const MONTH_USED_UP: i64 = 42_910;

/// The client of one source.
pub struct Client {
    http: reqwest::Client,
    api: OrdersApi,
    slash: &'static str,
    clock: Clock,
}

/// Which orders are listed, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Created or changed since.
    ChangedSince(Timestamp),
    /// Placed on these days.
    Placed { from: NaiveDate, to: NaiveDate },
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub enum Request<'r> {
    List {
        listing: Listing,
        offset: i64,
        limit: i64,
    },
    Order(&'r str),
    Payments(&'r str),
    /// Any path below `/v3/` with its query, to find out how the API behaves.
    Path(&'r str),
}

/// A token that bookingkit gave.
pub struct ClientToken {
    pub access_token: SecretString,
    pub lifetime_seconds: i64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Somebody has a token of this client, and no other is given while it is valid.
    #[error("another program has the token of this client")]
    TokenIsOut { retry_after_milliseconds: Option<i64> },
    /// The client is not accepted.
    #[error("the provider rejected the client with {0}")]
    ClientRefused(u16),
    #[error("the requests of this month are used up at the provider")]
    MonthUsedUp,
    #[error(transparent)]
    Failed(#[from] Failure),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Value,
}

#[derive(Deserialize)]
struct Complaint {
    error_code: Value,
}

impl Client {
    /// A client for the account of `api`.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(api: &OrdersApi, slash: bool, clock: Clock) -> Result<Self, SetupError> {
        let http = http::client(&api.base_url, limits::FETCH_TIMEOUT)?;
        Ok(Self { http, api: api.clone(), slash: if slash { "/" } else { "" }, clock })
    }

    /// Asks for a token. Only one is given in an hour, so it has to be kept.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn token(&self) -> Result<ClientToken, ApiError> {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.api.client_id),
            ("client_secret", self.api.client_secret.expose_secret()),
        ];
        let request = self.http.post(format!("{}/oauth/token", self.api.base_url)).header(ACCEPT, JSON).form(&fields);
        let response = request.send().await.map_err(|error| http::of_transport(&error))?;
        let status = response.status();
        if matches!(status.as_u16(), 400 | 401 | 403) {
            return Err(ApiError::ClientRefused(status.as_u16()));
        }
        if !status.is_success() {
            return Err(self.complaint(response).await);
        }
        let bytes = http::read_body(response).await?;
        // The parser's own message could quote a token.
        let granted: Granted =
            serde_json::from_slice(&bytes).map_err(|_| http::garbage("the token response cannot be read"))?;
        let lifetime = match &granted.expires_in {
            Value::Number(seconds) => seconds.as_i64(),
            Value::String(seconds) => seconds.trim().parse().ok(),
            _ => None,
        };
        let lifetime = lifetime.ok_or_else(|| http::garbage("the token response has no expires_in"))?;
        Ok(ClientToken {
            access_token: SecretString::from(granted.access_token),
            lifetime_seconds: lifetime.clamp(0, LONGEST_LIFETIME_SECONDS),
        })
    }

    /// Reads.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn get(&self, request: Request<'_>, access_token: &SecretString) -> Result<Answer, ApiError> {
        let url = format!("{}/v3/{}", self.api.base_url, self.path(request)?);
        let request = self.http.get(url).header(ACCEPT, JSON);
        let sent = request.bearer_auth(access_token.expose_secret()).send().await;
        let response = sent.map_err(|error| http::of_transport(&error))?;
        match response.status().as_u16() {
            200 | 404 => Ok(Answer::Fetched(http::fetched(response).await?)),
            status @ (401 | 403) => Ok(Answer::Refused(status)),
            400 => Err(Failure::Permanent {
                reason: ParkReason::ProviderRefused,
                detail: "the provider answered 400".to_owned(),
            }
            .into()),
            _ => Err(self.complaint(response).await),
        }
    }

    fn path(&self, request: Request<'_>) -> Result<String, Failure> {
        let slash = self.slash;
        Ok(match request {
            Request::List { listing, offset, limit } => {
                let which = match listing {
                    // Colons need no escape in a query.
                    Listing::ChangedSince(since) => format!("delta_since={}", since.utc().format("%Y-%m-%dT%H:%M:%SZ")),
                    Listing::Placed { from, to } => format!("start_date={from}&end_date={to}"),
                };
                format!("orders{slash}?order=date&limit={limit}&offset={offset}&{which}")
            }
            Request::Order(id) => format!("orders/{}{slash}", path_segment(id)?),
            Request::Path(path) => path.to_owned(),
            Request::Payments(id) => format!("orders/{}/payments{slash}", path_segment(id)?),
        })
    }

    /// What a status means that is no answer. 429 is told apart by a code in the body: one is cured by waiting for the
    /// token, one only by the next month.
    async fn complaint(&self, response: reqwest::Response) -> ApiError {
        let usual = http::of_status(&response, self.clock.now());
        let Failure::RateLimited { retry_after_milliseconds, .. } = &usual else { return usual.into() };
        let retry_after_milliseconds = *retry_after_milliseconds;
        let body = http::read_body(response).await.unwrap_or_default();
        let code = serde_json::from_slice::<Complaint>(&body).ok().and_then(|complaint| match complaint.error_code {
            Value::Number(code) => code.as_i64(),
            Value::String(code) => code.trim().parse().ok(),
            _ => None,
        });
        match code {
            Some(TOKEN_IS_OUT) => ApiError::TokenIsOut { retry_after_milliseconds },
            Some(MONTH_USED_UP) => ApiError::MonthUsedUp,
            _ => usual.into(),
        }
    }
}
