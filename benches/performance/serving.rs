//! A daemon of the built program.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::engine::Place;

pub(crate) const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const PATH: &str = "/webhooks/museum/0123456789abcdef0123456789abcdef";

/// A process; it is killed on drop.
pub(crate) struct Serving {
    process: Child,
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
    pub(crate) fn new(process: Child, address: SocketAddr) -> Self {
        let mut serving = Self { process, address };
        while std::net::TcpStream::connect(address).is_err() {
            let ended = serving.process.try_wait().expect("the process can be asked for");
            assert!(ended.is_none(), "the process ended at its start: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// The most memory that it had, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    }
}

pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

pub(crate) fn start(place: &Place) -> Serving {
    let text = format!(
        "[database]\nurl = \"{}\"\n[limits]\nrequests_per_second = 1000000\n\n[[sources]]\nname = \"museum\"\n\
         provider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\ncountry = \"DE\"\nvendor_ids = [\"{VENDOR}\"]\n\
         path_secrets = [\"env:HOOK\"]\n",
        place.url
    );
    std::fs::write(place.folder.path().join("ticketledger.toml"), text).expect("the settings");
    let (public, console) = (free(), free());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketledger"));
    command.arg("serve").current_dir(place.folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    without_settings(&mut command);
    command.env("TICKETLEDGER_SERVER__LISTEN", public.to_string());
    command.env("TICKETLEDGER_SERVER__CONSOLE", console.to_string());
    command.env("HOOK", SECRET);
    // As the service has it.
    command.env("MALLOC_ARENA_MAX", "2");
    Serving::new(command.spawn().expect("the daemon starts"), public)
}

/// The program takes every variable with this beginning for a setting.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"TICKETLEDGER_")) {
        command.env_remove(name);
    }
}
