//! The private listener.

use std::collections::BTreeMap;

use diesel::Connection as _;

use super::*;
use crate::support::db::wait_for_locks;
use crate::support::wait::HUNG;

/// The console of a server, whose `/readyz` waits so long for the database. Answers where it is.
async fn console(server: &Server, workers: &Arc<AtomicBool>, timeout: Duration) -> String {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let console = Console {
        database: server.database.clone(),
        clock: server.clock.clone(),
        writer: server.pulse.clone(),
        workers: Arc::clone(workers),
        database_file: Some(server.folder.path().join("test.db")),
        names: vec!["ledger.internal".to_owned()],
        turn: Turn::default(),
        timeout,
        statements: Arc::new(|| BTreeMap::from([("museum".to_owned(), "never swept".to_owned())])),
        metrics: recorder.handle(),
        pages: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(receive::serve_console(listener, Arc::new(console), std::future::pending()));
    base
}

#[tokio::test]
async fn the_console_says_whether_the_daemon_is_ready() {
    let server = Server::usual().await;
    let workers = Arc::new(AtomicBool::new(true));
    let base = console(&server, &workers, HUNG).await;
    let get = async |path: &str| server.client.get(format!("{base}{path}")).send().await.unwrap();

    let ready = get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::OK);
    let checks = json!({ "database": "ok", "migrations": "ok", "disk": "ok", "inbox_writer": "ok", "workers": "ok" });
    assert_eq!(
        body_of(ready).await,
        json!({ "ready": true, "checks": checks, "freshness": { "museum": "never swept" } })
    );
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

#[tokio::test]
async fn the_console_is_for_our_own_names_only() {
    let server = Server::usual().await;
    let base = console(&server, &Arc::new(AtomicBool::new(true)), HUNG).await;
    let ask = async |host: &str| {
        let request = server.client.get(format!("{base}/metrics")).header("host", host);
        request.send().await.unwrap().status()
    };
    let port = base.rsplit_once(':').unwrap().1;
    for host in
        ["127.0.0.1", "10.1.2.3:8081", "[::1]:8081", "localhost", "LOCALHOST.:1", "a.localhost", "ledger.internal:1"]
    {
        assert_eq!(ask(host).await, StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
        assert_eq!(ask(&format!("{host}:{port}")).await, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[tokio::test]
async fn a_database_that_hangs_does_not_hang_the_answer() {
    let server = Server::usual().await;
    let workers = Arc::new(AtomicBool::new(true));
    let (hurried, patient) = (console(&server, &workers, Duration::ZERO).await, console(&server, &workers, HUNG).await);
    let ready = async |base: &str| {
        let answer = server.client.get(format!("{base}/readyz")).send().await.unwrap();
        (answer.status(), body_of(answer).await)
    };
    let path = server.folder.path().join("test.db").display().to_string();
    let mut other = diesel::SqliteConnection::establish(&path).unwrap();
    other.batch_execute(&format!("{}; BEGIN IMMEDIATE", wait_for_locks())).unwrap();
    // Several at once: none waits for the one before it for longer than its own time.
    let (first, second) = tokio::join!(ready(&hurried), ready(&hurried));
    for (status, answer) in [first, second] {
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        assert!(answer["checks"]["database"].as_str().unwrap().contains("no answer within 0 s"), "{answer}");
        assert_eq!(answer["checks"]["inbox_writer"], "ok");
    }
    other.batch_execute("ROLLBACK").unwrap();
    let (status, answer) = ready(&patient).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}
