//! One throwaway PostgreSQL server for the whole test run: a Unix socket in a temporary folder, no TCP.
//!
//! A watchdog shell holds the reading end of a pipe whose writing end is ours. When this process ends, however it
//! ends, the pipe closes, and the shell stops the server and removes the folder.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};

use super::wait::HUNG;

/// A running server.
pub(crate) struct Cluster {
    folder: PathBuf,
}

/// A server of one test's own, to be killed, and a standby that has all that the first one has confirmed.
pub(crate) struct Pair {
    primary: Cluster,
    standby: Cluster,
}

impl Cluster {
    /// The address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://ticketledger@/{database}?host={}", self.folder.display())
    }
}

/// The server, started by the first test that asks; `None` when its programs are not installed.
pub(crate) fn running() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let Some(programs) = programs() else {
                let required = std::env::var("TICKETLEDGER_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
                assert!(!required, "PostgreSQL's programs initdb and pg_ctl are not installed, and CI needs them");
                eprintln!("skipped: PostgreSQL's programs initdb and pg_ctl are not installed");
                return None;
            };
            Some(start(&programs))
        })
        .as_ref()
}

impl Pair {
    /// Both, started; `None` when the programs are not installed.
    pub(crate) fn start() -> Option<Self> {
        // The shared one knows how to say that there are none.
        running()?;
        let programs = programs()?;
        let primary = start(&programs);
        let standby = new_folder();
        let data = standby.join("data").display().to_string();
        let source = primary.folder.display().to_string();
        run(program(&programs, "pg_basebackup").args(["-h", &source, "-U", "ticketledger", "-D", &data]).args([
            "--write-recovery-conf",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-sync",
        ]));
        run_server(&programs, &standby);
        administer(&primary, "ALTER SYSTEM SET synchronous_standby_names TO '*'");
        administer(&primary, "SELECT pg_reload_conf()");
        let pair = Self { primary, standby: Cluster { folder: standby } };
        let synchronous = "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') \
             LOOP PERFORM pg_sleep(0.02), pg_stat_clear_snapshot(); END LOOP; END $$";
        administer(&pair.primary, synchronous);
        Some(pair)
    }

    /// The address of a database on whichever of the two can be written.
    pub(crate) fn url(&self, database: &str) -> String {
        let hosts = format!("{},{}", self.primary.folder.display(), self.standby.folder.display());
        format!("postgres://ticketledger@/{database}?host={hosts}&target_session_attrs=read-write")
    }

    /// The address on the one that only reads, until it is promoted.
    pub(crate) fn standby_url(&self, database: &str) -> String {
        self.standby.url(database)
    }

    /// Lets the standby confirm nothing more, and answers when commits on the first server wait for it.
    pub(crate) fn hold_the_standby(&self) {
        self.signal_receiver("-STOP");
        let waiting = "DO $$ BEGIN WHILE (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep') < 2 \
             LOOP PERFORM pg_sleep(0.02), pg_stat_clear_snapshot(); END LOOP; END $$";
        administer(&self.primary, &format!("SET statement_timeout TO {}; {waiting}", HUNG.as_millis()));
    }

    fn signal_receiver(&self, signal: &str) {
        let mut connection = PgConnection::establish(&self.standby_url("postgres")).expect("the standby answers");
        let query = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>(
            "(SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver')",
        ));
        let receiver: i32 = query.get_result(&mut connection).expect("the standby receives");
        run(Command::new("kill").args([signal, &receiver.to_string()]));
    }

    /// Kills every process of the first server, as a power cut would.
    pub(crate) fn kill_primary(&self) {
        self.primary.kill();
    }

    /// Makes the standby the one that is written, whether it was held or not.
    pub(crate) fn promote(&self) {
        self.signal_receiver("-CONT");
        let data = self.standby.folder.join("data").display().to_string();
        let seconds = HUNG.as_secs().to_string();
        run(program(&programs().expect("they are there"), "pg_ctl")
            .args(["promote", "-w", "-t", &seconds, "-D", &data]));
    }
}

impl Cluster {
    /// A server of one test's own.
    pub(crate) fn own() -> Option<Self> {
        running()?;
        Some(start(&programs()?))
    }

    /// A server of one test's own that is also reached on a port of 127.0.0.1, by TLS only. `certificates` has
    /// `server.crt` and `server.key`.
    pub(crate) fn with_tls(port: u16, certificates: &Path) -> Option<Self> {
        running()?;
        let (programs, folder) = (programs()?, new_folder());
        let data = initialize(&programs, &folder);
        for name in ["server.crt", "server.key"] {
            let copy = format!("{data}/{name}");
            std::fs::copy(certificates.join(name), &copy).expect("a certificate");
            run(Command::new("chmod").args(["600", &copy]));
            if let Some(user) = unprivileged_user() {
                run(Command::new("chown").args([&user, &copy]));
            }
        }
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(format!("{data}/pg_hba.conf"), rules).expect("the rules");
        run_server_with(&programs, &folder, &format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on"));
        Some(Self { folder })
    }

    /// Kills every process of the server.
    pub(crate) fn kill(&self) {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("the server's id");
        let id = file.lines().next().expect("the server's id").to_owned();
        let children = std::fs::read_dir("/proc").expect("processes").filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(')')?;
            let parent = after.split_whitespace().nth(1)?;
            (parent == id).then(|| before.split_whitespace().next().unwrap_or_default().to_owned())
        });
        let all: Vec<String> = std::iter::once(id.clone()).chain(children).collect();
        // Some end by themselves when the first one does.
        let _ = Command::new("kill").arg("-9").args(&all).stderr(Stdio::null()).status();
        std::fs::remove_file(self.folder.join("data/postmaster.pid")).expect("the server's id");
    }

    /// Starts the server that was killed.
    pub(crate) fn start_again(&self) {
        run_server(&programs().expect("they are there"), &self.folder);
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.standby.kill();
        // The first one may have been killed already.
        if self.primary.folder.join("data/postmaster.pid").exists() {
            self.primary.kill();
        }
    }
}

