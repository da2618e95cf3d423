//! The page of a batch, and its files: written anew when they are fetched, and compared with what went out first.

use std::fs::File;
use std::sync::Arc;

use askama::Template;
use serde_json::Value;

use super::words::Words;
use super::{address_of, failed};
use crate::config::Role;
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid};
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::site::Site;
use crate::console::spool::{Folder, sent};
use crate::console::visit::{Visit, escaped};
use crate::console::words::fill;
use crate::export::{self, Batch, BatchName, batch};
use crate::report::format::printable;

#[derive(Template)]
#[template(path = "batch.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    facts: Vec<(&'static str, String)>,
    taken_back: Option<String>,
    files: Grid,
    /// Where it is taken back, for who may.
    take_back: Option<String>,
    can_download: bool,
    batch: Batch,
}

impl Told for Page {
    fn told(&self) -> Value {
        let mut batch = reply::value(&self.batch);
        if let Some(fields) = batch.as_object_mut() {
            fields.insert("files".to_owned(), self.files.told());
        }
        batch
    }
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit, name: &BatchName) -> Answered {
    let (wanted, words) = (name.clone(), Words::of(visit.language));
    let batch = site.work(move |database| batch::find(database, &wanted).map_err(failed)).await?;
    let title = fill(words.batch_title, &[("batch", &name.to_string())]);
    let shell = Shell::new(site, visit, Area::Books, &title);
    // What was taken back has no files any more.
    let shell = match batch.taken_back {
        None => shell.with_command(format!("ticketledger export again {name}")),
        Some(_) => shell.with_command("ticketledger export list"),
    };
    let taken = batch.taken_back.as_ref().map(|taken| {
        let values = [
            ("by", printable(&taken.by)),
            ("time", shell.when(taken.at, None).local),
            ("reason", printable(&taken.reason)),
        ];
        fill(words.taken_back_by, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    });
    let may = shell.is_finance() && batch.taken_back.is_none();
    let page = Page {
        facts: facts(&shell, words, &batch),
        files: files(&shell, words, &batch, may),
        take_back: may.then(|| format!("{}/take-back", address_of(name))),
        can_download: may,
        taken_back: taken,
        batch,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn facts(shell: &Shell, words: &Words, batch: &Batch) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (words.entries, shell.language.count(batch.entries)),
        (words.from_to, format!("{} – {}", batch.after_no.saturating_add(1), batch.until_no)),
        (words.rows, shell.language.count(batch.rows)),
        (words.exported_at, shell.when(batch.created_at, None).local),
        (words.by, printable(&batch.created_by)),
    ];
    let debits = batch
        .debit_minor
        .iter()
        .map(|(currency, minor)| (words.debits, format!("{} {currency}", shell.money(minor, currency))));
    facts.extend(debits);
    facts
}

fn files(shell: &Shell, words: &Words, batch: &Batch, may: bool) -> Grid {
    let mut grid = Grid::new(words.files, shell.words.none)
        .texts([("file", words.file)])
        .numbers([("rows", words.rows), ("bytes", words.bytes)])
        .texts([("sha256", "sha256")]);
    for file in &batch.files {
        let count = |number: u64| Cell::count(shell.language, i64::try_from(number).unwrap_or(i64::MAX));
        let name = Cell::code(&file.name);
        let to = format!("{}/file/{}", address_of(&batch.batch), escaped(&file.name));
        grid.row(vec![
            if may { name.to(to) } else { name },
            count(file.rows),
            count(file.bytes),
            Cell::code(&file.sha256),
        ]);
    }
    grid
}

/// Writes the batch again and sends one of its files, a piece at a time.
pub(super) async fn download(site: &Arc<Site>, visit: &Visit, name: &BatchName, file: &str) -> Answered {
    visit.needs(Role::Finance)?;
    let (wanted, asked) = (name.clone(), file.to_owned());
    let (folder, opened) = site
        .work(move |database| {
            let folder = Folder::new()?;
            let batch = export::again(database, &wanted, folder.path(), &mut |_| {}).map_err(failed)?;
            let known = batch.files.iter().find(|file| file.name == asked).ok_or(Fault::NotFound)?;
            let opened = File::open(folder.path().join(&known.name)).map_err(|error| Fault::Failed(error.into()))?;
            Ok((folder, opened))
        })
        .await?;
    site.note(visit, "export_download", &format!("{name} {}", printable(file))).await?;
    Ok(sent((folder, opened), file, "application/octet-stream"))
}
