//! The units are such that systemd accepts them, keep each process in a small cage, and call flags that exist.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

/// The units with these endings, and their texts.
fn units(endings: &[&str]) -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut units: Vec<_> = files
        .filter(|path| endings.iter().any(|ending| path.extension().is_some_and(|it| it == *ending)))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    units.sort();
    assert!(units.len() >= endings.len(), "{units:?}");
    units
}

fn analyze(arguments: &[&str], units: &[PathBuf]) -> Option<(bool, String)> {
    match Command::new("systemd-analyze").args(arguments).args(units).output() {
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
fn systemd_accepts_the_units() {
    // systemd looks for the program too, so it gets the one that was just built.
    let folder = tempfile::tempdir().unwrap();
    let copy = |(path, text): (PathBuf, String)| {
        let copy = folder.path().join(path.file_name().unwrap());
        std::fs::write(&copy, text.replace("/usr/bin/ticketledger", env!("CARGO_BIN_EXE_ticketledger"))).unwrap();
        copy
    };
    let copies: Vec<PathBuf> = units(&["service", "socket", "timer"]).into_iter().map(copy).collect();
    let Some((succeeded, said)) = analyze(&["verify", "--man=no"], &copies) else { return };
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("ticketledger")).collect();
    assert!(succeeded && ours.is_empty(), "{said}");
}

#[test]
fn the_exposure_of_every_service_is_small() {
    for (path, _) in units(&["service"]) {
        let said = analyze(&["security", "--offline=yes", "--no-pager"], std::slice::from_ref(&path));
        let Some((_, said)) = said else { return };
        let overall = said.lines().find(|line| line.contains("Overall exposure level"));
        let overall = overall.unwrap_or_else(|| panic!("{said}"));
        let level = overall.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(level.parse::<f64>().unwrap() <= 1.5, "{overall}");
    }
}

#[test]
fn every_command_and_flag_of_the_units_exists() {
    for (path, text) in units(&["service"]) {
        let ours = text.lines().filter_map(|line| line.split_once('=')).filter(|(key, _)| key.starts_with("Exec"));
        let commands: Vec<&str> =
            ours.map(|(_, command)| command).filter(|command| command.starts_with("/usr/bin/ticketledger ")).collect();
        assert!(!commands.is_empty(), "{}", path.display());
        for command in commands {
            let matches = ticketledger::command::definition().try_get_matches_from(command.split(' '));
            matches.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
    ticketledger::command::definition().debug_assert();
}

fn has(unit: &str, line: &str) -> bool {
    std::fs::read_to_string(folder().join(unit)).unwrap().lines().any(|it| it == line)
}

#[test]
fn what_the_daemon_needs_is_not_taken_away() {
    for needed in [
        "Type=notify",
        "WatchdogSec=3min",
        "User=ticketledger",
        "StateDirectory=ticketledger",
        "WorkingDirectory=%S/ticketledger",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "Restart=on-failure",
        "LimitNOFILE=4096",
        "LimitCORE=0",
        "MemoryMax=2G",
    ] {
        assert!(has("ticketledger.service", needed), "{needed}");
    }
}

#[test]
fn each_socket_has_the_name_by_which_the_daemon_knows_it_and_each_timer_its_service() {
    assert!(has("ticketledger.socket", "FileDescriptorName=public"));
    assert!(has("ticketledger-console.socket", "FileDescriptorName=console"));
    assert!(has("ticketledger-console.socket", "Service=ticketledger.service"));
    for (path, _) in units(&["timer"]) {
        assert!(Path::new(&path.with_extension("service")).exists(), "{}", path.display());
    }
}
