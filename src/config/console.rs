//! The `[console]` table: who may sign in to the console, how, and for how long.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::problem::{Origin, Problems};
use super::read::{Section, Text};
use super::tree::Table;

/// What somebody may do in the console; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks at everything and changes nothing.
    Reader,
    /// Also findings, exports, and the close of a month.
    Finance,
    /// Also the inbox, contacts and users.
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Reader, Self::Finance, Self::Admin];

    /// The word in settings and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Finance => "finance",
            Self::Admin => "admin",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Signing in to the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// A session ends after this long without a request.
    pub idle_minutes: i64,
    /// A session ends after this long at the latest.
    pub session_hours: i64,
    /// The cookie also travels without TLS, for browsers that refuse the safe one there.
    pub insecure_cookie: bool,
    /// A proxy that says who somebody is; `None` = nobody is believed.
    pub header_sign_in: Option<HeaderSignIn>,
}

impl Default for Console {
    fn default() -> Self {
        Self { idle_minutes: 60, session_hours: 8, insecure_cookie: false, header_sign_in: None }
    }
}

/// Single sign-on: a proxy in front signs people in, and says in a header who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSignIn {
    /// Header with the name of the user, in lower case.
    pub user: String,
    /// Header with the groups, in lower case.
    pub groups: String,
    /// Between two groups.
    pub separator: String,
    /// Who is believed, by the address of the socket.
    pub peers: Vec<Network>,
    /// The role of each group; who is in none of them has none.
    pub roles: BTreeMap<String, Role>,
}

/// A network, such as `10.0.0.0/8`; a single address is one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
    }

    pub fn contains(self, other: IpAddr) -> bool {
        let masked = |number: u128, width: u32| {
            let off = width - u32::from(self.bits);
            number.checked_shr(off).unwrap_or(0)
        };
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                masked(u128::from(u32::from(ours)), 32) == masked(u128::from(u32::from(other)), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => masked(u128::from(ours), 128) == masked(u128::from(other), 128),
            _ => false,
        }
    }
}

pub(super) fn console(root: &mut Section, listener: Option<SocketAddr>, problems: &mut Problems) -> Console {
    let section = root.section("console", problems);
    let mut section = section.unwrap_or_else(|| Section::new(Table::new(), "console", Origin::File));
    let idle_minutes = section.number("idle_minutes", 1..=24 * 60, 60, problems);
    let session_hours = section.number("session_hours", 1..=24 * 30, 8, problems);
    let insecure = section.text("insecure_cookie", problems);
    let insecure_cookie = insecure.is_some_and(|text| match text.value.as_str() {
        "on" => {
            if !listener.is_none_or(|address| is_private(address.ip())) {
                let text_of = "sends the session without TLS, which is for private addresses only; set \
                               server.console to one, or put a proxy with TLS in front and remove this key";
                text.wrong(problems, text_of);
            }
            true
        }
        "off" => false,
        _ => {
            text.wrong(problems, "must be \"on\" or \"off\"");
            false
        }
    });
    let header = section.section("header_sign_in", problems);
    let header_sign_in = header.and_then(|section| header_sign_in(section, problems));
    section.finish(problems);
    Console { idle_minutes, session_hours, insecure_cookie, header_sign_in }
}

fn header_sign_in(mut section: Section, problems: &mut Problems) -> Option<HeaderSignIn> {
    let user = header(section.required("user", "write the header with the name, such as \"Remote-User\"", problems));
    let groups = section.text("groups", problems);
    let separator = section.text("separator", problems).map_or_else(|| ",".to_owned(), |text| text.value);
    let peers: Vec<Network> = section
        .texts("peers", problems)
        .into_iter()
        .filter_map(|text| {
            let network = Network::parse(&text.value);
            if network.is_none() {
                text.wrong(problems, "must be an address or a network, such as \"10.0.0.5\" or \"10.0.0.0/24\"");
            }
            network
        })
        .collect();
    if peers.is_empty() {
        let text = "is missing; list the addresses of your proxy: without it anybody could say to be anybody";
        section.wrong(problems, "peers", text);
    }
    let mut roles = BTreeMap::new();
    for (group, text) in section.map("roles", problems).unwrap_or_default() {
        match Role::parse(&text.value) {
            Some(role) => {
                roles.insert(group, role);
            }
            None => text.wrong(problems, "must be \"reader\", \"finance\" or \"admin\""),
        }
    }
    if roles.is_empty() {
        section.wrong(
            problems,
            "roles",
            "is missing; give at least one group a role, such as { bookkeeping = \"finance\" }",
        );
    }
    section.finish(problems);
    let groups = groups.map_or_else(|| Some("remote-groups".to_owned()), |text| header(Some(text)));
    Some(HeaderSignIn { user: user?, groups: groups?, separator, peers, roles })
}

/// The name of a header as requests have it.
fn header(text: Option<Text>) -> Option<String> {
    text.map(|text| text.value.trim().to_ascii_lowercase()).filter(|name| !name.is_empty())
}

/// Whether only machines nearby can reach an address.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("192.168.1.5", "192.168.1.5", "192.168.1.6"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network:?} {outside}");
        }
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0", "proxy.example", "10.0.0.0/x"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }
}
