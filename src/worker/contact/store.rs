//! The statements of the contacts. None opens a transaction.

use diesel::prelude::*;

use crate::db::schema::{contacts, orders};
use crate::db::{Connection, Result};
use crate::on_engine;
use crate::order::Contact;

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row<'a> {
    source: &'a str,
    match_key: Option<&'a str>,
    version: i64,
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    company: Option<&'a str>,
    vat_number: Option<&'a str>,
    street: Option<&'a str>,
    postal_code: Option<&'a str>,
    city: Option<&'a str>,
    country: Option<&'a str>,
    language: Option<&'a str>,
    details: Option<&'a str>,
}

/// Stores what a delivery or fetch says about a customer, unless something newer is known. Answers the contact's id.
///
/// # Errors
/// When a statement fails.
pub fn save(connection: &mut Connection, source: &str, contact: &Contact, version: i64) -> Result<i64> {
    let row = Row {
        source,
        match_key: Some(&contact.match_key),
        version,
        name: contact.name.as_deref(),
        email: contact.email.as_deref(),
        phone: contact.phone.as_deref(),
        company: contact.company.as_deref(),
        vat_number: contact.vat_number.as_deref(),
        street: contact.street.as_deref(),
        postal_code: contact.postal_code.as_deref(),
        city: contact.city.as_deref(),
        country: contact.country.as_deref(),
        language: contact.language.as_deref(),
        details: contact.details.as_deref(),
    };
    let same = contacts::table.filter(contacts::source.eq(source)).filter(contacts::match_key.eq(&contact.match_key));
    let known: Option<(i64, i64)> =
        on_engine!(connection, |c| same.select((contacts::contact_id, contacts::version)).first(c).optional())?;
    match known {
        None => Ok(on_engine!(connection, |c| diesel::insert_into(contacts::table)
            .values(row)
            .returning(contacts::contact_id)
            .get_result(c))?),
        Some((contact_id, known)) => {
            if known <= version {
                on_engine!(connection, |c| diesel::update(contacts::table.find(contact_id)).set(row).execute(c))?;
            }
            Ok(contact_id)
        }
    }
}

/// Notes whose order it is.
///
/// # Errors
/// When the statement fails.
pub fn link(connection: &mut Connection, source: &str, order_id: &str, contact_id: i64) -> Result<()> {
    let order = orders::table.find((source, order_id));
    on_engine!(connection, |c| diesel::update(order).set(orders::contact_id.eq(Some(contact_id))).execute(c))?;
    Ok(())
}
