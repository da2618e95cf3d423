//! Webhooks: what came, what became of it, and what can be done about it.
//!
//! ```text
//! list    filters, pages by key           causes   what is parked, by its cause
//! event   one webhook: bytes, attempts    replay, dismiss   effect > confirmed > result
//! ```

mod came;
mod causes;
mod dismiss;
mod event;
mod filter;
mod list;
mod mask;
mod replay;
mod seen;
mod selection;
mod states;
mod store;
mod tabs;
mod words;

use std::sync::Arc;

pub(super) use self::came::came;
pub(super) use self::filter::{field_type, local as local_time};
use super::fault::Fault;
use super::reply::Answered;
use super::site::Site;
use super::visit::Visit;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    match (rest, visit.is_post()) {
        ([], false) => list::page(site, visit).await,
        (["parked"], false) => causes::page(site, visit).await,
        (["parked"], true) => causes::mark(site, visit).await,
        (["replay"], false) => replay::preview(site, visit).await,
        (["replay"], true) => replay::confirmed(site, visit).await,
        (["dismiss"], false) => dismiss::preview(site, visit).await,
        (["dismiss"], true) => dismiss::confirmed(site, visit).await,
        ([id], false) => event::page(site, visit, number(id)?).await,
        ([id, "body"], true) => event::body(site, visit, number(id)?).await,
        ([id, "raw"], true) => event::raw(site, visit, number(id)?).await,
        _ => Err(Fault::NotFound),
    }
}

fn number(text: &str) -> Result<crate::inbox::EventId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}
