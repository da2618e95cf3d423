//! Pages in German are German: whatever is not marked as English, and is no code, has no English word in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::browser::Browser;
use super::filled::fill;
use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, with_database};

/// English words that German does not have.
const ENGLISH: [&str; 27] = [
    "the", "of", "and", "is", "are", "were", "with", "from", "to", "for", "not", "no", "by", "this", "that", "which",
    "it", "has", "have", "or", "on", "at", "be", "been", "its", "there", "than",
];
/// How Switzerland writes what Germany writes with `ß`.
const SWISS: [&str; 6] = ["schliess", "strasse", "ausser", "grosse", "gemäss", "heisst"];
/// Pages of one kind that are looked at.
const ALIKE: usize = 3;

/// English texts of the tables of words, as they stand in the source, with their German.
fn texts() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("console/words.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let start = ["\nwords! {", "\nnames! {"].iter().find_map(|macro_| text.find(macro_));
                let Some(table) = start.map(|start| &text[start..]) else { continue };
                let literals = literals(table);
                assert!(literals.len().is_multiple_of(2), "{}: {literals:#?}", path.display());
                for pair in literals.chunks(2) {
                    found.entry(pair[0].clone()).or_default().insert(pair[1].clone());
                }
            }
        }
    }
    assert!(found.len() > 400, "{}", found.len());
    found
}

/// The texts in quotation marks, without those of comments.
fn literals(code: &str) -> Vec<String> {
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let (code, mut found) = (lines.join("\n"), Vec::new());
    let mut rest = code.as_str();
    while let Some((_, after)) = rest.split_once('"') {
        let (mut text, mut characters) = (String::new(), after.char_indices());
        loop {
            match characters.next().expect("a text ends") {
                (place, '"') => {
                    rest = &after[place + 1..];
                    break;
                }
                // What goes on in the next line goes on without its blanks.
                (_, '\\') => {
                    let (place, escaped) = characters.next().expect("something is escaped");
                    if escaped == '\n' {
                        let blanks = after[place..].len() - after[place..].trim_start().len();
                        characters = after.char_indices();
                        while characters.offset() < place + blanks {
                            characters.next();
                        }
                    } else {
                        text.push(escaped);
                    }
                }
                (_, character) => text.push(character),
            }
        }
        found.push(text);
    }
    found
}

/// The texts of a page that are meant for the reader in his language: no code, and not marked as English.
fn shown(html: &str) -> Vec<String> {
    const VOID: [&str; 8] = ["input", "meta", "link", "br", "img", "hr", "col", "!doctype"];
    let mut open: Vec<(String, bool)> = Vec::new();
    let mut found = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let name: String = tag.trim_start_matches('/').chars().take_while(|c| !c.is_whitespace()).collect();
        let name = name.trim_end_matches('/').to_ascii_lowercase();
        if tag.starts_with('/') {
            while open.pop().is_some_and(|(last, _)| last != name) {}
        } else {
            let attribute = |attribute: &str| {
                let (_, rest) = tag.split_once(&format!(" {attribute}=\""))?;
                rest.split_once('"').map(|(value, _)| value.to_owned())
            };
            let class = attribute("class").unwrap_or_default();
            let is_code = ["code", "pre", "kbd", "script", "style"].contains(&name.as_str())
                || class.split(' ').any(|class| ["code", "brand"].contains(&class))
                || attribute("lang").is_some_and(|lang| !lang.starts_with("de") && name != "html")
                || open.last().is_some_and(|(_, is_code)| *is_code);
            if !is_code {
                let said = ["aria-label", "placeholder", "data-off", "data-stale", "data-live", "data-reconnecting"];
                found.extend(said.iter().filter_map(|name| attribute(name)));
            }
            if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
                open.push((name, is_code));
            }
        }
        if open.last().is_none_or(|(_, is_code)| !*is_code) {
            found.push(text.to_owned());
        }
    }
    let plain = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    found.into_iter().map(plain).filter(|text| !text.is_empty()).collect()
}

