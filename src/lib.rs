#![doc = include_str!("../README.md")]

// Foundations.
pub mod clock;
pub mod config;
pub mod db;
pub mod limits;
pub mod money;

// The path of an event, in the order in which data flows.
pub mod receive;

pub mod inbox;

pub mod worker;

pub mod peers;

pub mod provider;

pub mod order;

pub mod ledger;

pub mod report;

pub mod keep;

// Wiring, and what a person types.
pub mod command;
pub mod daemon;
pub mod demo;
pub mod doctor;
pub mod monitor;
