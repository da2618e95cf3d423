//! The stand-in for both providers' APIs, asked over HTTP: what it documents, and what goes wrong when it is told to.

use reqwest::{Client, Response};
use serde_json::{Value, json};
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::demo::stand_in::{BookingExample, Bookingkit, Count, Fault, Listing, Move, Slash, StandIn, Story};

use crate::support::daemon::at;

struct Asker {
    stand_in: StandIn,
    clock: Clock,
    client: Client,
}

impl Asker {
    async fn start() -> Self {
        let clock = Clock::manual(at("2025-11-11T12:00:00Z"));
        let stand_in = StandIn::start(clock.clone()).await.expect("a stand-in");
        Self { stand_in, clock, client: Client::new() }
    }

    async fn token(&self) -> (u16, Value) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", Bookingkit::CLIENT_ID),
            ("client_secret", Bookingkit::CLIENT_SECRET),
        ];
        let address = format!("{}/oauth/token", self.stand_in.base_url());
        let answer = self.client.post(address).form(&form).send().await.expect("an answer");
        (answer.status().as_u16(), json_of(answer).await)
    }

    async fn bearer(&self) -> String {
        self.token().await.1["access_token"].as_str().expect("a token").to_owned()
    }

    async fn get(&self, bearer: &str, path: &str) -> Response {
        let address = format!("{}/v3{path}", self.stand_in.base_url());
        self.client.get(address).bearer_auth(bearer).send().await.expect("an answer")
    }

    async fn ids(&self, bearer: &str, query: &str) -> Vec<String> {
        let answer = self.get(bearer, &format!("/orders?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        let rows = json_of(answer).await;
        rows.as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The pids that Ticketpark lists.
    async fn pids(&self, query: &str) -> (u16, Vec<i64>, Option<String>) {
        let form = [("grant_type", "password"), ("username", StandIn::USERNAME), ("password", StandIn::PASSWORD)];
        let address = format!("{}/oauth/v2/token", self.stand_in.base_url());
        let login = self.client.post(address).basic_auth(StandIn::CLIENT_KEY, Some(StandIn::CLIENT_SECRET)).form(&form);
        let token = json_of(login.send().await.expect("an answer")).await;
        let address = format!("{}/bookings/?{query}", self.stand_in.base_url());
        let bearer = token["access_token"].as_str().expect("a token");
        let answer = self.client.get(address).bearer_auth(bearer).send().await.expect("an answer");
        let count = answer.headers().get("x-count").map(|count| count.to_str().expect("text").to_owned());
        let status = answer.status().as_u16();
        let rows = json_of(answer).await;
        (status, rows.as_array().into_iter().flatten().map(|row| row["pid"].as_i64().expect("a pid")).collect(), count)
    }
}

fn order(id: &str, date: &str) -> Value {
    json!({ "id": id, "code": id, "vendor_id": Bookingkit::VENDOR, "date": date, "status": "ACCEPTED",
        "tickets": [{ "id": "t", "title": "Tour", "date": "2025-12-24T10:00:00Z" }],
        "payments": [{ "id": "p", "payment_method": "StripePayment", "value": 5 }] })
}

/// The JSON of an answer; null when it has none.
async fn json_of(answer: Response) -> Value {
    serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or(Value::Null)
}

fn minutes(clock: &Clock, minutes: i64) -> Timestamp {
    clock.advance_milliseconds(minutes * 60_000);
    clock.now()
}

#[tokio::test]
async fn bookingkit_grants_one_token_an_hour() {
    let asker = Asker::start().await;
    let (status, first) = asker.token().await;
    assert_eq!((status, &first["expires_in"]), (200, &json!(3600)));
    let first = first["access_token"].as_str().expect("a token").to_owned();
    let (status, refused) = asker.token().await;
    assert_eq!((status, &refused["error_code"]), (429, &json!(42901)));
    assert_eq!(asker.get(&first, "/orders").await.status(), 200);
    minutes(&asker.clock, 60);
    assert_eq!(asker.get(&first, "/orders").await.status(), 401);
    let second = asker.bearer().await;
    assert_ne!(first, second);
    // Dead before its time, while no other is granted.
    asker.stand_in.bookingkit().spoil_token();
    assert_eq!(asker.get(&second, "/orders").await.status(), 401);
    assert_eq!(asker.token().await.0, 429);
    // Granted, and the answer is lost: nobody has a token for an hour.
    minutes(&asker.clock, 60);
    asker.stand_in.bookingkit().script_tokens([Fault::LoseAnswer]);
    let lost = asker.client.post(format!("{}/oauth/token", asker.stand_in.base_url())).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", Bookingkit::CLIENT_ID),
        ("client_secret", Bookingkit::CLIENT_SECRET),
    ]);
    lost.send().await.expect_err("a lost answer");
    assert_eq!(asker.token().await.1["error_code"], json!(42901));
    let counts = asker.stand_in.bookingkit().counts();
    assert_eq!((counts.tokens, counts.refused_tokens), (3, 3));
}

