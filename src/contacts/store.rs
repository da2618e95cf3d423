//! The statements on contacts. None opens a transaction.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::StoredContact;
use crate::clock::Timestamp;
use crate::db::compiled::{Upsert, fixed, kept, padded};
use crate::db::schema::{contact_orders, contacts, orders};
use crate::db::{Connection, Result};
use crate::order::Contact;
use crate::{limits, on_engine};

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
struct ContactRow<'a> {
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

impl<'a> ContactRow<'a> {
    fn of(source: &'a str, contact: &'a Contact, version: i64) -> Self {
        Self {
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
        }
    }
}

/// Number and version of the contacts with these match keys.
pub(super) fn matching(
    connection: &mut Connection,
    source: &str,
    keys: &BTreeSet<&str>,
) -> Result<HashMap<String, (i64, i64)>> {
    let keys: Vec<&str> = keys.iter().copied().collect();
    let query = contacts::table
        .filter(contacts::source.eq(source))
        .filter(contacts::match_key.eq_any(padded(&keys)))
        .select((contacts::match_key.assume_not_null(), contacts::contact_id, contacts::version));
    let rows: Vec<(String, i64, i64)> = on_engine!(connection, |c| kept(query).load(c))?;
    Ok(rows.into_iter().map(|(key, contact_id, version)| (key, (contact_id, version))).collect())
}

/// Inserts contacts, each with its version, and returns their numbers.
pub(super) fn insert<'c>(
    connection: &mut Connection,
    source: &str,
    new: &[(&'c Contact, i64)],
) -> Result<Vec<(&'c Contact, i64)>> {
    let rows: Vec<ContactRow<'_>> =
        new.iter().map(|(contact, version)| ContactRow::of(source, contact, *version)).collect();
    let by_key: HashMap<&str, &'c Contact> =
        new.iter().map(|(contact, _)| (contact.match_key.as_str(), *contact)).collect();
    let mut numbers = Vec::with_capacity(new.len());
    match connection {
        Connection::Sqlite(c) => {
            for (row, (contact, _)) in rows.iter().zip(new) {
                let insert = diesel::insert_into(contacts::table).values(row);
                numbers.push((*contact, insert.returning(contacts::contact_id).get_result(&mut **c)?));
            }
        }
        Connection::Postgres(c) => {
            for rows in rows.chunks(limits::INSERT_ROWS) {
                let key = contacts::match_key.assume_not_null();
                let insert = diesel::insert_into(contacts::table).values(rows);
                let inserted: Vec<(String, i64)> =
                    insert.returning((key, contacts::contact_id)).get_results(&mut **c)?;
                numbers.extend(inserted.iter().filter_map(|(key, id)| Some((*by_key.get(key.as_str())?, *id))));
            }
        }
    }
    Ok(numbers)
}

/// Replaces all data of a contact.
pub(super) fn replace(
    connection: &mut Connection,
    contact_id: i64,
    source: &str,
    contact: &Contact,
    version: i64,
) -> Result<()> {
    let row = ContactRow::of(source, contact, version);
    on_engine!(connection, |c| diesel::update(contacts::table.find(contact_id)).set(row).execute(c))?;
    Ok(())
}

/// Makes each contact the current one of its order.
pub(super) fn link(connection: &mut Connection, source: &str, links: &[(&str, i64)]) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => {
            for (order_id, contact_id) in links {
                fixed("UPDATE orders SET contact_id = ")
                    .bind::<BigInt, _>(contact_id, " WHERE source = ")
                    .bind::<Text, _>(source, " AND order_id = ")
                    .bind::<Text, _>(*order_id, "")
                    .execute(&mut **c)?;
            }
        }
        Connection::Postgres(c) => {
            let (orders, contacts): (Vec<&str>, Vec<i64>) = links.iter().copied().unzip();
            let update = "UPDATE orders SET contact_id = link.contact_id \
                          FROM unnest($1::text[], $2::bigint[]) AS link (order_id, contact_id) \
                          WHERE orders.source = $3 AND orders.order_id = link.order_id";
            diesel::sql_query(update)
                .bind::<Array<Text>, _>(orders)
                .bind::<Array<BigInt>, _>(contacts)
                .bind::<Text, _>(source)
                .execute(&mut **c)?;
        }
    }
    Ok(())
}

/// Every contact that these orders have or had, as `(order, contact, is erased)`.
pub(super) fn of_orders(
    connection: &mut Connection,
    source: &str,
    order_ids: &BTreeSet<&str>,
) -> Result<Vec<(String, i64, bool)>> {
    let order_ids: Vec<&str> = order_ids.iter().copied().collect();
    let query = contact_orders::table
        .inner_join(contacts::table.on(contacts::contact_id.eq(contact_orders::contact_id)))
        .filter(contact_orders::source.eq(source))
        .filter(contact_orders::order_id.eq_any(padded(&order_ids)))
        .select((contact_orders::order_id, contact_orders::contact_id, contacts::erased_at));
    let rows: Vec<(String, i64, Option<Timestamp>)> = on_engine!(connection, |c| kept(query).load(c))?;
    Ok(rows.into_iter().map(|(order_id, contact_id, erased)| (order_id, contact_id, erased.is_some())).collect())
}

/// Adds contacts to those that orders have or had.
pub(super) fn remember(connection: &mut Connection, source: &str, links: &[(&str, i64)]) -> Result<()> {
    let row = |(order_id, contact_id): &(&str, i64)| {
        (
            contact_orders::source.eq(source.to_owned()),
            contact_orders::order_id.eq((*order_id).to_owned()),
            contact_orders::contact_id.eq(*contact_id),
        )
    };
    match connection {
        Connection::Sqlite(c) => links.iter().try_for_each(|link| {
            let insert = diesel::insert_into(contact_orders::table).values(row(link));
            Upsert::new(insert, " ON CONFLICT DO NOTHING").execute(&mut **c).map(|_| ())
        })?,
        Connection::Postgres(c) => links.chunks(limits::INSERT_ROWS).try_for_each(|links| {
            let rows: Vec<_> = links.iter().map(row).collect();
            let insert = diesel::insert_into(contact_orders::table).values(rows);
            insert.on_conflict_do_nothing().execute(&mut **c).map(|_| ())
        })?,
    }
    Ok(())
}

/// Flags a contact that was stored after an erasure.
pub(super) fn flag(connection: &mut Connection, contact_id: i64, erased_id: i64) -> Result<()> {
    let contact = contacts::table.find(contact_id);
    on_engine!(connection, |c| diesel::update(contact).set(contacts::after_erased_id.eq(Some(erased_id))).execute(c))?;
    Ok(())
}

/// Source and number of the contacts that were stored after an erasure and are not erased themselves, with the erased
/// one.
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

pub(super) fn stored(connection: &mut Connection, contact_id: i64) -> Result<Option<StoredContact>> {
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

/// Numbers of the contacts that an order, given by id or code, has or had.
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
