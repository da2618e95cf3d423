//! What is not let in: it is visible, and it does not break what is sent next on the same connection.

use super::*;
use crate::support::home::Home;

/// Sends a request over an open connection, and answers status line, head and body.
async fn exchange(stream: &mut TcpStream, head: &str, body: &[u8]) -> String {
    let head = format!("{head}\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if rest.len() >= length.unwrap().parse::<usize>().unwrap() {
                return text;
            }
        }
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        assert!(count > 0, "the connection ended: {text}");
        read.extend_from_slice(&part[..count]);
    }
}

#[tokio::test]
async fn a_refusal_does_not_break_the_next_delivery_on_its_connection() {
    let extra = vec![("TICKETLEDGER_LIMITS__BODY_BYTES", "2000000"), ("TICKETLEDGER_LIMITS__REQUESTS_PER_SECOND", "3")];
    let server = Server::start(Options { extra, ..Options::default() }).await;
    let megabyte = format!("{{\"pad\":\"{}\"}}", "x".repeat(1_000_000));
    let grant = format!("POST /oauth/token HTTP/1.1\r\ncontent-type: {FORM}");
    let token = "POST /webhooks/museum HTTP/1.1\r\nauthorization: Bearer ";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for round in 0..20 {
        let stale = exchange(&mut stream, &format!("{token}{}", "0".repeat(64)), megabyte.as_bytes()).await;
        assert!(stale.starts_with("HTTP/1.1 401 "), "{round}: {stale}");
        let fresh = exchange(&mut stream, &grant, GRANT.as_bytes()).await;
        let fresh: Value = serde_json::from_str(fresh.split_once("\r\n\r\n").unwrap().1).unwrap();
        let fresh = fresh["access_token"].as_str().unwrap();
        for (line, status) in [
            (format!("{token}{fresh}"), "202"),
            ("POST /nowhere HTTP/1.1".to_owned(), "404"),
            (format!("{token}{fresh}"), "202"),
            ("DELETE /webhooks/museum HTTP/1.1".to_owned(), "405"),
            (format!("POST {HOOK} HTTP/1.1"), "202"),
            (format!("POST {HOOK} HTTP/1.1"), "429"),
        ] {
            let answer = exchange(&mut stream, &line, megabyte.as_bytes()).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{round} {line}: {answer}");
            assert!(!answer.contains("connection: close"), "{answer}");
        }
        server.clock.advance_milliseconds(1000);
    }
    assert_eq!(server.stored().len(), 60);
}

#[tokio::test]
async fn a_body_that_is_too_much_to_be_read_in_vain_ends_its_connection() {
    let server = Server::usual().await;
    let announced = format!("POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 65_536 * 9 + 1);
    let asks = "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n";
    for head in [announced.as_str(), asks] {
        let answer = server.raw(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn an_address_is_found_however_it_is_escaped() {
    let server = Server::usual().await;
    for path in ["//webhooks/museum/hook-new", "/webhooks//museum///hook-new/", "/%77ebhooks/museu%6D/hook%2Dnew"] {
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
        assert!(server.raw(request.as_bytes()).await.starts_with("HTTP/1.1 202 "), "{path}");
    }
    for path in ["/webhooks/museum%2Fhook-new", "/api/webhooks/museum/hook-new", "/webhooks/museum/hook%2fnew"] {
        assert_eq!(server.post(path, "{}").await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(server.stored().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_the_listener_is_counted_and_logged_once_without_its_secret() {
    let home = Home::new();
    let serving = home.serve();
    let client = Client::new();
    let base = format!("http://{}", serving.public);
    for _ in 0..5 {
        for path in ["/api/webhooks/museum/museum-secret", "/webhooks/museum/wrong-secret"] {
            assert_eq!(client.post(format!("{base}{path}")).body("{}").send().await.unwrap().status(), 404);
        }
        assert_eq!(client.get(format!("{base}/webhooks/museum/museum-secret")).send().await.unwrap().status(), 405);
    }
    let metrics = client.get(format!("http://{}/metrics", serving.console)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for (source, reason) in [("", "unknown_path"), ("museum", "wrong_secret"), ("museum", "wrong_method")] {
        let line = format!("ticketledger_deliveries_refused_total{{source=\"{source}\",reason=\"{reason}\"}} 5");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    serving.terminate();
    let (_, said) = serving.ended_saying();
    let refused: Vec<&String> = said.iter().filter(|line| line.contains("request refused")).collect();
    assert_eq!(refused.len(), 3, "{refused:#?}");
    assert!(refused[0].contains("/*/webhooks/museum/*"), "{refused:#?}");
    assert!(said.iter().all(|line| !line.contains("wrong-secret") && !line.contains("museum-secret")), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_to_us_is_refused_and_counted() {
    let home = Home::new();
    let serving = home.serve();
    let exchange = async |sent: &[u8]| {
        let mut stream = TcpStream::connect(serving.public).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is reset has been answered all the same.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    for head in ["CONNECT example.com:443 HTTP/1.1", "GET example.com:443 HTTP/1.1", "POST example.com HTTP/1.1"] {
        let answer = exchange(format!("{head}\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{head}: {answer}");
    }
    let tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let large = format!("POST /webhooks/museum HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(100_000));
    for sent in [&tls[..], b"POST webhooks/museum HTTP/1.1\r\n\r\n", large.as_bytes()] {
        let answer = exchange(sent).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let metrics = reqwest::get(format!("http://{}/metrics", serving.console)).await.unwrap().text().await.unwrap();
    let line = "ticketledger_deliveries_refused_total{source=\"\",reason=\"unknown_path\"} 3";
    assert!(metrics.contains(line), "{metrics}");
    serving.terminate();
    let (_, said) = serving.ended_saying();
    // A connection is counted when it has ended, which may be after its answer was read.
    assert_eq!(said.iter().filter(|line| line.contains("unreadable_request")).count(), 1, "{said:#?}");
    assert!(!said.iter().any(|line| line.contains("panic")), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_are_told_by_stats_and_doctor() {
    let mut home = Home::new();
    home.set("TICKETLEDGER_LIMITS__BODY_BYTES", "1000");
    let serving = home.serve();
    let address = format!("http://{}/webhooks/museum/museum-secret", serving.public);
    for _ in 0..2 {
        let answer = Client::new().post(&address).body(" ".repeat(1001)).send().await.unwrap();
        assert_eq!(answer.status(), 413);
    }
    serving.terminate();
    assert!(serving.ended().success());
    let stats: Value = serde_json::from_str(&home.fine(&["inbox", "stats", "--format", "json"])).unwrap();
    let said = stats.to_string();
    assert!(said.contains("body_too_large") && said.contains("refused") && said.contains("\"events\":2"), "{said}");
    let doctor = home.run(&["doctor"]).stdout;
    let line = doctor.lines().find(|line| line.contains("body_size") && line.contains("museum")).unwrap();
    assert!(line.contains("warning") && line.contains("2 webhook(s) were refused"), "{doctor}");
}

#[tokio::test]
async fn who_asks_and_never_reads_is_let_go() {
    let timeouts = Timeouts { connections: 1, write: Duration::from_millis(50), ..Timeouts::default() };
    let server = Server::start(Options { timeouts, ..Options::default() }).await;
    let mut greedy = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    // It asks until nothing more is taken from it; then its only connection is free for another.
    let asking = async { while greedy.write_all(request.as_bytes()).await.is_ok() {} };
    let (answer, ()) = tokio::join!(server.post(HOOK, "{}"), asking);
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}
