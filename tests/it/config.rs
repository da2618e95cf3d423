//! The settings, as an operator meets them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use ticketledger::config::{self, Config, EXAMPLE, Problems};

const MUSEUM: &str = r#"
[[sources]]
name = "museum"
provider = "bookingkit"
timezone = "Europe/Berlin"
country = "DE"
vendor_ids = ["v1"]
path_secrets = ["env:HOOK"]
"#;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let secrets = [
        ("HOOK", "hook-secret-1"),
        ("MUSEUM_HOOK", "museum-secret"),
        ("MUSEUM_OAUTH", "oauth-secret"),
        ("THEATRE_HOOK", "theatre-secret"),
        ("TICKETPARK_KEY", "key-secret"),
        ("TICKETPARK_SECRET", "client-secret"),
    ];
    secrets.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, text).unwrap();
    config::load(Some(&path), &environment(variables))
}

/// The mistakes, without the folder of the file.
fn mistakes(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let problems = load(text, variables).expect_err("must be refused");
    problems
        .to_string()
        .lines()
        .map(|line| line.rsplit_once("/t.toml").map_or(line, |(_, rest)| rest).to_owned())
        .collect()
}

#[test]
fn the_example_is_valid() {
    let config = load(EXAMPLE, &[]).expect("the example");
    assert_eq!(config.sources.len(), 2);
    assert_eq!(config.limits.body_bytes, 4_194_304);
    assert_eq!(config.worker.attempts, 12);
    let theatre = config.source("theatre").expect("a source");
    assert_eq!(theatre.vat_rules.first().map(|rule| (rule.rate_bp, rule.event.clone())), Some((810, None)));
    assert_eq!(theatre.api.as_ref().map(|api| api.client_key.expose_secret()), Some("key-secret"));
}

