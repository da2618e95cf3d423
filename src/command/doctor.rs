//! `ticketledger doctor`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;

use super::options::DetailFormat;
use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config;
use crate::doctor::{self, Check, Options, Status};

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Also check that senders can reach the daemon at this address, such as `https://hooks.example.com`
    #[arg(long, value_name = "URL", value_parser = public_url)]
    public_url: Option<String>,
    /// Skip the integrity check of the SQLite file, which takes a while if it is large
    #[arg(long)]
    skip_integrity: bool,
    /// Find out how the API of this source behaves where its documentation is silent, and what to set; reads only,
    /// about twenty requests
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["public_url", "skip_integrity"])]
    probe: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

fn public_url(text: &str) -> Result<String, String> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let whole = reqwest::Url::parse(text).is_ok_and(|url| url.username().is_empty() && url.password().is_none());
    if web && whole {
        Ok(text.to_owned())
    } else {
        Err("write an address such as https://hooks.example.com".to_owned())
    }
}

pub(super) fn run(path: Option<&Path>, options: &Doctor) -> anyhow::Result<Outcome> {
    let checks = match config::load(path, &config::environment()) {
        Err(problems) => problems.iter().map(wrong_setting).collect(),
        Ok(config) => {
            let asked = Options { public_url: options.public_url.clone(), skip_integrity: options.skip_integrity };
            let runtime = tokio::runtime::Runtime::new()?;
            if let Some(source) = &options.probe {
                settings::known_source(&config, Some(source))?;
            }
            let checks = runtime.block_on(async {
                match options.probe.as_ref().and_then(|name| config.source(name)) {
                    Some(source) => doctor::probe(&config, source, &Clock::System).await,
                    None => doctor::examine(&config, &Clock::System, &asked).await,
                }
            });
            // A thread that still waits for something must not delay the answer.
            runtime.shutdown_background();
            checks
        }
    };
    let worst = doctor::worst(&checks);
    output::print(match options.format {
        DetailFormat::Table => in_words(&checks),
        DetailFormat::Json => {
            serde_json::to_string_pretty(&serde_json::json!({ "result": worst, "checks": checks }))? + "\n"
        }
    })?;
    match worst {
        Status::Ok => Ok(Outcome::Fine),
        Status::Warning => Ok(Outcome::Attention),
        Status::Failed => {
            let failed = checks.iter().filter(|check| check.status == Status::Failed).count();
            bail!("{failed} of {} checks failed", checks.len())
        }
    }
}

fn wrong_setting(problem: &config::Problem) -> Check {
    Check::failed("config", problem.to_string(), "correct it, then run `ticketledger config check`")
}

fn in_words(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let name = match &check.source {
            Some(source) => format!("{} of {source}", check.check),
            None => check.check.to_owned(),
        };
        // The message of another program may have several lines.
        let found = check.text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Writing to a String cannot fail.
        let _ = write!(text, "{:<8} {name:<24} {found}", check.status.as_str());
        if !check.to_do.is_empty() {
            let _ = write!(text, "; {}", check.to_do);
        }
        text.push('\n');
    }
    text
}
