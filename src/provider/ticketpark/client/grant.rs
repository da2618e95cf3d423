//! The token endpoint: the password grant and the refresh grant.

use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::{Client, JSON, verdict};
use crate::provider::Failure;

/// Longer lifetimes are taken for a slip.
const LONGEST_LIFETIME_SECONDS: i64 = 24 * 3600;

/// Tokens that the provider gave.
pub struct Grant {
    /// For reading.
    pub access_token: SecretString,
    /// For the next grant. `None` when a refresh leaves the old one valid.
    pub refresh_token: Option<SecretString>,
    /// Lifetime of the access token.
    pub lifetime_seconds: i64,
}

/// Why there is no grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// 400 or 401: the token, the login or the client is not accepted. Asking again will not help.
    #[error("the provider rejected the token request with {0}")]
    Refused(u16),
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] Failure),
}

#[derive(Deserialize)]
struct Body {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Value,
}

impl Client {
    /// Trades a refresh token for new tokens; from then on the old one is void.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Grant, GrantError> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        self.grant(&fields).await
    }

    /// Trades a login for tokens.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub async fn log_in(&self, username: &SecretString, password: &SecretString) -> Result<Grant, GrantError> {
        let fields = [
            ("grant_type", "password"),
            ("username", username.expose_secret()),
            ("password", password.expose_secret()),
        ];
        let grant = self.grant(&fields).await?;
        match grant.refresh_token {
            Some(_) => Ok(grant),
            None => Err(verdict::garbage("the token response has no refresh_token").into()),
        }
    }

    async fn grant(&self, fields: &[(&str, &str)]) -> Result<Grant, GrantError> {
        let request = self.http.post(format!("{}/oauth/v2/token", self.base_url)).header(ACCEPT, JSON);
        let request =
            request.basic_auth(self.client_key.expose_secret(), Some(self.client_secret.expose_secret())).form(fields);
        let response = request.send().await.map_err(|error| verdict::of_transport(&error))?;
        let status = response.status();
        if matches!(status.as_u16(), 400 | 401) {
            return Err(GrantError::Refused(status.as_u16()));
        }
        if !status.is_success() {
            return Err(verdict::of_status(&response, self.clock.now()).into());
        }
        let bytes = verdict::read_body(response).await?;
        // The parser's own message could quote a token.
        let body: Body =
            serde_json::from_slice(&bytes).map_err(|_| verdict::garbage("the token response cannot be read"))?;
        let lifetime_seconds = match &body.expires_in {
            Value::Number(seconds) => seconds.as_i64(),
            Value::String(seconds) => seconds.trim().parse().ok(),
            _ => None,
        };
        let lifetime_seconds =
            lifetime_seconds.ok_or_else(|| verdict::garbage("the token response has no expires_in"))?;
        Ok(Grant {
            access_token: SecretString::from(body.access_token),
            refresh_token: body.refresh_token.map(SecretString::from),
            lifetime_seconds: lifetime_seconds.clamp(0, LONGEST_LIFETIME_SECONDS),
        })
    }
}
