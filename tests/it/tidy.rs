//! What keeps the folders honest: which module may use which, where SQL is, and how long lines and files get.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every module with those that it may use, in the order of `lib.rs`: each only those before it.
const MODULES: [(&str, &[&str]); 26] = [
    ("limits", &[]),
    ("clock", &[]),
    ("money", &[]),
    ("hash", &[]),
    ("order", &["clock", "limits", "money", "hash"]),
    ("policy", &["order"]),
    ("config", &["limits", "money", "order", "policy"]),
    ("db", &["limits"]),
    ("inbox", &["limits", "clock", "hash", "db"]),
    // Never the database.
    ("provider", &["limits", "clock", "money", "order", "config", "inbox"]),
    ("contacts", &["limits", "clock", "hash", "order", "db", "inbox"]),
    // Never the settings: what it needs of them is passed in.
    ("freshness", &["clock", "money", "order", "config", "db", "inbox", "provider"]),
    ("ledger", &["limits", "clock", "money", "hash", "order", "policy", "db", "inbox", "freshness"]),
    ("report", &["limits", "clock", "money", "hash", "policy", "db", "inbox", "freshness", "ledger"]),
    ("export", &["limits", "clock", "money", "hash", "config", "db", "freshness", "ledger", "report"]),
    ("maintenance", &["clock", "config", "db", "inbox", "ledger"]),
    ("cluster", &["limits", "clock", "db", "inbox"]),
    ("monitor", &["limits", "clock", "order", "config", "db", "inbox", "provider", "freshness", "ledger"]),
    ("session", &["clock", "hash", "config", "db", "provider", "cluster"]),
    (
        "worker",
        &[
            "limits", "clock", "money", "order", "config", "db", "inbox", "provider", "contacts", "ledger", "cluster",
            "session",
        ],
    ),
    (
        "sweep",
        &[
            "clock",
            "money",
            "hash",
            "order",
            "config",
            "db",
            "inbox",
            "provider",
            "freshness",
            "ledger",
            "cluster",
            "session",
            "worker",
        ],
    ),
    ("receive", &["limits", "clock", "config", "db", "inbox", "provider", "monitor"]),
    (
        "doctor",
        &["limits", "clock", "config", "db", "inbox", "provider", "freshness", "ledger", "monitor", "session", "sweep"],
    ),
    (
        "console",
        &[
            "limits",
            "clock",
            "money",
            "hash",
            "order",
            "policy",
            "config",
            "db",
            "inbox",
            "provider",
            "contacts",
            "freshness",
            "ledger",
            "report",
            "export",
            "monitor",
            "worker",
            "receive",
        ],
    ),
    (
        "daemon",
        &[
            "limits",
            "clock",
            "config",
            "db",
            "inbox",
            "ledger",
            "maintenance",
            "cluster",
            "monitor",
            "worker",
            "sweep",
            "receive",
            "console",
        ],
    ),
    (
        "demo",
        &["limits", "clock", "config", "db", "inbox", "freshness", "ledger", "report", "sweep", "console", "daemon"],
    ),
];

/// Every room of the ledger with those that it may use, in the order of `ledger/mod.rs`.
const ROOMS: [(&str, &[&str]); 12] = [
    ("error", &[]),
    ("book", &["error"]),
    // Pure: of the book only its types, and the way it hashes.
    ("posting", &["book"]),
    ("vat_dates", &["book"]),
    ("batch", &["error", "book", "posting", "vat_dates"]),
    ("findings", &["error", "book", "posting", "batch"]),
    ("settle", &["error", "book", "posting", "batch", "findings"]),
    ("entered", &["error", "book", "posting", "batch", "findings", "settle"]),
    ("totals", &["error", "book", "vat_dates"]),
    ("proof", &["error", "book", "posting", "vat_dates", "batch", "findings", "settle", "totals"]),
    ("close", &["error", "book", "posting", "batch", "totals", "proof"]),
    ("reading", &["error", "book", "posting", "batch"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files under a folder with one of these endings, with their text.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no files in {folder}");
    found
}

/// The path of the module in a file: `a::b` for `src/a/b.rs` and for `src/a/b/mod.rs`.
fn module(file: &str) -> Vec<String> {
    let inside = Path::new(file).strip_prefix("src").unwrap().with_extension("");
    let mut path: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    path.pop_if(|last| last == "mod");
    path
}

/// Code without comments, up to the tests at its end: a test may use anything.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The absolute paths that code in a module names by `crate::` or `super::`, without the leading `crate`.
fn uses(code: &str, module: &[String]) -> BTreeSet<Vec<String>> {
    let mut used = BTreeSet::new();
    for (start, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let begins = !code[..start].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':'));
        if !begins {
            continue;
        }
        let mut base = module.to_vec();
        let mut rest = &code[start..];
        if let Some(inside) = rest.strip_prefix("crate::") {
            (base, rest) = (Vec::new(), inside);
        }
        while let Some(outside) = rest.strip_prefix("super::") {
            base.pop();
            rest = outside;
        }
        // `pub(in crate::ledger)` says who may see, not what is used.
        if code[..start].ends_with("pub(in ") {
            continue;
        }
        used.extend(paths(rest).into_iter().map(|path| base.iter().cloned().chain(path).collect()));
    }
    used
}

