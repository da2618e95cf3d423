//! The console over HTTP and in a browser: who may see and do what, and what comes of it.

mod access;
mod again;
mod asked;
mod books;
mod bound;
pub(crate) mod browser;
mod command;
mod downloads;
pub(crate) mod driver;
mod figures;
pub(crate) mod filled;
mod fresh;
mod german;
mod inbox;
mod kept;
mod live;
mod odd;
mod parked;
mod paths;
mod pictures;
mod plans;
mod refusals;
mod settings;
mod tickets;
mod told;
mod twice;
mod wrong;

/// An amount that passes through floating point is a wrong amount sooner or later; in the browser, too.
#[test]
fn no_figure_passes_through_a_float() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
    let (mut folders, mut read) = (vec![root], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let is_script = path.extension().is_some_and(|ending| ending == "js");
            let words: &[&str] = if is_script { &["parseFloat", "toFixed", "Number("] } else { &["f64", "f32"] };
            for word in words {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
            read += 1;
        }
    }
    assert!(read > 30);
}
