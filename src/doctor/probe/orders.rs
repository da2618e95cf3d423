//! bookingkit's API v3.

use serde_json::Value;

use super::{Check, found, headers, open, seconds_later, set, utc};
use crate::clock::{Clock, Timestamp};
use crate::provider::Fetched;
use crate::provider::bookingkit::api::Request;
use crate::session::{OrdersAccess, Refusal};

/// Orders that are tried until one tells something.
const TRIED: usize = 5;
/// An order that changed is on the first page of what changed, the newest first.
const PAGE: usize = 200;

struct Asker<'a> {
    access: &'a OrdersAccess,
    slash: &'static str,
}

/// An order of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    id: String,
    date: Option<Timestamp>,
}

/// Asks for everything that the documentation leaves open.
pub(super) async fn probe(access: &OrdersAccess, clock: &Clock) -> Result<Vec<Check>, Refusal> {
    let (slash, check, answer) = slash(access).await?;
    let mut checks = vec![check];
    let Some(answer) = answer else { return Ok(checks) };
    let asker = Asker { access, slash };
    checks.extend(headers(&answer, clock.now()));
    checks.push(asker.count().await?);
    let newest = asker.list(&format!("order=-date&limit={TRIED}")).await?;
    if newest.is_empty() {
        checks.push(open("there is no order yet, so nothing else can be found out"));
        return Ok(checks);
    }
    checks.push(asker.pages().await?);
    checks.push(asker.bounds(&newest).await?);
    checks.push(asker.payments(&newest).await?);
    Ok(checks)
}

