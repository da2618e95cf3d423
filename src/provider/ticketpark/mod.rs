//! Ticketpark: the webhook is a pointer, the booking is read from the API.
//!
//! ```text
//! webhook::parse ──> which booking or person ──> client::Client (GET) ──> booking::read_booking ──> Said
//!        └─> a payment: the one thing that no API call can tell, so the webhook is the source
//! ```

pub mod booking;
pub mod client;
pub mod webhook;

pub use self::webhook::classify;
