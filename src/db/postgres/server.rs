//! What a PostgreSQL server must be like before anything is promised to a sender. Each refusal says how to mend it.

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Integer, Nullable, Text};
use diesel::{PgConnection, RunQueryDsl as _};

use super::SESSION;
use crate::db::{Error, Result, migrate};

/// The oldest server that the tests run on.
const OLDEST_VERSION: i32 = 150_000;

/// What libpq or the server says when it cannot be reached, and what that means.
const HINTS: [(&str, &str); 4] = [
    (
        "SSL support is not compiled in",
        "this build has no TLS towards PostgreSQL: build with `--no-default-features --features system-libpq`, or use \
         a Unix socket, a private network or a tunnel",
    ),
    (
        "no encryption",
        "pg_hba.conf of the server has no line for this user, database and address without TLS: add \
         `?sslmode=verify-full` to database.url, or a line `host` to pg_hba.conf",
    ),
    (
        "certificate verify failed",
        "the server's certificate is signed by an authority that this machine does not know: name its file, \
         `?sslmode=verify-full&sslrootcert=/etc/ssl/certs/NAME.pem`",
    ),
    (
        "does not match host name",
        "the server's certificate is for another name: use the name that it is for in database.url, or have the server \
         use a certificate for this one",
    ),
];

/// What to do about an error of the connection.
pub(super) fn hint(error: &str) -> Option<&'static str> {
    HINTS.iter().find(|(sign, _)| error.contains(sign)).map(|(_, hint)| *hint)
}

fn setting(connection: &mut PgConnection, name: &'static str) -> Result<String> {
    let query = diesel::select(sql::<Text>("current_setting(").bind::<Text, _>(name).sql(")"));
    Ok(query.get_result(connection)?)
}

/// Refuses a server that is read-only or cannot commit durably, before anything is promised to a sender.
pub(super) fn refuse_unusable(connection: &mut PgConnection) -> Result<()> {
    if setting(connection, "transaction_read_only")? == "on" {
        return Err(Error::Unusable(
            "database.url leads to a read-only PostgreSQL server: a standby, or one with \
             `default_transaction_read_only`. Name the primary, or all of them: \
             postgres://USER@HOST1,HOST2/NAME?target_session_attrs=read-write"
                .to_owned(),
        ));
    }
    refuse_old(connection)?;
    refuse_encoding(connection)?;
    connection.batch_execute(SESSION)?;
    let synchronous = setting(connection, "synchronous_commit")?;
    if !matches!(synchronous.as_str(), "on" | "remote_apply") {
        return Err(Error::Unusable(format!(
            "PostgreSQL keeps `synchronous_commit` at `{synchronous}`, although this daemon set it to `on`: a power \
             failure could lose acknowledged webhooks. Connect without a pooler"
        )));
    }
    // Migrations may take long.
    connection.batch_execute("SET statement_timeout TO 0; SET idle_in_transaction_session_timeout TO 0")?;
    Ok(())
}

/// Refuses a version that nobody has tried.
fn refuse_old(connection: &mut PgConnection) -> Result<()> {
    let version: i32 =
        diesel::select(sql::<Integer>("current_setting('server_version_num')::int")).get_result(connection)?;
    if version >= OLDEST_VERSION {
        return Ok(());
    }
    let (found, oldest) = (setting(connection, "server_version")?, OLDEST_VERSION / 10_000);
    Err(Error::Unusable(format!(
        "the PostgreSQL server has version {found}, and ticketledger needs {oldest} or newer; upgrade it, as with \
         `pg_upgradecluster` on Debian"
    )))
}

/// Refuses an encoding that cannot hold every text: titles, names and headers come in any language.
fn refuse_encoding(connection: &mut PgConnection) -> Result<()> {
    let encoding = setting(connection, "server_encoding")?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let name: String = diesel::select(sql::<Text>("current_database()::text")).get_result(connection)?;
    Err(Error::Unusable(format!(
        "the PostgreSQL database `{name}` has the encoding {encoding}, which cannot hold every title and name; \
         make one with `createdb --template=template0 --encoding=UTF8 NAME`, and name it in database.url"
    )))
}

