//! Finding what somebody has in hand: the code or id of an order or of a voucher, a name, a mail address, the id of a
//! payment. Personal data leaves it masked.

mod store;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::ledger::reading::explain::capitalised;
use crate::order::mask_code;

/// Rows of a page.
pub(in crate::console) const PAGE: usize = 50;
/// The same for a statement, with one more that says whether there is another page.
const MOST: i64 = 51;

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Eq, diesel::Queryable)]
pub(in crate::console) struct OrderHit {
    pub(in crate::console) source: String,
    pub(in crate::console) order_id: String,
    pub(in crate::console) order_code: Option<String>,
    pub(in crate::console) status: Option<String>,
    pub(in crate::console) ordered_at: Option<Timestamp>,
}

/// A balance with its currency: positive, the guest owes.
pub(in crate::console) type Owed = (String, i64);

/// An order with its balances.
#[derive(Clone, Debug)]
pub(in crate::console) struct OrderRow {
    pub(in crate::console) order: OrderHit,
    pub(in crate::console) balances: Vec<Owed>,
}

/// A customer in a list. It has no `Debug`, for its data is not masked yet.
#[derive(Clone, diesel::Queryable)]
pub(in crate::console) struct ContactHit {
    pub(in crate::console) contact_id: i64,
    pub(in crate::console) source: String,
    name: Option<String>,
    email: Option<String>,
    pub(in crate::console) erased_at: Option<Timestamp>,
}

impl ContactHit {
    /// Enough of the name to tell customers apart, and no more.
    pub(in crate::console) fn name(&self) -> String {
        self.name.as_deref().map(masked_name).unwrap_or_default()
    }

    pub(in crate::console) fn email(&self) -> String {
        self.email.as_deref().map(masked_mail).unwrap_or_default()
    }
}

/// A voucher or flex ticket in a list.
#[derive(Clone, Debug, PartialEq, Eq, diesel::Queryable)]
pub(in crate::console) struct VoucherHit {
    pub(in crate::console) source: String,
    /// `voucher` or `flex`.
    pub(in crate::console) class: String,
    pub(in crate::console) voucher_id: String,
    pub(in crate::console) regime: String,
    pub(in crate::console) origin: String,
    pub(in crate::console) state: String,
    pub(in crate::console) face_minor: Option<i64>,
    pub(in crate::console) currency: Option<String>,
    pub(in crate::console) vat_bp: Option<i32>,
    pub(in crate::console) purchase_order_id: Option<String>,
    pub(in crate::console) code_last4: Option<String>,
    pub(in crate::console) issued_on: Option<NaiveDate>,
    pub(in crate::console) expires_on: Option<NaiveDate>,
}

/// What a search finds.
#[derive(Default)]
pub(in crate::console) struct Found {
    pub(in crate::console) orders: Vec<OrderRow>,
    pub(in crate::console) vouchers: Vec<VoucherHit>,
    pub(in crate::console) contacts: Vec<ContactHit>,
    /// More than is shown.
    pub(in crate::console) more: bool,
}

/// Looks for a text in every way that it can be meant. What is found first by id or code is listed first.
pub(in crate::console) fn everywhere(
    connection: &mut Connection,
    sources: &[String],
    text: &str,
    spells: bool,
) -> Result<Found> {
    let text = text.trim();
    let mut found = Found::default();
    if text.is_empty() {
        return Ok(found);
    }
    let (kind, id) = with_kind(text);
    let mut hits = Vec::new();
    for id in spellings(id) {
        if kind.is_none_or(|kind| kind != "payment") {
            hits.append(&mut store::orders_by_id(connection, sources, &id)?);
            hits.append(&mut store::orders_by_code(connection, sources, &id, MOST)?);
        }
        if kind.is_none_or(|kind| kind == "payment") {
            let paid = store::orders_of_payment(connection, sources, &id, MOST)?;
            hits.append(&mut by_keys(connection, paid)?);
        }
    }
    if kind.is_none() {
        found.contacts = people(connection, sources, text, spells)?;
    }
    let numbers: Vec<i64> = found.contacts.iter().map(|contact| contact.contact_id).collect();
    let theirs = store::orders_of_contacts(connection, &numbers, MOST)?;
    hits.append(&mut by_keys(connection, theirs)?);
    if kind.is_none() {
        found.vouchers = vouchers(connection, sources, text)?;
    }
    let mut seen = std::collections::BTreeSet::new();
    hits.retain(|hit| seen.insert((hit.source.clone(), hit.order_id.clone())));
    found.more = hits.len() > PAGE || found.contacts.len() > PAGE;
    hits.truncate(PAGE);
    found.contacts.truncate(PAGE);
    found.orders = with_balances(connection, hits)?;
    Ok(found)
}

