use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::config;

/// A stop that takes longer hangs.
const HUNG: Duration = Duration::from_secs(120);

async fn daemon(folder: &tempfile::TempDir) -> Daemon {
    let path = folder.path().join("ticketledger.toml");
    let settings = format!(
        "database.url = \"sqlite:{}\"\nserver = {{ listen = \"127.0.0.1:0\", console = \"127.0.0.1:0\" }}\n\
         [[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\ncountry = \"DE\"\n\
         vendor_ids = [\"v\"]\npath_secrets = [\"env:HOOK\"]\n",
        folder.path().join("test.db").display()
    );
    std::fs::write(&path, settings).expect("a file");
    let environment = BTreeMap::from([("HOOK".to_owned(), "hook".to_owned())]);
    let config = config::load(Some(&path), &environment).expect("settings");
    Daemon::start(config, Options::default()).await.expect("starts")
}

#[tokio::test]
async fn the_limit_ends_what_does_not_end_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let daemon = daemon(&folder).await;
    let mut sender = TcpStream::connect(daemon.public()).await.expect("connects");
    let head = "POST /webhooks/museum/hook HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n";
    sender.write_all(head.as_bytes()).await.expect("sends");
    let mut asked = [0; 25];
    sender.read_exact(&mut asked).await.expect("the daemon asks for the body");
    let ended = stop(daemon, std::future::pending(), Duration::from_millis(1)).await;
    let error = ended.expect_err("it waits for the body").to_string();
    assert!(error.contains("due again after the restart"), "{error}");
}

#[tokio::test]
async fn a_component_that_ends_by_itself_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut daemon = daemon(&folder).await;
    daemon.tasks.abort_all();
    let name = daemon.failed().await;
    assert!(name.contains("a component"), "{name}");
    stop(daemon, std::future::pending(), HUNG).await.expect_err("others were aborted too");
}

#[tokio::test]
async fn a_daemon_without_work_stops_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let daemon = daemon(&folder).await;
    stop(daemon, std::future::pending(), HUNG).await.expect("stops");
}
