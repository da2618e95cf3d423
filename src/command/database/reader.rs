//! `ticketledger database grant-reader`.

use clap::Args;

use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::maintenance::reader::{self, Deed, RoleName};

#[derive(Debug, Args)]
pub(in crate::command) struct GrantReader {
    /// Name of the role, as `psql` shows it; it is made if it is missing, without the right to log in
    role: String,
    /// Let it read v_customers as well: names and mail addresses
    #[arg(long, conflicts_with = "revoke")]
    with_contacts: bool,
    /// Take every right on this database away from it again; the role stays
    #[arg(long)]
    revoke: bool,
    /// Print the statements, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Grants or revokes: [`Outcome::Attention`] when the role can read more than it should by other ways.
pub(super) fn run(config: &Config, options: &GrantReader) -> anyhow::Result<Outcome> {
    let role = RoleName::parse(&options.role).map_err(Usage)?;
    let database = settings::open(config)?;
    if database.is_embedded() {
        let advice = "SQLite has no roles: who may read the file may read all of it. The permissions of the file and \
                      its folder do that job (chmod, a group of its own); for BI tools copy the views out, or move to \
                      PostgreSQL with `ticketledger database copy`";
        return Err(Usage(advice.to_owned()).into());
    }
    let deed = match (options.revoke, options.with_contacts) {
        (true, _) => Deed::Revoke,
        (false, with_contacts) => Deed::Grant { with_contacts },
    };
    if options.dry_run {
        let statements = reader::statements(&database, &role, deed)?;
        output::print(statements.join(";\n") + ";\n")?;
        return Ok(Outcome::Fine);
    }
    let done = reader::apply(&database, &role, deed)?;
    let mut text = match deed {
        Deed::Revoke => {
            format!("{role} has no right of its own on this database any more. `DROP ROLE {role}` ends it.\n")
        }
        Deed::Grant { .. } => format!("{role} may read {}, and nothing else.\n", done.views.join(", ")),
    };
    if done.made {
        text += &format!(
            "The role is new and cannot log in. Make a login role a member of it (`GRANT {role} TO somebody`), or let \
             it log in by itself: in psql `ALTER ROLE {role} LOGIN`, then `\\password {role}`.\n"
        );
    }
    if !done.excess.is_empty() {
        text += &format!(
            "But by PUBLIC, or by another role that it is a member of, it can also read or change: {}. Take that away \
             from there.\n",
            done.excess.join(", ")
        );
    }
    output::print(text)?;
    Ok(if done.excess.is_empty() { Outcome::Fine } else { Outcome::Attention })
}
