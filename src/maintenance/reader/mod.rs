//! `database grant-reader`: a PostgreSQL role that can read the views that are the contract with finance and BI tools,
//! and nothing else: no bodies, documents, contacts or tables.
//!
//! The views run with the rights of their owner, so the role needs none on the tables. The role is created without the
//! right to log in: a login without a password is open wherever the server trusts the network, and a password does not
//! belong on a command line.

mod store;

use crate::db::{self, Database};

/// The views for every reader; [`CONTACTS`] has personal data and is granted separately.
pub const VIEWS: &[&str] = &[
    "v_gl",
    "v_trial_balance",
    "v_revenue_by_event",
    "v_vat_by_rate",
    "v_vat_by_payment",
    "v_vat_by_service",
    "v_rollforward_vat_not_due",
    "v_rollforward_receivable",
    "v_rollforward_voucher",
    "v_late_adjustments",
    "v_payments_by_method",
    "v_order_balance",
    "v_voucher_balance",
    "v_open_findings",
    "v_inbox",
    "v_trace",
];
/// The view with names and mail addresses.
pub const CONTACTS: &str = "v_customers";

/// The name of a role, safe to use in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName {
    name: String,
}

impl RoleName {
    /// Checks a name, written as the server displays it.
    ///
    /// # Errors
    /// A message for people, if no role can have this name.
    pub fn parse(name: &str) -> Result<Self, String> {
        if name.is_empty() || name.contains('\0') {
            return Err("the name of the role is empty".to_owned());
        }
        // The server would truncate it and grant the rights to another role.
        if name.len() > 63 {
            return Err(format!("PostgreSQL role names have at most 63 bytes; this one has {}", name.len()));
        }
        // PostgreSQL takes these two to mean everybody and nobody, even in quotes.
        if ["public", "none"].contains(&name) || name.starts_with("pg_") {
            return Err(format!("`{name}` is reserved by PostgreSQL; choose another name for the role"));
        }
        Ok(Self { name: name.to_owned() })
    }

    /// The name unquoted, for binding.
    fn as_str(&self) -> &str {
        &self.name
    }
}

/// The name quoted as an identifier.
impl std::fmt::Display for RoleName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.name.replace('"', "\"\""))
    }
}

/// What to do with the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChange {
    Grant {
        /// Also names and mail addresses.
        with_contacts: bool,
    },
    /// Revokes every right.
    Revoke,
}

impl RoleChange {
    fn views(self) -> Vec<&'static str> {
        match self {
            Self::Grant { with_contacts } => VIEWS.iter().copied().chain(with_contacts.then_some(CONTACTS)).collect(),
            Self::Revoke => Vec::new(),
        }
    }
}

/// Result of a grant or revocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether the role was created.
    pub made: bool,
    /// The views that the role may read.
    pub views: Vec<&'static str>,
    /// What the role can still read or change, through rights that are not ours to revoke.
    pub excess: Vec<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("there is no role {0}")]
    Unknown(String),
    #[error("{0} is a superuser and can read everything; name a separate role for the reader")]
    Superuser(String),
    /// Changing its rights would take the daemon's own.
    #[error("{0} owns tables or views of this database; name a separate role for the reader")]
    Owner(String),
    #[error(
        "{0} (run this as the owner of the tables; creating a role needs CREATEROLE, or an administrator who runs \
         CREATE ROLE {1} NOLOGIN)"
    )]
    Refused(db::Error, String),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The statements that would run.
///
/// # Errors
/// When the role cannot be a reader, or the database cannot be read.
pub fn statements(database: &Database, role: &RoleName, change: RoleChange) -> Result<Vec<String>, GrantError> {
    database.read(|connection| Ok(plan(connection, role, change)?.1))
}

/// Grants or revokes in one transaction, and checks afterwards what the role can do.
///
/// # Errors
/// When the role cannot be a reader, or a statement fails; nothing is changed then.
pub fn apply(database: &Database, role: &RoleName, change: RoleChange) -> Result<Done, GrantError> {
    database.transaction("grant reader", |connection| {
        let (made, statements) = plan(connection, role, change)?;
        for statement in &statements {
            store::run(connection, statement).map_err(|error| GrantError::Refused(error, role.to_string()))?;
        }
        let views = change.views();
        let excess = store::excess(connection, role.as_str(), &views)?;
        Ok(Done { made, views, excess })
    })
}

fn plan(
    connection: &mut db::Connection,
    role: &RoleName,
    change: RoleChange,
) -> Result<(bool, Vec<String>), GrantError> {
    let known = store::look_up(connection, role.as_str())?;
    match &known {
        None if change == RoleChange::Revoke => return Err(GrantError::Unknown(role.to_string())),
        Some(known) if known.superuser => return Err(GrantError::Superuser(role.to_string())),
        Some(known) if known.owns => return Err(GrantError::Owner(role.to_string())),
        _ => {}
    }
    let statements = store::statements(connection, &role.to_string(), known.is_none(), &change.views())?;
    Ok((known.is_none(), statements))
}
