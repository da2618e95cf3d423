//! What was there when the book began is the same whichever delivery is worked on first.

use std::collections::BTreeSet;

use super::*;
use crate::ledger::book::Rules;
use crate::ledger::posting::Snapshot;
use crate::ledger::posting::rules::wanted_atoms;
use crate::money::Currency;
use crate::order::{Header, Order, OrderStatus, PartStatus, Participant, Versions};
use crate::policy::Policy;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn rules() -> Rules {
    let begins_at = Some(at("2025-10-31T23:00:00Z"));
    Rules { zone: chrono_tz::Europe::Berlin, policy: Policy::default(), begins_at }
}

fn header(status: OrderStatus) -> Header {
    Header {
        code: None,
        external_reference: None,
        status,
        currency: Currency::parse("EUR"),
        ordered_at: Some(at("2025-03-10T10:00:00Z")),
        paid_at: None,
        cancelled_at: None,
        expires_at: None,
        total_minor: None,
        additional_discount_minor: 0,
        channel_id: None,
        channel_name: None,
    }
}

fn ticket((id, price, status): (&str, i64, PartStatus)) -> Ticket {
    let who = Participant {
        id: id.to_owned(),
        status,
        price_minor: Some(price),
        currency: None,
        price_id: None,
        price_title: None,
        vat_bp: Some(1900),
        cancelled_at: (status == PartStatus::Cancelled).then(|| at("2025-11-10T10:00:00Z")),
        checked_in_at: None,
        entry_units: Vec::new(),
        redeemed_flex_tickets: Vec::new(),
    };
    Ticket {
        id: format!("t-{id}"),
        event_id: None,
        event_date_id: None,
        title: None,
        starts_at: None,
        status: PartStatus::Accepted,
        vat_bp: None,
        cancelled_at: None,
        participants: vec![who],
    }
}

fn product(price: i64, status: PartStatus) -> Product {
    let currency = Currency::parse("EUR").unwrap();
    let (product_id, title) = ("mug".to_owned(), None);
    Product { product_id, status, price_minor: price, quantity: 1, currency, vat_bp: Some(700), title }
}

fn order(status: OrderStatus, tickets: Option<&[(&str, i64, PartStatus)]>, products: Option<Vec<Product>>) -> Order {
    Order {
        header: Some(header(status)),
        tickets: tickets.map(|tickets| tickets.iter().copied().map(ticket).collect()),
        products,
        ..Order::unknown("A")
    }
}

/// Works on the deliveries in that order, and answers what is known in the end.
fn worked(deliveries: &[(&str, Order)], places: &[usize]) -> Snapshot {
    let (mut snapshot, mut versions) = (Snapshot::unknown("A"), Versions::default());
    for place in places {
        let (received, order) = &deliveries[*place];
        let version = i64::try_from(*place).unwrap() + 1;
        snapshot.merge(order.clone(), version, &mut versions);
        let told = Told { order, event_id: version, received_at: at(received), version };
        learn(&mut snapshot, &mut versions, told, &rules());
    }
    snapshot
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let with_last = |places: &Vec<usize>, at: usize| [&places[..at], &[count - 1], &places[at..]].concat();
    shorter.iter().flat_map(|places| (0..count).map(|at| with_last(places, at)).collect::<Vec<_>>()).collect()
}

/// Whatever is worked on first, the snapshot is the same; answers the sums by account.
fn sums(deliveries: &[(&str, Order)]) -> Vec<(String, i64)> {
    let snapshots: BTreeSet<String> =
        permutations(deliveries.len()).iter().map(|places| worked(deliveries, places).to_json().unwrap()).collect();
    assert_eq!(snapshots.len(), 1, "{snapshots:#?}");
    let snapshot = serde_json::from_str(snapshots.first().unwrap()).unwrap();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in wanted_atoms(&snapshot, &rules()).unwrap().atoms.values().flat_map(|atom| &atom.lines) {
        *sums.entry(line.account.to_string()).or_default() += line.amount_minor;
    }
    sums.into_iter().filter(|(_, sum)| *sum != 0).collect()
}

fn expected(sums: &[(&str, i64)]) -> Vec<(String, i64)> {
    sums.iter().map(|(account, sum)| ((*account).to_owned(), *sum)).collect()
}

const LATER: [&str; 4] =
    ["2025-11-02T10:00:00Z", "2025-11-03T10:00:00Z", "2025-11-04T10:00:00Z", "2025-11-05T10:00:00Z"];

