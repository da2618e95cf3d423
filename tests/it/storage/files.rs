//! Files that are taken away, replaced or not ours, under a running daemon and before it starts.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::daemon::{PAID_ORDER, TestDaemon};
use crate::support::db::{Engine, with_database};
use crate::support::home::{Home, Serving};
use crate::worker::order;

/// The database and what SQLite keeps beside it.
fn files(path: &Path) -> Vec<PathBuf> {
    ["", "-wal", "-shm"].map(|ending| PathBuf::from(format!("{}{ending}", path.display()))).to_vec()
}

/// The status of a delivery, of `/readyz`, and what the latter says of the database.
async fn asked(serving: &Serving) -> (u16, u16, String) {
    let client = reqwest::Client::new();
    let hook = format!("http://{}/webhooks/museum/museum-secret", serving.public);
    let delivered = client.post(hook).body(PAID_ORDER).send().await.unwrap().status().as_u16();
    let ready = client.get(format!("http://{}/readyz", serving.console)).send().await.unwrap();
    let status = ready.status().as_u16();
    let answer: Value = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
    (delivered, status, answer["checks"]["database"].as_str().unwrap().to_owned())
}

/// The lines of the log at this level, but for those below.
fn at_level(said: &[String], level: &str) -> Vec<String> {
    let records = said.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let records = records.filter(|record| record["level"] == level);
    records.map(|record| record["fields"]["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Takes the files from a running daemon, and answers what it said then, after the files are as `restore` leaves them.
async fn taken(take: impl Fn(&Home), restore: impl Fn(&Home)) -> Vec<String> {
    let home = Home::new();
    let serving = home.serve();
    assert_eq!(asked(&serving).await, (200, 200, "ok".to_owned()));
    take(&home);
    for _ in 0..3 {
        let (delivered, ready, said) = asked(&serving).await;
        assert_eq!((delivered, ready), (503, 503), "{said}");
        assert!(said.contains("ticketledger.db") && said.contains("/proc/"), "{said}");
    }
    restore(&home);
    serving.terminate();
    serving.ended_saying().1
}

#[tokio::test]
async fn files_that_are_removed_are_noticed_before_the_next_2xx() {
    let remove =
        |home: &Home| files(&home.path("ticketledger.db")).iter().for_each(|f| std::fs::remove_file(f).unwrap());
    let said = taken(remove, |home| assert!(!home.path("ticketledger.db").exists(), "none is made anew")).await;
    let errors = at_level(&said, "ERROR");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("is gone"), "{errors:?}");
}

#[tokio::test]
async fn a_database_that_is_replaced_is_noticed_before_the_next_2xx() {
    let replace = |home: &Home| {
        home.fine(&["backup", "saved.db"]);
        std::fs::rename(home.path("saved.db"), home.path("ticketledger.db")).unwrap();
    };
    let said = taken(replace, |_| {}).await;
    let errors = at_level(&said, "ERROR");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("is another file now"), "{errors:?}");
}

#[tokio::test]
async fn a_database_that_became_a_link_is_noticed_before_the_next_2xx() {
    // SQLite would look for the log beside the file that the link leads to, at the next start.
    let link = |home: &Home| {
        std::fs::rename(home.path("ticketledger.db"), home.path("real.db")).unwrap();
        std::os::unix::fs::symlink("real.db", home.path("ticketledger.db")).unwrap();
    };
    let back = |home: &Home| std::fs::rename(home.path("real.db"), home.path("ticketledger.db")).unwrap();
    let errors = at_level(&taken(link, back).await, "ERROR");
    assert!(errors.len() == 1 && errors[0].contains("is another file now"), "{errors:#?}");
}

#[tokio::test]
async fn a_log_that_is_removed_is_noticed_before_the_next_2xx() {
    let log = |home: &Home| home.path("ticketledger.db-wal");
    let said = taken(|home| std::fs::remove_file(log(home)).unwrap(), |_| {}).await;
    let errors = at_level(&said, "ERROR");
    assert!(errors.len() == 1 && errors[0].contains("-wal is gone"), "{errors:#?}");
}

#[test]
fn files_that_come_back_are_used_again_and_nothing_was_settled_meanwhile() {
    with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let path = database.path.clone().unwrap();
            let daemon = TestDaemon::start(database).await;
            daemon.accepted("museum", order("a", 1)).await;
            let away = |file: &Path| PathBuf::from(format!("{}.away", file.display()));
            files(&path).iter().for_each(|file| std::fs::rename(file, away(file)).unwrap());
            assert_eq!(daemon.post("museum", order("b", 2)).await.0, 503);
            daemon.settle().await;
            assert_eq!(daemon.states(), ["pending"], "the worker stands still too");
            files(&path).iter().for_each(|file| std::fs::rename(away(file), file).unwrap());
            daemon.accepted("museum", order("b", 2)).await;
            daemon.settle().await;
            assert_eq!(daemon.states(), ["done", "done"]);
            daemon.finish().await;
        });
    });
}

