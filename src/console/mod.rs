//! The web console: what happens, why, and what can be done about it, for people who type no commands.
//!
//! ```text
//! routes    request > who is it > may he > page          layout   frame of a page      templates  HTML
//! access    sign-in, sessions, tokens, users, record      act      an action, once      assets     style and script
//! overview  inbox                                         live     the stream of numbers
//! orders    vouchers  findings  books  contacts           search   by code, id, name, mail address
//! ```
//!
//! Pages are rendered here and work without a script. Amounts are integers of minor units up to the last character.

pub mod access;
mod act;
mod actions;
mod again;
mod allowed;
mod assets;
mod books;
mod chart;
mod codes;
mod common;
mod contacts;
mod fault;
mod findings;
mod german;
mod grid;
mod inbox;
mod layout;
mod live;
mod names;
mod orders;
mod overview;
mod reply;
mod routes;
mod said;
mod search;
mod site;
mod sources;
mod spool;
mod takes;
mod tickets;
mod visit;
mod vouchers;
mod words;
mod wrong;

pub use self::routes::pages;
pub use self::site::Site;