/// An answer of 200; `None` when this address is not answered. Trouble with the account ends the probe.
fn answered(answer: Result<Fetched, Refusal>) -> Result<Option<Fetched>, Refusal> {
    match answer {
        Ok(answer) => Ok(Some(answer).filter(|answer| answer.status == 200)),
        Err(Refusal::Failed(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Whether addresses end in a slash.
async fn slash(access: &OrdersAccess) -> Result<(&'static str, Check, Option<Fetched>), Refusal> {
    let without = answered(access.get(Request::Path("orders?order=date&limit=1")).await)?;
    let with = answered(access.get(Request::Path("orders/?order=date&limit=1")).await)?;
    Ok(match (without, with) {
        (Some(answer), Some(_)) => ("", found("addresses may end in a slash or not"), Some(answer)),
        (Some(answer), None) => ("", set("addresses must not end in a slash", "slash = \"off\""), Some(answer)),
        (None, Some(answer)) => ("/", set("addresses must end in a slash", "slash = \"on\""), Some(answer)),
        (None, None) => {
            let to_do = "check base_url and the scope of the client (orders_read_owned)";
            ("", Check::failed("probe", "the list of orders is not answered, with or without a slash", to_do), None)
        }
    })
}

impl Asker<'_> {
    async fn get(&self, path: &str) -> Result<Option<Value>, Refusal> {
        let answer = answered(self.access.get(Request::Path(path)).await)?;
        Ok(answer.and_then(|answer| serde_json::from_slice(&answer.body).ok()))
    }

    /// A list; empty when it is not answered as one.
    async fn list(&self, query: &str) -> Result<Vec<Listed>, Refusal> {
        let page = self.get(&format!("orders{}?{query}", self.slash)).await?;
        let rows = page.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let listed = |row: &Value| {
            let date = text(row, "date").as_deref().and_then(Timestamp::parse);
            Some(Listed { id: text(row, "id")?, date })
        };
        Ok(rows.iter().filter_map(listed).collect())
    }

    /// Where `with_count` puts the number.
    async fn count(&self) -> Result<Check, Refusal> {
        let path = format!("orders{}?order=date&limit=1&with_count=1", self.slash);
        let Some(answer) = answered(self.access.get(Request::Path(&path)).await)? else {
            return Ok(found("with_count is refused; it is not needed"));
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(members) = body.as_object() {
            let numbers: Vec<&str> =
                members.iter().filter(|(_, value)| value.is_number()).map(|(name, _)| name.as_str()).collect();
            let numbers = numbers.join(", ");
            return Ok(found(format!(
                "with_count answers an object instead of the list, with {numbers}; it is not needed"
            )));
        }
        let counts = answer.headers.iter().filter(|(name, value)| {
            let number = value.to_str().is_ok_and(|text| text.trim().parse::<u64>().is_ok());
            number && (name.as_str().contains("count") || name.as_str().contains("total"))
        });
        let counts: Vec<&str> = counts.map(|(name, _)| name.as_str()).collect();
        Ok(found(match counts.is_empty() {
            true => "with_count tells no number; it is not needed".to_owned(),
            false => format!("with_count puts the number into the header {}", counts.join(", ")),
        }))
    }

    /// Whether pages overlap as they should.
    async fn pages(&self) -> Result<Check, Refusal> {
        let mut pages = Vec::new();
        for offset in [0, 1, 2, 0] {
            let page = self.list(&format!("order=date&limit=2&offset={offset}")).await?;
            pages.push(page.into_iter().map(|order| order.id).collect::<Vec<_>>());
        }
        let [first, second, third, again] = pages.as_slice() else { return Ok(open("pages were not answered")) };
        if first.len() < 2 || second.len() < 2 {
            return Ok(open("there are too few orders to see whether pages overlap"));
        }
        let follows = |a: &[String], b: &[String]| b.is_empty() || a.get(1) == b.first();
        Ok(match follows(first, second) && follows(second, third) && first == again {
            true => found("pages in the order of the dates overlap, and are the same when asked for again"),
            false => set(
                "pages in the order of the dates do not overlap: orders of the same second change places",
                "nightly = \"3d\" (a walk that reads them again; sweeps compare their pages as well)",
            ),
        })
    }

    async fn lists(&self, id: &str, since: Timestamp) -> Result<bool, Refusal> {
        let listed = self.list(&format!("delta_since={}&order=-date&limit={PAGE}", utc(since))).await?;
        Ok(listed.iter().any(|order| order.id == id))
    }

    /// Whether `delta_since` includes the second that it names: told by an order that has not changed since it was
    /// placed.
    async fn bounds(&self, newest: &[Listed]) -> Result<Check, Refusal> {
        for Listed { id, date } in newest {
            let Some(date) = *date else { continue };
            if self.lists(id, seconds_later(date, 1)).await? {
                continue;
            }
            if self.lists(id, date).await? {
                return Ok(found("delta_since includes the second that it names"));
            }
            if self.lists(id, seconds_later(date, -1)).await? {
                return Ok(found("delta_since leaves out the second that it names; `overlap` covers that"));
            }
        }
        Ok(open(format!(
            "the {} newest orders have all changed since they were placed, so nothing tells whether \
                         delta_since includes its second",
            newest.len()
        )))
    }

    /// Whether a payment counts as a change: told by an order that was paid later than placed.
    async fn payments(&self, newest: &[Listed]) -> Result<Check, Refusal> {
        for Listed { id, date } in newest {
            let Some(date) = *date else { continue };
            let payments = self.get(&format!("orders/{id}/payments{}", self.slash)).await?;
            let payments = payments.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let paid_at =
                |payment: &Value| payment.get("payment_date").and_then(Value::as_str).and_then(Timestamp::parse);
            let Some(last) = payments.iter().filter_map(paid_at).max() else { continue };
            if last < seconds_later(date, 60) {
                continue;
            }
            return Ok(match self.lists(id, seconds_later(last, -1)).await? {
                true => found("a payment counts as a change of its order, so each sweep sees it"),
                false => set(
                    "a payment does not count as a change of its order: only walks by date see it",
                    "payments = \"each\", monthly = \"on\"; run `ticketledger sweep SOURCE --from DAY --to \
                     DAY` before a close",
                ),
            });
        }
        Ok(open(
            "none of the newest orders was paid later than placed, so nothing tells whether a payment \
             counts as a change",
        ))
    }
}
