//! Single sign-on: a proxy says who somebody is. Whom to believe is decided by the address of the socket alone.

use std::net::IpAddr;

use super::super::visit::Visit;
use super::names::is_name;
use crate::config::{HeaderSignIn, Role};

/// What the headers say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Person {
        name: String,
        role: Role,
    },
    /// It must not be believed; a name of the table of actions says why, and which header it is.
    Refused(&'static str, String),
}

pub(super) fn said(settings: &HeaderSignIn, visit: &Visit) -> Said {
    let names: Vec<_> = visit.headers.get_all(&settings.user).iter().collect();
    let groups: Vec<_> = visit.headers.get_all(&settings.groups).iter().collect();
    if names.is_empty() && groups.is_empty() {
        return Said::Nothing;
    }
    if !is_trusted(settings, visit.address) {
        let header = if names.is_empty() { &settings.groups } else { &settings.user };
        return Said::Refused("header_unlisted", header.clone());
    }
    // One of the two is the browser's own, which the proxy should have removed.
    let ([name], [] | [_]) = (names.as_slice(), groups.as_slice()) else {
        let header = if names.len() == 1 { &settings.groups } else { &settings.user };
        return Said::Refused("header_twice", header.clone());
    };
    // A name may have letters that English has not.
    let name = std::str::from_utf8(name.as_bytes()).unwrap_or_default().trim();
    if !is_name(name) {
        return Said::Refused("header_name", settings.user.clone());
    }
    let groups = groups.first().and_then(|groups| groups.to_str().ok()).unwrap_or_default();
    let groups = groups.split(settings.separator.as_str()).map(str::trim);
    match groups.filter_map(|group| settings.roles.get(group)).max() {
        // One name in whatever case, as by password.
        Some(role) => Said::Person { name: name.to_lowercase(), role: *role },
        None => Said::Refused("header_role", settings.groups.clone()),
    }
}

/// Whether the other end of the socket is one that is believed.
pub(super) fn is_trusted(settings: &HeaderSignIn, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|peer| settings.peers.iter().any(|network| network.contains(peer)))
}
