//! Deliveries and tokens over real sockets.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::config::{self, Config};
use ticketledger::db::schema::inbox_events;
use ticketledger::db::{Database, Role};
use ticketledger::inbox::writer::{Pulse, Queue, Writer};
use ticketledger::on_engine;
use ticketledger::receive::{self, Console, Intake, Patience};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

const SETTINGS: &str = r#"
[limits]
body_bytes = 65536
[[sources]]
name = "museum"
provider = "bookingkit"
timezone = "Europe/Berlin"
country = "DE"
vendor_ids = ["v1"]
path_secrets = ["env:HOOK_NEW", "env:HOOK_OLD"]
oauth_clients = [{ id = "bookingkit", secret = ["env:OAUTH_NEW", "env:OAUTH_OLD"] }]
[[sources]]
name = "gallery"
provider = "bookingkit"
timezone = "Europe/Berlin"
country = "DE"
vendor_ids = ["v2"]
oauth_clients = [{ id = "gallery", secret = "env:GALLERY" }]
[[sources]]
name = "theatre"
provider = "ticketpark"
timezone = "Europe/Zurich"
country = "CH"
path_secrets = ["env:THEATRE"]
api = { base_url = "https://localhost", client_key = "env:THEATRE", client_secret = "env:THEATRE" }
"#;
const HOOK: &str = "/webhooks/museum/hook-new";
const FORM: &str = "application/x-www-form-urlencoded";

fn settings(folder: &tempfile::TempDir, extra: &[(&str, &str)]) -> Arc<Config> {
    let path = folder.path().join("ticketledger.toml");
    std::fs::write(&path, SETTINGS).unwrap();
    let secrets = [
        ("HOOK_NEW", "hook-new"),
        ("HOOK_OLD", "hook-old"),
        ("OAUTH_NEW", "new+&%:"),
        ("OAUTH_OLD", "old"),
        ("GALLERY", "gallery-secret"),
        ("THEATRE", "theatre-secret"),
    ];
    let environment: BTreeMap<String, String> =
        secrets.iter().chain(extra).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Arc::new(config::load(Some(&path), &environment).unwrap())
}

/// A running public listener on a database of its own.
struct Server {
    address: SocketAddr,
    client: Client,
    database: Database,
    clock: Clock,
    folder: tempfile::TempDir,
    pulse: Pulse,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
    thread: Option<JoinHandle<()>>,
}

/// How a server differs from the usual one.
struct Options {
    folder: tempfile::TempDir,
    extra: Vec<(&'static str, &'static str)>,
    patience: Patience,
    queue: Option<Writer>,
}

impl Default for Options {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), extra: vec![], patience: Patience::default(), queue: None }
    }
}

impl Server {
    async fn start(options: Options) -> Self {
        let url = format!("sqlite:{}", options.folder.path().join("test.db").display());
        let database = Database::open(&url, Role::Daemon).unwrap();
        let clock = Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
        let (writer, thread) = match options.queue {
            Some(writer) => (writer, None),
            None => {
                let (writer, thread) = Writer::start(database.clone(), Arc::new(Notify::new())).unwrap();
                (writer, Some(thread))
            }
        };
        let pulse = writer.pulse();
        let config = settings(&options.folder, &options.extra);
        let intake = Intake::new(config, clock.clone(), writer, database.clone()).with_patience(options.patience);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(receive::serve_public(listener, Arc::new(intake), async {
            let _ = stopped.await;
        }));
        let client = Client::new();
        Self { address, client, database, clock, folder: options.folder, pulse, stop, task, thread }
    }

    async fn usual() -> Self {
        Self::start(Options::default()).await
    }

    /// Stops it as the daemon would; the folder remains.
    async fn stop(self) -> tempfile::TempDir {
        drop(self.stop);
        self.task.await.unwrap();
        if let Some(thread) = self.thread {
            thread.join().unwrap();
        }
        self.folder
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Response {
        self.request(method, path)
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, body: &str) -> Response {
        self.send(Method::POST, path, body).await
    }

    async fn with_token(&self, path: &str, token: &str) -> Response {
        self.request(Method::POST, path).bearer_auth(token).body("{}").send().await.unwrap()
    }

    async fn token_request(&self, content_type: &str, body: &str) -> Response {
        let request = self.request(Method::POST, "/oauth/token").header("content-type", content_type);
        request.body(body.to_owned()).send().await.unwrap()
    }

    /// Bytes as they are, and everything that comes back.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        read_to_end(&mut stream).await
    }

