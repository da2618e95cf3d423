//! `ticketledger user`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};

use super::options::ActorOption;
use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::console::access::{manage, store};
use crate::report::{Column, Format, Shown, Table, format};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; asks for the password, which is not shown
    Add(Add),
    /// List users and their tokens
    List(List),
    /// Give a user another role, and end all sessions of that user
    Role(SetRole),
    /// Set another password, and end all sessions of that user
    Password(Password),
    /// Remove a user with all sessions and tokens
    Remove(Remove),
    /// Make or remove a token with which a program reads the console as JSON
    Token(Token),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    /// Sees everything, changes nothing
    Reader,
    /// Also findings, exports and the close of months
    Finance,
    /// Also the inbox, contacts and sessions of others
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Reader => Self::Reader,
            RoleArgument::Finance => Self::Finance,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

/// A password is never an argument: others on the machine could read it.
#[derive(Debug, Args)]
struct PasswordOptions {
    /// Read the password from the first line of stdin instead of prompting
    #[arg(long, conflicts_with = "password_file")]
    stdin: bool,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Name to sign in with
    name: String,
    /// What the user may do
    #[arg(long, value_enum, default_value = "reader")]
    role: RoleArgument,
    #[command(flatten)]
    password: PasswordOptions,
    #[command(flatten)]
    actor: ActorOption,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct SetRole {
    /// Name of the user
    name: String,
    /// What the user may do from now on
    #[arg(value_enum)]
    role: RoleArgument,
    #[command(flatten)]
    actor: ActorOption,
}

#[derive(Debug, Args)]
pub(super) struct Password {
    /// Name of the user
    name: String,
    #[command(flatten)]
    password: PasswordOptions,
    #[command(flatten)]
    actor: ActorOption,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Name of the user
    name: String,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    actor: ActorOption,
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Name of the user as whom the program reads
    name: String,
    /// What it is for, such as the name of the program
    #[arg(long, default_value = "", conflicts_with = "remove")]
    label: String,
    /// What it may see; never more than the user
    #[arg(long, value_enum, default_value = "reader", conflicts_with = "remove")]
    role: RoleArgument,
    /// Days until it expires
    #[arg(
        long,
        default_value_t = 365,
        conflicts_with = "remove",
        value_parser = clap::value_parser!(i64).range(1..=3650)
    )]
    days: i64,
    /// Remove the token with this number instead
    #[arg(long, value_name = "NUMBER")]
    remove: Option<i64>,
    #[command(flatten)]
    actor: ActorOption,
}

pub(super) fn run(config: &Config, command: &UserCommand) -> anyhow::Result<Outcome> {
    let clock = Clock::System;
    match command {
        UserCommand::List(options) => return list(config, options),
        UserCommand::Token(options) => return token(config, options),
        UserCommand::Add(options) => {
            let actor = options.actor.name_or_user()?;
            let database = settings::open(config)?;
            let (password, role) = (password(&options.password)?, Role::from(options.role));
            manage::add(&database, &clock, &actor, &options.name, role, password.expose_secret())?;
            output::print(format!("{} can sign in as {} at the console.\n", options.name, role.as_str()))?;
        }
        UserCommand::Role(options) => {
            let actor = options.actor.name_or_user()?;
            let (database, role) = (settings::open(config)?, Role::from(options.role));
            manage::set_role(&database, &clock, &actor, &options.name, role)?;
            output::print(format!("{} is {} from now on; all sessions ended.\n", options.name, role.as_str()))?;
        }
        UserCommand::Password(options) => {
            let actor = options.actor.name_or_user()?;
            let database = settings::open(config)?;
            let password = password(&options.password)?;
            manage::set_password(&database, &clock, &actor, &options.name, password.expose_secret())?;
            output::print(format!("{} has another password; all sessions ended.\n", options.name))?;
        }
        UserCommand::Remove(options) => {
            let actor = options.actor.name_or_user()?;
            let database = settings::open(config)?;
            if !options.yes && !output::confirm("", &format!("remove the user {}", options.name))? {
                output::print("Nothing was changed.\n")?;
                return Ok(Outcome::Fine);
            }
            manage::remove(&database, &clock, &actor, &options.name)?;
            output::print(format!("{} was removed, with sessions and tokens.\n", options.name))?;
        }
    }
    Ok(Outcome::Fine)
}

fn token(config: &Config, options: &Token) -> anyhow::Result<Outcome> {
    let actor = options.actor.name_or_user()?;
    let (database, clock) = (settings::open(config)?, Clock::System);
    let name = &options.name;
    if let Some(number) = options.remove {
        if !manage::remove_token(&database, &clock, &actor, name, number)? {
            return Err(Usage(format!("{name} has no token {number}; `ticketledger user list` shows them")).into());
        }
        output::print(format!("Token {number} of {name} was removed.\n"))?;
        return Ok(Outcome::Fine);
    }
    let role = Role::from(options.role);
    let made = manage::add_token(&database, &clock, &actor, name, &options.label, role, options.days)?;
    // The secret alone on stdout, so that it can be led into a file.
    eprintln!("Token {} of {name}, until {}; it is shown only now:", made.id, made.expires_at);
    output::print(format!("{}\n", made.secret))?;
    Ok(Outcome::Fine)
}

fn list(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    let database = settings::open(config)?;
    let mut connection = database.reader()?;
    let tokens = store::tokens(&mut connection)?;
    let text = |name| Column { name, shown: Shown::Text };
    let mut rows = Vec::new();
    for user in store::users(&mut connection)? {
        rows.push(vec![
            user.name.clone().into(),
            "user".to_owned().into(),
            user.role.as_str().to_owned().into(),
            String::new().into(),
            user.changed_at.into(),
            None::<String>.into(),
        ]);
        for token in tokens.iter().filter(|token| token.user_name == user.name) {
            rows.push(vec![
                user.name.clone().into(),
                format!("token {}", token.id).into(),
                token.role.clone().into(),
                token.label.clone().into(),
                token.created_at.into(),
                Some(token.expires_at.to_string()).into(),
            ]);
        }
    }
    let columns = vec![text("name"), text("what"), text("role"), text("label"), text("since"), text("expires_at")];
    output::print(format::render(&Table { columns, rows }, options.format)?)?;
    Ok(Outcome::Fine)
}

/// The password: typed twice without being shown, or the first line of stdin or of a file.
fn password(options: &PasswordOptions) -> anyhow::Result<SecretString> {
    if let Some(file) = &options.password_file {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        return Ok(SecretString::from(text.lines().next().unwrap_or_default()));
    }
    if options.stdin {
        let mut line = String::new();
        io::stdin().read_line(&mut line).context("cannot read the password")?;
        return Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])));
    }
    if !io::stdin().is_terminal() {
        let text = "cannot prompt (not a terminal); pass --stdin and write the password to stdin, or --password-file";
        return Err(Usage(text.to_owned()).into());
    }
    let typed = rpassword::prompt_password("Password (hidden, 12 characters or more): ")?;
    let again = rpassword::prompt_password("Once more: ")?;
    if typed != again {
        return Err(Usage("the two passwords differ; nothing was changed".to_owned()).into());
    }
    Ok(SecretString::from(typed))
}
