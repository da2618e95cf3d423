//! What the parts of an order are called: words instead of keys.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::Length;
use crate::ledger::posting::{Snapshot, part_key};
use crate::policy::Policy;

/// Characters at both ends of an id that a summary shows of a longer one.
const SHORT: usize = 4;

/// A name with the id, and what parts of the same kind have in common.
#[derive(Clone, Debug)]
struct Name {
    whole: String,
    kind: String,
}

/// The names of the parts of one order, by line key.
#[derive(Default)]
pub(super) struct Names {
    of: BTreeMap<String, Name>,
}

impl Names {
    /// Adds what a snapshot calls its parts. Names that are known already stay: the newest snapshot comes first.
    pub(super) fn add(&mut self, snapshot: &Snapshot, policy: &Policy, zone: Tz, length: Length) {
        for ticket in snapshot.order.tickets.iter().flatten() {
            let title = ticket.title.as_deref().unwrap_or("without a title");
            let day = ticket.starts_at.map_or_else(String::new, |at| format!(" on {}", at.local_date(zone)));
            for who in &ticket.participants {
                let price = who.price_title.as_ref().map_or_else(String::new, |title| format!(", {title}"));
                let kind = format!("ticket \"{title}\"{day}{price}");
                self.put(part_key::participant(&who.id), kind, &format!("participant {}", id(&who.id, length)));
            }
        }
        let products = snapshot.order.products.as_deref().unwrap_or_default();
        let live = policy.counts_order(snapshot.status());
        let keys = part_key::products(products, |product| live && policy.counts_part(product.status));
        for (product, key) in products.iter().zip(keys) {
            let title = product.title.as_deref().unwrap_or(&product.product_id);
            self.put(key, format!("product \"{title}\""), "");
        }
        for flex in snapshot.order.flex_tickets.iter().flatten() {
            let title = flex.title.as_deref().unwrap_or("without a title");
            self.put(part_key::flex(&flex.id), format!("flex ticket \"{title}\""), &flex.id);
        }
        for coupon in snapshot.order.redeemed_coupons.iter().flatten() {
            let named = coupon.title.as_ref().map(|title| format!("coupon \"{title}\""));
            let name = named.unwrap_or_else(|| format!("coupon {}", coupon.id));
            self.put(format!("coupon:{}", coupon.id), name, "");
        }
    }

    fn put(&mut self, key: String, kind: String, id: &str) {
        let whole = if id.is_empty() { kind.clone() } else { format!("{kind} ({id})") };
        self.of.entry(key).or_insert(Name { whole, kind });
    }

    pub(super) fn knows(&self, key: &str) -> bool {
        self.of.contains_key(key)
    }

    /// What a part is called: `ticket "Tour" on 2025-11-23 (participant p1)`. A key of an atom may have its family
    /// before the part, and behind an `@` the part that it reduces.
    pub(super) fn name(&self, key: &str) -> String {
        self.described(key, |name| &name.whole)
    }

    /// The same without what tells equal parts apart.
    pub(super) fn kind(&self, key: &str) -> String {
        self.described(key, |name| &name.kind)
    }

    fn described(&self, key: &str, of: fn(&Name) -> &String) -> String {
        if let Some(name) = self.of.get(key) {
            return of(name).clone();
        }
        if let Some((reduction, part)) = key.split_once('@') {
            return format!("{} on {}", self.described(reduction, of), self.described(part, of));
        }
        match key.split_once(':') {
            Some(("sale", rest)) => self.described(rest, of),
            Some(("release", rest)) => format!("revenue of {}", self.described(rest, of)),
            _ => part_key::in_words(key),
        }
    }

    /// A text in which every part that is known stands with its name.
    pub(super) fn in_words(&self, text: &str) -> String {
        let mut told = text.to_owned();
        for (key, name) in &self.of {
            told = with_name(&told, &part_key::in_words(key), &name.whole);
        }
        told
    }
}

/// A text with a name instead of the words for a part. What only begins with them is another part.
fn with_name(text: &str, words: &str, name: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(words) {
        let longer = after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
        told = told + before + if longer { words } else { name };
        rest = after;
    }
    told + rest
}

/// An id as it is shown; in a summary only its ends, if it is long.
fn id(id: &str, length: Length) -> String {
    let letters = id.chars().count();
    if length == Length::Whole || letters <= 3 * SHORT {
        return id.to_owned();
    }
    id.chars().take(SHORT).chain(['…']).chain(id.chars().skip(letters - SHORT)).collect()
}