#[test]
fn the_form_of_the_design_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hook"), "from-a-file\n").unwrap();
    let hook = folder.path().join("hook").display().to_string();
    let text = format!(
        r#"{MUSEUM}
[[sources]]
name = "theatre"
provider = "ticketpark"
timezone = "Europe/Zurich"
country = "CH"
path_secrets = ["credential:hook", "file:{hook}.old"]
oauth_clients = [{{ id = "c", secret = ["env:MUSEUM_OAUTH", "file:{hook}"] }}]
api = {{ base_url = "http://127.0.0.1:9/", client_key = ["env:TICKETPARK_KEY", "env:HOOK"], client_secret = "env:HOOK", username = "env:HOOK", password = "env:HOOK" }}
vat_rules = [{{ from = 2024-01-01, price = "Adult", rate = 2.6 }}, {{ from = "2024-01-01", event = "*", rate = "0" }}]
"#
    );
    std::fs::write(format!("{hook}.old"), "older").unwrap();
    let directory = folder.path().display().to_string();
    let config = load(&text, &[("CREDENTIALS_DIRECTORY", &directory)]).expect("valid");
    let theatre = config.source("theatre").expect("a source");
    let secrets: Vec<_> = theatre.path_secrets.iter().map(|secret| secret.expose_secret()).collect();
    assert_eq!(secrets, ["from-a-file", "older"]);
    assert_eq!(theatre.oauth_clients.first().map(|client| client.secrets.len()), Some(2));
    let api = theatre.api.as_ref().expect("an api");
    assert_eq!((api.base_url.as_str(), api.client_key.expose_secret()), ("http://127.0.0.1:9", "key-secret"));
    let rules: Vec<_> = theatre.vat_rules.iter().map(|rule| (rule.price.as_deref(), rule.rate_bp)).collect();
    assert_eq!(rules, [(Some("Adult"), 260), (None, 0)]);
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = r#"
[server]
listen = "nowhere"
port = 1
[database]
url = "mysql://x"
[limits]
body_bytes = "many"
[[sources]]
name = "Museum"
provider = "bookingkit"
timezone = "Europe/Berln"
country = "Germany"
path_secrets = ["inline-secret", "env:NOT_SET", "file:/does/not/exist", "env:EMPTY"]
[[sources]]
name = "theatre"
provider = "ticketpark"
timezone = "Europe/Zurich"
country = "CH"
path_secrets = "env:HOOK"
api = { base_url = "http://example.com", client_key = "env:HOOK", client_secret = "hunter2" }
vat_rules = [{ from = "2024-02-31", event = "*", rate = "8.125" }, { from = "2024-01-01", rate = "101" }]
[[sources]]
name = "theatre"
provider = "eventim"
timezone = "Europe/Zurich"
country = "CH"
oauth_clients = [{ id = "a" }]
"#;
    let found = mistakes(text, &[("EMPTY", " ")]);
    let expected = [
        ":3: server.listen:",
        ":4: server.port: unknown key; known here: listen, console, console_names",
        ":6: database.url:",
        ":8: limits.body_bytes:",
        ":10: sources[0].name:",
        ":12: sources[0].timezone:",
        ":13: sources[0].country:",
        ":14: sources[0].path_secrets: a secret is never written inline",
        ":14: sources[0].path_secrets: the environment variable NOT_SET is not set",
        ":14: sources[0].path_secrets: cannot read /does/not/exist",
        ":14: sources[0].path_secrets: the environment variable EMPTY is empty",
        ":9: sources[0].path_secrets: no sender could authenticate",
        ":9: sources[0].vendor_ids: is missing",
        ":21: sources.theatre.api.base_url: must begin with https://",
        ":21: sources.theatre.api.client_secret: a secret is never written inline",
        ":22: sources.theatre.vat_rules[0].from:",
        ":22: sources.theatre.vat_rules[0].rate:",
        ":22: sources.theatre.vat_rules[1].event: name what the rule is for",
        ":22: sources.theatre.vat_rules[1].rate:",
        ":25: sources.theatre.provider:",
        ":28: sources.theatre.oauth_clients[0].secret: is missing",
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n  should begin with {expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(!found.iter().any(|line| line.contains("inline-secret") || line.contains("hunter2")), "{found:#?}");
}

#[test]
fn two_sources_share_nothing_that_identifies() {
    let second = MUSEUM.replace("museum", "gallery").replace("env:HOOK", "env:SAME");
    let found = mistakes(&format!("{MUSEUM}{second}{MUSEUM}"), &[("SAME", "hook-secret-1")]);
    let expected = [
        ":15: sources.gallery.vendor_ids: this vendor is already listed; a vendor belongs to one source only (first \
         in line 7)",
        ":16: sources.gallery.path_secrets: this path secret is already in use",
        ":19: sources[2].name: two sources have this name",
        ":23: sources.museum.vendor_ids:",
        ":24: sources.museum.path_secrets:",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n  should begin with {expected}");
    }
    let clients = "oauth_clients = [{ id = \"c\", secret = \"env:HOOK\" }]\n";
    let second = MUSEUM.replace("museum", "gallery").replace("env:HOOK", "env:MUSEUM_HOOK").replace("v1", "v2");
    let found = mistakes(&format!("{MUSEUM}{clients}{second}{clients}"), &[]);
    assert!(
        matches!(found.as_slice(), [one] if one.contains("oauth_clients[0].id: this oauth client id")),
        "{found:#?}"
    );
}

#[test]
fn whom_to_tell_of_alerts_and_when() {
    let config = load(MUSEUM, &[]).expect("valid");
    assert_eq!(config.alerts, config::Alerts::default(), "nobody is told unless it is asked for");
    assert_eq!(config.sources[0].silence_hours, None);
    let alerts = "[alerts]\ncommand = [\"/bin/tell\", \"us\"]\nmail_to = \"ada@example.com\"\nbacklog_minutes = 60\n";
    let config = load(&format!("{alerts}{MUSEUM}silence_hours = 48\n"), &[]).expect("valid");
    assert_eq!((config.alerts.command.len(), config.alerts.backlog_seconds), (2, 3600));
    assert_eq!(config.alerts.mail_to, ["ada@example.com"]);
    assert_eq!(config.sources[0].silence_hours, Some(48));
    let summary = config::summary(&config);
    for told in ["by /bin/tell, and by mail to ada@example.com", "after 48 hour(s)"] {
        assert!(summary.contains(told), "{summary}");
    }
    let wrong = "[alerts]\ncommand = \"tell\"\nmail_to = [\"ada\", \"-oQ/tmp@x\", \"a@x,b@y\"]\n\
        sendmail = \"mail\"\nevery = 1\n";
    let found = mistakes(&format!("{wrong}{MUSEUM}silence_hours = -1\n"), &[]);
    let expected = [
        ":2: alerts.command: must begin with the full path",
        ":3: alerts.mail_to: `ada` is not an email address",
        ":3: alerts.mail_to: `-oQ/tmp@x` is not an email address",
        ":3: alerts.mail_to: `a@x,b@y` is not an email address",
        ":4: alerts.sendmail: must be the full path",
        ":5: alerts.every: unknown key",
        ":14: sources.museum.silence_hours: must be a whole number from 0",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n  should begin with {expected}");
    }
}

#[test]
fn the_environment_overrides_every_value() {
    let text = MUSEUM.replace("museum", "old-museum");
    let variables = [
        ("TICKETLEDGER_SERVER__LISTEN", "127.0.0.1:9999"),
        ("TICKETLEDGER_DATABASE__URL", "postgres://me@db/x"),
        ("TICKETLEDGER_LIMITS__BODY_BYTES", "2048"),
        ("TICKETLEDGER_SOURCES__OLD_MUSEUM__TIMEZONE", "Europe/Zurich"),
        ("TICKETLEDGER_SOURCES__OLD_MUSEUM__VENDOR_IDS", "[\"v2\", \"v3\"]"),
        ("TICKETLEDGER_SOURCES__OLD_MUSEUM__PATH_SECRETS", "env:TICKETLEDGER_CONFIG"),
        ("TICKETLEDGER_CONFIG", "ignored-as-a-path-is-given"),
        ("TICKETLEDGER_LOG", "debug"),
    ];
    let config = load(&text, &variables).expect("valid");
    assert_eq!(config.server.listen.port(), 9999);
    assert_eq!(config.database_url.expose_secret(), "postgres://me@db/x");
    assert_eq!(config.limits.body_bytes, 2048);
    let source = config.source("old-museum").expect("a source");
    assert_eq!(
        (source.timezone, source.vendor_ids.as_slice()),
        (chrono_tz::Europe::Zurich, ["v2", "v3"].map(str::to_owned).as_slice())
    );
}

#[test]
fn an_unknown_variable_is_a_mistake_but_a_secret_in_one_is_not() {
    let text = MUSEUM.replace("env:HOOK", "env:TICKETLEDGER_HOOK");
    assert!(load(&text, &[("TICKETLEDGER_HOOK", "secret")]).is_ok());
    let variables = [
        ("TICKETLEDGER_SERVR__LISTEN", "x"),
        ("TICKETLEDGER_SERVER__LISTN", "x"),
        ("TICKETLEDGER_SOURCES__THEATRE__TIMEZONE", "x"),
        ("TICKETLEDGER_LISTEN", "x"),
        ("TICKETLEDGER_WORKER__WORKERS", "0"),
    ];
    let found = mistakes(MUSEUM, &variables);
    for (name, _) in variables {
        assert!(found.iter().any(|line| line.starts_with(&format!("{name}: "))), "{name} in {found:#?}");
    }
    assert_eq!(found.len(), variables.len(), "{found:#?}");
}

#[test]
fn broken_toml_is_told_with_its_lines_and_without_its_text() {
    let found = mistakes("[server]\nlisten = hunter2\n[database]\nurl = \n", &[]);
    assert!(found.first().is_some_and(|line| line.starts_with(":2: this is not TOML")), "{found:#?}");
    assert!(found.iter().any(|line| line.starts_with(":4: ")), "{found:#?}");
    assert!(!found.iter().any(|line| line.contains("hunter2")), "{found:#?}");
}

#[test]
fn no_file_is_told_with_the_way_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let problems = config::load(Some(&folder.path().join("none.toml")), &environment(&[])).expect_err("no file");
    assert!(problems.to_string().contains("ticketledger config example >"), "{problems}");
    // The tests run in the package's folder, which has no settings.
    let problems = config::load(None, &environment(&[])).expect_err("no file");
    assert!(problems.to_string().contains("ticketledger config example > ticketledger.toml"), "{problems}");
}