#[tokio::test]
async fn an_order_of_the_api_lacks_what_only_webhooks_have() {
    let asker = Asker::start().await;
    asker.stand_in.bookingkit().put_order(order("a", "2025-11-01T10:00:00Z"));
    asker.stand_in.bookingkit().read_as(|readings| {
        readings.methods.insert("StripePayment".to_owned(), "CREDIT_CARD".to_owned());
    });
    let bearer = asker.bearer().await;
    let single = json_of(asker.get(&bearer, "/orders/a").await).await;
    assert_eq!((single.get("payments"), &single["tickets"]), (None, &json!([{ "id": "t" }])));
    let payments = json_of(asker.get(&bearer, "/orders/a/payments").await).await;
    assert_eq!(payments, json!([{ "id": "p", "payment_method": "CREDIT_CARD", "value": 5 }]));
    assert_eq!(asker.get(&bearer, "/orders/b").await.status(), 404);
    let vendors = json_of(asker.get(&bearer, "/vendors/").await).await;
    assert_eq!(vendors[0]["id"], json!(Bookingkit::VENDOR));
}

#[tokio::test]
async fn lists_can_be_asked_for_what_changed_and_walked_in_pages() {
    let asker = Asker::start().await;
    let bookingkit = asker.stand_in.bookingkit();
    for (id, day) in [("d", 4), ("b", 2), ("c", 2), ("a", 1)] {
        bookingkit.put_order(order(id, &format!("2025-11-0{day}T10:00:00Z")));
    }
    let bearer = asker.bearer().await;
    assert_eq!(asker.ids(&bearer, "order=date").await, ["a", "b", "c", "d"]);
    assert_eq!(asker.ids(&bearer, "order=-date&limit=2").await, ["d", "c"]);
    assert_eq!(asker.ids(&bearer, "start_date=2025-11-02&end_date=2025-11-02&order=date").await, ["b", "c"]);
    assert_eq!(asker.ids(&bearer, "start_event_date=2025-12-25").await, [""; 0]);
    // Deleted between two pages, so that the rest moves to the front.
    bookingkit.before_pages([vec![], vec![Move::Remove("a".to_owned())]]);
    assert_eq!(asker.ids(&bearer, "order=date&limit=2&offset=0").await, ["a", "b"]);
    assert_eq!(asker.ids(&bearer, "order=date&limit=2&offset=2").await, ["d"]);
    let changed = minutes(&asker.clock, 10);
    bookingkit.put_order(order("b", "2025-11-02T10:00:00Z"));
    let since = |at: Timestamp| format!("delta_since={at}");
    assert_eq!(asker.ids(&bearer, &since(changed)).await, ["b"]);
    bookingkit.read_as(|readings| readings.delta_inclusive = false);
    assert_eq!(asker.ids(&bearer, &since(changed)).await, [""; 0]);
    bookingkit.read_as(|readings| (readings.count, readings.slash) = (Count::Body, Slash::Needed));
    let counted = json_of(asker.get(&bearer, "/orders/?with_count=1&limit=1").await).await;
    assert_eq!((&counted["count"], counted["items"].as_array().map(Vec::len)), (&json!(3), Some(1)));
    assert_eq!(asker.get(&bearer, "/orders").await.status(), 404);
}

