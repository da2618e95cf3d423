//! What two sources must not share: then a delivery would not say whose book it belongs to.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;

use super::problem::{Origin, Problems};
use super::read::Text;
use super::source::{Placed, place_of};

/// Reports every second use.
pub(super) fn check(sources: &[Placed], problems: &mut Problems) {
    let mut names = Seen::default();
    let mut vendors = Seen::default();
    let mut secrets = Seen::default();
    let mut clients = Seen::default();
    for source in sources {
        let name = &source.name;
        names.note(&name.value, name, problems, "two sources have this name; give each its own");
        for vendor in &source.vendor_ids {
            vendors.note(
                &vendor.value,
                vendor,
                problems,
                "this vendor is already listed; a vendor belongs to one source only",
            );
        }
        for (place, secret) in &source.path_secrets {
            let text = "this path secret is already in use; give every source its own";
            secrets.note(secret.expose_secret(), place, problems, text);
        }
        for client in &source.client_ids {
            let text = "this oauth client id is in use already; give every source clients of its own, and list \
                        several secrets of one client under one id";
            clients.note(&client.value, client, problems, text);
        }
    }
}

/// Values met so far, and where.
#[derive(Default)]
struct Seen<'a>(BTreeMap<&'a str, &'a Origin>);

impl<'a> Seen<'a> {
    fn note(&mut self, value: &'a str, text: &'a Text, problems: &mut Problems, message: &str) {
        match self.0.get(value) {
            Some(first) => text.wrong(problems, format!("{message} (first in {})", place_of(first))),
            None => {
                self.0.insert(value, &text.origin);
            }
        }
    }
}
