//! Getting a new token: taken over from the database, refreshed, or given for a password.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::OwnedMutexGuard;
use tokio::task::{JoinError, spawn_blocking};

use super::store::{Row, Turn};
use super::{Account, Login};
use crate::clock::Timestamp;
use crate::db;
use crate::provider::Failure;
use crate::provider::ticketpark::client::{Grant, GrantError};

/// A token counts as expired this much early, at most half of its life: it has to last until the request arrives.
const MARGIN_MILLISECONDS: i64 = 10_000;
/// After a refused login nothing is tried for this long: an account may lock after some wrong passwords.
const LOGIN_PAUSE_MILLISECONDS: i64 = 15 * 60 * 1000;
/// A login competes with a daemon that refreshes at the same moment.
const SAVE_ATTEMPTS: usize = 5;

/// An access token that is stored, so that it may be used.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) access_token: SecretString,
    pub(super) expires_at: Timestamp,
    pub(super) version: i64,
}

/// What this process knows of the tokens.
#[derive(Default)]
pub(super) struct Tokens {
    held: Option<Held>,
    /// Granted, but the database would not take it: stored before anything else.
    unsaved: Option<Unsaved>,
    /// The stored version for which a login is required, and until when that is believed.
    refused: Option<(Option<i64>, Timestamp)>,
}

impl Tokens {
    pub(super) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }
}

#[derive(Clone)]
struct Unsaved {
    base: Option<i64>,
    row: Row,
}

enum Next {
    TakeOver(Held),
    Save(Unsaved),
}

impl Account {
    /// A token other than the one of version `rejected`, stored before it is answered.
    pub(super) async fn renew(
        self: Arc<Self>,
        mut tokens: OwnedMutexGuard<Tokens>,
        rejected: Option<i64>,
    ) -> Result<Held, Failure> {
        let (turn, stored) = self.take_turn().await?;
        let next = self.next(&mut tokens, stored, rejected).await;
        let saved = match next {
            Ok(Next::Save(unsaved)) => {
                tokens.unsaved = Some(unsaved.clone());
                let saved = self.save(turn, unsaved).await;
                if saved.is_ok() {
                    tokens.unsaved = None;
                }
                saved
            }
            Ok(Next::TakeOver(held)) => end(turn).await.map(|()| held),
            Err(failure) => end(turn).await.and(Err(failure)),
        };
        let held = saved?;
        tokens.held = Some(held.clone());
        tokens.refused = None;
        Ok(held)
    }

    /// Trades a login for tokens and stores them.
    pub(super) async fn log_in(&self, username: &SecretString, password: &SecretString) -> Result<(), Failure> {
        let (turn, stored) = self.take_turn().await?;
        let asked_at = self.clock.now();
        let grant = match self.client.log_in(username, password).await {
            Ok(grant) => grant,
            Err(error) => {
                end(turn).await?;
                return Err(match error {
                    GrantError::Failed(failure) => failure,
                    GrantError::Refused(status) => Failure::Permanent {
                        reason: "login_refused",
                        detail: format!("the provider answered {status}: check user name, password and client secret"),
                    },
                });
            }
        };
        let unsaved = self.seal_grant(grant, None, stored.map(|row| row.version), asked_at)?;
        // A login is newer than whatever a daemon stored meanwhile.
        let now = self.clock.now();
        blocking(move || {
            let (mut turn, Unsaved { mut base, mut row }) = (turn, unsaved);
            for _ in 0..SAVE_ATTEMPTS {
                if turn.save(&row, base, now)? {
                    return Ok(());
                }
                base = turn.load()?.map(|row| row.version);
                row.version = version_after(base);
            }
            Err(db::Error::Inconsistent("the tokens change faster than a login can be stored".to_owned()))
        })
        .await
    }

    /// What to do, given what is stored. Asks the provider if there is no other way.
    async fn next(&self, tokens: &mut Tokens, stored: Option<Row>, rejected: Option<i64>) -> Result<Next, Failure> {
        let now = self.clock.now();
        let base = stored.as_ref().map(|row| row.version);
        if let Some(unsaved) = tokens.unsaved.take().filter(|unsaved| unsaved.base == base) {
            return Ok(Next::Save(unsaved));
        }
        if let Some(held) = stored.as_ref().and_then(|row| self.open_access(row))
            && held.is_usable(now, rejected)
        {
            return Ok(Next::TakeOver(held));
        }
        if tokens.refused.is_some_and(|(version, until)| version == base && now < until) {
            return Err(self.login_required());
        }
        let refresh_token = stored.and_then(|row| self.seal.open(&row.refresh_token_sealed));
        match self.grant(refresh_token.as_ref()).await {
            Ok(grant) => Ok(Next::Save(self.seal_grant(grant, refresh_token, base, now)?)),
            Err(GrantError::Failed(failure)) => Err(failure),
            Err(GrantError::Refused(_)) => {
                let until = self.clock.now().plus_milliseconds(LOGIN_PAUSE_MILLISECONDS);
                tokens.refused = Some((base, until));
                Err(self.login_required())
            }
        }
    }

