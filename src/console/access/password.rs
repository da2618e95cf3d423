//! Passwords: argon2id at the cost that OWASP names as the least, 19 MiB and two passes.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

/// Fewer characters can be guessed.
const LEAST: usize = 12;
/// More are no password, and cost time.
const MOST: usize = 256;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("the password is shorter than {LEAST} characters; choose a longer one, such as four words")]
    Short,
    #[error("the password is longer than {MOST} characters")]
    Long,
    #[error("the password has fewer than five different characters; choose another")]
    Plain,
    #[error("the password is the name of the user; choose another")]
    Name,
}

/// Whether a password may be used.
///
/// # Errors
/// Why not.
pub fn suits(name: &str, password: &str) -> Result<(), Weak> {
    let mut different: Vec<char> = password.chars().collect();
    let length = different.len();
    different.sort_unstable();
    different.dedup();
    match () {
        () if length < LEAST => Err(Weak::Short),
        () if length > MOST => Err(Weak::Long),
        () if password.eq_ignore_ascii_case(name) => Err(Weak::Name),
        () if different.len() < 5 => Err(Weak::Plain),
        () => Ok(()),
    }
}

/// The hash of a password with a salt of its own. Takes some tens of milliseconds and 19 MiB.
///
/// # Errors
/// When the system has no random numbers.
pub fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("cannot hash the password: {error}"))?.to_string())
}

/// Whether a password is the one of a stored hash. For an unknown user there is none, and it takes as long.
pub(super) fn verify(password: &str, stored: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let dummy = || NOBODY.get_or_init(|| hash("nobody has this password").unwrap_or_default()).as_str();
    let of_somebody = stored.is_some();
    let stored = stored.unwrap_or_else(dummy);
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    let right = password.len() <= MOST * 4 && Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    right && of_somebody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_only() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("correct horse battery").unwrap());
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterx", Some(&stored)));
        assert!(!verify("nobody has this password", None));
        assert!(!verify("x", Some("no hash")));
    }

    #[test]
    fn what_is_easy_to_guess_is_refused() {
        assert_eq!(suits("anna", "short"), Err(Weak::Short));
        assert_eq!(suits("anna", "aaaaaaaaaaaab"), Err(Weak::Plain));
        assert_eq!(suits("anna.accountant", "Anna.Accountant"), Err(Weak::Name));
        assert_eq!(suits("anna", &"abcdefgh".repeat(40)), Err(Weak::Long));
        assert_eq!(suits("anna", "correct horse battery"), Ok(()));
    }
}
