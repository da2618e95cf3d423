//! The journal, the sheet of an account, an entry and the lines behind a figure as files, as the commands write them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;

use super::question::{Asked, Question};
use super::read::of_total;
use super::report::{file_format, file_name, kind_of};
use super::store;
use crate::console::fault::Fault;
use crate::console::reply::{self, Answered};
use crate::console::site::Site;
use crate::console::spool::{Folder, sent};
use crate::console::visit::Visit;
use crate::console::wrong::{Allowed, wrong};
use crate::db::Database;
use crate::freshness::{self, Freshness};
use crate::ledger::totals::{Accounts, OrderBalance, Row as _};
use crate::report;
use crate::report::format::render;
use crate::report::journal::{self, JournalLine, Wanted};
use crate::report::sheet::{self, NoSuchAccount};
use crate::report::{Amounts, Cell, Column, Format, Stream, Table};

/// A file that rows are written to.
pub(super) struct Rows {
    stream: Stream,
    out: BufWriter<File>,
}

impl Rows {
    fn begin(file: File, columns: Vec<Column>, format: Format) -> Result<Self, Fault> {
        let stream = Stream::new(columns, format, Amounts::default()).ok_or(Fault::NotFound)?;
        let mut rows = Self { stream, out: BufWriter::new(file) };
        let head = rows.stream.head();
        rows.text(&head.map_err(failed)?)?;
        Ok(rows)
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        self.out.write_all(text.as_bytes()).map_err(failed)
    }

    pub(super) fn write(&mut self, rows: &[Vec<Cell>]) -> Result<(), Fault> {
        let text = self.stream.rows(rows).map_err(failed)?;
        self.text(&text)
    }

    fn end(mut self) -> Result<(), Fault> {
        self.text(self.stream.end())?;
        self.out.flush().map_err(failed)
    }
}

fn failed(error: impl Into<anyhow::Error>) -> Fault {
    Fault::Failed(error.into())
}

/// The columns of a row.
pub(super) fn columns<R: crate::ledger::totals::Row>() -> Vec<Column> {
    R::COLUMNS.iter().map(Column::from).collect()
}

/// Writes a file and sends it. One is written at a time: it may be a whole book. `has_period` tells whether its rows
/// belong to a period.
pub(super) async fn send(
    site: &Arc<Site>,
    visit: &Visit,
    (of, columns, format): (String, Vec<Column>, Format),
    has_period: bool,
    write: impl FnOnce(&Database, &Question, &Asked, &mut Rows) -> Result<(), Fault> + Send + 'static,
) -> Answered {
    let asked = Asked::of(visit);
    let _turn = super::HEAVY.acquire().await.map_err(|_| Fault::Busy)?;
    let (folder, (name, kind)) = site
        .work(move |database| {
            let question = database.read(|connection| Question::read(connection, &asked, has_period))?;
            let folder = Folder::new()?;
            let file = File::create(folder.path().join("rows")).map_err(failed)?;
            let mut rows = Rows::begin(file, columns, format)?;
            write(database, &question, &asked, &mut rows)?;
            rows.end()?;
            Ok((folder, file_name(&question, &of, format)))
        })
        .await?;
    let file = File::open(folder.path().join("rows")).map_err(failed)?;
    Ok(sent((folder, file), &name, kind))
}

/// The journal, as `report journal` writes it.
pub(super) async fn journal(site: &Arc<Site>, visit: &Visit, format: Format) -> Answered {
    let what = ("journal".to_owned(), columns::<JournalLine>(), format);
    send(site, visit, what, true, |database, question, _, rows| {
        let source = question.one_source()?;
        let selection = database.read(|connection| question.selection(connection, source))?;
        let wanted = Wanted { selection, ..Wanted::default() };
        journal::read(database, &wanted, |lines| {
            rows.write(&lines.into_iter().map(JournalLine::into_values).collect::<Vec<_>>())
        })
    })
    .await
}

/// What every order owes or is owed, as `report balances` writes it: as it is now a page of orders at a time, as of
/// some point as a whole.
pub(super) async fn balances(site: &Arc<Site>, visit: &Visit, format: Format) -> Answered {
    let what = ("balances".to_owned(), columns::<OrderBalance>(), format);
    send(site, visit, what, false, |database, question, _, rows| {
        if question.as_closed || !question.as_of.is_everything() {
            return rows.write(&of_total::<OrderBalance>(database, question)?.rows);
        }
        database.read(|connection| {
            report::balances::read(connection, question.sources.chosen.as_deref(), |page| {
                rows.write(&page.into_iter().map(OrderBalance::into_values).collect::<Vec<_>>())
            })
        })
    })
    .await
}

/// The sheets of an account in all currencies, as `report account` writes them.
pub(super) async fn account(site: &Arc<Site>, visit: &Visit, code: &str, format: Format) -> Answered {
    let name = format!("account-{code}");
    let code = code.to_owned();
    send(site, visit, (name, sheet::columns(), format), true, move |database, question, _, rows| {
        let source = question.one_source()?;
        let accounts = Accounts::new(&code);
        let known: Result<(), NoSuchAccount> = sheet::known(database, Some(source), &accounts)?;
        known.map_err(|_| wrong("account", &code, Allowed::Account))?;
        let selection = database.read(|connection| question.selection(connection, source))?;
        sheet::read(database, &selection, &accounts, |part| rows.write(&part.into_rows()))
    })
    .await
}

/// An entry with the columns of the journal.
pub(super) async fn entry(site: &Arc<Site>, (source, number): (&str, i64), format: Format) -> Answered {
    let of = source.to_owned();
    let lines = site
        .read(move |connection| {
            // The entry of a close has no lines.
            store::entry_facts(connection, &of, number)?.ok_or(Fault::NotFound)?;
            Ok(journal::entry(connection, &of, number)?)
        })
        .await?;
    let text = render(&Table::of(lines), format).map_err(failed)?;
    let (ending, kind) = kind_of(format);
    Ok(reply::download(&format!("{source}-entry-{number}.{ending}"), kind, text))
}

/// How complete each source is, as `report freshness` writes it. For people it stands on the overview.
pub(super) async fn freshness(site: &Arc<Site>, visit: &Visit) -> Answered {
    let Some(format) = file_format(visit)? else { return Ok(reply::see_other("/")) };
    let (config, now) = (site.config(), visit.now);
    let names = || Allowed::one_of(config.sources.iter().map(|source| source.name.clone()));
    let known = |name: &str| config.source(name).map(|source| source.name.clone());
    let chosen = visit.query.read("source", names(), known)?;
    let name = chosen.as_ref().map_or_else(|| "freshness".to_owned(), |source| format!("{source}-freshness"));
    let settings = Arc::clone(&config);
    let read = site
        .read(move |connection| {
            let sources =
                settings.sources.iter().filter(|source| chosen.as_ref().is_none_or(|name| *name == source.name));
            let read = sources.map(|source| {
                let told = |body: &[u8]| freshness::told(&settings, &source.name, body);
                let known = Freshness::read(connection, &source.name, &told, now)?;
                Ok((source.name.clone(), source.timezone, known))
            });
            read.collect::<Result<Vec<_>, Fault>>()
        })
        .await?;
    let text = render(&report::freshness(read), format).map_err(failed)?;
    let (ending, kind) = kind_of(format);
    Ok(reply::download(&format!("{name}.{ending}"), kind, text))
}
