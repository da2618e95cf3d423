//! Compares credentials with the configured ones in constant time: it compares hashes, and always all of them, so that
//! neither the length nor the position of a match shows.

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::config::{Config, Source};

/// SHA-256.
pub(super) type Hash = [u8; 32];

pub(super) fn hash(text: &[u8]) -> Hash {
    Sha256::digest(text).into()
}

/// Hashes of all secrets that senders may present.
pub(super) struct Secrets {
    /// Source name and path secret.
    paths: Vec<(Hash, Hash)>,
    clients: Vec<Client>,
}

struct Client {
    source: String,
    id: Hash,
    secret: Hash,
}

impl Secrets {
    pub(super) fn of(config: &Config) -> Self {
        let paths = config.sources.iter().flat_map(|source| {
            let secrets = source.path_secrets.iter();
            secrets.map(|secret| (hash(source.name.as_bytes()), hash(secret.expose_secret().as_bytes())))
        });
        let clients = config.sources.iter().flat_map(clients_of);
        Self { paths: paths.collect(), clients: clients.collect() }
    }

    /// Whether the secret is valid for the source.
    pub(super) fn opens(&self, source: &str, secret: &str) -> bool {
        let (source, secret) = (hash(source.as_bytes()), hash(secret.as_bytes()));
        let open = self.paths.iter().fold(Choice::from(0), |open, (its_source, its_secret)| {
            open | (its_source.ct_eq(&source) & its_secret.ct_eq(&secret))
        });
        open.into()
    }

    /// The source for which this client may get a token.
    pub(super) fn source_of_client(&self, id: &str, secret: &str) -> Option<&str> {
        let (id, secret) = (hash(id.as_bytes()), hash(secret.as_bytes()));
        self.clients.iter().fold(None, |found, client| {
            let matches: bool = (client.id.ct_eq(&id) & client.secret.ct_eq(&secret)).into();
            if matches { Some(client.source.as_str()) } else { found }
        })
    }
}

fn clients_of(source: &Source) -> impl Iterator<Item = Client> {
    source.oauth_clients.iter().flat_map(|client| {
        client.secrets.iter().map(|secret| Client {
            source: source.name.clone(),
            id: hash(client.id.as_bytes()),
            secret: hash(secret.expose_secret().as_bytes()),
        })
    })
}
