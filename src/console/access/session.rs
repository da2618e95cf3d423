//! Sessions and tokens: what a request brings along is looked up by its hash.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::super::fault::Fault;
use super::super::site::Site;
use super::super::visit::Visit;
use super::{Identity, Proof, Viewer, sha256, store};
use crate::clock::Timestamp;
use crate::hash;

/// A session or token is marked as used at most this often.
const SEEN_MILLISECONDS: i64 = 60_000;

/// What the form of somebody must bring along whom a proxy names: computed from a key of the database, so that every
/// daemon accepts what another one sent.
pub(super) async fn csrf_of_name(site: &Site, name: &str) -> Result<String, Fault> {
    let key = site
        .csrf
        .get_or_try_init(async || {
            let mut made = [0_u8; 32];
            getrandom::fill(&mut made).map_err(|error| Fault::Failed(error.into()))?;
            let (made, now) = (hex::encode(made), site.clock.now());
            site.write("key of forms", move |connection| Ok(store::key_of_forms(connection, &made, now)?)).await
        })
        .await?;
    Ok(hash::finished(Sha256::new().chain_update(b"csrf\0").chain_update(key).chain_update([0]).chain_update(name)))
}

/// The token of a session. Its own secret is in it, so that every daemon of a database computes the same.
fn csrf_of_session(token: &str) -> String {
    hash::finished(Sha256::new().chain_update(b"ticketledger csrf\0").chain_update(token))
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
        return Ok(Identity::Refused("token_unknown"));
    }
    let (hash, now) = (sha256(token), visit.now);
    let Some(token) = find_token(site, &hash, now).await? else {
        return Ok(Identity::Refused("token_unknown"));
    };
    if token.used_at.is_none_or(|used| now.milliseconds_since(used) >= SEEN_MILLISECONDS) {
        let id = token.id;
        site.write("token", move |connection| Ok(store::see_token(connection, id, now)?)).await?;
    }
    // What its user may no longer do, it may not do either.
    let role = token.role.min(token.user_role);
    Ok(Identity::Known(Viewer { name: token.user_name, role, proof: Proof::Token(hash), csrf: String::new() }))
}

/// A token that has not expired.
pub(in crate::console) async fn find_token(
    site: &Site,
    hash: &str,
    now: Timestamp,
) -> Result<Option<store::Token>, Fault> {
    let key = hash.to_owned();
    let found = site.read(move |connection| Ok(store::token(connection, &key)?)).await?;
    Ok(found.filter(|token| token.expires_at > now))
}
