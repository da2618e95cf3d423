//! `ticketledger report pack`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::clock::Clock;
use crate::command::options::{SourceOption, months};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::export::account_map::AccountMap;
use crate::freshness;
use crate::ledger::close::sources;
use crate::ledger::totals::Period;
use crate::report::pack::paper::{Converter, Language, html, json, plain_pdf};
use crate::report::pack::{self, Numbers, Outcome as Tied, Pack, Request};

#[derive(Debug, Args)]
pub(super) struct PackOptions {
    /// Month, quarter or year: 2025-11, 2025-Q4 or 2025
    #[arg(long, value_name = "PERIOD", value_parser = months)]
    period: Period,
    /// Folder for the files; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    source: SourceOption,
    /// Language and form of numbers
    #[arg(long, value_enum, default_value = "en")]
    language: Language,
    /// The numbers that were frozen when the period was closed, whatever came later
    #[arg(long)]
    as_closed: bool,
    /// Also make a PDF: by weasyprint or Chromium if one is installed, else a plainer one
    #[arg(long)]
    pdf: bool,
}

/// Who makes the PDF, if one is wanted.
enum Paper {
    None,
    By(Converter),
    Plain,
}

/// Writes the pack of each source: [`Outcome::Attention`] when a check has failed.
pub(super) fn run(config: &Config, options: &PackOptions) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let converter = Converter::find(std::env::var_os("PATH").as_deref());
    let paper = match (options.pdf, converter) {
        (false, _) => Paper::None,
        (true, Some(converter)) => Paper::By(converter),
        (true, None) => Paper::Plain,
    };
    let database = settings::open(config)?;
    let chosen = match source {
        Some(source) => vec![source.to_owned()],
        None => sources(&database)?,
    };
    fs::create_dir_all(&options.out)
        .with_context(|| format!("cannot make the folder {}; pass another one with --out", options.out.display()))?;
    let out = fs::canonicalize(&options.out)?;
    let mut outcome = Outcome::Fine;
    for source in &chosen {
        let told = |body: &[u8]| freshness::told(config, source, body);
        let map = AccountMap::said(config, source);
        let today = Clock::System.now().utc().date_naive();
        let day = options.period.last_day().map_or(today, |last| last.min(today));
        let numbers =
            |code: &str, rates: &[i32]| map.as_ref().map(|map| map.numbers(code, rates, day)).unwrap_or_default();
        let request = Request {
            source,
            period: options.period,
            as_closed: options.as_closed,
            now: Clock::System.now(),
            made_by: concat!("ticketledger ", env!("CARGO_PKG_VERSION")),
            numbers: map.as_ref().map(|map| Numbers { chart: map.chart.as_str(), of: &numbers }),
            told: &told,
        };
        let pack = pack::read(&database, &request)?;
        let written = write(&pack, &out, options.language, &paper)?;
        output::print(in_words(&pack, &written, &paper))?;
        if pack.checks.iter().any(|check| check.outcome == Tied::Failed) {
            outcome = Outcome::Attention;
        }
    }
    Ok(outcome)
}

/// Writes JSON, HTML and PDF, each whole or not at all.
fn write(pack: &Pack, out: &Path, language: Language, paper: &Paper) -> anyhow::Result<Vec<PathBuf>> {
    let closed = if pack.view == pack::View::AsClosed { "-as-closed" } else { "" };
    let name = format!("{}-{}{closed}", pack.source, pack.period);
    let data = out.join(format!("{name}.json"));
    let page = out.join(format!("{name}.{}.html", language.code()));
    whole(&data, json(pack)?.as_bytes())?;
    whole(&page, html(pack, language)?.as_bytes())?;
    let mut written = vec![data, page.clone()];
    let file = page.with_extension("pdf");
    match paper {
        Paper::None => {}
        Paper::By(converter) => {
            converter.convert(&page, &file)?;
            written.push(file);
        }
        Paper::Plain => {
            whole(&file, &plain_pdf(pack, language)?)?;
            written.push(file);
        }
    }
    Ok(written)
}

/// Whoever looks meanwhile, or after a crash, sees the old file or the new one.
fn whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_added_extension("partial");
    let cannot = || format!("cannot write {}", path.display());
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).with_context(cannot)
}

fn in_words(pack: &Pack, written: &[PathBuf], paper: &Paper) -> String {
    let of = |outcome: Tied| pack.checks.iter().filter(|check| check.outcome == outcome).count();
    let mut text = format!(
        "{} {}: {} checks passed, {} failed, {} could not be made.\n",
        pack.source,
        pack.period,
        of(Tied::Passed),
        of(Tied::Failed),
        of(Tied::NotChecked)
    );
    for path in written {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {}", path.display());
    }
    if matches!(paper, Paper::Plain) {
        text += "  The PDF is a plain one; with weasyprint or chromium installed it looks as the HTML does.\n";
    }
    text
}
