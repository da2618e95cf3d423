//! `ticketledger package-files`: what a package needs besides the program. The program writes it, so that the two
//! cannot disagree. Hidden from the help.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap_complete::Shell;

use super::Outcome;
use crate::config;

/// Where the package puts secrets, one file each.
const SECRETS: &str = "/etc/ticketledger/secrets";

#[derive(Debug, clap::Args)]
pub(super) struct PackageFiles {
    /// Folder to write to
    folder: PathBuf,
}

/// Writes settings, man pages and shell completions.
pub(super) fn run(options: &PackageFiles, mut definition: clap::Command) -> anyhow::Result<Outcome> {
    let folder = options.folder.as_path();
    let man = made(&folder.join("man"))?;
    let completions = made(&folder.join("completions"))?;
    let write = |path: PathBuf, text: String| {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write(folder.join("ticketledger.toml"), settings(config::EXAMPLE))?;
    clap_mangen::generate_to(definition.clone(), &man).with_context(|| format!("cannot write to {}", man.display()))?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut definition, "ticketledger", &completions)
            .with_context(|| format!("cannot write to {}", completions.display()))?;
    }
    Ok(Outcome::Fine)
}

fn made(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.to_owned())
}

/// The example as a package installs it: the database in its own folder whatever the working directory is, secrets in
/// files, and every source commented out, because only its owner knows them. A line to be uncommented begins with `#`
/// and no space; an explanation has the space.
fn settings(example: &str) -> String {
    let mut text = String::new();
    let mut in_sources = false;
    for line in example.lines() {
        in_sources |= line.starts_with("[[sources]]");
        let line = line.replace("sqlite:ticketledger.db", "sqlite:/var/lib/ticketledger/ticketledger.db");
        let line = if in_sources { secrets_in_files(&line) } else { line };
        let content = line.trim_start();
        let (indent, _) = line.split_at(line.len() - content.len());
        let mark = if in_sources && !content.is_empty() && !content.starts_with('#') { "#" } else { "" };
        text.push_str(&format!("{indent}{mark}{content}\n"));
    }
    text
}

/// `"env:MUSEUM_HOOK"` becomes the file `museum-hook`.
fn secrets_in_files(line: &str) -> String {
    let mut parts = line.split("\"env:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('"').unwrap_or((part, ""));
        text.push_str(&format!("\"file:{SECRETS}/{}\"{rest}", name.to_ascii_lowercase().replace('_', "-")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_package_are_the_example_once_they_are_uncommented() {
        let installed = settings(config::EXAMPLE);
        assert!(installed.contains("\n#[[sources]]\n") && !installed.contains("\n[[sources]]"), "{installed}");
        assert!(installed.contains("\n[server]\n"), "{installed}");
        assert!(installed.contains("#path_secrets = [\"file:/etc/ticketledger/secrets/museum-hook\"]"), "{installed}");
        let uncommented = |line: &str| {
            let (indent, content) = line.split_at(line.len() - line.trim_start().len());
            let content = match content.strip_prefix('#') {
                Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
                _ => content,
            };
            format!("{indent}{}", content.replace("sqlite:/var/lib/ticketledger/", "sqlite:"))
        };
        let (before, sources) = config::EXAMPLE.split_once("[[sources]]").unwrap();
        let example = format!("{before}[[sources]]{}", secrets_in_files(sources));
        assert_eq!(installed.lines().map(uncommented).collect::<Vec<_>>(), example.lines().collect::<Vec<_>>());
    }
}