/// What an id is of, as pages and the record write it, such as `order:17`, and the id.
fn with_kind(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((kind @ ("order" | "booking" | "payment"), id)) => (Some(kind), id.trim()),
        _ => (None, text),
    }
}

/// A code or an id as it may be kept: as it was typed, in capitals, in small letters.
fn spellings(text: &str) -> Vec<String> {
    let mut found = vec![text.to_owned()];
    for spelling in [text.to_uppercase(), text.to_lowercase()] {
        if !found.contains(&spelling) {
            found.push(spelling);
        }
    }
    found
}

/// The ids of the orders that have a code.
pub(in crate::console) fn ids_of_code(
    connection: &mut Connection,
    sources: &[String],
    code: &str,
) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for code in spellings(code) {
        let hits = store::orders_by_code(connection, sources, &code, MOST)?;
        ids.extend(hits.into_iter().map(|hit| hit.order_id));
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Customers by number, mail address or last name. `spells` finds a name by its beginning: whoever sees no names must
/// not find them letter by letter.
pub(in crate::console) fn people(
    connection: &mut Connection,
    sources: &[String],
    text: &str,
    spells: bool,
) -> Result<Vec<ContactHit>> {
    let text = text.trim();
    if text.contains('@') {
        return store::contacts_by_mail(connection, sources, text, MOST);
    }
    if let Ok(number) = text.parse() {
        return store::contact_by_number(connection, sources, number);
    }
    let Some(last) = text.split_whitespace().next_back().filter(|last| last.chars().count() > 1) else {
        return Ok(Vec::new());
    };
    let mut found: Vec<ContactHit> = Vec::new();
    for begin in forms(last) {
        let hits = store::contacts_by_last_name(connection, sources, &begin, spells, MOST)?;
        found.extend(hits.into_iter().filter(|hit| has_words(hit, text, spells)));
    }
    found.sort_by_key(|hit| hit.contact_id);
    found.dedup_by_key(|hit| hit.contact_id);
    Ok(found)
}

/// The word as `lower` may have left it: in small letters, or with those of its first letter that English has not.
fn forms(word: &str) -> Vec<String> {
    let small = word.to_lowercase();
    let as_engine = capitalised(&small).to_ascii_lowercase();
    if as_engine == small { vec![small] } else { vec![small, as_engine] }
}

/// Whether every word of the text begins a word of the name.
fn has_words(hit: &ContactHit, text: &str, spells: bool) -> bool {
    let name = hit.name.as_deref().unwrap_or_default().to_lowercase();
    let words = text.to_lowercase();
    words
        .split_whitespace()
        .all(|word| name.split_whitespace().any(|known| known == word || (spells && known.starts_with(word))))
}

/// Vouchers by id, or by their code, of which only a hash is kept.
pub(in crate::console) fn vouchers(
    connection: &mut Connection,
    sources: &[String],
    text: &str,
) -> Result<Vec<VoucherHit>> {
    let text = text.trim();
    let mut found: Vec<VoucherHit> = Vec::new();
    for text in spellings(text) {
        let mut hits = store::vouchers_by_id(connection, sources, &text)?;
        if let (Some(sha256), _) = mask_code(Some(text)) {
            let mut with_code = store::vouchers_by_code(connection, sources, &sha256)?;
            with_code.sort_by(|one, other| {
                (&one.source, &one.class, &one.voucher_id).cmp(&(&other.source, &other.class, &other.voucher_id))
            });
            hits.append(&mut with_code);
        }
        hits.retain(|hit| !found.contains(hit));
        found.append(&mut hits);
    }
    Ok(found)
}

/// The order with that id.
pub(in crate::console) fn order(connection: &mut Connection, source: &str, order_id: &str) -> Result<Option<OrderHit>> {
    Ok(store::orders_of(connection, source, &[order_id.to_owned()])?.into_iter().next())
}

/// The orders of a customer, as far as they are shown.
pub(in crate::console) fn orders_of_contact(
    connection: &mut Connection,
    contact_id: i64,
) -> Result<(Vec<OrderRow>, bool)> {
    let mut keys = store::orders_of_contacts(connection, &[contact_id], MOST)?;
    let more = keys.len() > PAGE;
    keys.truncate(PAGE);
    let hits = by_keys(connection, keys)?;
    Ok((with_balances(connection, hits)?, more))
}

/// The customers of an order.
pub(in crate::console) fn contacts_of_order(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
) -> Result<Vec<ContactHit>> {
    store::contacts_of_order(connection, source, order_id, MOST)
}

/// Vouchers and flex tickets that an order sold.
pub(in crate::console) fn sold_by(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
) -> Result<Vec<VoucherHit>> {
    store::vouchers_of_order(connection, source, order_id, MOST)
}

/// A page of customers, the newest first, and where the next page begins.
pub(in crate::console) fn newest_contacts(
    connection: &mut Connection,
    sources: &[String],
    before: Option<i64>,
) -> Result<(Vec<ContactHit>, Option<i64>)> {
    let mut hits = store::newest_contacts(connection, sources, before, MOST)?;
    let more = hits.len() > PAGE;
    hits.truncate(PAGE);
    let next = hits.last().filter(|_| more).map(|hit| hit.contact_id);
    Ok((hits, next))
}

/// A page of vouchers of a source, by class and id, and whether there is another.
pub(in crate::console) fn vouchers_after(
    connection: &mut Connection,
    source: &str,
    after: Option<(&str, &str)>,
) -> Result<(Vec<VoucherHit>, bool)> {
    let mut hits = store::vouchers_after(connection, source, after, MOST)?;
    let more = hits.len() > PAGE;
    hits.truncate(PAGE);
    Ok((hits, more))
}

/// The orders that were heard of last, each once, and where the next page begins.
pub(in crate::console) fn newest_orders(
    connection: &mut Connection,
    source: Option<&str>,
    before: Option<i64>,
) -> Result<(Vec<OrderRow>, Option<i64>)> {
    let mut rows = match source {
        Some(source) => store::newest_of(connection, source, before, MOST)?,
        None => store::newest_of_all(connection, before, MOST)?,
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|(place, ..)| *place);
    let mut keys: Vec<(String, String)> = Vec::new();
    for (_, source, order_id) in rows {
        let key = (source, order_id);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let hits = by_keys(connection, keys)?;
    Ok((with_balances(connection, hits)?, next))
}

/// The orders with these keys, in the order of the keys.
fn by_keys(connection: &mut Connection, keys: Vec<(String, String)>) -> Result<Vec<OrderHit>> {
    let mut known: HashMap<(String, String), OrderHit> = HashMap::new();
    for (source, ids) in by_source(keys.iter().map(|(source, id)| (source.as_str(), id.as_str()))) {
        for hit in store::orders_of(connection, source, &ids)? {
            known.insert((hit.source.clone(), hit.order_id.clone()), hit);
        }
    }
    Ok(keys.iter().filter_map(|key| known.remove(key)).collect())
}

fn by_source<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, Vec<String>> {
    let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (source, id) in keys {
        ids.entry(source).or_default().push(id.to_owned());
    }
    ids
}

fn with_balances(connection: &mut Connection, hits: Vec<OrderHit>) -> Result<Vec<OrderRow>> {
    let mut balances: HashMap<(String, String), Vec<Owed>> = HashMap::new();
    for (source, ids) in by_source(hits.iter().map(|hit| (hit.source.as_str(), hit.order_id.as_str()))) {
        for (order_id, currency, minor) in store::balances(connection, source, &ids)? {
            balances.entry((source.to_owned(), order_id)).or_default().push((currency, minor));
        }
    }
    let row = |order: OrderHit| {
        let balances = balances.remove(&(order.source.clone(), order.order_id.clone())).unwrap_or_default();
        OrderRow { order, balances }
    };
    Ok(hits.into_iter().map(row).collect())
}

/// `Ada Lovelace` as `A. L.`.
pub(in crate::console) fn masked_name(name: &str) -> String {
    let initials = name.split_whitespace().filter_map(|word| word.chars().next());
    initials.map(|initial| format!("{initial}.")).collect::<Vec<_>>().join(" ")
}

/// `ada@example.org` as `a…@e….org`.
pub(in crate::console) fn masked_mail(mail: &str) -> String {
    let first = |text: &str| text.chars().next().map_or_else(String::new, |first| format!("{first}…"));
    match mail.split_once('@') {
        Some((person, host)) => {
            let ending = host.rsplit_once('.').map_or_else(String::new, |(_, ending)| format!(".{ending}"));
            format!("{}@{}{ending}", first(person), first(host))
        }
        None => first(mail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_tells_nobody_who_it_is() {
        assert_eq!(masked_name("Ada  King Lovelace"), "A. K. L.");
        assert_eq!(masked_name(""), "");
        assert_eq!(masked_mail("ada@mail.example.org"), "a…@m….org");
        assert_eq!(masked_mail("nonsense"), "n…");
    }

    #[test]
    fn an_id_is_looked_for_in_every_spelling() {
        assert_eq!(spellings("atk-00005"), ["atk-00005", "ATK-00005"]);
        assert_eq!(spellings("17"), ["17"]);
        assert_eq!(with_kind("payment:8b38"), (Some("payment"), "8b38"));
        assert_eq!(with_kind("a:b"), (None, "a:b"));
    }

    #[test]
    fn a_name_is_looked_for_as_each_engine_keeps_it() {
        assert_eq!(forms("Lovelace"), ["lovelace"]);
        assert_eq!(forms("özil"), ["özil", "Özil"]);
        assert_eq!(forms("ÖZIL"), ["özil", "Özil"]);
    }
}
