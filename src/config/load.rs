//! From a file and the environment to the settings.

use std::collections::BTreeMap;
use std::path::Path;

use super::problem::{Origin, Problem, Problems};
use super::{Config, build, database, environment, tree, warning};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "ticketledger.toml";

/// Reads the settings: from `path`, else from the file that `TICKETLEDGER_CONFIG` names, else `./ticketledger.toml`;
/// over that what the environment sets. Paths inside are relative to the working folder.
///
/// # Errors
/// All mistakes at once, each with its line and what to do.
pub fn load(path: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Config, Problems> {
    load_with_warnings(path, environment).map(|(config, _)| config)
}

/// The same, with what is valid but doubtful.
///
/// # Errors
/// As [`load`].
pub fn load_with_warnings(
    path: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Result<(Config, Vec<Problem>), Problems> {
    let named = path.or_else(|| environment.get("TICKETLEDGER_CONFIG").map(Path::new));
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let mut problems = Problems::new(path.display().to_string());
    let text = std::fs::read_to_string(path).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let next = match (missing, named) {
            (true, None) => {
                "the settings file does not exist; create it with `ticketledger config example > ticketledger.toml`, \
                 or name another with --config"
                    .to_owned()
            }
            (true, Some(_)) => {
                let path = path.display();
                format!("the file does not exist; create it with `ticketledger config example > {path}`")
            }
            (false, _) => format!("cannot read the settings: {error}"),
        };
        let mut problems = problems.clone();
        problems.add(&Origin::File, "", next);
        problems
    })?;
    match parse(&text, environment, &mut problems) {
        Some(config) => {
            warning::listeners(&config.server, &mut problems);
            database::files(&config, &mut problems);
            Ok((config, problems.into_warnings()))
        }
        None => Err(problems),
    }
}

/// Reads settings from a text; `None` when there were problems.
pub(super) fn parse(text: &str, environment: &BTreeMap<String, String>, problems: &mut Problems) -> Option<Config> {
    let mut table = tree::parse(text, problems)?;
    environment::overlay(&mut table, environment, problems);
    let config = build::config(table, environment, problems)?;
    problems.is_empty().then_some(config)
}
