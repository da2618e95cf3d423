//! What is valid in the settings, but makes it easy for whoever means harm.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::Server;
use super::problem::{Origin, Problems};
use super::read::Text;

/// A secret with fewer characters can be guessed; `openssl rand -hex 32` makes 64.
const SECRET_CHARACTERS: usize = 20;
/// A secret with fewer different characters was made by hand.
const SECRET_VARIETY: usize = 8;

/// A secret that senders present, and that anybody may try to guess.
pub(super) fn guessable(text: &Text, secret: &SecretString, problems: &mut Problems) {
    let secret = secret.expose_secret();
    let variety = secret.chars().collect::<BTreeSet<_>>().len();
    let what = if secret.chars().count() < SECRET_CHARACTERS {
        format!("the secret is shorter than {SECRET_CHARACTERS} characters")
    } else if variety < SECRET_VARIETY {
        format!("the secret has fewer than {SECRET_VARIETY} different characters")
    } else {
        return;
    };
    let next = "can be guessed; generate one with `openssl rand -hex 32`";
    problems.warn(&text.origin, &text.key, format!("{what} and {next}"));
}

/// A file with a secret that every user of this machine can read.
pub(super) fn readable(text: &Text, problems: &mut Problems) {
    let Some(path) = text.value.strip_prefix("file:") else { return };
    let mode = std::fs::metadata(Path::new(path)).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o004 != 0 {
        let text_of = format!("every user of this machine can read {path}; run `chmod o= {path}`");
        problems.warn(&text.origin, &text.key, text_of);
    }
}

/// Listeners that other machines can reach: the daemon itself speaks no TLS.
pub(super) fn listeners(server: &Server, problems: &mut Problems) {
    let mut check = |key: &str, address: SocketAddr, text: &str| {
        if !address.ip().is_loopback() {
            problems.warn(&Origin::File, key, format!("other machines can reach {address}, {text}"));
        }
    };
    let text = "and secrets would cross the network unencrypted; listen on 127.0.0.1 behind a proxy with TLS";
    check("server.listen", server.listen, text);
    let text = "and whoever does sees your business figures; listen on 127.0.0.1";
    check("server.console", server.console, text);
}
