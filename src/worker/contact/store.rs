//! The statements of the contacts. None opens a transaction.

use diesel::prelude::*;

use super::Stored;
use crate::db::schema::{contact_orders, contacts, orders};
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

/// Notes whose order it is now.
///
/// # Errors
/// When the statement fails.
pub(super) fn link(connection: &mut Connection, source: &str, order_id: &str, contact_id: i64) -> Result<()> {
    let order = orders::table.find((source, order_id));
    on_engine!(connection, |c| diesel::update(order).set(orders::contact_id.eq(Some(contact_id))).execute(c))?;
    Ok(())
}

/// Remembers that an order has, or had, this contact. True when that is new.
pub(super) fn remember(connection: &mut Connection, source: &str, order_id: &str, contact_id: i64) -> Result<bool> {
    let row = (
        contact_orders::source.eq(source),
        contact_orders::order_id.eq(order_id),
        contact_orders::contact_id.eq(contact_id),
    );
    let inserted = on_engine!(connection, |c| diesel::insert_into(contact_orders::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// The erased contact that an order had, the newest of several.
pub(super) fn erased_of(connection: &mut Connection, source: &str, order_id: &str) -> Result<Option<i64>> {
    let query = contact_orders::table
        .inner_join(contacts::table.on(contacts::contact_id.eq(contact_orders::contact_id)))
        .filter(contact_orders::source.eq(source))
        .filter(contact_orders::order_id.eq(order_id))
        .filter(contacts::erased_at.is_not_null())
        .order(contact_orders::contact_id.desc())
        .select(contact_orders::contact_id);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Flags a contact that came after an erasure.
pub(super) fn flag(connection: &mut Connection, contact_id: i64, erased_id: i64) -> Result<()> {
    let contact = contacts::table.find(contact_id);
    on_engine!(connection, |c| diesel::update(contact).set(contacts::after_erased_id.eq(Some(erased_id))).execute(c))?;
    Ok(())
}

/// Source and number of the contacts that came after an erasure and are still there, with the erased one.
pub(super) fn returned(connection: &mut Connection, source: Option<&str>) -> Result<Vec<(String, i64, i64)>> {
    Ok(on_engine!(connection, |c| {
        let mut query = contacts::table
            .filter(contacts::after_erased_id.is_not_null())
            .filter(contacts::erased_at.is_null())
            .order((contacts::source, contacts::contact_id))
            .select((contacts::source, contacts::contact_id, contacts::after_erased_id.assume_not_null()))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(contacts::source.eq(source));
        }
        query.load(c)
    })?)
}

/// A contact as stored.
pub(super) fn stored(connection: &mut Connection, contact_id: i64) -> Result<Option<Stored>> {
    let query = contacts::table.find(contact_id).select((
        contacts::contact_id,
        contacts::source,
        contacts::match_key,
        contacts::name,
        contacts::email,
        contacts::phone,
        contacts::company,
        contacts::vat_number,
        contacts::street,
        contacts::postal_code,
        contacts::city,
        contacts::country,
        contacts::language,
        contacts::details,
        contacts::erased_at,
        contacts::after_erased_id,
    ));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Numbers of the contacts that an order, by id or code, has or had.
pub(super) fn of_order(connection: &mut Connection, order: &str) -> Result<Vec<i64>> {
    let query = contact_orders::table
        .inner_join(
            orders::table
                .on(orders::source.eq(contact_orders::source).and(orders::order_id.eq(contact_orders::order_id))),
        )
        .filter(orders::order_id.eq(order).or(orders::order_code.eq(order)))
        .order(contact_orders::contact_id)
        .select(contact_orders::contact_id)
        .distinct();
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Numbers of the contacts with a mail address, in any letter case.
pub(super) fn of_mail(connection: &mut Connection, email: &str) -> Result<Vec<i64>> {
    let lower = diesel::dsl::sql::<diesel::sql_types::Text>("LOWER(email)");
    let query = contacts::table
        .filter(
            lower
                .eq(email.trim().to_lowercase())
                .or(contacts::match_key.eq(format!("email:{}", email.trim().to_lowercase()))),
        )
        .order(contacts::contact_id)
        .select(contacts::contact_id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The orders that a contact has or had.
pub(super) fn orders_of(connection: &mut Connection, contact_id: i64) -> Result<Vec<String>> {
    let query = contact_orders::table
        .filter(contact_orders::contact_id.eq(contact_id))
        .order(contact_orders::order_id)
        .select(contact_orders::order_id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}
