//! What goes into the Debian package. `tests/package.sh` builds, installs, upgrades and removes it.

use std::path::Path;

use crate::support::home::Home;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|error| {
        panic!("{path}: {error}");
    })
}

#[test]
fn the_changelog_is_that_of_this_version() {
    let first = read("systemd/debian/changelog").lines().next().map(str::to_owned).unwrap();
    assert!(first.starts_with(&format!("ticketledger ({}-", env!("CARGO_PKG_VERSION"))), "{first}");
}

/// A unit that is started by itself is enabled or left to the administrator on purpose, and forgotten at a purge.
#[test]
fn the_scripts_know_every_unit() {
    let (postinst, postrm) = (read("systemd/debian/postinst"), read("systemd/debian/postrm"));
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")).unwrap() {
        let path = entry.unwrap().path();
        let Some(unit) = path.is_file().then(|| path.file_name().unwrap().to_string_lossy().into_owned()) else {
            continue;
        };
        assert!(unit.starts_with("ticketledger"), "{unit} would not be packaged");
        if std::fs::read_to_string(&path).unwrap().contains("\n[Install]") {
            assert!(postrm.contains(&unit), "postrm does not know {unit}");
            let left_alone = unit == "ticketledger-prune.timer";
            assert_ne!(postinst.contains(&unit), left_alone, "{unit}");
        }
    }
}

#[test]
fn man_pages_and_completions_have_every_command_that_the_help_has() {
    let home = Home::new();
    home.fine(&["package-files", "package"]);
    let page = |name: &str| std::fs::read_to_string(home.path(&format!("package/man/{name}.1"))).unwrap();
    for name in ["ticketledger", "ticketledger-serve", "ticketledger-ledger-close", "ticketledger-inbox-replay"] {
        assert!(page(name).contains(".SH OPTIONS"), "{name}");
    }
    let bash = std::fs::read_to_string(home.path("package/completions/ticketledger.bash")).unwrap();
    for command in ticketledger::command::definition().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        assert!(page(&format!("ticketledger-{name}")).contains(".SH NAME"), "{name}");
        assert!(bash.contains(&format!("ticketledger,{name})")), "{name}");
    }
    assert!(!home.path("package/man/ticketledger-package-files.1").exists(), "it is for packagers only");
    for (file, holds) in [("_ticketledger", "#compdef ticketledger"), ("ticketledger.fish", "complete -c ticketledger")]
    {
        let text = std::fs::read_to_string(home.path(&format!("package/completions/{file}"))).unwrap();
        assert!(text.contains(holds), "{file}");
    }
    // Nothing of it can run before somebody says what it is for, and the program says so.
    let empty = home.run(&["--config", "package/ticketledger.toml", "config", "check"]);
    assert_eq!(empty.code, Some(1), "{}", empty.stdout);
    assert!(empty.stderr.contains("sources: is missing; add a [[sources]] table"), "{}", empty.stderr);
}