#[test]
fn every_file_is_for_its_owner_alone_whatever_the_umask() {
    let home = Home::new();
    let mut command = Command::new("/bin/sh");
    let serve = home.command(&["--log-format", "json", "serve"]);
    // The daemon as the shell starts it.
    command.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(serve.get_program()).args(serve.get_args());
    command.current_dir(home.path("")).env_clear().stdout(std::process::Stdio::null());
    for (name, value) in serve.get_envs() {
        command.env(name, value.unwrap());
    }
    let serving = home.ready(command);
    let backup = home.path("saved.db");
    home.fine(&["backup", "saved.db"]);
    let mut all = files(&home.path("ticketledger.db"));
    all.extend([home.path("ticketledger.db.lock"), backup]);
    for file in all {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    let checked = home.fine(&["config", "check"]);
    assert!(!checked.contains("chmod"), "{checked}");
    std::fs::set_permissions(home.path("ticketledger.db"), PermissionsExt::from_mode(0o644)).unwrap();
    let checked = home.fine(&["config", "check"]);
    assert!(checked.contains("mode 644") && checked.contains("chmod 600 "), "{checked}");
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

/// Runs the daemon as a user that is not root, who owns its folder.
fn served_as_nobody(home: &Home) -> Option<(Option<i32>, String)> {
    let mine = std::fs::metadata("/proc/self").unwrap().uid();
    let program = env!("CARGO_BIN_EXE_ticketledger");
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--clear-groups", "--"]).args(arguments).current_dir(home.path(""));
        command
    };
    if mine != 0 || !as_nobody(&["test", "-x", program]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: only root can run the program as another user, and that user must reach it");
        return None;
    }
    let mut command = as_nobody(&[program, "serve"]);
    let variables = home.command(&[]);
    command.env_clear().envs(variables.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let ended = command.output().unwrap();
    Some((ended.status.code(), String::from_utf8(ended.stderr).unwrap()))
}

#[test]
fn a_file_of_another_user_is_named_with_its_owner_and_what_to_type() {
    let home = Home::new();
    let nobody = String::from_utf8(Command::new("id").args(["-u", "nobody"]).output().unwrap().stdout).unwrap();
    // As after `sudo ticketledger …`: the folder is the service's, the file is root's.
    drop(home.serve());
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        chown(home.path(""), Some(nobody.trim().parse().unwrap()), None).unwrap();
    }
    let Some((code, said)) = served_as_nobody(&home) else { return };
    assert_eq!(code, Some(1), "{said}");
    let lock = home.path("ticketledger.db.lock").display().to_string();
    for part in [&format!("the file {lock} belongs to root"), "runs as nobody", &format!("chown nobody {lock}")] {
        assert!(said.contains(part), "{part}: {said}");
    }
    std::fs::remove_file(&lock).unwrap();
    let (_, said) = served_as_nobody(&home).unwrap();
    let file = home.path("ticketledger.db").display().to_string();
    assert!(said.contains(&format!("chown nobody {file}")), "{said}");
}
