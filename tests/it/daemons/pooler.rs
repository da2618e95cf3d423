//! pgbouncer: in session mode it may stand in between, in transaction mode it is refused.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use ticketledger::db::{Database, Role};

use crate::support::cluster;
use crate::support::db::{Engine, with_database};

/// A running pgbouncer in front of the test's server; it is killed when it is dropped.
struct Pooler {
    child: Child,
    folder: PathBuf,
}

impl Pooler {
    /// `None` when the program is not installed.
    fn start(mode: &str) -> Option<Self> {
        let programs = ["/usr/sbin", "/usr/bin", "/usr/local/bin"].map(Path::new);
        let Some(programs) = programs.into_iter().find(|folder| folder.join("pgbouncer").exists()) else {
            eprintln!("skipped: pgbouncer is not installed");
            return None;
        };
        let server = cluster::running()?.folder().display().to_string();
        // In the server's folder, which its user may write.
        let folder = cluster::running()?.folder().join(format!("pgbouncer-{mode}"));
        let user = folder.join("users").display().to_string();
        let settings = format!(
            "[databases]\n* = host={server}\n[pgbouncer]\npool_mode = {mode}\nunix_socket_dir = {}\n\
             listen_port = 6432\nauth_type = trust\nauth_file = {user}\n",
            folder.display()
        );
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&user, "\"ticketledger\" \"\"\n").unwrap();
        std::fs::write(folder.join("settings"), settings).unwrap();
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let mut child = cluster::program(programs, "pgbouncer")
            .arg(folder.join("settings"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut lines = log.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("process up")), "it says when it listens");
        // Nobody reads on, but it may say more.
        std::thread::spawn(move || lines.count());
        Some(Self { child, folder })
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://ticketledger@/{database}?host={}&port=6432", self.folder.display())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens the database of a test through a pooler.
fn opened(mode: &str, check: impl Fn(ticketledger::db::Result<Database>)) {
    with_database(Engine::Postgres, |database| {
        let Some(pooler) = Pooler::start(mode) else { return };
        let name = database.url.split('/').nth(3).unwrap().split('?').next().unwrap();
        let url = pooler.url(name);
        check(Database::open(&url, Role::Daemon));
    });
}

#[test]
fn pgbouncer_in_transaction_mode_is_refused_with_what_to_do() {
    opened("transaction", |opened| {
        let message = opened.err().expect("it is refused").to_string();
        assert!(message.contains("pool_mode = session"), "{message}");
    });
}

#[test]
fn pgbouncer_in_session_mode_may_stand_in_between() {
    opened("session", |opened| {
        let opened = opened.unwrap();
        assert_eq!(ticketledger::db::pending_migrations(&opened).unwrap(), 0);
    });
}