/// Runs one statement as the superuser.
pub(crate) fn administer(cluster: &Cluster, sql: &str) {
    let mut connection = PgConnection::establish(&cluster.url("postgres")).expect("the test server answers");
    connection.batch_execute(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
}

/// The folder with `initdb` and `pg_ctl`: on the path, where `pg_config` says, or the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    installed.sort();
    folders.extend(installed.into_iter().rev().map(|(_, folder)| folder));
    // A link on the path leads to where all of them are.
    let real = |folder: PathBuf| Some(std::fs::canonicalize(folder.join("initdb")).ok()?.parent()?.to_owned());
    let needed = ["initdb", "pg_ctl", "pg_basebackup"];
    folders.into_iter().filter_map(real).find(|folder| needed.iter().all(|name| folder.join(name).exists()))
}

fn start(programs: &Path) -> Cluster {
    let folder = new_folder();
    initialize(programs, &folder);
    run_server(programs, &folder);
    Cluster { folder }
}

/// Makes the data of a server, and answers where.
fn initialize(programs: &Path, folder: &Path) -> String {
    let data = folder.join("data").display().to_string();
    let locale = ["--username=ticketledger", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"];
    run(program(programs, "initdb").args(["-D", &data]).args(locale));
    data
}

/// A folder that the server's user may write, and that goes when this process ends.
fn new_folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("ticketledger-pg-").tempdir().expect("a temporary folder").keep();
    watch(&folder);
    if let Some(user) = unprivileged_user() {
        run(Command::new("chown").arg(user).arg(&folder));
    }
    folder
}

/// One of PostgreSQL's programs, run by a user that it accepts.
pub(crate) fn program(programs: &Path, name: &str) -> Command {
    let mut command = match unprivileged_user() {
        Some(user) => as_user(&user),
        None => Command::new("env"),
    };
    command.arg(programs.join(name));
    command
}

/// Starts the server whose data are in a folder.
fn run_server(programs: &Path, folder: &Path) {
    run_server_with(programs, folder, "");
}

/// The same with more settings.
fn run_server_with(programs: &Path, folder: &Path, more: &str) {
    // Without fsync, as nothing here outlives the run; what a commit promises to a client stays the default.
    let options = format!("-c listen_addresses= -k {} -c fsync=off -c max_connections=400 {more}", folder.display());
    let seconds = HUNG.as_secs().to_string();
    let (data, log) = (folder.join("data").display().to_string(), folder.join("log").display().to_string());
    run(program(programs, "pg_ctl").args(["start", "-w", "-t", &seconds, "-D", &data, "-l", &log, "-o", &options]));
}

/// The server refuses to run as root, so root starts it as somebody else.
fn unprivileged_user() -> Option<String> {
    let answer = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if answer(&["-u"])? != "0" {
        return None;
    }
    let user = ["postgres", "nobody"].into_iter().find(|user| answer(&["-u", user]).is_some());
    Some(user.expect("a user `postgres` or `nobody`, as PostgreSQL does not run as root").to_owned())
}

fn as_user(user: &str) -> Command {
    let exists = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if exists("setpriv") {
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={user}")).arg("--clear-groups").arg("--");
        return command;
    }
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]);
    command
}

/// Runs a program to its end; what it says is shown only when it fails.
fn run(command: &mut Command) {
    // A file, not a pipe: the server would inherit the pipe, and reading it would never end.
    let said = tempfile::NamedTempFile::new().expect("a temporary file");
    let status = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(said.reopen().expect("a temporary file"))
        .stderr(said.reopen().expect("a temporary file"))
        .status();
    let succeeded = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    let said = std::fs::read_to_string(said.path()).unwrap_or_default();
    assert!(succeeded, "{command:?} failed ({status:?}):\n{said}");
}

/// Starts the shell that outlives us. In a process group of its own, so that Ctrl-C leaves it its work.
fn watch(folder: &Path) {
    // As root the data belongs to the other user; the server's own id file says whom to stop.
    let script = r#"trap '' INT TERM HUP; cat >/dev/null
        id=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
        if [ -n "$id" ]; then
            kill -QUIT "$id"
            for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$id" 2>/dev/null || break; sleep 0.2; done
        fi
        rm -rf "$1""#;
    let watchdog = Command::new("sh")
        .args(["-c", script, "watchdog"])
        .arg(folder)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    // The pipe must stay open until this process ends.
    std::mem::forget(watchdog.expect("a shell starts"));
}
