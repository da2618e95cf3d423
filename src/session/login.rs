//! Login of a source by a person: the first one, and again when the refresh token is no longer valid.

use secrecy::SecretString;

use super::Account;
use super::renew::{Unsaved, blocking, end, version_after, version_of};
use crate::db;
use crate::provider::ticketpark::client::GrantError;
use crate::provider::{Failure, ParkReason};

/// Attempts to store the tokens, because a daemon may refresh them at the same moment.
const SAVE_ATTEMPTS: usize = 5;

impl Account {
    /// Exchanges a login for tokens and stores them.
    pub(super) async fn log_in(&self, username: &SecretString, password: &SecretString) -> Result<(), Failure> {
        let (mut turn, stored) = self.take_turn().await?;
        let asked_at = self.clock.now();
        let granted = self.client.log_in(username, password).await.map_err(|error| match error {
            GrantError::Failed(failure) => failure,
            GrantError::Refused(status) => Failure::Permanent {
                reason: ParkReason::LoginRefused,
                detail: format!("the provider answered {status}: check user name, password and client secret"),
            },
        });
        let base = version_of(stored.as_ref());
        let sealed = granted.and_then(|grant| self.seal_grant(grant, None, base, asked_at));
        let Unsaved { mut base, mut row } = match sealed {
            Ok(unsaved) => unsaved,
            Err(failure) => return end(turn).await.and(Err(failure)),
        };
        blocking(move || {
            for _ in 0..SAVE_ATTEMPTS {
                if turn.save(&row, base, asked_at)? {
                    return Ok(());
                }
                // The tokens that a daemon stored meanwhile are older than this login.
                base = version_of(turn.load()?.as_ref());
                row.version = version_after(base);
            }
            Err(db::Error::Inconsistent(
                "cannot store the login, because the tokens keep changing; try again".to_owned(),
            ))
        })
        .await
    }
}
