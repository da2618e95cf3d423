//! The private listener.

use super::*;

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
        database_file: None,
        turn: Turn::default(),
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
