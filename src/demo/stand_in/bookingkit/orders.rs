//! Lists of orders, single orders, their payments, and the vendor.

use std::sync::Arc;

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{self, Answer};
use super::query::Query;
use super::records::{Records, Sorted};
use super::{Bookingkit, Count, Slash};
use crate::clock::Timestamp;

pub(super) fn answer<B>(bookingkit: &Bookingkit, request: &Request<B>) -> Answer {
    let now = bookingkit.clock.now();
    let mut records = bookingkit.lock();
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let good = records.token.as_ref().is_some_and(|token| token.text == bearer && token.expires_at > now);
    if !good || !records.token_works {
        return answer::error(StatusCode::UNAUTHORIZED, 40101, "Unauthorized");
    }
    if records.over_budget(now) {
        return answer::month_used_up();
    }
    let path = request.uri().path();
    let slash = path.ends_with('/');
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(2).collect();
    let is_list = matches!(parts.as_slice(), ["orders"] | ["vendors"] | ["vendors", _, "orders"]);
    let refused = match records.readings.slash {
        Slash::Either => false,
        Slash::Needed => is_list && !slash,
        Slash::Refused => slash,
    };
    if refused {
        return answer::error(StatusCode::NOT_FOUND, 40401, "Not found");
    }
    match parts.as_slice() {
        ["orders"] => list(&mut records, request, None, now),
        ["vendors", vendor, "orders"] => list(&mut records, request, Some((*vendor).to_owned()), now),
        ["orders", id] => single(&records, id, now, api_order),
        ["orders", id, "payments"] => single(&records, id, now, payments),
        ["vendors"] => answer::json(StatusCode::OK, &json!([vendor()])),
        ["vendors", id] if *id == Bookingkit::VENDOR => answer::json(StatusCode::OK, &vendor()),
        _ => answer::error(StatusCode::NOT_FOUND, 40401, "Not found"),
    }
}

fn vendor() -> Value {
    json!({ "id": Bookingkit::VENDOR, "name": "Example vendor" })
}

fn list<B>(records: &mut Records, request: &Request<B>, vendor: Option<String>, now: Timestamp) -> Answer {
    if let Some(moves) = records.moves.pop_front() {
        records.apply(moves, now);
    }
    let query = match Query::read(request.uri(), vendor) {
        Ok(query) => query,
        Err(problem) => return answer::error(StatusCode::BAD_REQUEST, 40001, &problem),
    };
    let ids = sorted(records, &query, now);
    let page = ids.iter().skip(query.offset).take(query.limit.min(records.readings.longest_page));
    let page: Vec<Value> =
        page.filter_map(|id| records.order(id, now)).map(|version| api_order(&version.order, records)).collect();
    let count = match query.with_count {
        true => records.readings.count.clone(),
        false => Count::Nowhere,
    };
    match count {
        Count::Nowhere => answer::json(StatusCode::OK, &Value::Array(page)),
        Count::Body => answer::json(StatusCode::OK, &json!({ "count": ids.len(), "items": page })),
        Count::Header(name) => {
            let mut answer = answer::json(StatusCode::OK, &Value::Array(page));
            if let Ok(name) = HeaderName::try_from(name) {
                answer.headers_mut().insert(name, HeaderValue::from(ids.len()));
            }
            answer
        }
    }
}

/// The ids of all that is listed, in order. They are kept for the next page as long as nothing changes.
fn sorted(records: &mut Records, query: &Query, now: Timestamp) -> Arc<Vec<String>> {
    let key = query.key();
    let settled = records.readings.lag_milliseconds == 0 && !records.readings.ties_move;
    let kept = records.sorted.as_ref().filter(|kept| kept.key == key && kept.revision == records.revision);
    if let Some(kept) = kept.filter(|_| settled) {
        return Arc::clone(&kept.ids);
    }
    let turn = if records.readings.ties_move { records.counts.requests } else { 0 };
    let listed = records.seen(now).filter(|(_, version)| query.lists(version, &records.readings));
    let mut rows: Vec<(String, u64, String)> = listed
        .map(|(id, version)| {
            let attribute = query.order.as_ref().and_then(|(attribute, _)| version.order.get(attribute));
            let attribute = attribute.and_then(Value::as_str).unwrap_or_default().to_owned();
            (attribute, shuffled(id, turn), id.clone())
        })
        .collect();
    rows.sort();
    if query.order.as_ref().is_some_and(|(_, descending)| *descending) {
        rows.reverse();
    }
    let ids = Arc::new(rows.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>());
    records.sorted = Some(Sorted { key, revision: records.revision, ids: Arc::clone(&ids) });
    ids
}

/// A place among equals that is another one in each turn; the same for all in turn 0, so that the id decides.
fn shuffled(id: &str, turn: u64) -> u64 {
    if turn == 0 {
        return 0;
    }
    id.bytes().fold(turn, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte))
}

fn single(records: &Records, id: &str, now: Timestamp, form: impl Fn(&Value, &Records) -> Value) -> Answer {
    let placed = |order: &Value| order.get("date").and_then(Value::as_str).and_then(Timestamp::parse);
    let fresh = records.readings.fresh_milliseconds;
    let found = records.order(id, now).filter(|version| {
        fresh == 0 || placed(&version.order).is_none_or(|placed| now.milliseconds_since(placed) >= fresh)
    });
    match found {
        Some(version) => answer::json(StatusCode::OK, &form(&version.order, records)),
        None => answer::error(StatusCode::NOT_FOUND, 40401, "Not found"),
    }
}

/// An order without what only webhooks have.
fn api_order(order: &Value, _: &Records) -> Value {
    let mut order = order.clone();
    if let Some(members) = order.as_object_mut() {
        members.remove("payments");
    }
    for ticket in order.get_mut("tickets").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(members) = ticket.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "title" | "date"));
        }
    }
    order
}

/// The payments of an order, with the API's names of their methods.
fn payments(order: &Value, records: &Records) -> Value {
    let mut payments = order.get("payments").cloned().unwrap_or_else(|| json!([]));
    for payment in payments.as_array_mut().into_iter().flatten() {
        let method = payment.get("payment_method").and_then(Value::as_str);
        let called = method.and_then(|method| records.readings.methods.get(method)).cloned();
        if let (Some(called), Some(members)) = (called, payment.as_object_mut()) {
            members.insert("payment_method".to_owned(), Value::String(called));
        }
    }
    payments
}
