//! Reading Ticketpark's API. There is no way to write: a DELETE there takes a record's children with it.

mod grant;

use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};

pub use self::grant::{Grant, GrantError};
pub use crate::provider::http::{Answer, Fetched, SetupError};

use crate::clock::{Clock, Timestamp};
use crate::config::Api;
use crate::inbox::ParkReason;
use crate::limits;
use crate::provider::Failure;
use crate::provider::http::{self as verdict, escaped, path_segment};

const JSON: &str = "application/json";
/// What is to be told of each booking. Without it a booking looks as if it had no tickets and no customer.
const PROPERTIES: &str = "properties%5Bcustomer%5D=true&properties%5Btickets%5D=true";

/// The client of one source.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    client_key: SecretString,
    client_secret: SecretString,
    clock: Clock,
}

/// A page of the bookings that changed.
#[derive(Clone, Copy, Debug)]
pub struct BookingsPage<'p> {
    /// The field that says when.
    pub changed_field: &'p str,
    pub since: Timestamp,
    /// Counts from 0.
    pub page: i64,
    pub size: i64,
}

impl Client {
    /// A client for the account of `api`.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(api: &Api, clock: Clock) -> Result<Self, SetupError> {
        Self::with_timeout(api, clock, limits::FETCH_TIMEOUT)
    }

    fn with_timeout(api: &Api, clock: Clock, timeout: std::time::Duration) -> Result<Self, SetupError> {
        Ok(Self {
            http: verdict::client(&api.base_url, timeout)?,
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
        self.get(&format!("bookings/{pid}?{PROPERTIES}"), access_token).await
    }

    /// Reads a page of the bookings that changed. The filter has no zone: as the time in UTC is sent, a server that
    /// takes it for local time answers more, never less.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn list_bookings(&self, page: BookingsPage<'_>, access_token: &SecretString) -> Result<Answer, Failure> {
        let filter = format!("filters%5B{}%5D", escaped(page.changed_field));
        let since = escaped(&page.since.utc().format("%Y-%m-%d %H:%M:%S").to_string());
        let path = format!(
            "bookings/?{filter}%5B_comp%5D=gte&{filter}%5B_value%5D={since}&page={}&maxResults={}&{PROPERTIES}",
            page.page, page.size
        );
        let response = self.send(&path, access_token).await?;
        match response.status().as_u16() {
            // How an empty list is told is not documented.
            200 | 204 | 404 => Ok(Answer::Fetched(verdict::fetched_or_blank(response).await?)),
            _ => self.verdict(response).await,
        }
    }

    /// Reads a person.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn get_person(&self, pid: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        let pid = path_segment(pid)?;
        self.get(&format!("persons/{pid}"), access_token).await
    }

    /// Reads any path with its query, to find out how the API behaves.
    ///
    /// # Errors
    /// Everything but an answer of 200, 401, 403 or 404.
    pub async fn get_path(&self, path: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        self.get(path, access_token).await
    }

    async fn get(&self, path: &str, access_token: &SecretString) -> Result<Answer, Failure> {
        let response = self.send(path, access_token).await?;
        self.verdict(response).await
    }

    async fn send(&self, path: &str, access_token: &SecretString) -> Result<Response, Failure> {
        let request = self.http.get(format!("{}/{path}", self.base_url));
        let request = request.header(CONTENT_TYPE, JSON).header(ACCEPT, JSON);
        let sent = request.bearer_auth(access_token.expose_secret()).send().await;
        sent.map_err(|error| verdict::of_transport(&error))
    }

    async fn verdict(&self, response: Response) -> Result<Answer, Failure> {
        let status = response.status().as_u16();
        match status {
            200 | 404 => Ok(Answer::Fetched(verdict::fetched(response).await?)),
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

#[cfg(test)]
mod tests;
