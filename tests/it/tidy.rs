//! What keeps the folders honest: which module may use which, where SQL is, and how long lines and files get.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which modules of ours each module may use. What is not listed here may use anything.
const EDGES: [(&str, &[&str]); 8] = [
    ("limits", &[]),
    ("clock", &[]),
    ("money", &[]),
    // Of the ledger only what a policy can say, never its store.
    ("config", &["ledger::Policy", "ledger::policy", "limits", "money", "provider"]),
    ("db", &["config", "limits", "on_engine"]),
    ("order", &["clock", "money"]),
    // Of the inbox only the word for what a delivery is about, never its store; never the database.
    (
        "provider",
        &["clock", "config", "inbox::Classified", "inbox::Entity", "inbox::ParkReason", "limits", "money", "order"],
    ),
    ("report", &["clock", "db", "inbox", "ledger", "money", "on_engine"]),
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

/// The first module of `src/a/b.rs` and `src/a.rs`: `a`.
fn module(file: &str) -> String {
    let inside = Path::new(file).strip_prefix("src").unwrap().with_extension("");
    inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned()
}

/// Code without comments, up to the tests at its end: a test may use anything.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What follows each `crate::`, such as `db` or, for some, `inbox::Classified`; the members of `crate::{..}` singly.
fn uses(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
        if path.is_empty() {
            let group: String = rest.chars().take_while(|c| *c != ';').collect();
            used.extend(members(group.trim_start_matches('{')));
        } else {
            used.insert(path.trim_end_matches(':').to_owned());
        }
    }
    used
}

/// The first names of `a::b, c::{d, e}, f`: `a::b`, `c`, `f`.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ if depth == 0 && !character.is_whitespace() => names.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    names.into_iter().map(|name| name.trim_end_matches(':').to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in files("src", &["rs"]) {
        let from = module(&file);
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == from) else { continue };
        // Tests in files of their own may use anything too.
        if file.contains("tests") {
            continue;
        }
        for used in uses(&code(&text)) {
            let fine = |allowed: &str| used == allowed || used.starts_with(&format!("{allowed}::"));
            if !used.starts_with(&from) && !allowed.iter().any(|allowed| fine(allowed)) {
                wrong.push(format!("{file} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_paths_understands_groups() {
    let code = "use crate::db::{Connection, Result};\nuse crate::{clock::Clock, inbox::{State, store}, money};\n";
    let expected = ["clock::Clock", "db", "inbox", "money"].map(str::to_owned);
    assert_eq!(uses(code), BTreeSet::from(expected));
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
