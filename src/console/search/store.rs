//! The statements of a search. Each reads through an index, whatever the size of the book, and no more than is shown.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{ContactHit, OrderHit, VoucherHit};
use crate::db::schema::{contact_orders, contacts, order_snapshots, order_sums, orders, payments, vouchers};
use crate::db::{Connection, Result};
use crate::on_engine;

macro_rules! order_columns {
    () => {
        (orders::source, orders::order_id, orders::order_code, orders::status, orders::ordered_at)
    };
}

/// Orders with that id.
pub(super) fn orders_by_id(connection: &mut Connection, sources: &[String], id: &str) -> Result<Vec<OrderHit>> {
    let query = orders::table
        .filter(orders::source.eq_any(sources))
        .filter(orders::order_id.eq(id))
        .order((orders::source, orders::order_id))
        .select(order_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Orders with that code.
pub(super) fn orders_by_code(
    connection: &mut Connection,
    sources: &[String],
    code: &str,
    most: i64,
) -> Result<Vec<OrderHit>> {
    let query = orders::table
        .filter(orders::order_code.eq(code))
        .filter(orders::source.eq_any(sources))
        .limit(most)
        .select(order_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Orders by their ids.
pub(super) fn orders_of(connection: &mut Connection, source: &str, ids: &[String]) -> Result<Vec<OrderHit>> {
    let query =
        orders::table.filter(orders::source.eq(source)).filter(orders::order_id.eq_any(ids)).select(order_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Source and id of the orders that have a payment with that id.
pub(super) fn orders_of_payment(
    connection: &mut Connection,
    sources: &[String],
    payment: &str,
    most: i64,
) -> Result<Vec<(String, String)>> {
    let query = payments::table
        .filter(payments::source.eq_any(sources))
        .filter(payments::payment_id.eq(payment))
        .limit(most)
        .select((payments::source, payments::order_id));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Source and id of the orders that contacts have or had.
pub(super) fn orders_of_contacts(
    connection: &mut Connection,
    contacts: &[i64],
    most: i64,
) -> Result<Vec<(String, String)>> {
    let query = contact_orders::table
        .filter(contact_orders::contact_id.eq_any(contacts))
        .order((contact_orders::contact_id, contact_orders::source, contact_orders::order_id))
        .limit(most)
        .select((contact_orders::source, contact_orders::order_id));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Order, currency and balance of orders that money has moved for.
pub(super) fn balances(
    connection: &mut Connection,
    source: &str,
    ids: &[String],
) -> Result<Vec<(String, String, i64)>> {
    let query = order_sums::table
        .filter(order_sums::source.eq(source))
        .filter(order_sums::order_id.eq_any(ids))
        .order((order_sums::order_id, order_sums::currency))
        .select((order_sums::order_id, order_sums::currency, order_sums::billed_minor - order_sums::settled_minor));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Number of the webhook and order of the newest states of orders of all sources, the newest first.
pub(super) fn newest_of_all(
    connection: &mut Connection,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<(i64, String, String)>> {
    let query = order_snapshots::table
        .filter(order_snapshots::inbox_event_id.lt(before.unwrap_or(i64::MAX)))
        .order(order_snapshots::inbox_event_id.desc())
        .limit(most)
        .select((order_snapshots::inbox_event_id, order_snapshots::source, order_snapshots::order_id));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The same of one source, by the numbers of its snapshots.
pub(super) fn newest_of(
    connection: &mut Connection,
    source: &str,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<(i64, String, String)>> {
    let query = order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .filter(order_snapshots::snapshot_no.lt(before.unwrap_or(i64::MAX)))
        .order(order_snapshots::snapshot_no.desc())
        .limit(most)
        .select((order_snapshots::snapshot_no, order_snapshots::source, order_snapshots::order_id));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Keeps of a boxed query the rows of the source that is asked for, if it is one. Written so that no engine looks for
/// all rows of the source instead of those that are searched.
macro_rules! of_source {
    ($query:expr, $column:literal, $sources:expr) => {{
        let query = $query;
        match $sources {
            [only] => query.filter(sql::<Bool>(concat!($column, " || '' = ")).bind::<Text, _>(only.clone())),
            _ => query,
        }
    }};
}

macro_rules! contact_columns {
    () => {
        (contacts::contact_id, contacts::source, contacts::name, contacts::email, contacts::erased_at)
    };
}

/// Contacts with a mail address in any letter case. Those of bookingkit are known by it; a person of Ticketpark is
/// found by an index of its own.
pub(super) fn contacts_by_mail(
    connection: &mut Connection,
    sources: &[String],
    mail: &str,
    most: i64,
) -> Result<Vec<ContactHit>> {
    let mail = mail.trim().to_lowercase();
    let keyed = contacts::table
        .filter(contacts::source.eq_any(sources))
        .filter(contacts::match_key.eq(format!("email:{mail}")))
        .limit(most)
        .select(contact_columns!());
    let mut found: Vec<ContactHit> = on_engine!(connection, |c| keyed.load(c))?;
    let persons = "email IS NOT NULL AND match_key >= 'person:' AND match_key < 'person;' AND lower(email) = ";
    let mut persons: Vec<ContactHit> = on_engine!(connection, |c| {
        let found = contacts::table
            .filter(sql::<Bool>(persons).bind::<Text, _>(&mail))
            .limit(most)
            .select(contact_columns!())
            .into_boxed();
        of_source!(found, "contacts.source", sources).load(c)?
    });
    found.append(&mut persons);
    Ok(found)
}

/// Contacts whose last name is that or, if it `spells` names, begins so.
///
/// `lower` of an engine may know the letters of English only, so whoever asks gives
/// both forms of a name.
pub(super) fn contacts_by_last_name(
    connection: &mut Connection,
    sources: &[String],
    begin: &str,
    spells: bool,
    most: i64,
) -> Result<Vec<ContactHit>> {
    let last_name = match connection {
        Connection::Sqlite(_) => "lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1))",
        Connection::Postgres(_) => "lower(substring(name FROM '[^ ]*$')) COLLATE \"C\"",
    };
    // Without it only the name itself comes before that.
    let after = format!("{begin}{}", if spells { '\u{10ffff}' } else { '\u{1}' });
    let condition = format!("name IS NOT NULL AND {last_name} >= ");
    let before = format!(" AND {last_name} < ");
    Ok(on_engine!(connection, |c| {
        let found = contacts::table
            .filter(sql::<Bool>(&condition).bind::<Text, _>(begin).sql(&before).bind::<Text, _>(&after))
            .limit(most)
            .select(contact_columns!())
            .into_boxed();
        of_source!(found, "contacts.source", sources).load(c)?
    }))
}

/// The contact with that number.
pub(super) fn contact_by_number(
    connection: &mut Connection,
    sources: &[String],
    number: i64,
) -> Result<Vec<ContactHit>> {
    let query = contacts::table
        .filter(contacts::contact_id.eq(number))
        .filter(contacts::source.eq_any(sources))
        .select(contact_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Contacts of an order.
pub(super) fn contacts_of_order(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    most: i64,
) -> Result<Vec<ContactHit>> {
    let query = contact_orders::table
        .inner_join(contacts::table.on(contacts::contact_id.eq(contact_orders::contact_id)))
        .filter(contact_orders::source.eq(source))
        .filter(contact_orders::order_id.eq(order_id))
        .order(contacts::contact_id)
        .limit(most)
        .select(contact_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The newest contacts, from a number down.
pub(super) fn newest_contacts(
    connection: &mut Connection,
    sources: &[String],
    before: Option<i64>,
    most: i64,
) -> Result<Vec<ContactHit>> {
    Ok(on_engine!(connection, |c| {
        let newest = contacts::table
            .filter(contacts::contact_id.lt(before.unwrap_or(i64::MAX)))
            .order(contacts::contact_id.desc())
            .limit(most)
            .select(contact_columns!())
            .into_boxed();
        of_source!(newest, "contacts.source", sources).load(c)?
    }))
}

macro_rules! voucher_columns {
    () => {
        (
            vouchers::source,
            vouchers::class,
            vouchers::voucher_id,
            vouchers::regime,
            vouchers::origin,
            vouchers::state,
            vouchers::face_minor,
            vouchers::currency,
            vouchers::vat_bp,
            vouchers::purchase_order_id,
            vouchers::code_last4,
            vouchers::issued_on,
            vouchers::expires_on,
        )
    };
}

/// The classes that a voucher's key has between source and id.
const CLASSES: [&str; 2] = ["voucher", "flex"];

/// Vouchers and flex tickets with that id.
pub(super) fn vouchers_by_id(connection: &mut Connection, sources: &[String], id: &str) -> Result<Vec<VoucherHit>> {
    let query = vouchers::table
        .filter(vouchers::source.eq_any(sources))
        .filter(vouchers::class.eq_any(CLASSES))
        .filter(vouchers::voucher_id.eq(id))
        .order((vouchers::source, vouchers::class))
        .select(voucher_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Vouchers and flex tickets whose code has that hash.
pub(super) fn vouchers_by_code(
    connection: &mut Connection,
    sources: &[String],
    sha256: &str,
) -> Result<Vec<VoucherHit>> {
    Ok(on_engine!(connection, |c| {
        let found = vouchers::table.filter(vouchers::code_sha256.eq(sha256)).select(voucher_columns!()).into_boxed();
        of_source!(found, "vouchers.source", sources).load(c)?
    }))
}

/// Vouchers and flex tickets that an order sold.
pub(super) fn vouchers_of_order(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    most: i64,
) -> Result<Vec<VoucherHit>> {
    let query = vouchers::table
        .filter(vouchers::source.eq(source))
        .filter(vouchers::purchase_order_id.eq(order_id))
        .limit(most)
        .select(voucher_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// A page of the vouchers of a source, after a class and an id.
pub(super) fn vouchers_after(
    connection: &mut Connection,
    source: &str,
    after: Option<(&str, &str)>,
    most: i64,
) -> Result<Vec<VoucherHit>> {
    let mut found: Vec<VoucherHit> = Vec::new();
    // One class after the other, so that each is read along the key.
    for class in ["flex", "voucher"] {
        let begin = match after {
            Some((of, id)) if of == class => id,
            Some((of, _)) if of > class => continue,
            _ => "",
        };
        let left = most - i64::try_from(found.len()).unwrap_or(most);
        if left <= 0 {
            break;
        }
        let query = vouchers::table
            .filter(vouchers::source.eq(source))
            .filter(vouchers::class.eq(class))
            .filter(vouchers::voucher_id.gt(begin))
            .order(vouchers::voucher_id)
            .limit(left)
            .select(voucher_columns!());
        let mut page: Vec<VoucherHit> = on_engine!(connection, |c| query.load(c))?;
        found.append(&mut page);
    }
    Ok(found)
}
