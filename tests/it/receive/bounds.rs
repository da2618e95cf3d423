//! What happens at the bounds: size, time, rate, queue, a failing database, the end.

use super::*;

#[tokio::test]
async fn a_body_is_bounded_in_either_framing() {
    let server = Server::usual().await;
    let fits = " ".repeat(65_536);
    assert_eq!(server.post(HOOK, &fits).await.status(), StatusCode::ACCEPTED);
    assert_eq!(server.post(HOOK, &format!("{fits} ")).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let head = format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let fits = format!("{head}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(16));
    assert!(server.raw(fits.as_bytes()).await.starts_with("HTTP/1.1 202 "));
    let exceeds = format!("{head}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(17));
    assert!(server.raw(exceeds.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    // A sender that asks first is told before it sends.
    let asks = format!("{head}content-length: 9999999\r\nexpect: 100-continue\r\n\r\n");
    let answer = server.raw(asks.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("65536"), "{answer}");
    assert_eq!(server.stored().len(), 2);
}

#[tokio::test]
async fn a_sender_that_dawdles_is_let_go() {
    let short = Duration::from_millis(50);
    let timeouts = Timeouts { body: short, ..Timeouts::default() };
    let server = Server::start(Options { timeouts, ..Options::default() }).await;
    let head = format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf");
    assert!(server.raw(head.as_bytes()).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(server.stored(), []);
    // Half a head, and none at all: the connection just ends.
    let timeouts = Timeouts { header: short, ..Timeouts::default() };
    let server = Server::start(Options { timeouts, ..Options::default() }).await;
    assert!(!server.raw(b"POST / HTTP/1.1\r\nhos").await.starts_with("HTTP/1.1 2"));
    assert_eq!(server.raw(b"").await, "");
}

#[tokio::test]
async fn too_many_connections_wait_for_their_turn() {
    let timeouts = Timeouts { connections: 1, ..Timeouts::default() };
    let server = Server::start(Options { timeouts, ..Options::default() }).await;
    let request = format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    let answers = futures_util::future::join_all((0..5).map(|_| server.raw(request.as_bytes()))).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 202 ")), "{answers:?}");
}

#[tokio::test]
async fn a_source_has_its_rate_and_only_for_those_let_in() {
    let extra = vec![("TICKETLEDGER_LIMITS__REQUESTS_PER_SECOND", "2")];
    let server = Server::start(Options { extra, ..Options::default() }).await;
    for _ in 0..5 {
        assert_eq!(server.post("/webhooks/museum/wrong", "{}").await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(server.post(HOOK, "{}").await.status(), StatusCode::ACCEPTED);
    assert_eq!(server.post(HOOK, "{}").await.status(), StatusCode::ACCEPTED);
    let refused = server.post(HOOK, "{}").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&refused, "retry-after").as_deref(), Some("1"));
    assert_eq!(server.post("/webhooks/theatre/theatre-secret", "{}").await.status(), StatusCode::ACCEPTED);
    server.clock.advance_milliseconds(1000);
    assert_eq!(server.post(HOOK, "{}").await.status(), StatusCode::ACCEPTED);
    assert_eq!(server.stored().len(), 4);
}

#[tokio::test]
async fn a_full_queue_is_answered_503() {
    let (writer, queue): (Writer, Queue) = Writer::new(1);
    let server = Server::start(Options { queue: Some(writer), ..Options::default() }).await;
    // Nobody empties the queue: one of the two waits in it, so the other is refused.
    let (mut first, mut second) = (Box::pin(server.post(HOOK, "{}")), Box::pin(server.post(HOOK, "{}")));
    let (refused, waiting) = tokio::select! {
        answer = &mut first => (answer, second),
        answer = &mut second => (answer, first),
    };
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(header(&refused, "retry-after").is_some());
    assert_eq!(server.stored(), []);
    let _thread = queue.start(server.database.clone(), Arc::new(Notify::new())).unwrap();
    assert_eq!(waiting.await.status(), StatusCode::ACCEPTED);
    assert_eq!(server.stored().len(), 1);
}

#[tokio::test]
async fn a_database_that_fails_is_answered_503() {
    let server = Server::usual().await;
    let token = token_of(server.token_request(FORM, GRANT).await).await;
    server.execute("ALTER TABLE inbox_events RENAME TO hidden; ALTER TABLE oauth_tokens RENAME TO hidden_tokens");
    let refused = [
        server.post(HOOK, "{}").await,
        server.with_token("/webhooks/museum", &token).await,
        server.token_request(FORM, GRANT).await,
    ];
    for answer in refused {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(header(&answer, "retry-after").is_some());
        body_of(answer).await;
    }
    server.execute("ALTER TABLE hidden RENAME TO inbox_events");
    assert_eq!(server.stored(), []);
    assert_eq!(server.post(HOOK, "{}").await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_request_in_hand_is_answered_before_the_end() {
    let (writer, queue) = Writer::new(1);
    let server = Server::start(Options { queue: Some(writer), ..Options::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // `Expect` tells when the daemon has the request in hand: it asks for the body then.
    let head = format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 "));
    let database = server.database.clone();
    let stopped = server.stop();
    let finish = async {
        stream.write_all(b"{}").await.unwrap();
        let thread = queue.start(database, Arc::new(Notify::new())).unwrap();
        (read_to_end(&mut stream).await, thread)
    };
    let (_folder, (answer, thread)) = tokio::join!(stopped, finish);
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    thread.join().unwrap();
}
