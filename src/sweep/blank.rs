//! Answers to a list that are no list, and may say that there is nothing in it.
//!
//! `{}` is what PHP can make of an empty list, and it is what a provider in trouble may say, too. A source must not be
//! taken for complete because of that, so the provider is asked once more, for the first of all there is: if that is
//! a list, the first answer is taken for an empty one.

use super::Sweeper;
use super::ask::no_list;
use super::halt::Halt;
use super::page::Walk;
use super::store;
use crate::inbox::ParkReason;
use crate::provider::{self, Fetched, Record, Unreadable};

impl Sweeper {
    /// The records of a page.
    pub(super) async fn records(&self, walk: &mut Walk, fetched: &Fetched) -> Result<Vec<Record>, Halt> {
        if !provider::is_blank_list(&self.source, fetched.status, &fetched.body) {
            return Ok(provider::listed(&self.source, &fetched.body)?);
        }
        let begins_at = walk.run.next_offset.saturating_mul(walk.run.page_size);
        let must_have_more = fetched.total.is_some_and(|total| total > begins_at);
        if !must_have_more && self.tells_lists(walk).await? {
            return Ok(Vec::new());
        }
        match fetched.status {
            404 => Err(no_list()),
            _ => Err(Unreadable::new(ParkReason::BadList, "the page is not a list").into()),
        }
    }

    /// Whether the provider answers with a list now, which fits to what is known of the source.
    async fn tells_lists(&self, walk: &mut Walk) -> Result<bool, Halt> {
        let first = walk.ask.first_of_all().await?;
        if first.status != 200 || !provider::is_list(&first.body) {
            return Ok(false);
        }
        if !provider::listed(&self.source, &first.body)?.is_empty() {
            return Ok(true);
        }
        // A list of nothing is true only where nothing is known.
        let knows = |sweeper: &Self, _| store::has_orders(&mut sweeper.database.reader()?, &sweeper.source.name);
        Ok(!self.blocking(knows).await.map_err(Halt::Database)?)
    }
}
