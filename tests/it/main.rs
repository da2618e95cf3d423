//! Everything that is tested from outside: one binary, so that it is linked once and starts PostgreSQL once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails must fail loudly, helpers included"
)]

mod bookingkit;
mod config;
mod findings;
mod receive;
mod schema;
mod support;
mod ticketpark;
mod views;
