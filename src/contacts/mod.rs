//! The customers: stored beside the books, never in them, and erasable without touching them.

mod erase;
pub mod store;
mod update;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::{Database, Result};

pub use self::erase::{Erased, Unerasable, erase};
pub(crate) use self::update::{ContactUpdate, apply_updates};

/// A contact with all its data. It has no `Debug`, so that personal data cannot be printed by accident.
#[derive(Clone, Serialize, diesel::Queryable)]
pub struct StoredContact {
    pub contact_id: i64,
    pub source: String,
    pub match_key: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub vat_number: Option<String>,
    pub street: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub details: Option<String>,
    pub erased_at: Option<Timestamp>,
    pub after_erased_id: Option<i64>,
}

#[derive(Clone, Serialize)]
pub struct ContactWithOrders {
    #[serde(flatten)]
    pub contact: StoredContact,
    /// The orders that the contact has or had.
    pub orders: Vec<String>,
}

/// Which contacts to show.
#[derive(Clone)]
pub enum Who {
    Number(i64),
    /// Contacts that this order, given by id or code, has or had.
    Order(String),
    /// Contacts with this mail address, in any letter case.
    Mail(String),
}

/// Returns the selected contacts.
///
/// # Errors
/// When the database cannot be read.
pub fn show(database: &Database, who: &Who) -> Result<Vec<ContactWithOrders>> {
    database.read(|connection| {
        let ids = match who {
            Who::Number(id) => vec![*id],
            Who::Order(order) => store::of_order(connection, order)?,
            Who::Mail(email) => store::of_mail(connection, email)?,
        };
        let mut shown = Vec::new();
        for id in ids {
            if let Some(contact) = store::stored(connection, id)? {
                shown.push(ContactWithOrders { contact, orders: store::orders_of(connection, id)? });
            }
        }
        Ok(shown)
    })
}

/// Returns source and number of the contacts that were stored after an erasure, with the number of the erased contact.
///
/// # Errors
/// When the database cannot be read.
pub fn returned(database: &Database, source: Option<&str>) -> Result<Vec<(String, i64, i64)>> {
    store::returned(&mut database.reader()?, source)
}
