//! Deliveries and tokens over real sockets.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod bounds;
mod console;
mod delivery;
mod refused;
mod token;
mod wrapped;

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
use ticketledger::receive::{self, Console, Intake, Timeouts, Turn};
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
    timeouts: Timeouts,
    queue: Option<Writer>,
}

impl Default for Options {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), extra: vec![], timeouts: Timeouts::default(), queue: None }
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
        let intake = Intake::new(config, clock.clone(), writer, database.clone()).with_timeouts(options.timeouts);
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
