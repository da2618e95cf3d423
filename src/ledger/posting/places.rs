//! The keys of the vouchers that an order used.
//!
//! A use has no id. What names it is the voucher and the time; two uses that agree in both are numbered. A number must
//! not depend on the place in the document, which changes from delivery to delivery, and a use that is posted keeps its
//! number when another one is added: else its amount would seem to change in a month that was reported, and the new one
//! would take its date.

use std::collections::BTreeMap;

use super::Snapshot;

/// For each name that several uses share, the amount in minor units behind each number.
pub(in crate::ledger) type Places = BTreeMap<String, BTreeMap<usize, i64>>;

/// A use: what names it but for its number, and its amount in minor units.
type Named = (String, i64);

/// The key of a voucher that was used, without a number.
fn vouchers(snapshot: &Snapshot) -> Vec<Named> {
    let used = snapshot.order.redeemed_vouchers.iter().flatten().map(|one| {
        let used_at = one.used_at.map_or_else(String::new, |at| at.to_string());
        (format!("voucher.redeem:{}:{used_at}", one.id), one.value_minor)
    });
    used.collect()
}

/// The keys of the vouchers that an order used, in the order of the document.
pub(super) fn voucher_keys(snapshot: &Snapshot) -> Vec<String> {
    keys(&vouchers(snapshot), &snapshot.places)
}

/// The numbers of all uses.
pub(super) fn of(snapshot: &Snapshot) -> Places {
    numbered(&vouchers(snapshot), &snapshot.places)
}

/// The numbers that the uses of `now` have after those of `before`; empty where they are those of an order that is told
/// for the first time.
pub(super) fn after(before: &Places, now: &Snapshot) -> Places {
    let uses = vouchers(now);
    let (mut told, fresh) = (numbered(&uses, before), numbered(&uses, &Places::new()));
    told.retain(|name, amounts| fresh.get(name) != Some(amounts));
    told
}

fn keys(uses: &[Named], known: &Places) -> Vec<String> {
    let key = |(use_, number): (&Named, usize)| {
        let (name, _) = use_;
        if number == 1 { name.clone() } else { format!("{name}#{number}") }
    };
    uses.iter().zip(numbers(uses, known)).map(key).collect()
}

fn numbered(uses: &[Named], known: &Places) -> Places {
    let mut places = Places::new();
    for ((name, amount_minor), number) in uses.iter().zip(numbers(uses, known)) {
        places.entry(name.clone()).or_default().insert(number, *amount_minor);
    }
    places
}

/// The number of each use among those with its name: the known one of its amount, else one that is vacant, else the
/// next; smaller amounts come first.
fn numbers(uses: &[Named], known: &Places) -> Vec<usize> {
    let mut vacant = known.clone();
    let mut numbers = vec![0; uses.len()];
    for ((name, amount_minor), number) in uses.iter().zip(&mut numbers) {
        let Some(places) = vacant.get_mut(name) else { continue };
        let same = places.iter().find(|(_, known)| *known == amount_minor).map(|(place, _)| *place);
        if let Some(place) = same {
            places.remove(&place);
            *number = place;
        }
    }
    let mut by_amount: Vec<(&Named, &mut usize)> =
        uses.iter().zip(&mut numbers).filter(|(_, number)| **number == 0).collect();
    by_amount.sort_by_key(|((_, amount_minor), _)| *amount_minor);
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for ((name, _), number) in by_amount {
        let left = vacant.get_mut(name).and_then(BTreeMap::pop_first);
        *number = left.map_or_else(
            || {
                let highest = || known.get(name).and_then(|places| places.keys().max()).copied().unwrap_or(0);
                let next = next.entry(name).or_insert_with(highest);
                *next += 1;
                *next
            },
            |(place, _)| place,
        );
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(amounts: &[i64]) -> Vec<Named> {
        amounts.iter().map(|amount| ("v".to_owned(), *amount)).collect()
    }

    #[test]
    fn the_first_delivery_is_numbered_by_amount_wherever_the_uses_stand() {
        assert_eq!(numbers(&uses(&[700, 300, 500, 300]), &Places::new()), [4, 1, 3, 2]);
    }

    #[test]
    fn what_is_known_keeps_its_number() {
        let one = numbered(&uses(&[1000]), &Places::new());
        assert_eq!(numbers(&uses(&[550, 1000]), &one), [2, 1]);
        let two = numbered(&uses(&[550, 1000]), &one);
        assert_eq!(numbers(&uses(&[1000, 100, 550, 1000]), &two), [1, 3, 2, 4]);
        // Of two, one is gone: the other stays what it was.
        assert_eq!(keys(&uses(&[550]), &two), ["v#2"]);
        // One has changed: it takes the number that is vacant.
        assert_eq!(numbers(&uses(&[990, 550]), &two), [1, 2]);
    }
}
