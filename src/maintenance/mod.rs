//! Keeping data for years: moving it to the other engine, letting others read it, taking what is no longer needed, and
//! copies that can be restored.

pub mod backup;
pub mod copy;
pub mod reader;
pub mod retention;
