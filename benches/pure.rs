//! Measures what needs no database, for orders of 1, 10 and 100 tickets: `cargo bench --bench pure`.
//!
//! Reading a webhook, the posting rules, the difference from what is live, and the canonical bytes with their hash.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that fails must fail loudly")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use chrono_tz::Europe::Berlin;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ticketledger::config::{self, Source};
use ticketledger::ledger::book::Rules;
use ticketledger::ledger::posting::rules::wanted_atoms;
use ticketledger::ledger::posting::{LiveAtom, Snapshot, diff};
use ticketledger::order::Versions;
use ticketledger::policy::Policy;
use ticketledger::provider::bookingkit;

const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn source(folder: &Path) -> Source {
    let secret = folder.join("hook");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    let text = format!(
        "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\n\
         country = \"DE\"\nvendor_ids = [\"{VENDOR}\"]\npath_secrets = [\"file:{}\"]\n",
        secret.display()
    );
    let file = folder.join("ticketledger.toml");
    std::fs::write(&file, text).unwrap();
    let config = config::load(Some(&file), &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}"));
    config.sources.first().unwrap().clone()
}

/// A paid order of one date with that many participants.
fn body(tickets: usize) -> Vec<u8> {
    let participant = |number: usize| json!({"id": format!("participant-{number:04}"), "status": "ACCEPTED", "price_value": "19.90", "vat": "19"});
    let participants: Vec<Value> = (0..tickets).map(participant).collect();
    let cents = 1990 * tickets;
    let total = format!("{}.{:02}", cents / 100, cents % 100);
    let ticket = json!({"id": "ticket-1", "status": "ACCEPTED", "event_id": "event-7", "event_title": "Exhibition",
        "date": "2025-11-23T10:00:00Z", "participants": participants});
    let payment =
        json!({"id": "payment-1", "payment_method": "Card", "value": total, "payment_date": "2025-11-08T10:05:00Z"});
    let order = json!({"id": "order-1", "code": "ABC123", "vendor_id": VENDOR, "date": "2025-11-08T10:00:00Z",
        "status": "ACCEPTED", "currency": "EUR", "tickets": [ticket], "products": [], "flexTickets": [],
        "voucherOrders": [], "redeemed_vouchers": [], "redeemed_coupons": [], "payments": [payment]});
    order.to_string().into_bytes()
}

fn snapshot(source: &Source, body: &[u8]) -> Snapshot {
    let reading = bookingkit::read(source, body).unwrap_or_else(|why| panic!("{why:?}"));
    let mut snapshot = Snapshot::unknown("order-1");
    snapshot.order.merge(reading.order, 1, &mut Versions::default());
    snapshot
}

fn pure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path());
    let rules = Rules { zone: Berlin, policy: Policy::default(), begins_at: None };
    for tickets in [1, 10, 100] {
        let body = body(tickets);
        let snapshot = snapshot(&source, &body);
        let wanted = wanted_atoms(&snapshot, &rules).unwrap();
        // One ticket more than what is posted.
        let posted = wanted.atoms.iter().skip(1).zip(1..);
        let live: BTreeMap<String, LiveAtom> =
            posted.map(|((key, atom), entry_no)| (key.clone(), LiveAtom { entry_no, hash: atom.hash() })).collect();
        assert_eq!(diff(&live, &wanted.atoms).len(), 1, "one is new");

        let mut group = criterion.benchmark_group("tickets");
        group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap()));
        group.bench_function(BenchmarkId::new("classify a delivery", tickets), |bencher| {
            bencher.iter(|| bookingkit::classify(&source, black_box(&body)));
        });
        group.bench_function(BenchmarkId::new("read an order", tickets), |bencher| {
            bencher.iter(|| bookingkit::read(&source, black_box(&body)));
        });
        group.bench_function(BenchmarkId::new("posting rules", tickets), |bencher| {
            bencher.iter(|| wanted_atoms(black_box(&snapshot), &rules));
        });
        group.bench_function(BenchmarkId::new("difference", tickets), |bencher| {
            bencher.iter(|| diff(black_box(&live), black_box(&wanted.atoms)));
        });
        group.bench_function(BenchmarkId::new("canonical bytes and hash", tickets), |bencher| {
            bencher.iter(|| Sha256::digest(serde_json::to_vec(black_box(&snapshot)).unwrap()));
        });
        group.finish();
    }
}

criterion_group!(benches, pure);
criterion_main!(benches);
