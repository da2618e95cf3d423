#![doc = include_str!("../README.md")]

// Each module may use only those before it: `tests/it/tidy.rs` checks this, and docs/architecture.md says what each
// does.

// Foundations.
pub mod limits;

pub mod clock;

pub mod money;

pub mod hash;

pub mod order;

pub mod policy;

pub mod config;

pub mod db;

// From the bytes of a webhook to the numbers of a report.
pub mod inbox;

pub mod provider;

pub mod contacts;

pub mod freshness;

pub mod ledger;

pub mod report;

pub mod export;

// What keeps it running.
pub mod maintenance;

pub mod cluster;

pub mod monitor;

pub mod session;

pub mod worker;

pub mod sweep;

pub mod receive;

pub mod doctor;

pub mod console;

// Wiring, and what a person types.
pub mod daemon;

pub mod demo;

pub mod command;
