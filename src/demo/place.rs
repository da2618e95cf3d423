//! The demo's folder with settings, secrets and database, as an operator would have them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::stand_in::{Bookingkit, StandIn};
use crate::clock::Clock;
use crate::config::{self, Config, Role};
use crate::console::access::manage;
use crate::db::Database;

/// The settings: a bookingkit account in Germany and a Ticketpark account in Switzerland.
const SETTINGS: &str = r#"# The settings of the demo.
[server]
listen = "127.0.0.1:0"
console = "127.0.0.1:0"

[database]
url = "sqlite:FOLDER/demo.db"

[[sources]]
name = "museum"
provider = "bookingkit"
timezone = "Europe/Berlin"
country = "DE"
vendor_ids = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0"]
path_secrets = ["file:FOLDER/museum-hook"]
api = { base_url = "BASE_URL", client_id = "CLIENT_ID", client_secret = "file:FOLDER/museum-client" }
sweep = { every = "off", nightly = "off", monthly = "off", rate = 100 }

[[sources]]
name = "theatre"
provider = "ticketpark"
timezone = "Europe/Zurich"
country = "CH"
path_secrets = ["file:FOLDER/theatre-hook"]
api = { base_url = "BASE_URL", client_key = "file:FOLDER/client-key", client_secret = "file:FOLDER/client-secret", username = "file:FOLDER/username", password = "file:FOLDER/password" }
sweep = { every = "off", nightly = "off", monthly = "off" }
vat_rules = [{ from = "2018-01-01", event = "*", rate = "2.6" }]
"#;

/// Who signs in to the console of the demo.
pub(super) const USER: &str = "demo";

/// The folder of one run of the demo.
pub(super) struct Place {
    folder: PathBuf,
    secrets: BTreeMap<&'static str, String>,
}

impl Place {
    /// Creates the folder with everything in it.
    pub(super) fn make(stand_in: &StandIn) -> anyhow::Result<Self> {
        let mut random = [0_u8; 24];
        getrandom::fill(&mut random).context("the system has no random numbers")?;
        let random = hex::encode(random);
        let (name, rest) = random.split_at(8);
        let (museum, theatre) = rest.split_at(20);
        let folder = std::env::temp_dir().join(format!("ticketledger-demo-{name}"));
        std::fs::create_dir(&folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
        let secrets = BTreeMap::from([("museum", museum.to_owned()), ("theatre", theatre.to_owned())]);
        let place = Self { folder, secrets };
        place.write("museum-hook", museum)?;
        place.write("theatre-hook", theatre)?;
        place.write("museum-client", Bookingkit::CLIENT_SECRET)?;
        place.write("client-key", StandIn::CLIENT_KEY)?;
        place.write("client-secret", StandIn::CLIENT_SECRET)?;
        place.write("username", StandIn::USERNAME)?;
        place.write("password", StandIn::PASSWORD)?;
        let settings =
            SETTINGS.replace("FOLDER", &place.folder.display().to_string()).replace("BASE_URL", &stand_in.base_url());
        let settings = settings.replace("CLIENT_ID", Bookingkit::CLIENT_ID);
        place.write("ticketledger.toml", &settings)?;
        Ok(place)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.folder.join(name);
        let mut options = std::fs::File::options();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The settings, loaded in the same way as an operator's.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        Ok(config::load(Some(&self.settings()), &BTreeMap::new())?)
    }

    /// Makes somebody who can sign in to the console, and answers the password, which is not written anywhere.
    pub(super) async fn user(&self, database: Database) -> anyhow::Result<String> {
        let mut random = [0_u8; 9];
        getrandom::fill(&mut random).context("the system has no random numbers")?;
        let password = hex::encode(random);
        let typed = password.clone();
        let added = tokio::task::spawn_blocking(move || {
            manage::add(&database, &Clock::System, "demo", USER, Role::Admin, &typed)
        });
        added.await?.context("cannot add a user to the console")?;
        Ok(password)
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.folder.join("ticketledger.toml")
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("demo.db")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The secret part of a source's webhook address.
    pub(super) fn secret(&self, source: &str) -> &str {
        self.secrets.get(source).map_or("", String::as_str)
    }

    /// Removes the folder. A failure is only logged, because the folder holds nothing but examples.
    pub(super) fn remove(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "cannot remove the demo's folder");
        }
    }
}
