//! Gets a new token: from the database, by a refresh, or with a password.

use std::sync::{Arc, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::OwnedMutexGuard;
use tokio::task::{JoinError, spawn_blocking};

use super::seal::Column;
use super::store::{Row, Turn};
use super::{Account, Login};
use crate::clock::{Moment, Timestamp};
use crate::db;
use crate::provider::ticketpark::client::{Grant, GrantError};
use crate::provider::{Failure, ParkReason};

/// A token counts as expired this much early, at most half of its lifetime, so that it is still valid when the request
/// arrives.
const MARGIN_MILLISECONDS: i64 = 10_000;
/// After a refused login nothing is tried for this long, because an account may lock after some wrong passwords.
const LOGIN_PAUSE_MILLISECONDS: i64 = 15 * 60 * 1000;

/// An access token that is stored and may therefore be used.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) access_token: SecretString,
    pub(super) expires_at: Timestamp,
    pub(super) version: i64,
}

/// The tokens that this process knows.
#[derive(Default)]
pub(super) struct Tokens {
    held: Option<Held>,
    /// Granted, but the database failed to store it: stored before anything else.
    unsaved: Option<Unsaved>,
}

impl Tokens {
    pub(super) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }
}

/// A row to store if the stored version is still `base`.
#[derive(Clone)]
pub(super) struct Unsaved {
    pub(super) base: Option<i64>,
    pub(super) row: Row,
}

enum Next {
    TakeOver(Held),
    Save(Unsaved),
    /// No refresh token works.
    LogIn,
}

impl Account {
    /// Returns a token other than the one of version `rejected`, after storing it.
    pub(super) async fn renew(
        self: Arc<Self>,
        mut tokens: OwnedMutexGuard<Tokens>,
        rejected: Option<i64>,
    ) -> Result<Held, Failure> {
        let (mut turn, mut stored) = self.take_turn().await?;
        let base = version_of(stored.as_ref());
        let mut next = self.next(&mut tokens, stored, rejected).await;
        if let Ok(Next::LogIn) = next {
            // On SQLite nothing excludes a command beside the daemon; it may just have used the refresh token.
            (turn, stored) = reload(turn).await?;
            next = match version_of(stored.as_ref()) == base {
                true => self.next_by_password(base).await,
                false => self.next(&mut tokens, stored, rejected).await,
            };
        }
        let held = match next {
            Ok(Next::TakeOver(held)) => end(turn).await.map(|()| held),
            Ok(Next::Save(unsaved)) => {
                tokens.unsaved = Some(unsaved.clone());
                let saved = self.save(turn, unsaved).await;
                if saved.is_ok() {
                    tokens.unsaved = None;
                }
                saved
            }
            Ok(Next::LogIn) => end(turn).await.and(Err(self.login_required())),
            Err(failure) => end(turn).await.and(Err(failure)),
        }?;
        tokens.held = Some(held.clone());
        self.refusal().take();
        Ok(held)
    }

    /// Decides what to do with the stored tokens. Asks the provider only if there is no other way.
    async fn next(&self, tokens: &mut Tokens, stored: Option<Row>, rejected: Option<i64>) -> Result<Next, Failure> {
        let now = self.clock.now();
        let base = version_of(stored.as_ref());
        if let Some(unsaved) = tokens.unsaved.take().filter(|unsaved| unsaved.base == base) {
            return Ok(Next::Save(unsaved));
        }
        if let Some(held) = stored.as_ref().and_then(|row| self.open_access(row))
            && held.is_usable(now, rejected)
        {
            return Ok(Next::TakeOver(held));
        }
        if self.refusal().is_some_and(|(version, until)| version == base && self.clock.moment() < until) {
            return Err(self.login_required());
        }
        let Some(refresh_token) = stored.and_then(|row| self.seal.open(Column::Refresh, &row.refresh_token_sealed))
        else {
            return Ok(Next::LogIn);
        };
        match self.client.refresh(&refresh_token).await {
            Ok(grant) => Ok(Next::Save(self.seal_grant(grant, Some(refresh_token), base, now)?)),
            Err(GrantError::Refused(_)) => Ok(Next::LogIn),
            Err(GrantError::Failed(failure)) => Err(failure),
        }
    }