    async fn grant(&self, refresh_token: Option<&SecretString>) -> Result<Grant, GrantError> {
        let mut outcome = Err(GrantError::Refused(401));
        if let Some(refresh_token) = refresh_token {
            outcome = self.client.refresh(refresh_token).await;
        }
        match (&outcome, &self.login) {
            (Err(GrantError::Refused(_)), Some(Login { username, password })) => {
                tracing::info!(source = %self.source, "no valid refresh token; logging in with the password");
                self.client.log_in(username, password).await
            }
            _ => outcome,
        }
    }

    fn login_required(&self) -> Failure {
        Failure::ProviderDown {
            detail: format!("login_required: run `ticketledger login {}`", self.source),
            retry_after_milliseconds: None,
        }
    }

    async fn take_turn(&self) -> Result<(Turn, Option<Row>), Failure> {
        let (database, source) = (self.database.clone(), self.source.clone());
        blocking(move || {
            let mut turn = Turn::take(&database, &source)?;
            let stored = turn.load()?;
            Ok((turn, stored))
        })
        .await
    }

    async fn save(&self, mut turn: Turn, unsaved: Unsaved) -> Result<Held, Failure> {
        let now = self.clock.now();
        let row = blocking(move || {
            let saved = turn.save(&unsaved.row, unsaved.base, now)?;
            // Somebody logged in meanwhile: that is the newer word.
            if saved { Ok(Some(unsaved.row)) } else { turn.load() }
        })
        .await?;
        let held = row.and_then(|row| self.open_access(&row));
        held.ok_or_else(|| Failure::Transient {
            reason: "token_unreadable",
            detail: "the stored token was sealed with another client secret".to_owned(),
            retry_after_milliseconds: None,
        })
    }

    fn open_access(&self, row: &Row) -> Option<Held> {
        let access_token = self.seal.open(&row.access_token_sealed)?;
        Some(Held { access_token, expires_at: row.access_expires_at, version: row.version })
    }

    /// `before` is the refresh token that stays valid if the grant brings no new one.
    fn seal_grant(
        &self,
        grant: Grant,
        before: Option<SecretString>,
        base: Option<i64>,
        asked_at: Timestamp,
    ) -> Result<Unsaved, Failure> {
        let life = grant.lifetime_seconds * 1000;
        let refresh_token = grant.refresh_token.or(before);
        let seal = |token: &SecretString| self.seal.close(token);
        let sealed = refresh_token.as_ref().and_then(seal).zip(seal(&grant.access_token));
        let (refresh_token_sealed, access_token_sealed) = sealed.ok_or_else(|| Failure::Transient {
            reason: "token_unsealed",
            detail: "the machine has no randomness to seal a token with".to_owned(),
            retry_after_milliseconds: None,
        })?;
        let access_expires_at = asked_at.plus_milliseconds(life - MARGIN_MILLISECONDS.min(life / 2));
        let row = Row { refresh_token_sealed, access_token_sealed, access_expires_at, version: version_after(base) };
        Ok(Unsaved { base, row })
    }
}

fn version_after(base: Option<i64>) -> i64 {
    base.map_or(1, |version| version.saturating_add(1))
}

/// The end of a turn may be a round trip to the database.
async fn end(turn: Turn) -> Result<(), Failure> {
    blocking(move || {
        drop(turn);
        Ok(())
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> db::Result<T> + Send + 'static) -> Result<T, Failure> {
    let done = spawn_blocking(work).await.map_err(|error| interrupted(&error))?;
    done.map_err(|error| Failure::Transient {
        reason: "database",
        detail: error.to_string(),
        retry_after_milliseconds: None,
    })
}

/// A task of ours did not come to its end.
pub(super) fn interrupted(error: &JoinError) -> Failure {
    let what = if error.is_panic() { "a bug" } else { "the shutdown" };
    Failure::Transient {
        reason: "interrupted",
        detail: format!("{what} interrupted the renewal of a token"),
        retry_after_milliseconds: None,
    }
}
