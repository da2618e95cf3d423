//! `ticketledger database grant-reader`.

use clap::Args;

use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::maintenance::reader::{self, RoleChange, RoleName};

#[derive(Debug, Args)]
pub(in crate::command) struct GrantReader {
    /// Role to grant to; created without the right to log in if it does not exist
    role: String,
    /// Also grant access to v_customers: names and email addresses
    #[arg(long, conflicts_with = "revoke")]
    with_contacts: bool,
    /// Revoke all its rights on this database; the role itself stays
    #[arg(long)]
    revoke: bool,
    /// Print the SQL statements, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Grants or revokes: [`Outcome::Attention`] when the role can also read or change more by other grants.
pub(super) fn run(config: &Config, options: &GrantReader) -> anyhow::Result<Outcome> {
    let role = RoleName::parse(&options.role).map_err(Usage)?;
    let database = settings::open(config)?;
    if database.is_embedded() {
        let advice = "SQLite has no roles: whoever can read the file can read all of it. Restrict the permissions of \
                      the file and its folder (chmod, a group of its own); for BI tools export the views, or move to \
                      PostgreSQL with `ticketledger database copy`";
        return Err(Usage(advice.to_owned()).into());
    }
    let change = match (options.revoke, options.with_contacts) {
        (true, _) => RoleChange::Revoke,
        (false, with_contacts) => RoleChange::Grant { with_contacts },
    };
    if options.dry_run {
        let statements = reader::statements(&database, &role, change)?;
        output::print(statements.join(";\n") + ";\n")?;
        return Ok(Outcome::Fine);
    }
    let done = reader::apply(&database, &role, change)?;
    let mut text = match change {
        RoleChange::Revoke => {
            format!("{role} no longer has rights of its own on this database. `DROP ROLE {role}` removes the role.\n")
        }
        RoleChange::Grant { .. } => format!("{role} can read {}, and nothing else.\n", done.views.join(", ")),
    };
    if done.made {
        text += &format!(
            "The role is new and cannot log in. Make a login role a member of it (`GRANT {role} TO somebody`), or let \
             it log in itself: in psql `ALTER ROLE {role} LOGIN`, then `\\password {role}`.\n"
        );
    }
    if !done.excess.is_empty() {
        text += &format!(
            "However, through PUBLIC or a role that it is a member of, it can also read or change: {}. Revoke that \
             there.\n",
            done.excess.join(", ")
        );
    }
    output::print(text)?;
    Ok(if done.excess.is_empty() { Outcome::Fine } else { Outcome::Attention })
}