    async fn next_by_password(&self, base: Option<i64>) -> Result<Next, Failure> {
        let (asked_at, asked) = (self.clock.now(), self.clock.moment());
        if let Some(Login { username, password }) = &self.login {
            tracing::info!(source = %self.source, "no valid refresh token; logging in with the password");
            match self.client.log_in(username, password).await {
                Ok(grant) => return Ok(Next::Save(self.seal_grant(grant, None, base, asked_at)?)),
                Err(GrantError::Refused(_)) => {}
                Err(GrantError::Failed(failure)) => return Err(failure),
            }
        }
        *self.refusal() = Some((base, asked.plus_milliseconds(LOGIN_PAUSE_MILLISECONDS)));
        Ok(Next::LogIn)
    }

    fn refusal(&self) -> MutexGuard<'_, Option<(Option<i64>, Moment)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn login_required(&self) -> Failure {
        Failure::ProviderDown {
            detail: format!("login_required: run `ticketledger login {}`", self.source),
            retry_after_milliseconds: None,
        }
    }

    pub(super) async fn take_turn(&self) -> Result<(Turn, Option<Row>), Failure> {
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
            // Someone logged in meanwhile, and those tokens are newer.
            if saved { Ok(Some(unsaved.row)) } else { turn.load() }
        })
        .await?;
        let held = row.and_then(|row| self.open_access(&row));
        held.ok_or_else(|| Failure::Transient {
            reason: ParkReason::TokenUnreadable,
            detail: "the stored token was encrypted with another client secret".to_owned(),
            retry_after_milliseconds: None,
        })
    }

    fn open_access(&self, row: &Row) -> Option<Held> {
        let access_token = self.seal.open(Column::Access, &row.access_token_sealed)?;
        Some(Held { access_token, expires_at: row.access_expires_at, version: row.version })
    }

    /// `before` is the refresh token that stays valid if the grant has no new one.
    pub(super) fn seal_grant(
        &self,
        grant: Grant,
        before: Option<SecretString>,
        base: Option<i64>,
        asked_at: Timestamp,
    ) -> Result<Unsaved, Failure> {
        let life = grant.lifetime_seconds * 1000;
        let refresh_token = grant.refresh_token.or(before);
        let seal = |column, token: &SecretString| self.seal.close(column, token);
        let refresh_token = refresh_token.as_ref().and_then(|token| seal(Column::Refresh, token));
        let sealed = refresh_token.zip(seal(Column::Access, &grant.access_token));
        let (refresh_token_sealed, access_token_sealed) = sealed.ok_or_else(|| Failure::Transient {
            reason: ParkReason::TokenUnsealed,
            detail: "the system has no random numbers to encrypt a token with".to_owned(),
            retry_after_milliseconds: None,
        })?;
        let access_expires_at = asked_at.plus_milliseconds(life - MARGIN_MILLISECONDS.min(life / 2));
        let row = Row { refresh_token_sealed, access_token_sealed, access_expires_at, version: version_after(base) };
        Ok(Unsaved { base, row })
    }
}

async fn reload(mut turn: Turn) -> Result<(Turn, Option<Row>), Failure> {
    blocking(move || {
        let stored = turn.load()?;
        Ok((turn, stored))
    })
    .await
}

pub(super) fn version_of(row: Option<&Row>) -> Option<i64> {
    row.map(|row| row.version)
}

pub(super) fn version_after(base: Option<i64>) -> i64 {
    base.map_or(1, |version| version.saturating_add(1))
}

/// Ending a turn may need a round trip to the database.
pub(super) async fn end(turn: Turn) -> Result<(), Failure> {
    blocking(move || {
        drop(turn);
        Ok(())
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> db::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(work).await.map_err(|error| interrupted(&error))?;
    done.map_err(|error| Failure::Transient {
        reason: ParkReason::Database,
        detail: error.to_string(),
        retry_after_milliseconds: None,
    })
}

/// A task of our own did not complete.
pub(super) fn interrupted(error: &JoinError) -> Failure {
    let what = if error.is_panic() { "a bug" } else { "the shutdown" };
    Failure::Transient {
        reason: ParkReason::Interrupted,
        detail: format!("{what} interrupted the renewal of a token"),
        retry_after_milliseconds: None,
    }
}
