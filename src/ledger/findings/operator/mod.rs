//! What a person does with findings: look at them, and say that one is known.

pub mod store;