/// Addresses in a page.
fn links(html: &str) -> Vec<String> {
    let links = html.split("href=\"/").skip(1).filter_map(|part| part.split('"').next());
    links.map(|link| format!("/{}", link.replace("&#38;", "&").replace("&amp;", "&"))).collect()
}

/// Addresses that differ only in numbers are of one kind.
fn kind(address: &str) -> String {
    let mut kind = String::new();
    for part in address.split_inclusive(['/', '=', '&', '?', '-', '%']) {
        let is_number = part.chars().any(|c| c.is_ascii_digit());
        kind += if is_number { "#" } else { part };
    }
    kind
}

/// Every page that a link leads to, with its texts.
async fn pages(browser: &Browser) -> BTreeMap<String, Vec<String>> {
    let (mut waiting, mut kinds, mut read) = (VecDeque::from(["/".to_owned()]), BTreeMap::new(), BTreeMap::new());
    while let Some(address) = waiting.pop_front() {
        let address = address.split('#').next().unwrap_or_default().to_owned();
        if read.contains_key(&address) || address.starts_with("/assets/") {
            continue;
        }
        let alike = kinds.entry(kind(&address)).or_insert(0_usize);
        *alike += 1;
        if *alike > ALIKE {
            continue;
        }
        let page = browser.get(&address).await;
        assert!(page.status < 500, "{address}: {}", page.text());
        if !page.headers["content-type"].to_str().unwrap().starts_with("text/html") {
            continue;
        }
        waiting.extend(links(&page.body));
        read.insert(address, shown(&page.body));
    }
    read
}

#[test]
fn pages_in_german_are_german() {
    with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let daemon = TestDaemon::start(database).await;
            fill(&daemon).await;
            let texts = texts();
            let german: BTreeSet<&str> = texts.values().flatten().map(String::as_str).collect();
            let is_english = |text: &str| texts.contains_key(text) && !german.contains(text) && !text.contains('{');
            let mut browser = Browser::signed_in(&daemon, database, "admin");
            // A page that is refused and a form that is not ours are pages, too.
            let refused = browser.post("/books/close", &[("csrf", "x")]).await;
            assert_eq!(refused.status, 403);
            browser.language = "de";
            let read = pages(&browser).await;
            assert!(read.len() > 60, "{:#?}", read.keys());
            let mut wrong = BTreeSet::new();
            for (address, shown) in &read {
                for text in shown {
                    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
                    let has_english = words.into_iter().any(|word| ENGLISH.contains(&word.as_str()));
                    let has_swiss = SWISS.iter().any(|word| text.to_lowercase().contains(word));
                    if is_english(text) || has_english || has_swiss {
                        wrong.insert(format!("{text} << {address}"));
                    }
                }
            }
            assert!(wrong.is_empty(), "{wrong:#?}");
            // What the example books make us say is said in German, stories and evidence included.
            let told = ["/orders/", "/vouchers/", "/findings", "/books/close", "/inbox/"];
            let marked = |address: &&String| told.iter().any(|begin| address.starts_with(begin));
            for address in read.keys().filter(marked) {
                let page = browser.get(address).await;
                let english: Vec<&str> = page.body.split(" lang=\"en\">").skip(1).collect();
                let english: Vec<&str> = english.iter().filter_map(|part| part.split('<').next()).collect();
                let english: Vec<&&str> = english.iter().filter(|text| **text != "English").collect();
                assert!(english.is_empty(), "{address}: {english:#?}");
            }
            browser.language = "de-CH";
            for (address, shown) in pages(&browser).await {
                let wrong: Vec<&String> = shown.iter().filter(|text| text.contains(['ß', '„'])).collect();
                assert!(wrong.is_empty(), "{address}: {wrong:#?}");
            }
            daemon.finish().await;
        });
    });
}
