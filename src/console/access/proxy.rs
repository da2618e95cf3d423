//! Single sign-on: a proxy says who somebody is. Whom to believe is decided by the address of the socket alone.

use std::net::IpAddr;

use super::super::visit::Visit;
use crate::config::{HeaderSignIn, Role};

/// What the headers say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Person {
        name: String,
        role: Role,
    },
    /// It must not be believed; a name of the table of actions says why.
    Refused(&'static str),
}

pub(super) fn said(settings: &HeaderSignIn, visit: &Visit) -> Said {
    let names: Vec<_> = visit.headers.get_all(&settings.user).iter().collect();
    let groups: Vec<_> = visit.headers.get_all(&settings.groups).iter().collect();
    if names.is_empty() && groups.is_empty() {
        return Said::Nothing;
    }
    if !is_trusted(settings, visit.address) {
        return Said::Refused("header_unlisted");
    }
    // One of the two is the browser's own, which the proxy should have removed.
    let ([name], [] | [_]) = (names.as_slice(), groups.as_slice()) else {
        return Said::Refused("header_twice");
    };
    let name = name.to_str().unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > 64 || name.contains(',') {
        return Said::Refused("header_name");
    }
    let groups = groups.first().and_then(|groups| groups.to_str().ok()).unwrap_or_default();
    let groups = groups.split(settings.separator.as_str()).map(str::trim);
    match groups.filter_map(|group| settings.roles.get(group)).max() {
        Some(role) => Said::Person { name: name.to_owned(), role: *role },
        None => Said::Refused("header_role"),
    }
}

/// Whether the other end of the socket is one that is believed.
pub(super) fn is_trusted(settings: &HeaderSignIn, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|peer| settings.peers.iter().any(|network| network.contains(peer)))
}