/// The paths of a tree such as `a::{b, c::{d, e}}`: `a::b`, `a::c::d`, `a::c::e`.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let name: String = tree.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &tree[name.len()..];
    if name.is_empty() {
        let Some(group) = tree.strip_prefix('{') else { return vec![Vec::new()] };
        return members(group).iter().flat_map(|member| paths(member)).collect();
    }
    let below = rest.strip_prefix("::").map_or_else(|| vec![Vec::new()], paths);
    below.into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect()
}

/// The members of a group that has just begun: `a`, `b::{c, d}` for `a, b::{c, d}}; …`.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut found = vec![String::new()];
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => found.push(String::new()),
            _ => {
                depth += i32::from(character == '{') - i32::from(character == '}');
                found.last_mut().unwrap().push(character);
            }
        }
    }
    found.into_iter().map(|member| member.trim().to_owned()).filter(|member| !member.is_empty()).collect()
}

/// Which parts of `within` use which others, each with a file that does.
fn edges(within: &[&str]) -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for (file, text) in files("src", &["rs"]) {
        let module = module(&file);
        let inside = |path: &[String]| path.iter().zip(within).filter(|(a, b)| a == b).count() == within.len();
        // Tests in files of their own may use anything too.
        if !inside(&module) || file.contains("tests") {
            continue;
        }
        let Some(from) = module.get(within.len()) else { continue };
        for path in uses(&code(&text), &module) {
            let to = path.get(within.len()).filter(|_| inside(&path));
            // A macro, or the head of the whole, is no part of it.
            let part = to.filter(|to| *to != from && is_part(within, to));
            if let Some(to) = part {
                edges.insert((from.clone(), to.clone()), file.clone());
            }
        }
    }
    edges
}

fn is_part(within: &[&str], name: &str) -> bool {
    let path = within.iter().fold(root().join("src"), |path, part| path.join(part)).join(name);
    path.is_dir() || path.with_extension("rs").is_file()
}

/// The parts of `within` in the order of their `mod` lines.
fn declared(text: &str) -> Vec<String> {
    let parts = text.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    parts.filter_map(|part| part.strip_suffix(';')).map(str::to_owned).collect()
}

