//! Exports: what went out, what would go out, and the files.

mod files;
mod take_back;
mod words;

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use self::words::Words;
use super::question::{Asked, Picker, Question};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::console::act::{Deed, Outcome, act};
use crate::console::fault::Fault;
use crate::console::grid::{Cell, Grid, address};
use crate::console::layout::{Area, Shell};
use crate::console::reply::{self, Answered, Told};
use crate::console::said::Said;
use crate::console::site::Site;
use crate::console::sources::Sources;
use crate::console::spool::Folder;
use crate::console::visit::{Fields, Visit};
use crate::console::words::fill;
use crate::console::wrong::{Allowed, missing, wrong, wrong_as};
use crate::db::Database;
use crate::export::{self, Batch, BatchName, Exported, Parameters, Request, Target, batch};
use crate::freshness::{self, Freshness};
use crate::ledger::book::Month;

/// Batches that the first page lists.
const BATCHES: usize = 200;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    match (rest, visit.is_post()) {
        ([], false) => list(site, visit).await,
        (["new"], false) => preview(site, visit).await,
        (["new"], true) => carry_out(site, visit).await,
        (["batch", target, source, month, number], false) => {
            files::show(site, visit, &named(target, source, month, number)?).await
        }
        (["batch", target, source, month, number, "take-back"], false) => {
            take_back::preview(site, visit, &named(target, source, month, number)?).await
        }
        (["batch", target, source, month, number, "take-back"], true) => {
            take_back::carry_out(site, visit, &named(target, source, month, number)?).await
        }
        (["batch", target, source, month, number, "file", file], false) => {
            files::download(site, visit, &named(target, source, month, number)?, file).await
        }
        _ => Err(Fault::NotFound),
    }
}

fn named(target: &str, source: &str, month: &str, number: &str) -> Result<BatchName, Fault> {
    BatchName::parse(&format!("{target}/{source}/{month}/{number}")).ok_or(Fault::NotFound)
}

/// The page of a batch.
pub(super) fn address_of(name: &BatchName) -> String {
    let (month, number) = (name.month.to_string(), name.number.to_string());
    address(&["books", "exports", "batch", name.target.as_str(), &name.source, &month, &number])
}

#[derive(Template)]
#[template(path = "exports.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    books: &'static super::words::Words,
    picker: Picker,
    /// Those that the settings allow, for who may export.
    targets: Vec<&'static str>,
    grid: Grid,
}

impl Told for Page {
    fn told(&self) -> Value {
        json!({ "targets": self.targets, "batches": self.grid.told() })
    }
}

async fn list(site: &Arc<Site>, visit: &Visit) -> Answered {
    let (asked, words) = (Asked::of(visit), Words::of(visit.language));
    let (question, batches) = site
        .work(move |database| {
            let question = database.read(|connection| Question::read(connection, &asked, true))?;
            let batches = batch::list(database, question.sources.chosen.as_deref()).map_err(failed)?;
            Ok((question, batches))
        })
        .await?;
    let books = super::words::Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Books, books.exports).with_command("ticketledger export list");
    let page = Page {
        picker: question.picker(true),
        targets: if shell.is_finance() { targets(&site.config(), &question.sources.names()) } else { Vec::new() },
        grid: grid(&shell, words, batches),
        words,
        books,
        shell,
    };
    reply::shown(visit, &page)
}

/// What at least one of the sources can be exported to.
fn targets(config: &Config, sources: &[String]) -> Vec<&'static str> {
    let is_set =
        |target: &&Target| sources.iter().any(|source| export::parameters(config, **target, source, false).is_ok());
    Target::ALL.iter().filter(is_set).map(|target| target.as_str()).collect()
}

