//! The pages of signing in and out, of sessions and users.

mod browser;
mod told;

use std::sync::Arc;

use askama::Template;
use warp::http::header::{RETRY_AFTER, SET_COOKIE};
use warp::http::{HeaderValue, StatusCode};

use self::browser::browser;
use super::super::fault::Fault;
use super::super::layout::{Area, Shell, When};
use super::super::reply::{self, Answered};
use super::super::routes;
use super::super::site::Site;
use super::super::visit::{LANGUAGE_COOKIE, Visit, language_of};
use super::super::words::fill;
use super::store::{self, SessionRow};
use super::words::Words;
use super::{Proof, password, random_token, record, refusals, session, sha256};
use crate::config::Role;

#[derive(Template)]
#[template(path = "setup.html", config = "src/console/askama.toml")]
struct Setup {
    shell: Shell,
    words: &'static Words,
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/console/askama.toml")]
struct SignIn {
    shell: Shell,
    words: &'static Words,
    next: String,
    name: String,
    problem: Option<String>,
}

/// What somebody sees who is not signed in.
pub(in crate::console) async fn signed_out(site: &Arc<Site>, visit: &Visit) -> Answered {
    let words = Words::of(visit.language);
    if visit.is_by_itself() || visit.wants_json() {
        return Ok(reply::bytes(StatusCode::UNAUTHORIZED, "application/json", "{\"error\":\"unauthorized\"}"));
    }
    let segments: Vec<&str> = visit.segments.iter().map(String::as_str).collect();
    if segments.first().is_some_and(|first| !routes::FIRST.contains(first)) {
        return Err(Fault::NotFound);
    }
    if segments == ["language"] && visit.is_post() {
        return Ok(language(visit));
    }
    if !site.read(|connection| Ok(store::has_users(connection)?)).await? && site.settings.header_sign_in.is_none() {
        if !segments.is_empty() {
            return Ok(reply::see_other("/"));
        }
        let shell = Shell::new(site, visit, Area::Other, words.no_users_title);
        return reply::page(StatusCode::OK, &Setup { shell, words });
    }
    match segments.as_slice() {
        ["sign-in"] if visit.is_post() => sign_in(site, visit).await,
        ["sign-in"] => {
            let ended = visit.query.get("ended").map(|_| words.ended.to_owned());
            form(site, visit, StatusCode::OK, ended)
        }
        _ => {
            let shell = Shell::new(site, visit, Area::Other, "");
            let next = local(Some(&shell.here));
            let next = Some(("next", next)).filter(|(_, next)| *next != "/");
            let pairs: Vec<_> = next.into_iter().chain(visit.is_post().then_some(("ended", "1"))).collect();
            let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
            Ok(reply::see_other(format!("/sign-in?{query}").trim_end_matches('?')))
        }
    }
}

fn form(site: &Arc<Site>, visit: &Visit, status: StatusCode, problem: Option<String>) -> Answered {
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Other, words.sign_in_title);
    let next = visit.form.get("next").or_else(|| visit.query.get("next"));
    let name = visit.form.get("name").unwrap_or_default().to_owned();
    reply::page(status, &SignIn { shell, words, next: local(next).to_owned(), name, problem })
}

/// An address of ours: whatever could lead elsewhere becomes the first page.
fn local(next: Option<&str>) -> &str {
    let next = next.unwrap_or("/");
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/sign-") { next } else { "/" }
}

