//! What tests stand on.

pub(crate) mod book;
pub(crate) mod cluster;
pub(crate) mod daemon;
pub(crate) mod db;
pub(crate) mod documented;
pub(crate) mod findings;
pub(crate) mod home;
pub(crate) mod order;
pub(crate) mod plans;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod vat;
pub(crate) mod wait;
