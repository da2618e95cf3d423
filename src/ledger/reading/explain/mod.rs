//! `ledger explain`: the story of one order in plain words and arithmetic, for someone who has never seen the system.
//!
//! It is told from the journal; the last snapshot only lends the names of what was sold. No personal data is in either.

mod balance;
mod explained;
mod history;
mod opening;
mod sold;
mod store;
mod words;

use serde::Serialize;

pub use self::balance::{Balance, Term};

use self::explained::ExplainedOrder;
use super::trace;
use crate::db::Database;
use crate::ledger::Error;

/// The story of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    pub source: String,
    pub order_id: String,
    /// The code that the customer knows.
    pub order_code: Option<String>,
    /// Its status, if it was ever told.
    pub status: Option<String>,
    /// What it is, in a sentence or two.
    pub introduction: String,
    /// In the order of reading.
    pub chapters: Vec<Chapter>,
    /// What is open, as a sum; one for each currency.
    pub balances: Vec<Balance>,
}

/// A part of the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    pub title: &'static str,
    pub sentences: Vec<String>,
}

/// The stories of the orders with that id or, if there are none, that code. Empty when there is no such order.
///
/// # Errors
/// When the database or a stored snapshot cannot be read.
pub fn explain(database: &Database, source: Option<&str>, name: &str) -> Result<Vec<Story>, Error> {
    database.read(|connection| {
        let mut stories = Vec::new();
        for (source, order_id) in trace::store::orders(connection, source, name)? {
            stories.push(story(&ExplainedOrder::load(connection, &source, &order_id)?)?);
        }
        Ok(stories)
    })
}

fn story(order: &ExplainedOrder) -> crate::db::Result<Story> {
    let chapters = [
        ("What was sold", sold::items(order)),
        ("What was taken off", sold::reductions(order)),
        ("Vouchers and flex tickets", sold::stored_value(order)),
        ("Money", sold::money_chapter(order)),
        ("From before the book began", opening::sentences(order)),
        ("Entered by hand", sold::by_hand(order)),
        ("How it came about", history::snapshots(order)),
        ("What is open, and why", history::findings(order)),
    ];
    let chapters = chapters.into_iter().filter(|(_, sentences)| !sentences.is_empty());
    Ok(Story {
        source: order.source.clone(),
        order_id: order.order_id.clone(),
        order_code: order.code.clone(),
        status: order.status.clone(),
        introduction: order.introduction(),
        chapters: chapters.map(|(title, sentences)| Chapter { title, sentences }).collect(),
        balances: balance::balances(order)?,
    })
}
