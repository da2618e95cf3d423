//! The story of one voucher or flex ticket: who sold it, how it is taxed, what it paid for, what was corrected, and
//! what is left of it.

mod life;
mod owed;
mod store;

use serde::Serialize;

use self::life::Life;
use super::names::Names;
use super::{Balance, Chapter, Length, history, told};
use crate::db::Database;
use crate::ledger::Error;
use crate::ledger::posting::StoredValueClass;

/// The story of one voucher or flex ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoucherStory {
    pub source: String,
    /// `voucher` or `flex`.
    pub class: String,
    pub voucher_id: String,
    /// What it is, in a few sentences.
    pub introduction: String,
    /// In the order of reading.
    pub chapters: Vec<Chapter>,
    /// What is left of it, as a sum; one for each currency. What was taxed when it was sold is net.
    pub balances: Vec<Balance>,
}

/// The stories of the vouchers and flex tickets with that id. Empty when nothing is known of any.
///
/// # Errors
/// When the database cannot be read.
pub fn explain_voucher(
    database: &Database,
    source: Option<&str>,
    voucher_id: &str,
    length: Length,
) -> Result<Vec<VoucherStory>, Error> {
    database.read(|connection| {
        let mut stories = Vec::new();
        for source in store::sources(connection, source, voucher_id)? {
            for class in [StoredValueClass::Voucher, StoredValueClass::Flex] {
                let life = Life::load(connection, &source, class, voucher_id)?;
                stories.extend(life.map(|life| story(&life, length)).transpose()?);
            }
        }
        Ok(stories)
    })
}

fn story(life: &Life, length: Length) -> crate::db::Result<VoucherStory> {
    let chapters = [
        ("How it came to be", life.origin()),
        ("The order that sold it", life.seller()),
        ("What it paid for", life.uses()),
        ("Entered by hand", life.by_hand()),
        ("Step by step", life.steps()),
        ("What is open, and why", history::findings(&life.findings, &Names::default())),
    ];
    Ok(VoucherStory {
        source: life.source.clone(),
        class: life.key.class.to_string(),
        voucher_id: life.key.id.clone(),
        introduction: life.introduction(),
        chapters: told(chapters, length),
        balances: life.balances()?,
    })
}
