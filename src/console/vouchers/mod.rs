//! Vouchers and flex tickets: what they are, and what became of them.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::fault::Fault;
use super::findings;
use super::german;
use super::grid::{Cell, Grid, address};
use super::layout::{Area, Shell};
use super::orders;
use super::orders::names::Names;
use super::orders::page::{Sum, sums};
use super::orders::words::Words;
use super::reply::{self, Answered, Told};
use super::search::{self, VoucherHit};
use super::site::Site;
use super::sources::{self, Sources};
use super::visit::Visit;
use super::words::{Table as _, fill};
use super::wrong::Allowed;
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store::{FindingFilter, list};
use crate::ledger::reading::explain::{Length, VoucherStory, explain_voucher};
use crate::money::format_percent;
use crate::report::format::printable;

pub(super) async fn route(site: &Arc<Site>, visit: &Visit, rest: &[&str]) -> Answered {
    if visit.is_post() {
        return Err(Fault::NotFound);
    }
    match rest {
        [] => all(site, visit).await,
        [source, class @ ("voucher" | "flex"), id] => show(site, visit, source, class, id).await,
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "vouchers.html", config = "src/console/askama.toml")]
struct ListPage {
    shell: Shell,
    words: &'static Words,
    text: String,
    sources: Vec<(String, bool)>,
    nothing: Option<String>,
    grid: Option<Grid>,
    next: Option<String>,
    /// Nobody has said of which source.
    is_open: bool,
}

impl Told for ListPage {
    fn told(&self) -> Value {
        // Without a source there is no list yet; an empty one would say that there are no vouchers.
        let none = if self.is_open { Value::Null } else { json!([]) };
        json!({
            "vouchers": self.grid.as_ref().map_or(none, Grid::told),
            "sources": self.sources.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            "next": reply::next("/vouchers", self.next.as_ref()),
        })
    }
}

