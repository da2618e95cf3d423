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
mod discounts;
mod histories;
mod operator;
mod policies;
mod receive;
mod report;
mod rules;
mod schema;
mod support;
mod systemd;
mod ticketpark;
mod tidy;
mod versions;
mod views;
mod vouchers;