/// Migrates, if this role may. Returns whether the database was empty before.
pub(super) fn migrate(connection: &mut PgConnection, must_exist: bool) -> Result<bool> {
    migrate::migrate_postgres(connection, must_exist).map_err(|error| match error {
        Error::Migration(text) if text.contains("permission denied") => match denied(connection) {
            Ok(Some(advice)) => Error::Unusable(advice),
            _ => Error::Migration(text),
        },
        error => error,
    })
}

/// Why this role may not make tables, and what the owner of the database types.
fn denied(connection: &mut PgConnection) -> Result<Option<String>> {
    let text = |query| diesel::select(sql::<Nullable<Text>>(query));
    let user: Option<String> = text("current_user::text").get_result(connection)?;
    let schema: Option<String> = text("current_schema()::text").get_result(connection)?;
    let database: Option<String> = text("current_database()::text").get_result(connection)?;
    let may = "has_schema_privilege(COALESCE(current_schema(), 'public'), 'CREATE')";
    let may: bool = diesel::select(sql::<Bool>(may)).get_result(connection)?;
    if may {
        return Ok(None);
    }
    let (user, database) = (user.unwrap_or_default(), database.unwrap_or_default());
    let schema = schema.unwrap_or_else(|| "public".to_owned());
    Ok(Some(format!(
        "the PostgreSQL role `{user}` may not make tables in the schema `{schema}` of `{database}`; as an \
         administrator run `psql {database} -c 'GRANT ALL ON SCHEMA {schema} TO \"{user}\"'`, or make the role the \
         owner: `psql -c 'ALTER DATABASE \"{database}\" OWNER TO \"{user}\"'`"
    )))
}

/// Warns about server settings that can lose data in a power failure whatever a session asks for.
pub(super) fn warn_of_loss(connection: &mut PgConnection) -> Result<()> {
    for (name, consequence) in [
        ("fsync", "a power failure can lose acknowledged webhooks, and the whole database"),
        ("full_page_writes", "a power failure can damage the database"),
    ] {
        if setting(connection, name)? == "off" {
            tracing::warn!("PostgreSQL runs with `{name} = off`: {consequence}");
        }
    }
    Ok(())
}

/// Refuses a pooler that lets two open connections share one session: settings, advisory locks and prepared statements
/// of one appear in the other, and none of them can be relied on.
pub(super) fn refuse_pooler(first: &mut PgConnection, second: &mut PgConnection) -> Result<()> {
    const MARK: &str = "SELECT set_config('ticketledger.session', $1, false)";
    let backend = |connection: &mut PgConnection| -> Result<i32> {
        Ok(diesel::select(sql::<diesel::sql_types::Integer>("pg_backend_pid()")).get_result(connection)?)
    };
    let shared = || {
        Error::Unusable(
            "database.url leads through a pooler that hands one session to several connections, such as pgbouncer with \
             `pool_mode = transaction`. Use `pool_mode = session`, or connect to PostgreSQL directly: the daemon has \
             its own pool"
                .to_owned(),
        )
    };
    let asked = (|| {
        for round in 0..3 {
            let mark = format!("{}-{round}", std::process::id());
            diesel::sql_query(MARK).bind::<Text, _>(&mark).execute(first)?;
            let before = backend(first)?;
            // While the second connection is in a transaction, the first cannot be given the same session.
            second.batch_execute("BEGIN")?;
            let other = backend(second)?;
            let after = backend(first)?;
            let kept: String =
                diesel::select(sql::<Text>("COALESCE(current_setting('ticketledger.session', true), '')"))
                    .get_result(first)?;
            second.batch_execute("COMMIT")?;
            if before == other || before != after || kept != mark {
                return Ok(true);
            }
        }
        Ok::<_, Error>(false)
    })();
    match asked {
        Ok(false) => Ok(()),
        Ok(true) => Err(shared()),
        // Such a pooler also mixes up prepared statements.
        Err(Error::Query(error)) if error.to_string().contains("prepared statement") => Err(shared()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_connection_says_what_to_do() {
        let refused = "FATAL:  no pg_hba.conf entry for host \"10.0.0.7\", user \"x\", database \"y\", no encryption";
        assert!(hint(refused).is_some_and(|hint| hint.contains("sslmode=verify-full")));
        assert!(hint("SSL error: certificate verify failed").is_some_and(|hint| hint.contains("sslrootcert")));
        assert_eq!(hint("Connection refused"), None);
    }
}
