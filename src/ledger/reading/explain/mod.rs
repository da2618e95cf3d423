//! `ledger explain`: the story of one order, or of one voucher, in plain words and arithmetic, for someone who has
//! never seen the system.
//!
//! It is told from the journal; the last snapshot only lends the names of what was sold. No personal data is in either.

mod balance;
mod explained;
mod history;
mod names;
mod opening;
mod reductions;
mod sold;
mod store;
mod summary;
mod voucher;
mod words;

use serde::Serialize;

pub use self::balance::{Balance, Term};
pub use self::voucher::{VoucherStory, explain_voucher};
pub use self::words::capitalised;

use self::explained::ExplainedOrder;
use self::summary::Line;
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

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Every line by itself.
    Whole,
    /// Lines that are alike are summed up where there are many, and long ids are cut.
    Summary,
}

/// The stories of the orders with that id or, if there are none, that code. Empty when there is no such order.
///
/// # Errors
/// When the database or a stored snapshot cannot be read.
pub fn explain(database: &Database, source: Option<&str>, name: &str, length: Length) -> Result<Vec<Story>, Error> {
    database.read(|connection| {
        let mut stories = Vec::new();
        for (source, order_id) in trace::store::orders(connection, source, name)? {
            stories.push(story(&ExplainedOrder::load(connection, &source, &order_id, length)?)?);
        }
        Ok(stories)
    })
}

fn story(order: &ExplainedOrder) -> crate::db::Result<Story> {
    let chapters = [
        ("What was sold", sold::items(order)),
        ("What was taken off", reductions::reductions(order)),
        ("Vouchers and flex tickets", sold::stored_value(order)),
        ("Money", sold::money_chapter(order)),
        ("From before the book began", opening::lines(order)),
        ("Entered by hand", sold::by_hand(order)),
        ("How it came about", history::snapshots(order)),
        ("What is open, and why", history::findings(&order.findings, &order.names)),
    ];
    Ok(Story {
        source: order.source.clone(),
        order_id: order.order_id.clone(),
        order_code: order.code.clone(),
        status: order.status.clone(),
        introduction: order.introduction(),
        chapters: told(chapters, order.length),
        balances: balance::balances(order)?,
    })
}

/// The chapters that have something to tell.
fn told<const N: usize>(chapters: [(&'static str, Vec<Line>); N], length: Length) -> Vec<Chapter> {
    let told = chapters.into_iter().filter(|(_, lines)| !lines.is_empty());
    told.map(|(title, lines)| Chapter { title, sentences: summary::sentences(lines, length) }).collect()
}
