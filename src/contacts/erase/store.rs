//! The statements of an erasure. None opens a transaction.

use diesel::prelude::*;

use super::Event;
use crate::clock::Timestamp;
use crate::db::schema::{contact_orders, contacts, documents, inbox_attempts, inbox_events};
use crate::db::{Connection, Result};
use crate::on_engine;

/// Values per statement.
const PART: usize = 500;

/// Locks a contact until the end of the transaction, so that no delivery writes to it meanwhile.
pub(super) fn lock(connection: &mut Connection, contact_id: i64) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        let query = contacts::table.find(contact_id).select(contacts::contact_id).for_update();
        query.first::<i64>(&mut **c).optional()?;
    }
    Ok(())
}

/// Other contacts of the same orders that are not erased.
pub(super) fn others_of(
    connection: &mut Connection,
    source: &str,
    order_ids: &[String],
    contact_id: i64,
) -> Result<Vec<i64>> {
    let query = contact_orders::table
        .inner_join(contacts::table.on(contacts::contact_id.eq(contact_orders::contact_id)))
        .filter(contact_orders::source.eq(source))
        .filter(contact_orders::order_id.eq_any(order_ids))
        .filter(contact_orders::contact_id.ne(contact_id))
        .filter(contacts::erased_at.is_null())
        .order(contact_orders::contact_id)
        .select(contact_orders::contact_id)
        .distinct();
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Events about these entities that still have their bodies.
pub(super) fn events(connection: &mut Connection, source: &str, entities: &[String]) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for part in entities.chunks(PART) {
        let query = inbox_events::table
            .filter(inbox_events::source.eq(source))
            .filter(inbox_events::entity.eq_any(part))
            .filter(inbox_events::body.is_not_null())
            .order(inbox_events::id)
            .select((inbox_events::id, inbox_events::state));
        let rows: Vec<Event> = on_engine!(connection, |c| query.load(c))?;
        events.extend(rows);
    }
    Ok(events)
}

/// Ids of the documents about these entities that still have their bodies.
pub(super) fn documents_of(connection: &mut Connection, source: &str, entities: &[String]) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for part in entities.chunks(PART) {
        let rows: Vec<i64> = on_engine!(connection, |c| documents::table
            .filter(documents::source.eq(source))
            .filter(documents::entity.eq_any(part))
            .filter(documents::body.is_not_null())
            .select(documents::id)
            .load(c))?;
        ids.extend(rows);
    }
    Ok(ids)
}

/// All events about these entities, also those whose bodies are gone already.
pub(super) fn all_events(connection: &mut Connection, source: &str, entities: &[String]) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for part in entities.chunks(PART) {
        let query = inbox_events::table
            .filter(inbox_events::source.eq(source))
            .filter(inbox_events::entity.eq_any(part))
            .order(inbox_events::id)
            .select(inbox_events::id);
        let rows: Vec<i64> = on_engine!(connection, |c| query.load(c))?;
        ids.extend(rows);
    }
    Ok(ids)
}

/// Deletes what was said around the bodies: headers, and the words of a failure, which may quote a body.
pub(super) fn take_words(connection: &mut Connection, events: &[i64]) -> Result<()> {
    let nothing = None::<String>;
    for part in events.chunks(PART) {
        let words = (
            inbox_events::headers.eq("{}"),
            inbox_events::content_type.eq(&nothing),
            inbox_events::detail.eq(&nothing),
        );
        let update = diesel::update(inbox_events::table.filter(inbox_events::id.eq_any(part))).set(words);
        on_engine!(connection, |c| update.execute(c))?;
        let update = diesel::update(inbox_attempts::table.filter(inbox_attempts::event_id.eq_any(part)))
            .set(inbox_attempts::detail.eq(&nothing));
        on_engine!(connection, |c| update.execute(c))?;
    }
    Ok(())
}

/// Free pages of a SQLite file that an erasure overwrites; more would hold up everybody who writes.
const FREE_PAGES: i64 = 65_536;

/// Overwrites the free pages of a SQLite file, where earlier copies of a row may be: takes them all for a table, and
/// gives them back empty. False when there are too many.
pub(super) fn wipe_free_pages(connection: &mut Connection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Pages {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        free: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        size: i64,
    }
    let Connection::Sqlite(c) = connection else { return Ok(true) };
    let query = "SELECT freelist_count AS free, page_size AS size FROM pragma_freelist_count, pragma_page_size";
    let Pages { free, size } = diesel::sql_query(query).get_result(&mut **c)?;
    if free > FREE_PAGES {
        return Ok(false);
    }
    diesel::sql_query("CREATE TABLE wiped (bytes BLOB NOT NULL) STRICT").execute(&mut **c)?;
    diesel::sql_query("INSERT INTO wiped VALUES (zeroblob($1))")
        .bind::<diesel::sql_types::BigInt, _>(free.saturating_mul(size))
        .execute(&mut **c)?;
    diesel::sql_query("DROP TABLE wiped").execute(&mut **c)?;
    Ok(true)
}

/// Deletes the bodies of events and documents; their hashes stay.
pub(super) fn take_bytes(connection: &mut Connection, events: &[i64], documents: &[i64]) -> Result<()> {
    if let Connection::Sqlite(c) = connection {
        // Otherwise the bytes would stay in free pages of the file.
        diesel::sql_query("PRAGMA secure_delete = ON").execute(&mut **c)?;
    }
    for part in events.chunks(PART) {
        on_engine!(connection, |c| diesel::update(inbox_events::table.filter(inbox_events::id.eq_any(part)))
            .set(inbox_events::body.eq(None::<Vec<u8>>))
            .execute(c))?;
    }
    for part in documents.chunks(PART) {
        on_engine!(connection, |c| diesel::update(documents::table.filter(documents::id.eq_any(part)))
            .set(documents::body.eq(None::<Vec<u8>>))
            .execute(c))?;
    }
    Ok(())
}

/// Deletes all personal data of a contact; its number stays.
pub(super) fn erase(connection: &mut Connection, contact_id: i64, now: Timestamp) -> Result<()> {
    let nothing = None::<String>;
    let changes = (
        contacts::match_key.eq(&nothing),
        contacts::name.eq(&nothing),
        contacts::email.eq(&nothing),
        contacts::phone.eq(&nothing),
        contacts::company.eq(&nothing),
        contacts::vat_number.eq(&nothing),
        contacts::street.eq(&nothing),
        contacts::postal_code.eq(&nothing),
        contacts::city.eq(&nothing),
        contacts::country.eq(&nothing),
        contacts::language.eq(&nothing),
        contacts::details.eq(&nothing),
        contacts::erased_at.eq(Some(now)),
    );
    on_engine!(connection, |c| diesel::update(contacts::table.find(contact_id)).set(changes).execute(c))?;
    Ok(())
}