async fn sign_in(site: &Arc<Site>, visit: &Visit) -> Answered {
    let words = Words::of(visit.language);
    let name = visit.form.get("name").unwrap_or_default().to_owned();
    // Blanks belong to a password.
    let password = visit.form.untrimmed("password").unwrap_or_default().to_owned();
    let address = throttled_address(site, visit);
    let asked = name.clone();
    let user = site.read(move |connection| Ok(store::user(connection, &asked)?)).await?;
    // A name that nobody has may be a password that was typed into the wrong field.
    let subject = user.as_ref().map_or_else(String::new, |user| format!("user:{}", user.name));
    if let Err(seconds) = site.throttle.try_now(&name, &address, visit.now) {
        refusals::note(site, visit, "sign_in_password", "too_many", subject).await;
        let problem = fill(words.wait, &[("n", &seconds.to_string())]);
        let mut answer = form(site, visit, StatusCode::TOO_MANY_REQUESTS, Some(problem))?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(answer);
    }
    let Ok(_turn) = site.checks.acquire().await else { return Err(Fault::Busy) };
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let check = tokio::task::spawn_blocking(move || password::verify(&password, stored.as_deref()));
    let right = check.await.unwrap_or(false);
    let Some(user) = user.filter(|_| right) else {
        refusals::note(site, visit, "sign_in_password", "wrong_password", subject).await;
        return form(site, visit, StatusCode::UNAUTHORIZED, Some(words.wrong.to_owned()));
    };
    site.throttle.succeeded(&name, &address);
    let token = random_token().map_err(|error| Fault::Failed(error.into()))?;
    let row = SessionRow {
        token_sha256: sha256(&token),
        user_name: user.name.clone(),
        created_at: visit.now,
        seen_at: visit.now,
        expires_at: visit.now.plus_milliseconds(site.settings.session_hours.saturating_mul(3_600_000)),
        address: visit.address(),
        agent: visit.agent(),
    };
    site.write("sign in", move |connection| {
        store::begin_session(connection, &row)?;
        let new = store::NewRecord {
            at: row.created_at,
            actor: &row.user_name,
            role: Some(user.role),
            action: "sign_in",
            subject: "",
            address: &row.address,
            action_key: None,
            outcome: "done",
            result: "{}",
        };
        store::record(connection, &new)?;
        Ok(())
    })
    .await?;
    let cookie = session::set_cookie(site.settings.insecure_cookie, Some(&token));
    Ok(with_cookie(reply::see_other(local(visit.form.get("next"))), &cookie))
}

/// Who is slowed down: behind a proxy on this machine or one that is believed, the address that it adds last.
fn throttled_address(site: &Site, visit: &Visit) -> String {
    let listed = |settings| super::proxy::is_trusted(settings, visit.address);
    let behind = visit.address.is_some_and(|peer| peer.is_loopback())
        || site.settings.header_sign_in.as_ref().is_some_and(listed);
    let forwarded = visit.header("x-forwarded-for").and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    let forwarded: Option<std::net::IpAddr> = forwarded.filter(|_| behind);
    forwarded.map_or_else(|| visit.address(), |address| address.to_string())
}

fn with_cookie(mut response: warp::reply::Response, cookie: &str) -> warp::reply::Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Keeps the chosen language in a cookie, and leads back.
fn language(visit: &Visit) -> warp::reply::Response {
    let chosen = visit.form.get("language").and_then(language_of).unwrap_or_default();
    let cookie = format!("{LANGUAGE_COOKIE}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000", chosen.code());
    let back = visit.form.get("back").or(visit.form.get("next"));
    with_cookie(reply::see_other(local(back)), &cookie)
}

/// Addresses of who is signed in.
pub(in crate::console) async fn route(site: &Arc<Site>, visit: &Visit, segments: &[&str]) -> Answered {
    match segments {
        ["sign-in"] => Ok(reply::see_other(local(visit.query.get("next")))),
        ["sign-out"] if visit.is_post() => sign_out(site, visit).await,
        ["language"] if visit.is_post() => Ok(language(visit)),
        ["access"] if !visit.is_post() => sessions(site, visit).await,
        ["access", "end"] if visit.is_post() => end(site, visit).await,
        ["access", "record"] if !visit.is_post() => record::page(site, visit).await,
        _ => Err(Fault::NotFound),
    }
}

async fn sign_out(site: &Arc<Site>, visit: &Visit) -> Answered {
    if let Some(Proof::Session(token_sha256)) = visit.viewer.as_ref().map(|viewer| viewer.proof.clone()) {
        site.write("sign out", move |connection| Ok(store::end_session(connection, &token_sha256)?)).await?;
        site.note(visit, "sign_out", "").await?;
        site.live.wake();
    }
    let cookie = session::set_cookie(site.settings.insecure_cookie, None);
    Ok(with_cookie(reply::see_other("/sign-in"), &cookie))
}

struct SessionLine {
    id: String,
    user: String,
    began: When,
    seen: When,
    ends: When,
    address: String,
    agent: String,
    is_this: bool,
}

