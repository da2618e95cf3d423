//! Care for the data over years: moving it to the other engine, giving others read access, deleting what is no longer
//! needed, and backups.

pub mod backup;
pub mod copy;
pub mod reader;
pub mod retention;
