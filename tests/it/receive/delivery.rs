//! Deliveries: who is let in, and what is stored.

use super::*;

#[tokio::test]
async fn a_delivery_is_answered_when_its_bytes_are_stored() {
    let server = Server::usual().await;
    let mut number = 0;
    for method in [Method::POST, Method::PATCH, Method::PUT] {
        for secret in ["hook-new", "hook-old"] {
            let path = format!("/webhooks/museum/{secret}?method=DELETE&secret=x");
            let answer = server.send(method.clone(), &path, "{ \"odd\" : 1.10 }").await;
            assert!(answer.status().is_success());
            number += 1;
            assert_eq!(body_of(answer).await["event"], number);
        }
    }
    let bodies: BTreeSet<_> = server.stored().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, BTreeSet::from([Some(b"{ \"odd\" : 1.10 }".to_vec())]));
    assert_eq!(server.stored().len(), 6);
}

#[tokio::test]
async fn what_is_not_understood_is_stored_and_parked() {
    let server = Server::usual().await;
    for body in ["", "no json", "\u{0}", "[]"] {
        let answer = server.post(HOOK, body).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{body:?}");
        let answer = body_of(answer).await;
        assert_eq!(answer["status"], "parked");
        assert!(answer["reason"].is_string());
    }
    assert_eq!(server.stored().len(), 4);
}

#[tokio::test]
async fn the_headers_that_are_kept_hold_no_credential() {
    use diesel::QueryDsl as _;
    let server = Server::usual().await;
    let request = server.request(Method::POST, HOOK).header("x-request-id", "r1").header("cookie", "hidden");
    request.bearer_auth("hidden").body("{}").send().await.unwrap();
    let mut connection = server.database.reader().unwrap();
    let headers: String =
        on_engine!(&mut connection, |c| inbox_events::table.select(inbox_events::headers).first(c)).unwrap();
    assert!(headers.contains("\"x-request-id\":\"r1\""), "{headers}");
    assert!(!headers.contains("hidden"), "{headers}");
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_source_and_an_unknown_path_look_alike() {
    let server = Server::usual().await;
    let mut bodies = BTreeSet::new();
    let paths = [
        "/webhooks/museum/wrong",
        "/webhooks/museum/theatre-secret",
        "/webhooks/nobody/hook-new",
        "/webhooks/nobody",
        "/webhooks/museum/hook-new/more",
        "/webhooks",
        "/",
        "/metrics",
    ];
    for path in paths {
        let answer = server.post(path, "{}").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        bodies.insert(body_of(answer).await.to_string());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(server.stored(), []);
}

#[tokio::test]
async fn who_is_not_let_in_is_not_read() {
    let timeouts = Timeouts { body: Duration::from_millis(50), ..Timeouts::default() };
    let server = Server::start(Options { timeouts, ..Options::default() }).await;
    for (path, status) in [("/webhooks/museum/wrong", "404"), ("/webhooks/museum", "401")] {
        // The body never comes, and the answer does not wait for it.
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n");
        assert!(server.raw(head.as_bytes()).await.starts_with(&format!("HTTP/1.1 {status} ")));
    }
}

#[tokio::test]
async fn other_methods_are_told_which_are_allowed() {
    let server = Server::usual().await;
    for (path, allowed) in [
        (HOOK, "POST, PATCH, PUT"),
        ("/webhooks/museum", "POST, PATCH, PUT"),
        ("/oauth/token", "POST"),
        ("/healthz", "GET, HEAD"),
    ] {
        let answer = server.send(Method::DELETE, path, "").await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(header(&answer, "allow").as_deref(), Some(allowed));
        body_of(answer).await;
    }
    let alive = server.send(Method::GET, "/healthz", "").await;
    assert_eq!(alive.status(), StatusCode::OK);
}

#[tokio::test]
async fn many_at_once_are_all_stored_exactly_once() {
    let server = Server::usual().await;
    let posts = (0..200).map(|number| {
        let body = format!("{{\"number\":{number}}}");
        let server = &server;
        async move { body_of(server.post(HOOK, &body).await).await["event"].as_i64().unwrap() }
    });
    let answered: BTreeSet<i64> = futures_util::future::join_all(posts).await.into_iter().collect();
    let stored = server.stored();
    assert_eq!(answered, stored.iter().map(|(id, _)| *id).collect());
    assert_eq!(stored.iter().map(|(_, body)| body).collect::<BTreeSet<_>>().len(), 200);
    assert_eq!(stored.len(), 200);
}
