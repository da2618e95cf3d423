//! What a person does with findings: list and acknowledge them.

pub mod store;