/// The newest first.
fn grid(shell: &Shell, words: &Words, mut batches: Vec<Batch>) -> Grid {
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.created_at));
    let mut grid = Grid::new(words.batches, words.no_batches)
        .texts([("batch", words.batch)])
        .numbers([("entries", words.entries), ("rows", words.rows)])
        .texts([("exported_at", words.exported_at), ("exported_by", words.by), ("state", shell.words.state)]);
    for batch in batches.iter().take(BATCHES) {
        grid.row(vec![
            Cell::code(batch.batch.to_string()).to(address_of(&batch.batch)),
            Cell::count(shell.language, batch.entries),
            Cell::count(shell.language, batch.rows),
            Cell::when(Some(shell.when(batch.created_at, None))),
            Cell::text(&batch.created_by),
            if batch.taken_back.is_some() {
                Cell::state("dismissed", words.taken_back).told("taken_back")
            } else {
                Cell::text("")
            },
        ]);
    }
    grid
}

/// What a form or an address asks for.
struct Wanted {
    target: Target,
    source: String,
    month: Month,
}

impl Wanted {
    fn of(fields: &Fields, known: &[String], only: Option<&str>) -> Result<Self, Fault> {
        let targets = Allowed::one_of(Target::ALL.iter().map(|target| target.as_str()));
        let target = fields.must("target", targets, Target::parse)?;
        let source = fields.get("source").or(only).ok_or_else(|| missing("source", Allowed::one_of(known)))?;
        if !known.iter().any(|known| known == source) {
            return Err(wrong("source", source, Allowed::one_of(known)));
        }
        let source = source.to_owned();
        let month = fields.must("period", Allowed::Month, Month::parse)?;
        Ok(Self { target, source, month })
    }

    /// Exports, or looks what would go out.
    fn export(
        &self,
        (database, clock): (&Database, &Clock),
        config: &Config,
        by: Option<&str>,
    ) -> Result<Exported, Fault> {
        let parameters = export::parameters(config, self.target, &self.source, false).map_err(|_| {
            let is_known = config.source(&self.source).is_some();
            let said = Said::of(|language| {
                let words = Words::of(language);
                let text = if is_known { words.no_settings } else { words.no_source };
                fill(text, &[("source", self.source.as_str()), ("target", self.target.as_str())])
            });
            let possible = targets(config, std::slice::from_ref(&self.source));
            wrong_as("target", self.target.as_str(), Allowed::one_of(possible), said)
        })?;
        // A look remembers nothing, so it need not know how complete the book is.
        let freshness = by.and(config.source(&self.source)).map(|known| {
            let tell = |body: &[u8]| freshness::told(config, &self.source, body);
            let freshness =
                database.read(|connection| Freshness::read(connection, &self.source, &tell, clock.now()))?;
            Ok::<_, Fault>(freshness.in_words(known.timezone))
        });
        let parameters = Parameters { freshness: freshness.transpose()?, ..parameters };
        let folder = Folder::new()?;
        let request = Request {
            target: self.target,
            source: &self.source,
            month: self.month,
            folder: folder.path(),
            parameters: &parameters,
            by: by.unwrap_or_default(),
            dry_run: by.is_none(),
        };
        // The files are written again for whoever fetches them.
        export::export(database, clock, &request, &mut |_| {}).map_err(failed)
    }
}

/// What is wrong with an export, as a refusal where the reader can do something about it.
fn failed(error: export::Error) -> Fault {
    let conflict = |text: fn(&Words) -> &'static str, values: &[(&str, &str)]| {
        Fault::Conflict(Said::of(|language| fill(text(Words::of(language)), values)))
    };
    match error {
        export::Error::Overtaken(batch) => conflict(|words| words.overtaken, &[("batch", &batch.to_string())]),
        export::Error::TakenBack(batch) => conflict(|words| words.was_taken_back, &[("batch", &batch.to_string())]),
        export::Error::NotNewest { asked, newest } => {
            conflict(|words| words.not_newest, &[("asked", &asked.to_string()), ("newest", &newest.to_string())])
        }
        export::Error::Differs(difference) => conflict(
            |words| words.differs,
            &[
                ("batch", &difference.batch.to_string()),
                ("name", &difference.name),
                ("version", &difference.version),
                ("now", env!("CARGO_PKG_VERSION")),
            ],
        ),
        export::Error::Unknown(_) => Fault::NotFound,
        other => Fault::Failed(other.into()),
    }
}

