//! The token endpoint, and what its tokens open.

use super::*;

#[tokio::test]
async fn a_token_opens_its_source_and_no_other() {
    let server = Server::usual().await;
    let first = token_of(server.token_request(FORM, GRANT).await).await;
    let second = token_of(server.token_request(FORM, GRANT).await).await;
    assert_ne!(first, second);
    for token in [&first, &second, &first] {
        assert_eq!(server.with_token("/webhooks/museum", token).await.status(), StatusCode::ACCEPTED);
    }
    let none = server.post("/webhooks/museum", "{}").await;
    let refused = [
        none,
        server.with_token("/webhooks/museum", "wrong").await,
        server.with_token("/webhooks/museum", &"0".repeat(64)).await,
        server.with_token("/webhooks/gallery", &first).await,
        // A source without clients cannot be opened by any token.
        server.with_token("/webhooks/theatre", &first).await,
    ];
    for answer in refused {
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header(&answer, "www-authenticate").as_deref(), Some("Bearer"));
        body_of(answer).await;
    }
    server.clock.advance_milliseconds(3_600_000);
    assert_eq!(server.with_token("/webhooks/museum", &first).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.stored().len(), 3);
}

#[tokio::test]
async fn a_token_is_valid_after_a_restart_and_is_not_stored_as_it_is() {
    let server = Server::usual().await;
    let token = token_of(server.token_request(FORM, GRANT).await).await;
    let folder = server.stop().await;
    let database = std::fs::read(folder.path().join("test.db")).unwrap();
    assert!(!database.windows(token.len()).any(|window| window == token.as_bytes()));
    let server = Server::start(Options { folder, ..Options::default() }).await;
    assert_eq!(server.with_token("/webhooks/museum", &token).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_client_is_known_by_form_multipart_and_header() {
    let server = Server::usual().await;
    let encoded = "grant_type=client_credentials&client_id=bookingkit&client_secret=new%2B%26%25%3A";
    token_of(server.token_request(FORM, encoded).await).await;
    let part =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts = [("client_id", "bookingkit"), ("client_secret", "old"), ("grant_type", "client_credentials")];
    let multipart = parts.map(|(name, value)| part(name, value)).concat() + "--x--\r\n";
    token_of(server.token_request("multipart/form-data; boundary=x", &multipart).await).await;
    for secret in ["new+&%:", "new%2B%26%25%3A"] {
        let request = server.request(Method::POST, "/oauth/token").basic_auth("bookingkit", Some(secret));
        let request = request.header("content-type", FORM).body("grant_type=client_credentials");
        token_of(request.send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn token_errors_are_those_of_the_standard() {
    let server = Server::usual().await;
    let long = format!("grant_type=client_credentials&client_id={}", "x".repeat(20_000));
    for (body, status, code) in [
        ("", StatusCode::BAD_REQUEST, "invalid_request"),
        ("client_id=bookingkit&client_secret=old", StatusCode::BAD_REQUEST, "invalid_request"),
        (&format!("{GRANT}&client_id=again"), StatusCode::BAD_REQUEST, "invalid_request"),
        (&long, StatusCode::BAD_REQUEST, "invalid_request"),
        ("grant_type=password&client_id=bookingkit", StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        ("grant_type=client_credentials", StatusCode::UNAUTHORIZED, "invalid_client"),
        (&GRANT.replace("=old", "=wrong"), StatusCode::UNAUTHORIZED, "invalid_client"),
        (&GRANT.replace("bookingkit", "gallery"), StatusCode::UNAUTHORIZED, "invalid_client"),
    ] {
        let answer = server.token_request(FORM, body).await;
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"));
        let challenge = header(&answer, "www-authenticate");
        assert_eq!(challenge.is_some_and(|value| value.starts_with("Basic")), status == StatusCode::UNAUTHORIZED);
        assert_eq!(body_of(answer).await["error"], code, "{body}");
    }
}

#[tokio::test]
async fn expired_tokens_are_deleted_in_passing() {
    use diesel::QueryDsl as _;
    use ticketledger::db::schema::oauth_tokens;
    let server = Server::usual().await;
    token_of(server.token_request(FORM, GRANT).await).await;
    token_of(server.token_request(FORM, GRANT).await).await;
    server.clock.advance_milliseconds(3_600_001);
    token_of(server.token_request(FORM, GRANT).await).await;
    let mut connection = server.database.reader().unwrap();
    let left: i64 = on_engine!(&mut connection, |c| oauth_tokens::table.count().get_result(c)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_client_that_was_removed_is_out_at_once() {
    let server = Server::usual().await;
    let token = token_of(server.token_request(FORM, GRANT).await).await;
    let folder = server.stop().await;
    let extra =
        vec![("TICKETLEDGER_SOURCES__MUSEUM__OAUTH_CLIENTS", "[{ id = \"other\", secret = \"env:OAUTH_OLD\" }]")];
    let server = Server::start(Options { folder, extra, ..Options::default() }).await;
    assert_eq!(server.with_token("/webhooks/museum", &token).await.status(), StatusCode::UNAUTHORIZED);
}
