//! The unit file is one that systemd accepts, keeps the daemon in a small cage, and calls flags that exist.

use std::path::PathBuf;
use std::process::Command;

fn unit() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("systemd/ticketledger.service")
}

fn analyze(arguments: &[&str], unit: &std::path::Path) -> Option<(bool, String)> {
    match Command::new("systemd-analyze").args(arguments).arg(unit).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(error) => {
            eprintln!("skipped: systemd-analyze is not installed ({error})");
            None
        }
    }
}

#[test]
fn systemd_accepts_the_unit() {
    // systemd looks for the program too, so it gets the one that was just built.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("ticketledger.service");
    let text = std::fs::read_to_string(unit()).unwrap();
    std::fs::write(&copy, text.replace("/usr/bin/ticketledger", env!("CARGO_BIN_EXE_ticketledger"))).unwrap();
    let Some((succeeded, said)) = analyze(&["verify", "--man=no"], &copy) else { return };
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("ticketledger.service")).collect();
    assert!(succeeded && ours.is_empty(), "{said}");
}

#[test]
fn the_exposure_is_small() {
    let Some((_, said)) = analyze(&["security", "--offline=yes", "--no-pager"], &unit()) else { return };
    let overall = said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_else(|| panic!("{said}"));
    let level = overall.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(level.parse::<f64>().unwrap() <= 1.5, "{overall}");
}

#[test]
fn every_flag_of_the_unit_exists() {
    let text = std::fs::read_to_string(unit()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let matches = ticketledger::command::definition().try_get_matches_from(line.split(' '));
    assert_eq!(matches.unwrap_or_else(|error| panic!("{error}")).subcommand_name(), Some("serve"));
    ticketledger::command::definition().debug_assert();
}

#[test]
fn what_the_daemon_needs_is_not_taken_away() {
    let text = std::fs::read_to_string(unit()).unwrap();
    for needed in [
        "Type=notify",
        "StateDirectory=ticketledger",
        "WorkingDirectory=%S/ticketledger",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "Restart=on-failure",
    ] {
        assert!(text.lines().any(|line| line == needed), "{needed}");
    }
}