/// Holds a table to the code: it lists every part in the declared order, each uses only what the table allows, and what
/// it allows comes before it. So no circle is possible.
fn holds(table: &[(&str, &[&str])], last: &[&str], within: &[&str], declared: &[String]) {
    let listed: Vec<&str> = table.iter().map(|(name, _)| *name).chain(last.iter().copied()).collect();
    assert_eq!(listed, declared, "the table lists every part in the order in which it is declared");
    for (place, (name, allowed)) in table.iter().enumerate() {
        for other in *allowed {
            assert!(listed[..place].contains(other), "{name} may use {other}, which does not come before it");
        }
    }
    let mut wrong = Vec::new();
    for ((from, to), file) in edges(within) {
        let allowed = table.iter().find(|(name, _)| *name == from).map(|(_, allowed)| *allowed);
        if allowed.is_some_and(|allowed| !allowed.contains(&to.as_str()))
            || listed.iter().position(|name| **name == to) > listed.iter().position(|name| **name == from)
        {
            wrong.push(format!("{from} uses {to}: {file}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn modules_use_only_what_they_may() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    // What a person types may use everything.
    holds(&MODULES, &["command"], &[], &declared(&lib));
}

#[test]
fn rooms_of_the_ledger_use_only_what_they_may() {
    let ledger = std::fs::read_to_string(root().join("src/ledger/mod.rs")).unwrap();
    holds(&ROOMS, &[], &["ledger"], &declared(&ledger));
}

/// The order of the table is the proof that there is no circle; here it is looked for in the code itself.
#[test]
fn there_is_no_circle() {
    for within in [&[][..], &["ledger"]] {
        let mut edges: BTreeSet<(String, String)> = edges(within).into_keys().collect();
        // Whoever uses nothing that is left, or is used by nobody, goes; what cannot go is a circle.
        loop {
            let users: BTreeSet<String> = edges.iter().map(|(from, _)| from.clone()).collect();
            let used: BTreeSet<String> = edges.iter().map(|(_, to)| to.clone()).collect();
            let before = edges.len();
            edges.retain(|(from, to)| users.contains(to) && used.contains(from));
            if edges.len() == before {
                break;
            }
        }
        assert!(edges.is_empty(), "a circle in {within:?}: {edges:#?}");
    }
}

#[test]
fn the_drawings_have_the_order_of_the_code() {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let described: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split('`').next()).collect();
    let modules: Vec<&str> = MODULES.iter().map(|(name, _)| *name).chain(["command"]).collect();
    let rooms: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).filter(|name| *name != "error").collect();
    assert_eq!(described, [modules, rooms].concat(), "the tables of docs/architecture.md");
}

#[test]
fn the_reader_of_paths_understands_groups() {
    let code = "use crate::db::{Connection, Result};\nuse crate::{clock::Clock, inbox::{State, store}, money};\n\
                pub(in crate::ledger) fn f() { super::super::worker::x(); }\nuse super::post;\n";
    let module = ["a", "b", "c"].map(str::to_owned);
    let found: Vec<String> = uses(code, &module).iter().map(|path| path.join("::")).collect();
    let expected = [
        "a::b::post",
        "a::worker::x",
        "clock::Clock",
        "db::Connection",
        "db::Result",
        "inbox::State",
        "inbox::store",
        "money",
    ];
    assert_eq!(found, expected);
}

#[test]
fn sql_is_in_the_stores_only() {
    // Rows may be derived beside their meaning; what builds or runs a statement may not be there.
    let signs = [
        "sql_query",
        "sql::<",
        "on_engine!",
        "diesel::insert_into",
        "diesel::update",
        "diesel::delete",
        "diesel::dsl",
        "batch_execute",
        ".get_result(",
        ".into_boxed()",
    ];
    let mut wrong = Vec::new();
    for (file, text) in files("src", &["rs"]) {
        let store = file.ends_with("/store.rs") || file.contains("/store/") || file.starts_with("src/db/");
        let code = code(&text);
        if let Some(sign) = signs.iter().find(|sign| code.contains(**sign))
            && !store
            && !file.contains("tests")
        {
            wrong.push(format!("{file}: {sign}"));
        }
    }
    assert!(wrong.is_empty(), "SQL belongs into a store.rs: {wrong:#?}");
}

#[test]
fn lines_and_files_stay_short() {
    let mut wrong = Vec::new();
    for (folder, most_lines) in [("src", 400), ("tests", 500)] {
        for (file, text) in files(folder, &["rs"]) {
            // TOML knows no way to break the table of the `api` key.
            let lines = || text.lines().filter(|line| !line.starts_with("api = {"));
            for (number, line) in lines().enumerate().filter(|(_, line)| line.chars().count() > 120) {
                wrong.push(format!("{file}:{}: more than 120 characters: {}", number + 1, line.trim()));
            }
            if lines().count() > most_lines && file != "src/db/schema.rs" {
                wrong.push(format!("{file}: more than {most_lines} lines"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    let here = root().display().to_string();
    let private = ["/home/", "/root/", "/Users/", here.as_str()];
    let texts = [
        files("src", &["rs", "toml", "html", "md"]),
        files("tests", &["rs", "json", "md"]),
        files("migrations", &["sql"]),
        files("systemd", &["service", "socket", "timer"]),
    ];
    let wrong: Vec<String> = texts
        .concat()
        .into_iter()
        .filter(|(file, text)| file != "tests/it/tidy.rs" && private.iter().any(|path| text.contains(path)))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_continuous_integration_runs_what_it_should() {
    let script = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    for needed in [
        "cargo fmt --check",
        "cargo clippy --locked --all-targets -- -D warnings",
        "cargo doc --locked --no-deps --document-private-items",
        "TICKETLEDGER_REQUIRE_POSTGRES=1 cargo test --locked",
        "tests/package.sh",
    ] {
        assert!(script.contains(needed), "{needed}");
    }
}

#[test]
fn no_secret_of_an_address_is_on_a_command_line_of_the_documentation() {
    let mut documents = files("docs", &["md"]);
    documents.push(("README.md".to_owned(), std::fs::read_to_string(root().join("README.md")).unwrap()));
    for (name, text) in documents {
        // A command that goes on in the next line is one command.
        for command in text.replace("\\\n", " ").lines().filter(|line| line.contains("curl ")) {
            let arguments = command.split_once("curl ").unwrap().1;
            assert!(!arguments.contains("$(cat") && !arguments.contains("/webhooks/"), "{name}: {command}");
        }
    }
}