#[derive(Template)]
#[template(path = "export.html", config = "src/console/askama.toml")]
struct PreviewPage {
    shell: Shell,
    words: &'static Words,
    title: String,
    wanted: Wanted,
    done: Exported,
    sentence: String,
    debits: Vec<String>,
    can_export: bool,
}

impl Told for PreviewPage {
    fn told(&self) -> Value {
        json!({
            "target": self.wanted.target.to_string(), "source": self.wanted.source,
            "period": self.wanted.month.to_string(), "result": self.done.result, "batch": self.done.batch.to_string(),
            "entries": self.done.entries, "rows": self.done.rows, "debit_minor": self.done.debit_minor,
        })
    }
}

async fn preview(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Finance)?;
    let words = Words::of(visit.language);
    let asked = Asked::of(visit);
    let sources = site.read(move |connection| Sources::read(connection, asked.get("source"))).await?;
    let wanted = Wanted::of(&visit.query, &sources.names(), sources.single())?;
    let (config, clock) = (site.config(), site.clock.clone());
    let (wanted, done) = site
        .work(move |database| {
            let done = wanted.export((database, &clock), &config, None)?;
            Ok((wanted, done))
        })
        .await?;
    let values =
        [("target", wanted.target.to_string()), ("source", wanted.source.clone()), ("month", wanted.month.to_string())];
    let title = fill(words.preview_title, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    let name =
        if wanted.target == Target::CsvPairs { "csv --shape pairs".to_owned() } else { wanted.target.to_string() };
    let shell = Shell::new(site, visit, Area::Books, &title).with_command(format!(
        "ticketledger export {name} --period {} --source {} --dry-run",
        wanted.month, wanted.source
    ));
    let rows = i64::try_from(done.rows).unwrap_or(i64::MAX);
    let would = [
        ("entries", shell.language.count(done.entries)),
        ("rows", shell.language.count(rows)),
        ("batch", done.batch.to_string()),
    ];
    let sentence = match done.result {
        "nothing_new" => words.nothing_new.to_owned(),
        "stopped" => words.stopped.to_owned(),
        _ => fill(words.would, &would.each_ref().map(|(name, value)| (*name, value.as_str()))),
    };
    let debits =
        done.debit_minor.iter().map(|(currency, minor)| format!("{} {currency}", shell.money(minor, currency)));
    let page = PreviewPage {
        debits: debits.collect(),
        can_export: done.result == "possible",
        sentence,
        title,
        wanted,
        done,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

async fn carry_out(site: &Arc<Site>, visit: &Visit) -> Answered {
    visit.needs(Role::Finance)?;
    let asked = visit.form.get("source").map(str::to_owned);
    let sources = site.read(move |connection| Sources::read(connection, asked.as_deref())).await?;
    let wanted = Wanted::of(&visit.form, &sources.names(), None)?;
    let shown = visit.form.must("entries", Allowed::Number, |entries| entries.parse::<i64>().ok())?;
    let name = visit.form.get("batch").and_then(BatchName::parse).ok_or(Fault::NotFound)?;
    let (config, clock, back) = (site.config(), site.clock.clone(), address_of(&name));
    let subject = name.to_string();
    act(site, visit, Deed { action: "export", subject, back }, move |database, actor| {
        let now = wanted.export((database, &clock), &config, None)?;
        if now.entries != shown || now.batch != name {
            let numbers = [("now", now.entries.to_string()), ("shown", shown.to_string())];
            let numbers = numbers.each_ref().map(|(name, number)| (*name, number.as_str()));
            return Err(Fault::Conflict(Said::of(|language| fill(Words::of(language).changed, &numbers))));
        }
        let done = wanted.export((database, &clock), &config, Some(actor))?;
        Ok(Outcome::default().with("batch", &done.batch).with("entries", done.entries).with("rows", done.rows))
    })
    .await
}
