//! Who somebody is: a session, a name that a proxy vouches for, or a token of a program.

pub mod manage;
mod names;
pub(super) mod pages;
mod password;
mod proxy;
mod record;
pub(super) mod refusals;
mod session;
pub mod store;
mod throttle;
mod vouched;
mod words;

use super::site::Site;
use super::visit::Visit;
use crate::config::Role;

pub use self::password::{Weak, hash, suits};
pub(super) use self::refusals::Refusals;
pub(super) use self::session::{find, find_token, is_genuine};
pub(super) use self::throttle::Throttle;
pub(super) use self::vouched::Vouched;
/// The form in which tokens are stored.
pub(super) use crate::hash::sha256;

/// How somebody proved who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The hash of the token in the cookie.
    Session(String),
    /// A proxy that is believed.
    Proxy,
    /// The hash of a token of a program: it reads and changes nothing.
    Token(String),
}

/// Somebody who may see pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Viewer {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) proof: Proof,
    /// What a form of his must bring along.
    pub(super) csrf: String,
}

impl Viewer {
    pub(super) fn is_program(&self) -> bool {
        matches!(self.proof, Proof::Token(_))
    }

    /// What his streams are counted by.
    pub(super) fn stream_key(&self) -> String {
        match &self.proof {
            Proof::Session(token_sha256) => token_sha256.clone(),
            Proof::Proxy | Proof::Token(_) => format!("name {}", self.name),
        }
    }
}

/// Who sends a request.
pub(super) enum Identity {
    Known(Viewer),
    /// Nobody in particular.
    Unknown,
    /// A header says who it is, and must not be believed; a name of the table of actions says why.
    Refused(&'static str),
}

/// Finds out who sends a request.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn identify(site: &Site, visit: &Visit) -> Result<Identity, super::fault::Fault> {
    if let Some(token) = bearer(visit) {
        let identity = session::by_token(site, visit, token).await?;
        if let Identity::Refused(why) = identity {
            refusals::note(site, visit, "sign_in_token", why, String::new()).await;
        }
        return Ok(identity);
    }
    if let Some(settings) = &site.settings.header_sign_in {
        match proxy::said(settings, visit) {
            proxy::Said::Nothing => {}
            proxy::Said::Person { name, role } => {
                let csrf = session::csrf_of_name(site, &name).await?;
                let viewer = Viewer { name, role, proof: Proof::Proxy, csrf };
                vouched::note(site, visit, &viewer).await?;
                return Ok(Identity::Known(viewer));
            }
            proxy::Said::Refused(why, header) => {
                let subject = format!("{} {header}", refusals::path(visit));
                refusals::note(site, visit, "sign_in_header", why, subject).await;
                return Ok(Identity::Refused(why));
            }
        }
    }
    session::by_cookie(site, visit).await
}

fn bearer(visit: &Visit) -> Option<&str> {
    let header = visit.header("authorization")?;
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A token that nobody can guess.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn random_token() -> Result<String, getrandom::Error> {
    use base64::Engine as _;
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
}