#[test]
fn secrets_do_not_show() {
    let url = "postgres://me:db-secret@db/x?password=db-secret";
    let config = load(EXAMPLE, &[("TICKETLEDGER_DATABASE__URL", url)]).expect("the example");
    let shown = format!("{config:?}{}", config::summary(&config));
    assert!(shown.contains("museum"));
    assert!(shown.contains("postgres://me@db/x"));
    for secret in ["museum-secret", "oauth-secret", "theatre-secret", "key-secret", "client-secret", "db-secret"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn what_is_valid_but_risky_is_a_warning_with_its_line() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hook").display().to_string();
    std::fs::write(&file, "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let path = folder.path().join("t.toml");
    let text = format!(
        "{}oauth_clients = [{{ id = \"c\", secret = \"env:VARIED\" }}]\n[server]\nlisten = \"0.0.0.0:8080\"\n\
         console = \"[::1]:8081\"\n",
        MUSEUM.replace("[\"env:HOOK\"]", &format!("[\"env:HOOK\", \"env:SAME\", \"file:{file}\"]"))
    );
    std::fs::write(&path, text).unwrap();
    let more = [("SAME", "abababababababababababababababab"), ("VARIED", "0123456789abcdef0123456789abcdef")];
    let (_, warnings) = config::load_with_warnings(Some(&path), &environment(&more)).expect("valid");
    let told: Vec<String> = warnings.iter().map(|warning| warning.to_string().replace(&file, "FILE")).collect();
    let told: Vec<&str> = told.iter().map(|warning| warning.rsplit_once("/t.toml").unwrap().1).collect();
    assert_eq!(
        told,
        [
            ":8: sources.museum.path_secrets: the secret is shorter than 20 characters and can be guessed; generate \
             one with `openssl rand -hex 32`",
            ":8: sources.museum.path_secrets: the secret has fewer than 8 different characters and can be guessed; \
             generate one with `openssl rand -hex 32`",
            ":8: sources.museum.path_secrets: every user of this machine can read FILE; run `chmod o= FILE`",
            ": server.listen: other machines can reach 0.0.0.0:8080, and secrets would cross the network unencrypted; \
             listen on 127.0.0.1 behind a proxy with TLS",
        ]
    );
}

#[test]
fn a_vat_rule_that_can_never_win_is_a_warning_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    let text = r#"
[[sources]]
name = "theatre"
provider = "ticketpark"
timezone = "Europe/Zurich"
country = "CH"
path_secrets = ["env:LONG"]
vat_rules = [
  { from = "2024-01-01", event = "*", rate = "8.1" },
  { from = "2018-01-01", event = "*", rate = "7.7" },
  { from = "2024-01-01", event = "Opera", rate = "2.6" },
  { from = "2024-01-01", event = "Opera", price = "Child", rate = "0" },
  { from = "2024-01-01", event = "*", host = "*", rate = "8.2" },
  { from = "2024-01-01", price = "*", event = "Opera", rate = "2.6" },
  { from = "2024-01-01", price = " ", rate = "0" },
]
[sources.api]
base_url = "https://example.com"
client_key = "env:LONG"
client_secret = "env:LONG"
"#;
    std::fs::write(&path, text).unwrap();
    let long = [("LONG", "0123456789abcdef0123456789abcdef")];
    let (_, warnings) = config::load_with_warnings(Some(&path), &environment(&long)).expect("valid");
    let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let told: Vec<&str> = told.iter().map(|warning| warning.rsplit_once("/t.toml").unwrap().1).collect();
    let doubled = |line: usize, index: usize, first: usize| {
        format!(
            ":{line}: sources.theatre.vat_rules[{index}]: this rule can never win: the rule on line {first} has the \
             same names and the same `from`, and stands first; remove one of them"
        )
    };
    assert_eq!(
        told,
        [
            doubled(13, 4, 9),
            doubled(14, 5, 11),
            ":15: sources.theatre.vat_rules[6]: this rule can never win: it names an event, price or host that is \
             empty; write the name, or `*` for all"
                .to_owned(),
        ]
    );
}

#[test]
fn the_version_of_the_api_is_no_part_of_its_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.toml");
    let long = [("LONG", "0123456789abcdef0123456789abcdef")];
    for (address, fault) in [
        ("https://api.bookingkit.de", None),
        ("https://api.bookingkit.de/", None),
        ("https://api.bookingkit.de/v3", Some(":8: sources.museum.api.base_url: must end before `/v3`")),
        ("https://api.bookingkit.de/v3/", Some(":8: sources.museum.api.base_url: must end before `/v3`")),
    ] {
        let text = format!(
            "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\n\
             country = \"DE\"\nvendor_ids = [\"v\"]\npath_secrets = [\"env:LONG\"]\n\
             api = {{ base_url = \"{address}\", client_id = \"c\", client_secret = \"env:LONG\" }}\n"
        );
        std::fs::write(&path, text).expect("written");
        let refused = config::load_with_warnings(Some(&path), &environment(&long)).err();
        let told = refused.map(|problems| problems.to_string());
        assert_eq!(told.is_some(), fault.is_some(), "{address}: {told:?}");
        assert!(fault.is_none_or(|fault| told.is_some_and(|told| told.contains(fault))), "{address}");
    }
}