#[tokio::test]
async fn an_answer_can_be_late_cut_refused_or_dated_wrong() {
    let asker = Asker::start().await;
    let bookingkit = asker.stand_in.bookingkit();
    let bearer = asker.bearer().await;
    bookingkit.read_as(|readings| {
        (readings.lag_milliseconds, readings.fresh_milliseconds) = (90_000, 60_000);
        readings.date_ahead_milliseconds = 3_600_000;
    });
    bookingkit.put_order(order("a", "2025-11-11T12:00:00Z"));
    assert_eq!(asker.ids(&bearer, "order=date").await, [""; 0]);
    assert_eq!(asker.get(&bearer, "/orders/a").await.status(), 404);
    minutes(&asker.clock, 2);
    assert_eq!(asker.ids(&bearer, "order=date").await, ["a"]);
    let answer = asker.get(&bearer, "/orders/a").await;
    assert_eq!(answer.headers()["date"], "Tue, 11 Nov 2025 13:02:00 GMT");
    let twice = Fault::Status { status: 429, retry_after: Some("7".to_owned()) };
    bookingkit.script([Fault::Cut, twice, Fault::MonthUsedUp]);
    let cut = asker.get(&bearer, "/orders").await;
    assert_eq!((cut.status().as_u16(), json_of(cut).await), (200, Value::Null));
    assert_eq!(asker.get(&bearer, "/orders").await.headers()["retry-after"], "7");
    let refused = json_of(asker.get(&bearer, "/orders").await).await;
    assert_eq!(refused["error_code"], json!(42910));
    bookingkit.read_as(|readings| readings.monthly_requests = Some(8));
    assert_eq!(asker.get(&bearer, "/orders").await.status(), 200);
    assert_eq!(asker.get(&bearer, "/orders").await.status(), 200);
    assert_eq!(asker.get(&bearer, "/orders").await.status(), 200);
    assert_eq!(asker.get(&bearer, "/orders").await.status(), 429);
}

#[tokio::test]
async fn ticketpark_lists_bookings_by_their_change_in_a_zone_of_its_own() {
    let asker = Asker::start().await;
    for (pid, minute) in [(3_u64, 0), (1, 1), (2, 2)] {
        let booking = BookingExample { pid, ..BookingExample::default() };
        let changed = at("2025-11-11T10:00:00Z").plus_milliseconds(minute * 60_000);
        asker.stand_in.put_booking_at(&pid.to_string(), booking.json(), changed);
    }
    assert_eq!(asker.pids("page=1&maxResults=2").await, (200, vec![3], Some("3".to_owned())));
    let since = |time: &str| format!("filters[updated][_comp]=gte&filters[updated][_value]=2025-11-11 {time}");
    assert_eq!(asker.pids(&since("10:01:00")).await.1, [1, 2]);
    asker.stand_in.read_as(|readings| {
        (readings.zone, readings.listing) = (chrono_tz::Europe::Zurich, Listing::ByChange);
        (readings.counts, readings.refuses_gaps) = (false, true);
    });
    assert_eq!(asker.pids(&since("10:01:00")).await, (200, vec![3, 1, 2], None));
    assert_eq!(asker.pids(&since("11:02:00")).await.1, [2]);
    let gap = "filters[updated][_comp]=gte&filters[updated][_value]=2025-03-30 02:30:00";
    assert_eq!(asker.pids(gap).await.0, 500);
    asker.stand_in.read_as(|readings| readings.filters_updated = false);
    assert_eq!(asker.pids(&since("10:00:00")).await.0, 409);
}

#[test]
fn a_story_says_how_many_states_nothing_replaced() {
    let story = Story::of_orders(6, at("2025-11-01T08:00:00Z"), 30);
    assert_eq!(story.steps.len(), 4 + 2 + 2 + 3 + 2 + 2);
    assert!(story.steps.is_sorted_by_key(|step| step.at));
    let outage = story.lost_between(at("2025-11-01T08:00:00Z"), at("2025-11-01T09:01:00Z"));
    assert_eq!(outage.iter().filter(|lost| **lost).count(), 5);
    // Of the three orders placed by then, two are later replaced and one too: only the second is paid for in the
    // outage and never heard of again.
    assert_eq!(story.never_replaced(&outage), 1);
    assert_eq!(story.never_replaced(&story.lost_by_chance(100, 1)), 6);
    assert_eq!(story.lost_by_chance(10, 7), story.lost_by_chance(10, 7));
}