async fn all(site: &Arc<Site>, visit: &Visit) -> Answered {
    let text = visit.query.get("q").unwrap_or_default().to_owned();
    let after = visit.query.read("after", Allowed::Place, |after| {
        let (class, id) = after.split_once('.')?;
        ["flex", "voucher"].contains(&class).then(|| (class.to_owned(), id.to_owned()))
    })?;
    let (asked, wanted) = (sources::asked(visit), text.clone());
    let (sources, hits, more) = site
        .read(move |connection| {
            let sources = Sources::read(connection, asked.as_deref())?;
            let after = after.as_ref().map(|(class, id)| (class.as_str(), id.as_str()));
            let (hits, more) = match (wanted.is_empty(), sources.single()) {
                (false, _) => (Some(search::vouchers(connection, &sources.names(), &wanted)?), false),
                (true, Some(source)) => {
                    let (hits, more) = search::vouchers_after(connection, source, after)?;
                    (Some(hits), more)
                }
                (true, None) => (None, false),
            };
            Ok((sources, hits, more))
        })
        .await?;
    let words = Words::of(visit.language);
    let shell = Shell::new(site, visit, Area::Vouchers, visit.words().vouchers)
        .with_command("ticketledger vouchers list --all");
    let last = hits.as_ref().and_then(|hits| hits.last()).filter(|_| more);
    let next = last.map(|hit| visit.query.with("after", &format!("{}.{}", hit.class, hit.voucher_id)).query());
    let nothing = !text.is_empty() && hits.as_ref().is_none_or(Vec::is_empty);
    let page = ListPage {
        is_open: hits.is_none(),
        nothing: nothing.then(|| fill(words.nothing_found, &[("text", &printable(&text))])),
        grid: hits.filter(|_| !nothing).map(|hits| grid(&shell, words, words.found_vouchers, &hits)),
        next,
        sources: sources.options(),
        text,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

/// A word of the database in words, such as `regime_mpv`.
fn named(shell: &Shell, group: &str, word: &str) -> String {
    Names::named(shell.language, &format!("{group}_{word}")).map_or_else(|| word.to_owned(), str::to_owned)
}

/// Vouchers as rows.
pub(super) fn grid(shell: &Shell, words: &Words, label: &str, hits: &[VoucherHit]) -> Grid {
    let common = shell.words;
    let mut grid = Grid::new(label, common.none)
        .texts([("voucher_id", words.id), ("class", words.class), ("source", common.source)])
        .texts([("regime", words.regime), ("origin", words.origin), ("state", common.state)])
        .texts([("code_last4", words.last4)])
        .numbers([("face_minor", words.face)])
        .texts([("issued_on", words.issued), ("expires_on", words.expires)]);
    for hit in hits {
        let day = |day: Option<chrono::NaiveDate>| Cell::maybe(day.map(|day| day.to_string()));
        grid.row(vec![
            Cell::code(&hit.voucher_id).to(address(&["vouchers", &hit.source, &hit.class, &hit.voucher_id])),
            Cell::text(named(shell, "class", &hit.class)).told(hit.class.as_str()),
            Cell::text(&hit.source),
            Cell::text(named(shell, "regime", &hit.regime)).told(hit.regime.as_str()),
            Cell::text(named(shell, "origin", &hit.origin)).told(hit.origin.as_str()),
            Cell::state(&hit.state, named(shell, "state", &hit.state)),
            Cell::code(hit.code_last4.as_deref().unwrap_or_default()),
            Cell::amount(shell.language, hit.face_minor.zip(hit.currency.as_deref())),
            day(hit.issued_on),
            day(hit.expires_on),
        ]);
    }
    grid
}

#[derive(Template)]
#[template(path = "voucher.html", config = "src/console/askama.toml")]
struct VoucherPage {
    shell: Shell,
    words: &'static Words,
    title: String,
    facts: Vec<(&'static str, String)>,
    /// The order that sold it, and its address.
    seller: Option<(String, String)>,
    sums: Vec<Sum>,
    findings: Option<Grid>,
    story: Option<VoucherStory>,
    said: Option<german::Told>,
    /// The voucher as a row of the list.
    row: Grid,
}

impl Told for VoucherPage {
    fn told(&self) -> Value {
        json!({
            "voucher": self.row.told().get(0), "story": self.story,
            "findings": self.findings.as_ref().map_or_else(|| json!([]), Grid::told),
            "sold_by": self.seller.as_ref().map(|(_, address)| address),
        })
    }
}

async fn show(site: &Arc<Site>, visit: &Visit, source: &str, class: &str, id: &str) -> Answered {
    let (of, kind, wanted) = (source.to_owned(), class.to_owned(), id.to_owned());
    let read = site.work(move |database| {
        let stories = explain_voucher(database, Some(&of), &wanted, Length::Summary)?;
        let story = stories.into_iter().find(|story| story.class == kind);
        let mut connection = database.reader()?;
        let hits = search::vouchers(&mut connection, std::slice::from_ref(&of), &wanted)?;
        let hit = hits.into_iter().find(|hit| hit.class == kind && hit.voucher_id == wanted);
        if hit.is_none() && story.is_none() {
            return Err(Fault::NotFound);
        }
        let findings = match hit.as_ref().and_then(|hit| hit.purchase_order_id.clone()) {
            None => Vec::new(),
            Some(order) => {
                let states = FindingState::UNRESOLVED.to_vec();
                let filter = FindingFilter { source: Some(of), order: Some(order), states, ..FindingFilter::default() };
                let mut of_order = list(&mut connection, &filter)?;
                // An order that sold several has findings of each.
                of_order.retain(|(finding, _)| finding.evidence.contains(&wanted));
                of_order
            }
        };
        Ok((story, hit, findings))
    });
    let (story, hit, findings) = read.await?;
    let words = Words::of(visit.language);
    let title = if class == "flex" { words.flex_title } else { words.voucher_title };
    let title = fill(title, &[("id", &printable(id))]);
    let shell = Shell::new(site, visit, Area::Vouchers, &title)
        .with_command(format!("ticketledger ledger explain --voucher {} --source {source}", printable(id)));
    let seller = hit.as_ref().and_then(|hit| hit.purchase_order_id.clone());
    let page = VoucherPage {
        facts: facts(&shell, words, source, hit.as_ref()),
        seller: seller.map(|order| (printable(&order), orders::address_of(source, &order))),
        row: grid(&shell, words, words.found_vouchers, hit.as_slice()),
        sums: story.as_ref().map(|story| sums(&shell, &story.balances)).unwrap_or_default(),
        findings: (!findings.is_empty()).then(|| findings::grid(&shell, words.findings, &findings, false)),
        said: story.as_ref().map(|story| {
            let chapters = story.chapters.iter().map(|chapter| (chapter.title, chapter.sentences.as_slice()));
            german::told(visit.language, &story.introduction, chapters)
        }),
        story,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}

fn facts(shell: &Shell, words: &Words, source: &str, hit: Option<&VoucherHit>) -> Vec<(&'static str, String)> {
    let mut facts = vec![(shell.words.source, source.to_owned())];
    let Some(hit) = hit else { return facts };
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let amount = hit.face_minor.zip(hit.currency.as_deref());
    facts.extend([
        (words.regime, named(shell, "regime", &hit.regime)),
        (words.origin, named(shell, "origin", &hit.origin)),
        (shell.words.state, named(shell, "state", &hit.state)),
        (
            words.face,
            amount.map_or_else(String::new, |(minor, currency)| {
                format!("{} {currency}", shell.language.amount(minor, currency))
            }),
        ),
        (words.rate, hit.vat_bp.map_or_else(String::new, |bp| format!("{} %", format_percent(i64::from(bp))))),
        (words.last4, printable(hit.code_last4.as_deref().unwrap_or_default())),
        (words.issued, day(hit.issued_on)),
        (words.expires, day(hit.expires_on)),
    ]);
    facts.retain(|(_, value)| !value.is_empty());
    facts
}
