//! What came, however it is wrapped: compressed, as a form, as a list, in another encoding.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Sends bytes to a source of a daemon with these headers.
async fn send(daemon: &TestDaemon, source: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, Value) {
    let address = format!("http://{}/webhooks/{source}/{source}-secret", daemon.daemon.public());
    let mut request = Client::new().post(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

fn numbered(order: &str) -> String {
    changed(PAID_ORDER, &[("/id", json!(order))])
}

on_both_engines!(a_compressed_body_is_stored_as_it_came_and_settled, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut bodies = Vec::new();
    for (number, (encoding, pack)) in
        [("gzip", gzip as fn(&str) -> Vec<u8>), ("x-gzip", gzip), ("deflate", zlib), ("Deflate", raw_deflate)]
            .into_iter()
            .enumerate()
    {
        let body = pack(&numbered(&format!("o{number}")));
        let (status, answer) = send(&daemon, "museum", &[("content-encoding", encoding)], body.clone()).await;
        assert_eq!(status, 200, "{encoding}: {answer}");
        bodies.push(hex::encode(body));
    }
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"; 4]);
    assert_eq!(daemon.view("orders", &["order_id"]).concat(), ["o0", "o1", "o2", "o3"]);
    let said = daemon.lines("SELECT headers AS line FROM inbox_events ORDER BY id");
    assert!(said[0].contains(r#""content-encoding":"gzip""#), "{said:?}");
    let mut connection = daemon.database().reader().unwrap();
    let stored: Vec<Option<Vec<u8>>> = {
        use diesel::QueryDsl as _;
        let query = inbox_events::table.select(inbox_events::body).order(inbox_events::id);
        on_engine!(&mut connection, |c| query.load(c)).unwrap()
    };
    assert_eq!(stored.into_iter().map(|body| hex::encode(body.unwrap())).collect::<Vec<_>>(), bodies);
    drop(connection);
    // Read again from what is stored.
    daemon.settle_again(database, "state = 'done'").await;
    assert_eq!(daemon.states(), ["done"; 4]);
    daemon.finish().await;
});

on_both_engines!(what_is_parked_compressed_is_read_again_by_a_replay, async |database| {
    let daemon = TestDaemon::start(database).await;
    let body = gzip(&changed(PAID_ORDER, &[("/vendor_id", json!("stranger"))]));
    let (status, answer) = send(&daemon, "museum", &[("content-encoding", "gzip")], body).await;
    assert_eq!((status, &answer["reason"]), (202, &json!("unknown_vendor")));
    let vendor = |config: &mut ticketledger::config::Config| config.sources[0].vendor_ids = vec!["stranger".to_owned()];
    let daemon = daemon.restart(vendor).await;
    assert_eq!(daemon.replay(&[1]).replayed, 1);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

#[tokio::test]
async fn other_encodings_are_parked_and_a_bomb_is_too_large() {
    let server = Server::usual().await;
    let send = async |encoding: &str, body: Vec<u8>| {
        server.request(Method::POST, HOOK).header("content-encoding", encoding).body(body).send().await.unwrap()
    };
    let whole = gzip("{\"id\":1}");
    for (encoding, body) in [
        ("br", b"{}".to_vec()),
        ("gzip, gzip", whole.clone()),
        ("gzip", whole[..whole.len() - 4].to_vec()),
        ("deflate", vec![0xff, 0xfe, 0xfd]),
    ] {
        let answer = send(encoding, body).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{encoding}");
        assert_eq!(body_of(answer).await["reason"], "unsupported_encoding", "{encoding}");
    }
    let bomb = gzip(&" ".repeat(65_537));
    assert!(bomb.len() < 1_000);
    assert_eq!(send("gzip", bomb).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.stored().len(), 4);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_in_words() {
    let server = Server::usual().await;
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--x--\r\n";
    let list = r#"[{"error":"none"},{"test":"hello"}]"#;
    for (content_type, body, words) in [
        (FORM, b"order=1&status=paid".to_vec(), "is a form"),
        (FORM, b"payload=%7B%7D&more=1".to_vec(), "is a form"),
        ("multipart/form-data; boundary=x", multipart.as_bytes().to_vec(), "multipart form"),
        ("application/json", list.as_bytes().to_vec(), "a list of 2 elements of which none"),
        ("application/json", b"[1,2]".to_vec(), "a list of 2 elements"),
        ("application/json", br#""{\"id\":1}""#.to_vec(), "encoded twice"),
        ("application/json", utf16(r#"{"id":1}"#), "UTF-16"),
        ("application/json", [vec![0xff, 0xfe], utf16("{}")].concat(), "UTF-16"),
        ("application/json; charset=ISO-8859-1", b"{\"id\":\"Caf\xe9\"}".to_vec(), "charset=ISO-8859-1"),
        ("application/json", b"{\"id\":\"Caf\xe9\"}".to_vec(), "Latin-1"),
        ("text/xml", b"<order/>".to_vec(), "XML"),
        ("application/json", Vec::new(), "empty"),
    ] {
        let request = server.request(Method::POST, HOOK).header("content-type", content_type);
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{words}");
        let event = body_of(answer).await["event"].as_i64().unwrap();
        let detail = ticketledger::inbox::operator::store::show(&mut server.database.reader().unwrap(), event);
        let detail = detail.unwrap().unwrap().detail.unwrap();
        assert!(detail.contains(words), "{words}: {detail}");
    }
}

on_both_engines!(a_list_of_orders_is_one_event_each_and_one_answer, async |database| {
    let daemon = TestDaemon::start(database).await;
    let list = format!("[ {} ,\n{}]", numbered("o1"), numbered("o2"));
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let (status, answer) = send(&daemon, "museum", &headers, gzip(&list)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer, json!({ "status": "accepted", "event": 1, "events": [1, 2] }));
    // One of them cannot be booked: the other is, and the answer names it.
    let bad = changed(&numbered("o4"), &[("/payments/0/value", json!("a lot"))]);
    let (status, answer) = send(&daemon, "museum", &[], format!("[{},{bad}]", numbered("o3")).into_bytes()).await;
    assert_eq!(status, 202);
    assert_eq!(answer, json!({ "status": "parked", "event": 4, "reason": "bad_amount", "events": [3, 4] }));
    let pointers = r#"[{"type":"new-booking","payload":{"booking_pid":7}}]"#;
    let (status, answer) = send(&daemon, "theatre", &[], pointers.into()).await;
    assert_eq!((status, answer), (200, json!({ "status": "accepted", "event": 5 })));
    // What cannot be read alone is parked alone.
    let mixed = format!("[{},{{\"test\":\"hello\"}},null]", numbered("o5"));
    let (status, answer) = send(&daemon, "museum", &[], mixed.into_bytes()).await;
    assert_eq!(status, 202);
    assert_eq!(answer, json!({ "status": "parked", "event": 7, "reason": "missing_id", "events": [6, 7, 8] }));
    let stored = daemon.lines("SELECT entity || ' ' || headers AS line FROM inbox_events WHERE id < 3 ORDER BY id");
    assert!(stored[0].starts_with("order:o1 ") && stored[0].contains("1 of 2"), "{stored:?}");
    assert!(stored[1].starts_with("order:o2 ") && stored[1].contains("2 of 2"), "{stored:?}");
    assert!(stored.iter().all(|line| !line.contains("gzip")), "{stored:?}");
    database.execute("DELETE FROM inbox_events WHERE id = 5");
    daemon.settle().await;
    assert_eq!(daemon.view("orders", &["order_id"]).concat(), ["o1", "o2", "o3", "o5"]);
    daemon.finish().await;
});

on_both_engines!(a_replay_says_the_same_of_what_cannot_be_read, async |database| {
    let daemon = TestDaemon::start(database).await;
    let latin1 = ("content-type", "application/json; charset=iso-8859-1");
    let many = format!("[{}]", vec![r#"{"id":"1"}"#; 501].join(","));
    for (headers, body) in [
        (vec![("content-encoding", "br")], b"\x0b\x02\x80\xff\xfe".to_vec()),
        (vec![latin1], b"{\"id\":\"Caf\xe9\"}".to_vec()),
        (vec![], many.into_bytes()),
    ] {
        assert_eq!(send(&daemon, "museum", &headers, body).await.0, 202);
    }
    let said = || daemon.lines("SELECT reason || ': ' || detail AS line FROM inbox_events ORDER BY id");
    let before = said();
    assert_eq!(daemon.replay(&[1, 2, 3]).still_parked, 3);
    assert_eq!(said(), before);
    daemon.finish().await;
});

on_both_engines!(a_form_with_one_payload_is_read, async |database| {
    let daemon = TestDaemon::start(database).await;
    for body in [numbered("o1"), format!("[{},{}]", numbered("o2"), numbered("o3"))] {
        let form: String = serde_urlencoded::to_string([("payload", body)]).unwrap();
        let (status, answer) = send(&daemon, "museum", &[("content-type", FORM)], form.into_bytes()).await;
        assert_eq!(status, 200, "{answer}");
    }
    daemon.settle().await;
    assert_eq!(daemon.view("orders", &["order_id"]).concat(), ["o1", "o2", "o3"]);
    assert!(daemon.lines("SELECT content_type AS line FROM inbox_events WHERE id = 1")[0].contains("form"));
    daemon.finish().await;
});

#[tokio::test]
async fn a_list_is_bounded() {
    let server = Server::usual().await;
    let list = |count: usize| format!("[{}]", vec![r#"{"id":"1"}"#; count].join(","));
    let answer = body_of(server.post(HOOK, &list(500)).await).await;
    assert_eq!(answer["events"].as_array().unwrap().len(), 500);
    assert_eq!(body_of(server.post(HOOK, &list(501)).await).await["reason"], "invalid_json");
    assert_eq!(server.stored().len(), 501);
}

#[tokio::test]
async fn a_token_request_is_read_compressed_and_told_what_to_send() {
    let server = Server::usual().await;
    let post = |path: &str| server.request(Method::POST, path);
    let packed = post("/oauth/token").header("content-type", FORM).header("content-encoding", "gzip");
    token_of(packed.body(gzip(GRANT)).send().await.unwrap()).await;
    let form = server.request(Method::POST, "//oauth//%74oken/").header("content-type", FORM);
    token_of(form.body(GRANT).send().await.unwrap()).await;
    let unknown = post("/oauth/token").header("content-encoding", "br").body(GRANT);
    let json = post("/oauth/token").header("content-type", "application/json").body(r#" {"grant_type":"x"}"#);
    let query = post(&format!("/oauth/token?{GRANT}"));
    for (request, words) in [(unknown, "gzip"), (json, "JSON"), (query, "in the address")] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let answer = body_of(answer).await;
        assert_eq!(answer["error"], "invalid_request");
        let text = answer["error_description"].as_str().unwrap();
        assert!(text.contains(words) && text.contains("form") && !text.contains("bookingkit"), "{text}");
    }
}
