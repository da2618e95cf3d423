//! Where secrets are. They are never written inline, and no message shows one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::problem::Problems;
use super::read::Text;
use super::warning;

/// Reads a secret from where `text` says it is: `file:PATH`, `env:NAME` or `credential:NAME`.
pub(super) fn resolve(
    text: &Text,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<SecretString> {
    match find(&text.value, environment) {
        Ok(secret) => {
            warning::readable(text, problems);
            Some(SecretString::from(secret))
        }
        Err(message) => {
            text.wrong(problems, message);
            None
        }
    }
}

/// An address of a database as it is written, or where `env:NAME`, `file:PATH` or `credential:NAME` says it is.
///
/// # Errors
/// In words, when it is not there.
pub fn address(text: &str, environment: &BTreeMap<String, String>) -> Result<SecretString, String> {
    let address = if is_reference(text) { find(text, environment)? } else { text.to_owned() };
    match mistake(&address) {
        Some(text) => Err(text.to_owned()),
        None => Ok(SecretString::from(address)),
    }
}

/// What is wrong with the address of a PostgreSQL database: a password with characters that mean something in an
/// address. libpq would take a part of it for the name of a host or of a database, and say so.
pub(super) fn mistake(address: &str) -> Option<&'static str> {
    let (scheme, rest) = address.split_once("://")?;
    if scheme == "sqlite" {
        return None;
    }
    let place = rest.split('?').next().unwrap_or_default();
    let authority = place.split('/').next().unwrap_or_default();
    let escapes = rest.split('%').skip(1);
    if place.matches('@').count() > 1 {
        Some("has more than one `@`; write an `@` in the password as `%40`")
    } else if place.contains('@') != authority.contains('@') {
        Some("has a `/` before its `@`; write a `/` in the password as `%2F`")
    } else if !place.contains('/') && !place.contains('@') && rest.contains('@') {
        Some("has a `?` before its `@`; write a `?` in the password as `%3F`")
    } else if escapes
        .into_iter()
        .any(|rest| !rest.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit())))
    {
        Some("has a `%` that begins no escape; write a `%` in the password as `%25`")
    } else {
        None
    }
}

/// Whether the text says where a secret is, rather than being one.
pub(super) fn is_reference(text: &str) -> bool {
    ["file:", "env:", "credential:"].iter().any(|scheme| text.starts_with(scheme))
}

fn find(reference: &str, environment: &BTreeMap<String, String>) -> Result<String, String> {
    let (value, place) = match reference.split_once(':') {
        Some(("file", path)) => (read(Path::new(path))?, format!("the file {path}")),
        Some(("env", name)) => {
            let value = environment.get(name);
            let value = value.ok_or_else(|| format!("the environment variable {name} is not set; set it"))?;
            (value.clone(), format!("the environment variable {name}"))
        }
        Some(("credential", name)) => {
            let path = credential(name, environment)?;
            (read(&path)?, format!("the credential {name}"))
        }
        _ => {
            return Err("a secret is never written inline; put it into a file and write `file:PATH`, or write \
                        `env:NAME` or `credential:NAME`"
                .to_owned());
        }
    };
    if value.trim().is_empty() {
        Err(format!("{place} is empty; put the secret there"))
    } else if value.contains('\u{feff}') {
        Err(format!("{place} holds a byte order mark, which no sender sends; save it as UTF-8 without one"))
    } else if value.contains(|character: char| character.is_control()) {
        Err(format!("{place} holds a line break or another control character; put the secret alone on one line"))
    } else {
        Ok(value)
    }
}

fn credential(name: &str, environment: &BTreeMap<String, String>) -> Result<PathBuf, String> {
    if name.is_empty() || name.contains('/') || name == ".." {
        return Err("the name of a credential must be a plain file name".to_owned());
    }
    let folder = environment.get("CREDENTIALS_DIRECTORY").ok_or_else(|| {
        format!(
            "there are no systemd credentials (CREDENTIALS_DIRECTORY is not set); start the daemon with \
             LoadCredential={name}:PATH"
        )
    })?;
    Ok(Path::new(folder).join(name))
}

fn read(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData => format!("{} is not UTF-8 text", path.display()),
        _ => format!("cannot read {}: {error}", path.display()),
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    // Editors end a file with a line break, which is no part of the secret.
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    Ok(trimmed.strip_suffix('\r').unwrap_or(trimmed).to_owned())
}