struct UserLine {
    name: String,
    role_word: &'static str,
    role: &'static str,
    changed: When,
}

struct TokenLine {
    id: String,
    user: String,
    label: String,
    role_word: String,
    role: &'static str,
    expires: When,
    used: Option<When>,
}

#[derive(Template)]
#[template(path = "access.html", config = "src/console/askama.toml")]
struct AccessPage {
    shell: Shell,
    words: &'static Words,
    sessions: Vec<SessionLine>,
    users: Vec<UserLine>,
    tokens: Vec<TokenLine>,
}

async fn sessions(site: &Arc<Site>, visit: &Visit) -> Answered {
    let words = Words::of(visit.language);
    let viewer = visit.viewer.clone().ok_or(Fault::Forbidden)?;
    let is_admin = viewer.role >= Role::Admin;
    let (name, now) = (viewer.name.clone(), visit.now);
    let (sessions, users, tokens) = site
        .read(move |connection| {
            let of = (!is_admin).then_some(name.as_str());
            let sessions = store::sessions(connection, of, now)?;
            let users = if is_admin { store::users(connection)? } else { Vec::new() };
            let mut tokens = store::tokens(connection)?;
            tokens.retain(|token| is_admin || token.user_name == name);
            Ok((sessions, users, tokens))
        })
        .await?;
    let shell = Shell::new(site, visit, Area::Access, words_title(visit));
    let idle = site.settings.idle_minutes.saturating_mul(60_000);
    let sessions = sessions.into_iter().filter(|session| now.milliseconds_since(session.seen_at) <= idle);
    let role = |word: &str| Role::parse(word).map_or("", |role| shell.role_name(&role));
    let page = AccessPage {
        words,
        sessions: sessions
            .map(|row| SessionLine {
                is_this: viewer.proof == Proof::Session(row.token_sha256.clone()),
                // Enough to tell sessions apart, and no help to whoever reads it.
                id: row.token_sha256.chars().take(16).collect(),
                user: row.user_name,
                began: shell.moment(row.created_at),
                seen: shell.moment(row.seen_at),
                ends: shell.moment(row.expires_at),
                address: row.address,
                agent: browser(&row.agent),
            })
            .collect(),
        users: users
            .into_iter()
            .map(|user| UserLine {
                role_word: user.role.as_str(),
                role: shell.role_name(&user.role),
                changed: shell.moment(user.changed_at),
                name: user.name,
            })
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|token| TokenLine {
                id: token.id.to_string(),
                user: token.user_name,
                label: token.label,
                role: role(&token.role),
                role_word: token.role,
                expires: shell.moment(token.expires_at),
                used: token.used_at.map(|used| shell.moment(used)),
            })
            .collect(),
        shell: shell.with_command("ticketledger user list"),
    };
    reply::shown(visit, &page)
}

fn words_title(visit: &Visit) -> &'static str {
    visit.words().access
}

/// Ends a session: one's own, or as an administrator any.
async fn end(site: &Arc<Site>, visit: &Visit) -> Answered {
    let viewer = visit.viewer.clone().ok_or(Fault::Forbidden)?;
    let id = visit.form.get("session").unwrap_or_default().to_owned();
    let (own, now) = ((viewer.role < Role::Admin).then_some(viewer.name.clone()), visit.now);
    let ended = site
        .write("end session", move |connection| {
            let sessions = store::sessions(connection, None, now)?;
            let found = sessions.into_iter().find(|row| id.len() == 16 && row.token_sha256.starts_with(&id));
            if found.as_ref().is_some_and(|row| own.as_ref().is_some_and(|own| *own != row.user_name)) {
                return Err(Fault::Forbidden);
            }
            if let Some(row) = &found {
                store::end_session(connection, &row.token_sha256)?;
            }
            Ok(found)
        })
        .await?;
    let Some(ended) = ended else { return Err(Fault::NotFound) };
    site.note(visit, "end_session", &format!("user:{}", ended.user_name)).await?;
    site.live.wake();
    Ok(reply::see_other("/access"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_here() {
        for (next, expected) in [
            ("/inbox?state=parked", "/inbox?state=parked"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/sign-out", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(Some(next)), expected, "{next}");
        }
    }
}
