//! Daemons of the built program.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::program::program;

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Name and vendor of a source. The secret of its webhooks is [`SECRET`] and its name.
pub(crate) type Source = (String, String);

/// A process that serves; it is killed on drop.
pub(crate) struct Serving {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Serving {
    /// Waits until the process listens.
    #[expect(clippy::disallowed_methods, reason = "to look all the time would take time from the process")]
    pub(crate) fn new(process: Child, address: SocketAddr) -> Self {
        let mut serving = Self { process, address };
        while std::net::TcpStream::connect(address).is_err() {
            let ended = serving.process.try_wait().expect("the process can be asked for");
            assert!(ended.is_none(), "the process ended at its start: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }
}

pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Writes the settings: what is given, and the sources.
pub(crate) fn settings(folder: &Path, given: &str, sources: &[Source]) {
    let mut text = given.to_owned();
    for (number, (name, vendor)) in sources.iter().enumerate() {
        text += &format!(
            "\n[[sources]]\nname = \"{name}\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\n\
             country = \"DE\"\nvendor_ids = [\"{vendor}\"]\npath_secrets = [\"env:HOOK_{number}\"]\n"
        );
    }
    std::fs::write(folder.join("ticketledger.toml"), text).expect("the settings");
}

/// Starts a daemon with the settings of the folder, which have these sources.
pub(crate) fn serve(folder: &Path, sources: &[Source]) -> Serving {
    let (public, console) = (free(), free());
    let mut command = program();
    command.arg("serve").current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("TICKETLEDGER_SERVER__LISTEN", public.to_string());
    command.env("TICKETLEDGER_SERVER__CONSOLE", console.to_string());
    // As the service has it.
    command.env("MALLOC_ARENA_MAX", "2");
    for (number, (name, _)) in sources.iter().enumerate() {
        command.env(format!("HOOK_{number}"), format!("{SECRET}{name}"));
    }
    Serving::new(command.spawn().expect("the daemon starts"), public)
}
