//! The `[console]` table.

use std::collections::BTreeMap;

use ticketledger::config::{Config, Role, load, summary};

const REST: &str = "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\ncountry = \
    \"DE\"\nvendor_ids = [\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"]\npath_secrets = [\"env:HOOK\"]\n";

fn read(console: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticketledger.toml");
    std::fs::write(&path, format!("{console}\n{REST}")).unwrap();
    let environment = BTreeMap::from([("HOOK".to_owned(), "0123456789abcdef0123456789abcdef".to_owned())]);
    load(Some(&path), &environment).map_err(|problems| problems.to_string())
}

#[test]
fn without_the_table_sessions_are_short_and_nobody_is_believed() {
    let config = read("").unwrap();
    assert_eq!((config.console.idle_minutes, config.console.session_hours), (60, 8));
    assert!(!config.console.insecure_cookie && config.console.header_sign_in.is_none());
    assert!(summary(&config).contains("users of `ticketledger user`; for 8 h, 60 min of them idle"));
}

#[test]
fn a_proxy_needs_its_addresses_and_roles() {
    let config = read(
        "[console]\nidle_minutes = 15\n[console.header_sign_in]\nuser = \"X-Authentik-Username\"\n\
         groups = \"X-Authentik-Groups\"\nseparator = \"|\"\npeers = [\"10.0.0.0/8\", \"::1\"]\n\
         roles = { \"book keeping\" = \"finance\" }",
    )
    .unwrap();
    let sign_in = config.console.header_sign_in.unwrap();
    assert_eq!((sign_in.user.as_str(), sign_in.separator.as_str()), ("x-authentik-username", "|"));
    assert!(sign_in.peers[0].contains("10.1.2.3".parse().unwrap()));
    assert_eq!(sign_in.roles["book keeping"], Role::Finance);

    for (settings, told) in [
        ("user = \"Remote-User\"\nroles = { a = \"admin\" }", "console.header_sign_in.peers: is missing"),
        ("user = \"Remote-User\"\npeers = []\nroles = { a = \"admin\" }", "console.header_sign_in.peers: is missing"),
        ("user = \"Remote-User\"\npeers = [\"proxy\"]\nroles = { a = \"admin\" }", "must be an address or a network"),
        ("user = \"Remote-User\"\npeers = [\"::1\"]", "console.header_sign_in.roles: is missing"),
        ("user = \"Remote-User\"\npeers = [\"::1\"]\nroles = { a = \"root\" }", "must be \"reader\""),
        ("peers = [\"::1\"]\nroles = { a = \"admin\" }", "console.header_sign_in.user: is missing"),
    ] {
        let refused = read(&format!("[console.header_sign_in]\n{settings}")).unwrap_err();
        assert!(refused.contains(told), "{settings}\n{refused}");
    }
}

#[test]
fn an_insecure_cookie_stays_on_private_addresses() {
    for (listener, fine) in [
        ("127.0.0.1:1", true),
        ("192.168.1.2:1", true),
        ("[fd00::1]:1", true),
        ("203.0.113.5:1", false),
        ("0.0.0.0:1", false),
    ] {
        let read = read(&format!("[server]\nconsole = \"{listener}\"\n[console]\ninsecure_cookie = \"on\""));
        assert_eq!(read.is_ok(), fine, "{listener}: {read:?}");
    }
    assert!(read("[console]\ninsecure_cookie = \"yes\"").unwrap_err().contains("must be \"on\" or \"off\""));
}
