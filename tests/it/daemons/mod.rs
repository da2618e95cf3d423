//! Several daemons on one database: they share the work, take over from each other, and outlive their server.

mod claims;
mod failover;
mod outage;
mod pooler;
mod presence;
mod sharing;

/// A test on PostgreSQL, the only engine on which several daemons can meet.
macro_rules! on_postgresql {
    ($name:ident, async |$database:ident| $body:block) => {
        #[test]
        fn $name() {
            $crate::support::db::with_database($crate::support::db::Engine::Postgres, |$database| {
                tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async { $body })
            });
        }
    };
}
pub(crate) use on_postgresql;
