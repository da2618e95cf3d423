//! The program itself, as an operator runs it: a child process with a settings file, an environment of its own and real
//! signals.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use serde_json::Value;
use ticketledger::db::{Database, Role};
use ticketledger::demo::stand_in::StandIn;

use super::wait::{self, HUNG};

const DATABASE_URL: &str = "TICKETLEDGER_DATABASE__URL";
const LOG: &str = "TICKETLEDGER_LOG";
/// The daemon says at this level what it has done, so that a test can wait for it.
const LOG_OF_WHAT_IS_DONE: &str = "info,ticketledger=debug";

/// A folder with settings and a SQLite database, where the program is run.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// How a command ended, and what it said.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running daemon. It is killed when it is dropped.
pub(crate) struct Serving {
    child: Child,
    log: Mutex<Log>,
    /// Where it receives.
    pub(crate) public: SocketAddr,
    /// Where it shows whether it is ready.
    pub(crate) console: SocketAddr,
}

/// Everything that a daemon has logged.
struct Log {
    lines: Receiver<String>,
    said: Vec<String>,
    /// For each message that was waited for, where the look for its next one begins.
    found: HashMap<String, usize>,
}

impl Home {
    /// A folder with the settings file that the program itself prints, on free ports, and with every secret set.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ticketledger-home-").tempdir().expect("a temporary folder");
        let mut home = Self { folder, environment: Vec::new() };
        let example = home.run(&["config", "example"]);
        assert_eq!(example.code, Some(0), "{}", example.stderr);
        std::fs::write(home.path("ticketledger.toml"), example.stdout).expect("the settings are written");
        for (name, value) in [
            ("TICKETLEDGER_SERVER__LISTEN", "127.0.0.1:0"),
            ("TICKETLEDGER_SERVER__CONSOLE", "127.0.0.1:0"),
            ("MUSEUM_HOOK", "museum-secret"),
            ("MUSEUM_OAUTH", "museum-oauth"),
            ("THEATRE_HOOK", "theatre-secret"),
            ("TICKETPARK_KEY", StandIn::CLIENT_KEY),
            ("TICKETPARK_SECRET", StandIn::CLIENT_SECRET),
        ] {
            home.set(name, value);
        }
        home
    }

    /// Lets `theatre` read its bookings from a stand-in.
    pub(crate) fn read_bookings_from(&mut self, stand_in: &StandIn) {
        let settings = std::fs::read_to_string(self.path("ticketledger.toml")).expect("the settings");
        let settings = settings
            .replace("https://api.ticketpark.ch", &stand_in.base_url())
            .replace("# username = ", "username = ")
            .replace("# password = ", "password = ");
        std::fs::write(self.path("ticketledger.toml"), settings).expect("the settings are written");
        self.set("TICKETPARK_USER", StandIn::USERNAME);
        self.set("TICKETPARK_PASSWORD", StandIn::PASSWORD);
    }

    /// Lets nothing ask a provider by itself what changed.
    pub(crate) fn without_sweeps(&mut self) {
        let settings = std::fs::read_to_string(self.path("ticketledger.toml")).expect("the settings");
        let settings = settings
            .replace("every = \"10m\"", "every = \"off\"")
            .replace("nightly = \"3d\"", "nightly = \"off\"")
            .replace("monthly = \"on\"", "monthly = \"off\"");
        std::fs::write(self.path("ticketledger.toml"), settings).expect("the settings are written");
    }

    /// Uses another database than the file in its folder.
    pub(crate) fn use_database(&mut self, url: &str) {
        self.set(DATABASE_URL, url);
    }

    /// Sets a variable for all that is run from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable away again.
    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ticketledger"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("USER", "operator");
        command.stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().expect("the program runs");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs a command that must be fine, and answers what it said.
    pub(crate) fn fine(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    /// Runs a command to its end, with a text on stdin.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(input.as_bytes()).expect("a pipe takes a few lines");
        drop(writer);
        let output = self.command(arguments).stdin(reader).output().expect("the program runs");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Starts the daemon, and answers when it says that it is ready.
    pub(crate) fn serve(&self) -> Serving {
        let mut command = self.command(&["--log-format", "json", "serve"]);
        command.stdout(Stdio::null());
        self.ready(command)
    }

    /// Starts the daemon from a shell that has set limits for it.
    pub(crate) fn serve_limited(&self, limits: &str) -> Serving {
        let script = format!("{limits}; exec \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_ticketledger"), "--log-format", "json", "serve"]);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.ready(command)
    }

    /// The daemon as systemd would start it with sockets of these names, which it finds from descriptor 3 on.
    pub(crate) fn on_sockets(&self, sockets: [(&str, &TcpListener); 2]) -> Command {
        let [first, second] = sockets.map(|(_, listener)| OwnedFd::from(listener.try_clone().expect("a descriptor")));
        let names = sockets.map(|(name, _)| name).join(":");
        // A shell moves the sockets to where systemd puts them, and becomes the program: the process stays the same.
        let script = "exec 3<&0 4<&1 </dev/null >/dev/null; LISTEN_PID=$$ exec \"$@\"";
        let program = env!("CARGO_BIN_EXE_ticketledger");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh", program, "--log-format", "json", "serve"]);
        command.current_dir(self.folder.path()).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("LISTEN_FDS", "2").env("LISTEN_FDNAMES", names).stdin(first).stdout(second);
        command
    }

    /// Starts the daemon on sockets that somebody holds for it.
    pub(crate) fn serve_on(&self, sockets: [(&str, &TcpListener); 2]) -> Serving {
        self.ready(self.on_sockets(sockets))
    }

    /// Starts the daemon by a command of one's own.
    pub(crate) fn ready(&self, mut command: Command) -> Serving {
        if self.environment.iter().all(|(name, _)| name != LOG) {
            command.env(LOG, LOG_OF_WHAT_IS_DONE);
        }
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the daemon starts");
        let stderr = child.stderr.take().expect("a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let record: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
                // A test that is over reads no more.
                let _ = sender.send(line);
                wait::heard(
                    record["target"].as_str().unwrap_or_default(),
                    record["level"].as_str().unwrap_or_default(),
                );
            }
        });
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let log = Mutex::new(Log { lines, said: Vec::new(), found: HashMap::new() });
        let mut serving = Serving { child, log, public: nowhere, console: nowhere };
        let ready = serving.says("ready");
        let address = |name: &str| ready["fields"][name].as_str().expect("an address").parse().expect("an address");
        (serving.public, serving.console) = (address("public"), address("console"));
        serving
    }

    /// The database as a command sees it.
    pub(crate) fn database(&self) -> Database {
        let named = self.environment.iter().find(|(name, _)| name == DATABASE_URL).map(|(_, url)| url.clone());
        let url = named.unwrap_or_else(|| format!("sqlite:{}", self.path("ticketledger.db").display()));
        Database::open(&url, Role::Command).expect("the database opens")
    }
}

