//! PostgreSQL: what each connection must guarantee, and how connections recover after the server was gone.

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::r2d2::{ConnectionManager, ManageConnection, Pool, PooledConnection, State};
use diesel::sql_types::Bool;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};

use super::pool::Waits;
use super::{Database, Error, Result, Role, unfinished_copy};
use crate::limits;

/// Settings of each session. `synchronous_commit` is left alone where the server asks for more than we do.
const SESSION: &str = "SET TIME ZONE 'UTC'; SET statement_timeout TO '60s'; \
     SET idle_in_transaction_session_timeout TO '120s'; \
     SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');";

/// Added to the address unless it sets them: a server that vanished must not block anyone for minutes.
const PATIENCE: [(&str, &str); 4] =
    [("connect_timeout", "3"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"), ("keepalives_interval", "5")];

/// Opens connections, and checks whether they still work.
#[derive(Debug)]
pub struct Server(ConnectionManager<PgConnection>);

impl ManageConnection for Server {
    type Connection = PgConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> std::result::Result<PgConnection, Self::Error> {
        let mut connection = self.0.connect()?;
        connection.batch_execute(SESSION).map_err(diesel::r2d2::Error::QueryError)?;
        self.is_valid(&mut connection)?;
        Ok(connection)
    }

    /// Needs one round trip. After a failover the server that answers may be read-only, which counts as broken.
    fn is_valid(&self, connection: &mut PgConnection) -> std::result::Result<(), Self::Error> {
        let read_only = diesel::select(sql::<Bool>("current_setting('transaction_read_only') = 'on'"));
        match read_only.get_result(connection).map_err(diesel::r2d2::Error::QueryError)? {
            false => Ok(()),
            true => Err(diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(
                "the PostgreSQL server is read-only (a standby)".to_owned(),
            ))),
        }
    }

    fn has_broken(&self, connection: &mut PgConnection) -> bool {
        self.0.has_broken(connection)
    }
}

/// A pool for everyone, and one connection for the inbox writer.
#[derive(Clone)]
pub(super) struct Pools {
    work: Pool<Server>,
    receive: Pool<Server>,
    /// Whether this handle belongs to the inbox writer.
    receives: bool,
    /// Whether the last attempt to get a connection failed. The next attempts then wait only briefly, while the pool
    /// tries to open new connections in the background.
    down: Arc<AtomicBool>,
}

impl Pools {
    pub(super) fn get(&self) -> Result<PooledConnection<Server>> {
        let pool = if self.receives { &self.receive } else { &self.work };
        let mut connection = pool.get_timeout(self.wait());
        let all_in_use = pool.state().connections >= pool.max_size();
        if connection.is_err() && all_in_use {
            // The server is busy, not gone.
            connection = pool.get_timeout(limits::DATABASE_WAIT);
        }
        let was_down = self.down.swap(connection.is_err() && !all_in_use, Ordering::Relaxed);
        if was_down && connection.is_ok() {
            tracing::info!("the database is available again");
        }
        Ok(connection?)
    }

    fn wait(&self) -> Duration {
        match self.down.load(Ordering::Relaxed) {
            true => limits::DATABASE_DOWN_WAIT,
            false => limits::POSTGRES_WAIT,
        }
    }

    /// Name and state of each pool.
    pub(super) fn states(&self) -> [(&'static str, State); 2] {
        [("shared", self.work.state()), ("receive", self.receive.state())]
    }

    pub(super) fn receive(&mut self) {
        self.receives = true;
        self.down = Arc::default();
    }
}

/// Lifts the statement timeout, which would cut short a commit that waits for a standby; the commit would be reported
/// as done although only one machine has it.
pub(super) fn before_commit(connection: &mut PgConnection) -> diesel::QueryResult<()> {
    connection.batch_execute("SET LOCAL statement_timeout TO 0")
}

pub(super) fn open(url: &str, role: Role, must_exist: bool) -> Result<Database> {
    let url = patient(url);
    let establish = || {
        PgConnection::establish(&url).map_err(|error| {
            let error = error.to_string();
            // What libpq says of an address quotes parts of it, which may be those of a password.
            let known = ["connection to server", "could not translate host name", "SSL support is not compiled in"];
            if !known.iter().any(|known| error.contains(known)) {
                let text = "PostgreSQL's library cannot read database.url; check its form: \
                            postgres://USER:PASSWORD@HOST/NAME, an `@` in the password written as `%40`";
                return Error::Open(text.to_owned());
            }
            Error::Open(match server::hint(&error) {
                Some(hint) => format!("{} ({hint})", error.trim_end()),
                None => error,
            })
        })
    };
    // Connects once without a pool, because the pool would hide the reason of a failure behind its timeout.
    let mut first = establish()?;
    server::refuse_unusable(&mut first)?;
    if role == Role::Daemon {
        server::warn_of_loss(&mut first)?;
    }
    server::refuse_pooler(&mut first, &mut establish()?)?;
    if role != Role::Visitor && server::migrate(&mut first, must_exist)? {
        tracing::info!("made the tables in a new, empty PostgreSQL database");
    }
    let pool = |name, size| {
        Pool::builder()
            .event_handler(Box::new(Waits(name)))
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(limits::POSTGRES_WAIT)
            .build(Server(ConnectionManager::new(&url)))
    };
    let pools = Pools {
        work: pool("shared", limits::POSTGRES_CONNECTIONS)?,
        receive: pool("receive", 1)?,
        receives: false,
        down: Arc::default(),
    };
    if role != Role::Copier && unfinished_copy(&mut super::Connection::Postgres(pools.get()?))? {
        return Err(Error::Unfinished);
    }
    Ok(Database { pools: super::Pools::Postgres(pools), _lock: None, deliveries: Arc::default() })
}

/// Adds [`PATIENCE`] to the address.
fn patient(url: &str) -> String {
    let mut url = url.trim_end_matches(['?', '&']).to_owned();
    for (name, value) in PATIENCE {
        let said = url.contains(&format!("?{name}=")) || url.contains(&format!("&{name}="));
        if !said {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{separator}{name}={value}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_long_once_the_server_is_known_to_be_gone() {
        let nowhere = || Server(ConnectionManager::new("postgres:///nothing?host=/nowhere"));
        let pool = || Pool::builder().build_unchecked(nowhere());
        let pools = Pools { work: pool(), receive: pool(), receives: false, down: Arc::default() };
        assert_eq!(pools.wait(), limits::POSTGRES_WAIT);
        assert!(pools.get().is_err());
        assert_eq!(pools.wait(), limits::DATABASE_DOWN_WAIT);
    }
}