    /// Number, body of everything stored.
    fn stored(&self) -> Vec<(i64, Option<Vec<u8>>)> {
        use diesel::QueryDsl as _;
        let mut connection = self.database.reader().unwrap();
        let query = inbox_events::table.select((inbox_events::id, inbox_events::body)).order(inbox_events::id);
        on_engine!(&mut connection, |c| query.load(c)).unwrap()
    }

    fn execute(&self, sql: &str) {
        use diesel::Connection as _;
        let path = self.folder.path().join("test.db");
        diesel::SqliteConnection::establish(&path.to_string_lossy()).unwrap().batch_execute(sql).unwrap();
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is reset has told what it had to tell before.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

async fn body_of(response: Response) -> Value {
    assert_eq!(header(&response, "content-type").as_deref(), Some("application/json"));
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

async fn token_of(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "cache-control").as_deref(), Some("no-store"));
    let body = body_of(response).await;
    assert_eq!(body.get("token_type"), Some(&json!("Bearer")));
    assert_eq!(body.get("expires_in"), Some(&json!(3600)));
    body.get("access_token").and_then(Value::as_str).unwrap().to_owned()
}

const GRANT: &str = "client_id=bookingkit&client_secret=old&grant_type=client_credentials";

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
async fn who_is_not_let_in_is_not_read() {
    let server = Server::usual().await;
    for (path, status) in [("/webhooks/museum/wrong", "404"), ("/webhooks/museum", "401")] {
        // The body never comes, and the answer does not wait for it.
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n");
        assert!(server.raw(head.as_bytes()).await.starts_with(&format!("HTTP/1.1 {status} ")));
    }
}

#[tokio::test]
async fn a_sender_that_dawdles_is_let_go() {
    let short = Duration::from_millis(50);
    let patience = Patience { body: short, ..Patience::default() };
    let server = Server::start(Options { patience, ..Options::default() }).await;
    let head = format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf");
    assert!(server.raw(head.as_bytes()).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(server.stored(), []);
    // Half a head, and none at all: the connection just ends.
    let patience = Patience { header: short, ..Patience::default() };
    let server = Server::start(Options { patience, ..Options::default() }).await;
    assert!(!server.raw(b"POST / HTTP/1.1\r\nhos").await.starts_with("HTTP/1.1 2"));
    assert_eq!(server.raw(b"").await, "");
}

#[tokio::test]
async fn too_many_connections_wait_for_their_turn() {
    let patience = Patience { connections: 1, ..Patience::default() };
    let server = Server::start(Options { patience, ..Options::default() }).await;
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

#[tokio::test]
async fn the_console_says_whether_the_daemon_is_ready() {
    let server = Server::usual().await;
    let workers = Arc::new(AtomicBool::new(true));
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let console = Console {
        database: server.database.clone(),
        clock: server.clock.clone(),
        writer: server.pulse.clone(),
        workers: Arc::clone(&workers),
        metrics: recorder.handle(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(receive::serve_console(listener, Arc::new(console), std::future::pending()));
    let get = async |path: &str| server.client.get(format!("{base}{path}")).send().await.unwrap();

    let ready = get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::OK);
    let checks = json!({ "database": "ok", "migrations": "ok", "inbox_writer": "ok", "workers": "ok" });
    assert_eq!(body_of(ready).await, json!({ "ready": true, "checks": checks }));
    assert_eq!(get("/metrics").await.status(), StatusCode::OK);
    assert!(get("/").await.text().await.unwrap().contains("href=\"/metrics\""));
    assert_eq!(get("/webhooks/museum").await.status(), StatusCode::NOT_FOUND);

    workers.store(false, std::sync::atomic::Ordering::Relaxed);
    server.execute("CREATE TRIGGER refuse BEFORE INSERT ON oauth_tokens BEGIN SELECT RAISE(ABORT, 'refused'); END");
    let ready = get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body = body_of(ready).await;
    assert_eq!(body["ready"], false);
    assert!(body["checks"]["database"].as_str().unwrap().contains("refused"), "{body}");
    assert!(body["checks"]["workers"].as_str().unwrap().contains("not running"), "{body}");
}
