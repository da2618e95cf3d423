//! The program itself, run beside a test's database.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::db::TestDatabase;

/// The name of the vendor that the settings list.
pub(crate) const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The built program with settings for one database and the bookingkit source `museum`.
pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    pub(crate) fn new(database: &TestDatabase) -> Self {
        let folder = tempfile::Builder::new().prefix("ticketledger-").tempdir().unwrap();
        let settings = format!(
            "[database]\nurl = \"{}\"\n\n[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\n\
             timezone = \"Europe/Berlin\"\ncountry = \"DE\"\nvendor_ids = [\"{VENDOR}\"]\n\
             path_secrets = [\"env:MUSEUM_HOOK\"]\n",
            database.url
        );
        std::fs::write(folder.path().join("ticketledger.toml"), settings).unwrap();
        Self { folder }
    }

    /// A file of its folder, where it runs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ticketledger"));
        command.current_dir(self.folder.path()).args(arguments);
        // Settings of the test run itself are none of the program's.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TICKETLEDGER_")) {
            command.env_remove(name);
        }
        command.env("MUSEUM_HOOK", "0123456789abcdef0123456789abcdef");
        command.env("USER", "operator").env_remove("SUDO_USER").stdin(Stdio::null());
        command
    }

    /// Exit code, stdout and stderr of one run.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}
