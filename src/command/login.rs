//! `ticketledger login`.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::SecretString;

use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::{Config, Source};
use crate::session::Access;

#[derive(Debug, Args)]
pub(super) struct Login {
    /// Source to log in for, by its name in the settings
    source: String,
    /// Read user name and password from stdin, one per line, instead of prompting
    #[arg(long)]
    stdin: bool,
}

/// Exchanges user name and password for tokens, which a running daemon picks up. Neither is stored.
pub(super) fn run(config: &Config, options: &Login) -> anyhow::Result<Outcome> {
    settings::known_source(config, Some(&options.source))?;
    let source = config.source(&options.source).filter(|source| source.provider.is_fetched());
    let Some(source) = source else {
        let text = format!("{} is a bookingkit source; only Ticketpark sources need a login", options.source);
        return Err(Usage(text).into());
    };
    let database = settings::open(config)?;
    let access = Access::new(database, Clock::System, source)?;
    let [username, password] = if options.stdin { read()? } else { ask(source)? };
    let logged_in = tokio::runtime::Runtime::new()?.block_on(access.login(&username, &password));
    logged_in.with_context(|| format!("cannot log in to Ticketpark for {}", source.name))?;
    output::print(format!(
        "{} is logged in. User name and password were not stored; the tokens are encrypted in the database, and a \
         running daemon picks them up by itself.\n",
        source.name
    ))?;
    Ok(Outcome::Fine)
}

fn ask(source: &Source) -> anyhow::Result<[SecretString; 2]> {
    if !io::stdin().is_terminal() {
        let text =
            "cannot prompt (not a terminal); pass --stdin and write user name and password to stdin, one per line";
        return Err(Usage(text.to_owned()).into());
    }
    let address = source.api.as_ref().map_or("", |api| api.base_url.as_str());
    output::print(format!("Back-office login at {address} for {}.\nUser name: ", source.name))?;
    let username = line(&mut io::stdin().lock())?;
    let password = rpassword::prompt_password("Password (hidden): ").context("cannot read the password")?;
    Ok([username, SecretString::from(password)])
}

fn read() -> anyhow::Result<[SecretString; 2]> {
    let mut stdin = io::stdin().lock();
    Ok([line(&mut stdin)?, line(&mut stdin)?])
}

fn line(input: &mut impl io::BufRead) -> anyhow::Result<SecretString> {
    let mut line = String::new();
    input.read_line(&mut line).context("cannot read user name and password")?;
    let text = line.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("user name or password is empty; write both, one per line");
    }
    Ok(SecretString::from(text))
}