#[test]
fn a_secret_with_a_byte_order_mark_or_a_second_line_is_refused_wherever_it_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content, words) in [
        ("bom", "\u{feff}secret-secret-secret\n", "byte order mark"),
        ("lines", "secret-secret-secret\n\n", "line break"),
        ("windows", "secret-secret-secret\r\n\r\n", "line break"),
        ("tab", "secret-secret\tsecret\n", "control character"),
    ] {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, content).expect("written");
        let text = format!(
            "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\n\
             country = \"DE\"\nvendor_ids = [\"v\"]\npath_secrets = [\"file:{path}\"]\n\
             oauth_clients = [{{ id = \"a\", secret = \"file:{path}\" }}]\n"
        );
        let found = mistakes(&text, &[]);
        let named = |key: &str| found.iter().any(|line| line.contains(key) && line.contains(words));
        assert!(named("path_secrets") && named("oauth_clients[0].secret"), "{name}: {found:?}");
        assert!(!found.iter().any(|line| line.contains("secret-secret")), "{found:?}");
    }
}

#[test]
fn variables_that_kubernetes_injects_are_left_alone() {
    let environment = [
        ("TICKETLEDGER_PORT", "tcp://10.0.0.7:8080"),
        ("TICKETLEDGER_SERVICE_HOST", "10.0.0.7"),
        ("TICKETLEDGER_SERVICE_PORT", "8080"),
        ("TICKETLEDGER_SERVICE_PORT_HTTP", "8080"),
        ("TICKETLEDGER_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ("TICKETLEDGER_PORT_8080_TCP_PROTO", "tcp"),
        ("TICKETLEDGER_PORT_8080_TCP_PORT", "8080"),
        ("TICKETLEDGER_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("TICKETLEDGER_CONSOLE_PORT", "tcp://10.0.0.8:8081"),
        ("TICKETLEDGER_CONSOLE_SERVICE_HOST", "10.0.0.8"),
    ];
    let unknown = |environment: &[(&str, &str)]| {
        let found = mistakes("[server]\nport = 1\n", environment);
        found.into_iter().filter(|line| line.contains("TICKETLEDGER_")).collect::<Vec<_>>()
    };
    assert_eq!(unknown(&environment), Vec::<String>::new());
    // A slip of ours is still told.
    for (name, value) in [("TICKETLEDGER_PORT", "8080"), ("TICKETLEDGER_SERVER_LISTEN", "127.0.0.1:1")] {
        assert_eq!(unknown(&[(name, value)]).len(), 1, "{name}");
    }
}

#[test]
fn no_part_of_a_password_in_an_address_is_told() {
    let found = mistakes("[database]\nurl = \"postgres://pw:Geh@im/niS%zz7@h/db\"\n", &[]);
    let line = found.iter().find(|line| line.contains("database.url")).expect("it is refused");
    assert!(line.contains("`%40`"), "{line}");
    assert!(["Geh", "im/", "niS", "zz7"].iter().all(|part| !found.concat().contains(part)), "{found:?}");
}

/// What `config check` would say of this address, mistakes and warnings.
fn said_of(url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, format!("[database]\nurl = \"{url}\"\n{MUSEUM}")).unwrap();
    match config::load_with_warnings(Some(&path), &environment(&[])) {
        Ok((_, warnings)) => warnings.iter().map(|warning| format!("{warning}\n")).collect(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn an_address_that_is_no_file_is_refused() {
    for url in ["sqlite::memory:", "sqlite::memory:?cache=shared", "sqlite:file:x?mode=memory", "sqlite:x?mode=memory"]
    {
        assert!(said_of(url).contains("is a database in memory: every acknowledged webhook"), "{url}");
    }
    for url in ["sqlite://", "sqlite:data/"] {
        assert!(said_of(url).contains("names no file"), "{url}: {}", said_of(url));
    }
    assert!(said_of("sqlite:file:x.db?nolock=1").contains("options of SQLite's own"));
}

#[test]
fn an_address_in_the_open_and_a_password_in_the_file_are_doubtful() {
    let said = said_of("postgres://u:secret-word@db.example.com/books");
    assert!(said.contains("its traffic would cross the network unencrypted"), "{said}");
    assert!(said.contains("the password stands in the settings file"), "{said}");
    assert!(!said.contains("secret-word"), "{said}");
    let said = said_of("postgres://u@db.example.com/books?sslmode=verify-full");
    assert!(!said.contains("database.url"), "{said}");
}
