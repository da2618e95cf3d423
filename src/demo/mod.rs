//! The whole thing on one machine: a daemon, a stand-in for the provider, example traffic.

pub mod stand_in;
