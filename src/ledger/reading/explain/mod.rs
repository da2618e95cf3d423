//! `ledger explain`: the story of one order in plain words and arithmetic, for someone who has never seen the system.
//!
//! It is told from the journal; the last snapshot only lends the names of what was sold. No personal data is in either.

mod balance;
mod facts;
mod history;
mod sold;
mod store;
mod words;

use serde::Serialize;

pub use self::balance::{Balance, Term};

use self::facts::Facts;
use super::trace;
use crate::db::Database;
use crate::ledger::Error;

/// The story of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// The source.
    pub source: String,
    /// The order.
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
    /// What it is about.
    pub title: &'static str,
    /// Its sentences.
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
            stories.push(story(&Facts::load(connection, &source, &order_id)?));
        }
        Ok(stories)
    })
}

fn story(facts: &Facts) -> Story {
    let chapters = [
        ("What was sold", sold::items(facts)),
        ("What was taken off", sold::reductions(facts)),
        ("Vouchers and flex tickets", sold::stored_value(facts)),
        ("Money", sold::money_chapter(facts)),
        ("Entered by hand", sold::by_hand(facts)),
        ("How it came about", history::steps(facts)),
        ("What is open, and why", history::findings(facts)),
    ];
    let chapters = chapters.into_iter().filter(|(_, sentences)| !sentences.is_empty());
    Story {
        source: facts.source.clone(),
        order_id: facts.order_id.clone(),
        order_code: facts.code.clone(),
        status: facts.status.clone(),
        introduction: facts.introduction(),
        chapters: chapters.map(|(title, sentences)| Chapter { title, sentences }).collect(),
        balances: balance::balances(facts),
    }
}
