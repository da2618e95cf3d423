//! Where the database is, and what is doubtful about it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::problem::{Origin, Problems};
use super::read::Section;
use super::{Config, Expect, secret};

const DEFAULT: &str = "sqlite:ticketledger.db";

pub(super) fn database(
    mut section: Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<(SecretString, Expect)> {
    let url = section.text("url", problems);
    let expect = match section.text("expect", problems) {
        None => Expect::default(),
        Some(text) => match [Expect::Anything, Expect::Existing].into_iter().find(|it| it.as_str() == text.value) {
            Some(expect) => expect,
            None => {
                text.wrong(problems, "must be `anything`, or `existing` to refuse to make a new database");
                Expect::default()
            }
        },
    };
    section.finish(problems);
    let Some(text) = url else { return Some((SecretString::from(DEFAULT), expect)) };
    // An address with a password may be kept where secrets are.
    let mut resolved = text.clone();
    if secret::is_reference(&text.value) {
        resolved.value = secret::resolve(&text, environment, problems)?.expose_secret().to_owned();
    } else if matches!(text.origin, Origin::Line(_)) && has_password(&text.value) {
        let advice = "the password stands in the settings file; keep the whole address elsewhere and write \
                      \"file:PATH\", \"env:NAME\" or \"credential:NAME\"";
        problems.warn(&text.origin, &text.key, advice);
    }
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| resolved.value.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        text.wrong(problems, "must be `sqlite:PATH` or `postgres://USER@HOST/NAME`");
        return None;
    }
    if let Some(mistake) = secret::mistake(&resolved.value) {
        text.wrong(problems, mistake);
        return None;
    }
    if let Some(path) = sqlite_path(&resolved.value)
        && let Some(reason) = no_file(path)
    {
        text.wrong(problems, reason);
        return None;
    }
    if crosses_network_in_the_open(&resolved.value) {
        let advice = "the database is on another machine, and its traffic would cross the network unencrypted; add \
                      `?sslmode=verify-full` to the address, or use a private network or a tunnel";
        problems.warn(&text.origin, &text.key, advice);
    }
    Some((SecretString::from(resolved.value), expect))
}

fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"))
}

/// Why this is not the path of a file that outlives the daemon.
fn no_file(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.ends_with('/') {
        return Some("names no file; write `sqlite:PATH`, such as `sqlite:ticketledger.db`");
    }
    if path.starts_with(":memory:") || path.contains("mode=memory") {
        return Some(
            "is a database in memory: every acknowledged webhook and the books would be lost at the next stop; write \
             `sqlite:PATH`",
        );
    }
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Some("names a folder or a device; write `sqlite:PATH` with the path of a file");
    }
    if path.contains('\0') {
        return Some("has a character U+0000");
    }
    if path.starts_with("file:") {
        return Some("has options of SQLite's own, which can undo what the daemon promises; write `sqlite:PATH`");
    }
    None
}

/// The part of an address between `//` and the path, and the parameters.
fn parts(url: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| url.strip_prefix(scheme))?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before.split_once('/').map_or(before, |(authority, _)| authority);
    Some((authority, query.split('&').filter_map(|pair| pair.split_once('=')).collect()))
}

fn has_password(url: &str) -> bool {
    parts(url).is_some_and(|(authority, parameters)| {
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
            || parameters.iter().any(|(name, _)| *name == "password")
    })
}

/// Whether a host that is not this machine is reached without TLS.
fn crosses_network_in_the_open(url: &str) -> bool {
    let Some((authority, parameters)) = parts(url) else { return false };
    let said = |wanted: &str| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    if said("sslmode").is_some_and(|mode| matches!(mode, "require" | "verify-ca" | "verify-full")) {
        return false;
    }
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let named = said("hostaddr").or(said("host"));
    named.unwrap_or(hosts).split(',').any(|host| !is_local(host))
}

/// A socket, or a name of this machine.
fn is_local(host: &str) -> bool {
    // Without a port; an address of version 6 stands in brackets.
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
        None => host,
    };
    name.is_empty()
        || name.starts_with(['/', '@'])
        || name.to_ascii_lowercase().starts_with("%2f")
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The numbers of `tmpfs` and `ramfs` (statfs(2)).
const IN_MEMORY: [rustix::fs::FsWord; 2] = [0x0102_1994, 0x8584_58f6];

/// Warns of a database that does not outlive the machine's memory, and of files that others than their owner may read.
pub(super) fn files(config: &Config, problems: &mut Problems) {
    let Some(file) = config.database_file() else { return };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if rustix::fs::statfs(folder).is_ok_and(|system| IN_MEMORY.contains(&system.f_type)) {
        let folder = folder.display();
        let text = format!(
            "{folder} is a file system in memory: every acknowledged webhook and the books would be lost when this \
             machine stops"
        );
        problems.warn(&Origin::File, "database.url", text);
    }
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        let path = PathBuf::from(name);
        let mode = std::fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            let (path, mode) = (path.display(), mode & 0o777);
            let text = format!(
                "others than its owner may open {path} (mode {mode:o}), which holds webhooks with names and addresses; \
                 run `chmod 600 {path}`"
            );
            problems.warn(&Origin::File, "database.url", text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_a_network_unencrypted_is_known() {
        for url in [
            "postgres://db.example.com/books",
            "postgres://u:p@10.0.0.5:5432/books",
            "postgres://u@localhost,db2.example.com/books",
            "postgres:///books?host=db.example.com",
            "postgres://db.example.com/books?sslmode=prefer",
            "postgres://[2001:db8::1]:5432/books",
        ] {
            assert!(crosses_network_in_the_open(url), "{url}");
        }
        for url in [
            "sqlite:x.db",
            "postgres://u@/books",
            "postgres:///books?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/books",
            "postgres://u:p@127.0.0.1:5432/books",
            "postgres://u@[::1]/books",
            "postgres://localhost,127.0.0.1/books",
            "postgres://db.example.com/books?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        ] {
            assert!(!crosses_network_in_the_open(url), "{url}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_seen() {
        assert!(has_password("postgres://u:p%40ss@h/b") && has_password("postgresql://h/b?password=x"));
        assert!(!has_password("postgres://u@h:5432/b") && !has_password("postgres:///b?passfile=/x"));
    }
}
