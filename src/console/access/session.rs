//! Sessions and tokens: what a request brings along is looked up by its hash.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::super::fault::Fault;
use super::super::site::Site;
use super::super::visit::Visit;
use super::{Identity, Proof, Viewer, sha256, store};
use crate::clock::Timestamp;

/// A session or token is marked as used at most this often.
const SEEN_MILLISECONDS: i64 = 60_000;

/// From it the token of every form is computed: only a page that we sent has it.
pub(in crate::console) struct CsrfKey([u8; 32]);

impl CsrfKey {
    /// # Errors
    /// When the system has no random numbers.
    pub(in crate::console) fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The token of somebody whom a proxy names.
    pub(in crate::console) fn of(&self, who: &str) -> String {
        hex::encode(Sha256::new().chain_update(b"csrf\0").chain_update(self.0).chain_update(who).finalize())
    }
}

/// The token of a session. Its own secret is in it, so that every daemon of a database computes the same.
fn csrf_of_session(token: &str) -> String {
    hex::encode(Sha256::new().chain_update(b"ticketledger csrf\0").chain_update(token).finalize())
}

/// Whether a form brought the token of its sender.
pub(in crate::console) fn is_genuine(viewer: &Viewer, given: &str) -> bool {
    viewer.csrf.as_bytes().ct_eq(given.as_bytes()).into()
}

/// The name of the cookie: browsers take the first only with TLS, or from this machine.
pub(in crate::console) fn cookie_name(insecure: bool) -> &'static str {
    if insecure { "tl" } else { "__Host-tl" }
}

/// The value of `Set-Cookie` that begins a session, or ends it when there is no token.
pub(in crate::console) fn set_cookie(insecure: bool, token: Option<&str>) -> String {
    let (name, secure) = (cookie_name(insecure), if insecure { "" } else { " Secure;" });
    match token {
        Some(token) => format!("{name}={token};{secure} HttpOnly; SameSite=Lax; Path=/"),
        None => format!("{name}=;{secure} HttpOnly; SameSite=Lax; Path=/; Max-Age=0"),
    }
}

pub(super) async fn by_cookie(site: &Site, visit: &Visit) -> Result<Identity, Fault> {
    let Some(token) = visit.cookie(cookie_name(site.settings.insecure_cookie)) else { return Ok(Identity::Unknown) };
    let (hash, csrf, now) = (sha256(token), csrf_of_session(token), visit.now);
    let found = find(site, &hash, now, !visit.is_by_itself()).await?;
    Ok(found.map_or(Identity::Unknown, |(name, role)| {
        Identity::Known(Viewer { name, role, proof: Proof::Session(hash), csrf })
    }))
}

/// Whose session it is, if it has not ended. What a page does by itself does not count as use.
pub(in crate::console) async fn find(
    site: &Site,
    hash: &str,
    now: Timestamp,
    is_used: bool,
) -> Result<Option<(String, crate::config::Role)>, Fault> {
    let (idle, key) = (site.settings.idle_minutes, hash.to_owned());
    let found = site.read(move |connection| Ok(store::session(connection, &key)?)).await?;
    let Some(session) = found else { return Ok(None) };
    let idle_since = now.milliseconds_since(session.seen_at);
    if session.expires_at <= now || idle_since > idle.saturating_mul(60_000) {
        return Ok(None);
    }
    if is_used && idle_since >= SEEN_MILLISECONDS {
        let key = hash.to_owned();
        site.write("session", move |connection| Ok(store::see_session(connection, &key, now)?)).await?;
    }
    Ok(Some((session.user_name, session.role)))
}

pub(super) async fn by_token(site: &Site, visit: &Visit, token: &str) -> Result<Identity, Fault> {
    if !token.starts_with("tl_") {
        return Ok(Identity::Refused("the token is none of ours"));
    }
    let (hash, now) = (sha256(token), visit.now);
    let found = site.read(move |connection| Ok(store::token(connection, &hash)?)).await?;
    let Some(token) = found.filter(|token| token.expires_at > now) else {
        return Ok(Identity::Refused("the token is unknown or has expired"));
    };
    if token.used_at.is_none_or(|used| now.milliseconds_since(used) >= SEEN_MILLISECONDS) {
        let id = token.id;
        site.write("token", move |connection| Ok(store::see_token(connection, id, now)?)).await?;
    }
    // What its user may no longer do, it may not do either.
    let role = token.role.min(token.user_role);
    Ok(Identity::Known(Viewer { name: token.user_name, role, proof: Proof::Token, csrf: String::new() }))
}