/// The message of a line of the log; empty when it is none of the daemon's.
fn message(line: &str) -> String {
    let record: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    record["fields"]["message"].as_str().unwrap_or_default().to_owned()
}

impl Log {
    /// Reads another line; false when there will be none, for the daemon has ended.
    fn read(&mut self, waiting_since: Instant, what: &str) -> bool {
        match self.lines.recv_timeout(HUNG.saturating_sub(waiting_since.elapsed())) {
            Ok(line) => self.said.push(line),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => panic!("hung while waiting until it {what}, but {:#?}", self.said),
        }
        true
    }
}

impl Serving {
    /// Waits for a line of the log whose message begins like this, and answers it. Asked again, for the next one.
    pub(crate) fn says(&self, begin: &str) -> Value {
        let (mut log, started) = (self.log.lock().expect("the log"), Instant::now());
        let mut next = log.found.get(begin).copied().unwrap_or(0);
        loop {
            while let Some(line) = log.said.get(next) {
                next += 1;
                if message(line).starts_with(begin) {
                    let record = serde_json::from_str(line).expect("JSON");
                    log.found.insert(begin.to_owned(), next);
                    return record;
                }
            }
            assert!(log.read(started, &format!("says {begin}")), "it ended without saying {begin}: {:#?}", log.said);
        }
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Asks it to read its settings again, and waits until it did.
    pub(crate) fn reload(&self) {
        self.signal("-HUP");
        self.says("settings reloaded");
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What everybody on this machine can see of it: `ps` shows the command line.
    pub(crate) fn command_line(&self) -> String {
        let bytes = std::fs::read(format!("/proc/{}/cmdline", self.child.id())).expect("a running process");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits for its end, and answers how it ended and all that it logged.
    pub(crate) fn ended_saying(mut self) -> (ExitStatus, Vec<String>) {
        let (log, started) = (self.log.get_mut().expect("the log"), Instant::now());
        // Its log ends with it.
        while log.read(started, "ends") {}
        let said = std::mem::take(&mut log.said);
        (self.child.wait().expect("it ended"), said)
    }

    /// Waits for its end.
    pub(crate) fn ended(self) -> ExitStatus {
        self.ended_saying().0
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        assert_eq!(self.child.wait().expect("it ended").signal(), Some(9), "it ran until it was killed");
    }

    /// Sends a body as the provider would, and answers the number of the event; `None` when there was no answer.
    pub(crate) async fn post(&self, client: &reqwest::Client, source: &str, body: String) -> Option<i64> {
        let address = format!("http://{}/webhooks/{source}/{source}-secret", self.public);
        let answer = client.post(address).body(body).send().await.ok()?;
        let status = answer.status().as_u16();
        // An answer that breaks off is none.
        let text = answer.text().await.ok()?;
        assert_eq!(status, 200, "{text}");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        Some(answer["event"].as_i64().expect("the number of the event"))
    }

    /// Sends a body until it is accepted, as a provider does that is told to come back: 503 with `Retry-After`.
    pub(crate) async fn accepted(&self, client: &reqwest::Client, source: &str, body: &str) {
        let address = format!("http://{}/webhooks/{source}/{source}-secret", self.public);
        let started = Instant::now();
        loop {
            let answer = client.post(&address).body(body.to_owned()).send().await.expect("an answer");
            match (answer.status().as_u16(), answer.headers().contains_key("retry-after")) {
                (200, false) => return,
                (503, true) => assert!(started.elapsed() < HUNG, "it is never accepted"),
                answer => panic!("{answer:?}"),
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
