//! Works through the inbox.

pub mod access;
