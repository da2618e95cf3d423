//! One throwaway PostgreSQL server for the whole test run: a Unix socket in a temporary folder, no TCP.
//!
//! A watchdog shell holds the reading end of a pipe whose writing end is ours. When this process ends, however it
//! ends, the pipe closes, and the shell stops the server and removes the folder.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

/// A running server.
pub(crate) struct Cluster {
    folder: PathBuf,
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
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn start(programs: &Path) -> Cluster {
    let folder = tempfile::Builder::new().prefix("ticketledger-pg-").tempdir().expect("a temporary folder").keep();
    watch(&folder);
    let data = folder.join("data").display().to_string();
    let user = unprivileged_user();
    if let Some(user) = &user {
        run(Command::new("chown").arg(user).arg(&folder));
    }
    let program = |name: &str| {
        let mut command = match &user {
            Some(user) => as_user(user),
            None => Command::new("env"),
        };
        command.arg(programs.join(name));
        command
    };
    let locale = ["--username=ticketledger", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"];
    run(program("initdb").args(["-D", &data]).args(locale));
    // Without fsync, as nothing here outlives the run; what a commit promises to a client stays the default.
    let options = format!("-c listen_addresses= -k {} -c fsync=off -c max_connections=400", folder.display());
    let log = folder.join("log").display().to_string();
    run(program("pg_ctl").args(["start", "-w", "-t", "60", "-D", &data, "-l", &log, "-o", &options]));
    Cluster { folder }
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