#[test]
fn the_first_delivery_says_what_was_there_and_the_last_price_is_taken_back() {
    use OrderStatus::Accepted as Sold;
    use PartStatus::{Accepted, Cancelled};
    let deliveries = [
        (LATER[0], order(Sold, Some(&[("a", 11_900, Accepted), ("b", 11_900, Accepted)]), None)),
        (LATER[1], order(Sold, Some(&[("a", 11_900, Accepted), ("b", 5_950, Accepted)]), Some(vec![]))),
        (LATER[2], order(Sold, Some(&[("b", 0, Cancelled), ("c", 1_190, Accepted)]), None)),
        (LATER[3], order(Sold, None, Some(vec![product(1_070, Accepted)]))),
    ];
    // Brought in are 119.00 and, as it was last told, 59.50; both are cancelled, and two parts are sold since.
    let brought = 11_900 + 5_950;
    assert_eq!(
        sums(&deliveries),
        expected(&[
            ("assets:receivable", 1_190 + 1_070),
            ("equity:opening", -brought),
            ("income:products", -1_000),
            ("income:tickets", 10_000 + 5_000 - 1_000),
            ("liabilities:vat:1900", 1_900 + 950 - 190),
            ("liabilities:vat:700", -70),
        ])
    );
}

#[test]
fn deliveries_from_before_the_first_day_count_as_one() {
    use OrderStatus::Accepted as Sold;
    use PartStatus::{Accepted, Cancelled};
    let deliveries = [
        ("2025-10-01T10:00:00Z", order(OrderStatus::Pending, Some(&[("a", 100, Accepted)]), None)),
        ("2025-10-02T10:00:00Z", order(Sold, Some(&[("a", 200, Accepted), ("b", 300, Accepted)]), Some(vec![]))),
        ("2025-10-03T10:00:00Z", order(Sold, Some(&[("a", 11_900, Accepted)]), Some(vec![product(10_700, Accepted)]))),
        (LATER[0], order(Sold, Some(&[("a", 11_900, Accepted), ("c", 1_190, Accepted)]), None)),
        (LATER[1], order(Sold, None, Some(vec![product(10_700, Cancelled)]))),
    ];
    assert_eq!(
        sums(&deliveries),
        expected(&[
            ("assets:receivable", 11_900 + 1_190),
            ("equity:opening", -11_900 - 10_700),
            ("income:products", 10_000),
            ("income:tickets", -1_000),
            ("liabilities:vat:1900", -190),
            ("liabilities:vat:700", 700),
        ])
    );
}

#[test]
fn an_order_that_was_a_request_at_first_was_not_there() {
    use PartStatus::Accepted;
    let sold: &[(&str, i64, PartStatus)] = &[("a", 11_900, Accepted)];
    let deliveries = [
        (LATER[0], order(OrderStatus::Pending, Some(sold), None)),
        (LATER[1], order(OrderStatus::Accepted, Some(sold), None)),
        (LATER[2], order(OrderStatus::Accepted, Some(sold), Some(vec![]))),
    ];
    assert_eq!(
        sums(&deliveries),
        expected(&[("assets:receivable", 11_900), ("income:tickets", -10_000), ("liabilities:vat:1900", -1_900)])
    );
}

/// Lines of one product, of which the cheaper is cancelled and another is added: each keeps its own fate.
#[test]
fn product_lines_are_told_apart_by_their_content() {
    use OrderStatus::Accepted as Sold;
    use PartStatus::{Accepted, Cancelled};
    let lines = |first: PartStatus, more: &[i64]| {
        let added = more.iter().map(|price| product(*price, Accepted));
        Some([product(1_070, first), product(5_350, Accepted)].into_iter().chain(added).collect())
    };
    let deliveries = [
        (LATER[0], order(Sold, None, lines(Accepted, &[]))),
        (LATER[1], order(Sold, None, lines(Cancelled, &[]))),
        (LATER[2], order(Sold, None, lines(Cancelled, &[107]))),
    ];
    assert_eq!(
        sums(&deliveries),
        expected(&[
            ("assets:receivable", 5_350 + 107),
            ("equity:opening", -1_070 - 5_350),
            ("income:products", 1_000 - 100),
            ("liabilities:vat:700", 70 - 7),
        ])
    );
}

#[test]
fn an_opening_reads_back_and_orders_of_the_book_have_none() {
    let sold: &[(&str, i64, PartStatus)] = &[("a", 11_900, PartStatus::Accepted)];
    let before = worked(&[(LATER[0], order(OrderStatus::Accepted, Some(sold), None))], &[0]);
    let json = before.to_json().unwrap();
    assert!(json.contains("\"opening\":{\"sold\":{\"at\":\"2025-03-10T10:00:00Z\",\"event_id\":1,"), "{json}");
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), before);
    let mut since = order(OrderStatus::Accepted, Some(sold), None);
    since.header.as_mut().unwrap().ordered_at = Some(at("2025-11-01T10:00:00Z"));
    assert_eq!(worked(&[(LATER[0], since)], &[0]).opening, None);
}
