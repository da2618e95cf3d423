//! Encrypts stored tokens, so that the database alone does not give access to the provider's customers.

use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

const LABEL: &[u8] = b"ticketledger provider token v2\0";
const NONCE_BYTES: usize = 24;

/// Where an encrypted token is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Refresh,
    Access,
}

/// Encrypts and decrypts the tokens of one source. The keys come from the client secrets: the first one encrypts, all
/// of them decrypt, so that a secret can be changed without a new login.
pub(super) struct Seal {
    source: String,
    ciphers: Vec<XChaCha20Poly1305>,
}

impl Seal {
    pub(super) fn new<'a>(source: &str, secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let cipher = |secret: &SecretString| {
            let key = Sha256::new().chain_update(LABEL).chain_update(secret.expose_secret()).finalize();
            XChaCha20Poly1305::new(&key)
        };
        Self { source: source.to_owned(), ciphers: secrets.into_iter().map(cipher).collect() }
    }

    /// What a token is bound to: copied to another source or into the other column it cannot be decrypted. Otherwise
    /// whoever writes the database could have the long-lived token sent where only the short-lived one is shown.
    fn place(&self, column: Column) -> Vec<u8> {
        let column: &[u8] = match column {
            Column::Refresh => b"refresh",
            Column::Access => b"access",
        };
        [self.source.as_bytes(), b"\0", column].concat()
    }

    /// Returns the nonce and the encrypted token; `None` only without a key or without randomness.
    pub(super) fn close(&self, column: Column, token: &SecretString) -> Option<Vec<u8>> {
        let nonce = XNonce::try_generate().ok()?;
        let aad = self.place(column);
        let payload = Payload { msg: token.expose_secret().as_bytes(), aad: &aad };
        let sealed = self.ciphers.first()?.encrypt(&nonce, payload).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Returns the token; `None` if it was encrypted with another secret or tampered with.
    pub(super) fn open(&self, column: Column, sealed: &[u8]) -> Option<SecretString> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let aad = self.place(column);
        let open = |cipher: &XChaCha20Poly1305| cipher.decrypt(&nonce, Payload { msg: sealed, aad: &aad }).ok();
        let token = self.ciphers.iter().find_map(open)?;
        String::from_utf8(token).ok().map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_with_its_own_secret_and_source_only() {
        let [old, new, other] = ["old", "new", "other"].map(SecretString::from);
        let token = SecretString::from("refresh-1");
        let sealed = Seal::new("theatre", [&old]).close(Column::Refresh, &token).unwrap();
        assert!(!sealed.windows(9).any(|bytes| bytes == b"refresh-1"));
        let opened = |source, secrets: &[&SecretString], sealed: &[u8]| {
            let opened = Seal::new(source, secrets.iter().copied()).open(Column::Refresh, sealed);
            opened.map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(opened("theatre", &[&new, &old], &sealed), Some("refresh-1".to_owned()));
        assert!(Seal::new("theatre", [&old]).open(Column::Access, &sealed).is_none());
        assert_eq!(opened("theatre", &[&other], &sealed), None);
        assert_eq!(opened("museum", &[&old], &sealed), None);
        assert_eq!(opened("theatre", &[&old], &sealed[..20]), None);
        let mut tampered = sealed.clone();
        tampered[30] ^= 1;
        assert_eq!(opened("theatre", &[&old], &tampered), None);
        assert_ne!(Seal::new("theatre", [&old]).close(Column::Refresh, &token).unwrap(), sealed);
    }
}
