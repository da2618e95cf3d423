//! PostgreSQL over TLS: a build that has it checks the server's certificate, one that has not says so.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use ticketledger::db::{Database, Role};

use crate::support::cluster::Cluster;
use crate::support::db::{Engine, TestDatabase};

/// Runs `openssl`; false when it is not installed.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new("openssl");
    command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Two authorities of one's own, and a server's certificate for `localhost` by the first one.
fn certificates(folder: &Path) -> bool {
    let authority = |name: &str| {
        let key = format!("-newkey rsa:2048 -nodes -keyout {name}.key");
        openssl(folder, &format!("req -x509 {key} -out {name}.pem -subj /CN={name} -days 2"))
    };
    authority("ca")
        && authority("other")
        && openssl(
            folder,
            "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost",
        )
        && openssl(
            folder,
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt -days 2 \
             -copy_extensions copy",
        )
}

#[test]
fn a_server_is_reached_by_tls_and_only_with_a_certificate_that_is_right() {
    let folder = tempfile::tempdir().unwrap();
    if TestDatabase::new(Engine::Postgres).is_none() || !certificates(folder.path()) {
        eprintln!("skipped: PostgreSQL's server or openssl is not installed");
        return;
    }
    // Free a moment ago, and hardly taken since.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(server) = Cluster::with_tls(port, folder.path()) else { return };
    let open = |host: &str, mode: &str, authority: &str| {
        let root = folder.path().join(authority);
        let parameters = format!("sslmode={mode}&sslrootcert={}", root.display());
        let url = format!("postgres://ticketledger@{host}:{port}/postgres?{parameters}");
        Database::open(&url, Role::Daemon).map(|_| ()).map_err(|error| error.to_string())
    };
    // The server wants TLS.
    let refused = open("127.0.0.1", "disable", "ca.pem").unwrap_err();
    assert!(refused.contains("no encryption") && refused.contains("sslmode=verify-full"), "{refused}");
    if cfg!(feature = "system-libpq") {
        open("localhost", "verify-full", "ca.pem").unwrap();
        let refused = open("localhost", "verify-full", "other.pem").unwrap_err();
        assert!(refused.contains("certificate verify failed") && refused.contains("sslrootcert"), "{refused}");
        let refused = open("127.0.0.1", "verify-full", "ca.pem").unwrap_err();
        assert!(refused.contains("does not match host name") && refused.contains("another name"), "{refused}");
    } else {
        let refused = open("localhost", "verify-full", "ca.pem").unwrap_err();
        assert!(refused.contains("this build has no TLS") && refused.contains("system-libpq"), "{refused}");
    }
    server.kill();
}
