//! Everything that is tested from outside: one binary, so that it is linked once and starts PostgreSQL once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails must fail loudly, helpers included"
)]

mod bookingkit;
mod close;
mod config;
mod console;
mod contacts;
mod crash;
mod daemons;
mod discounts;
mod dismiss;
mod doctor;
mod explain;
mod explain_vouchers;
mod exports;
mod findings;
mod freshness;
mod histories;
mod imports;
mod kept_sums;
mod large_orders;
mod maintenance;
mod monitor;
mod odd_input;
mod opening;
mod operator;
mod pack;
mod package;
mod parked;
mod policies;
mod preview;
mod probe;
mod rebuild;
mod receive;
mod report;
mod rules;
mod schema;
mod serve;
mod service;
mod settle_plans;
mod stand_in;
mod storage;
mod support;
mod sweep;
mod systemd;
mod ticketpark;
mod ticketpark_flow;
mod tidy;
mod vat_dates;
mod versions;
mod views;
mod views_doc;
mod voucher_histories;
mod voucher_life;
mod vouchers;
mod worker;
