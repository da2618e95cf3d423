//! The page of an order: its arithmetic, its timeline, its findings, and its story in words.

use std::sync::Arc;

use askama::Template;
use serde_json::{Value, json};

use super::timeline::{self, STEPS, Step};
use super::words::Words;
use crate::console::codes;
use crate::console::fault::Fault;
use crate::console::findings;
use crate::console::german;
use crate::console::grid::Grid;
use crate::console::layout::{Area, Shell, When};
use crate::console::reply::{self, Answered, Told};
use crate::console::search::{self, ContactHit, VoucherHit};
use crate::console::site::Site;
use crate::console::sources::Sources;
use crate::console::visit::Visit;
use crate::console::vouchers;
use crate::console::words::fill;
use crate::ledger::batch::FindingState;
use crate::ledger::findings::operator::store::{FindingFilter, Listed, list};
use crate::ledger::reading::explain::{Balance, Length, Story, explain};
use crate::ledger::reading::trace::{Start, Trace, trace};
use crate::report::format::printable;

/// A balance with its amounts as they are read.
pub(in crate::console) struct Sum {
    pub(in crate::console) currency: String,
    /// Sign, amount, what it is and in which language.
    pub(in crate::console) terms: Vec<(&'static str, String, Said)>,
    pub(in crate::console) balance: String,
    pub(in crate::console) verdict: Said,
}

/// A text with its language, if that is not the reader's.
pub(in crate::console) struct Said {
    pub(in crate::console) text: String,
    pub(in crate::console) is_english: bool,
}

impl Said {
    fn of(shell: &Shell, text: &str, money: &str) -> Self {
        match codes::term(shell.language, text, money) {
            Some(text) => Self { text, is_english: false },
            None => Self { text: printable(text), is_english: true },
        }
    }
}

/// The sums of a story, in the form of the reader.
pub(in crate::console) fn sums(shell: &Shell, balances: &[Balance]) -> Vec<Sum> {
    let sum = |balance: &Balance| Sum {
        currency: balance.currency.clone(),
        terms: balance
            .terms
            .iter()
            .map(|term| {
                let sign = if term.amount_minor < 0 { "−" } else { "+" };
                let amount = shell.money(&term.amount_minor.saturating_abs(), &balance.currency);
                (sign, amount, Said::of(shell, &term.what, ""))
            })
            .collect(),
        balance: shell.money(&balance.balance_minor, &balance.currency),
        verdict: Said::of(shell, &balance.verdict, &{
            let amount = shell.money(&balance.balance_minor.saturating_abs(), &balance.currency);
            format!("{amount} {}", balance.currency)
        }),
    };
    balances.iter().map(sum).collect()
}

#[derive(Template)]
#[template(path = "order.html", config = "src/console/askama.toml")]
struct Page {
    shell: Shell,
    words: &'static Words,
    title: String,
    story: Story,
    said: german::Told,
    placed: Option<When>,
    contacts: Vec<(String, String)>,
    sums: Vec<Sum>,
    steps: Vec<Step>,
    cut: Option<String>,
    findings: Grid,
    vouchers: Option<Grid>,
}

impl Told for Page {
    fn told(&self) -> Value {
        let customer = |(number, name): &(String, String)| json!({ "contact_id": number, "name": name });
        let mut told = reply::value(&self.story);
        if let Some(fields) = told.as_object_mut() {
            fields.extend([
                ("ordered_at".to_owned(), json!(self.placed.as_ref().map(|placed| placed.at))),
                ("contacts".to_owned(), self.contacts.iter().map(customer).collect()),
                ("findings".to_owned(), self.findings.told()),
                ("timeline".to_owned(), self.steps.iter().map(Step::told).collect()),
                ("timeline_is_cut".to_owned(), self.cut.is_some().into()),
                ("vouchers".to_owned(), self.vouchers.as_ref().map_or_else(|| json!([]), Grid::told)),
            ]);
        }
        told
    }
}

/// What is read of an order.
struct Read {
    story: Story,
    trace: Trace,
    findings: Vec<Listed>,
}

pub(super) async fn show(site: &Arc<Site>, visit: &Visit, source: &str, order_id: &str) -> Answered {
    let (of, id) = (source.to_owned(), order_id.to_owned());
    let read = site.work(move |database| {
        let stories = explain(database, Some(&of), &id, Length::Summary)?;
        let story = stories.into_iter().find(|story| story.order_id == id).ok_or(Fault::NotFound)?;
        let filter = FindingFilter {
            source: Some(of.clone()),
            order: Some(id.clone()),
            states: FindingState::UNRESOLVED.to_vec(),
            ..FindingFilter::default()
        };
        let trace = trace(database, Some(&of), &Start::Order(id))?;
        Ok(Read { story, trace, findings: list(&mut database.reader()?, &filter)? })
    });
    let Read { story, trace, findings } = read.await?;
    let (of, id) = (source.to_owned(), order_id.to_owned());
    let (sources, placed, contacts, sold) = site
        .read(move |connection| {
            let sources = Sources::of(connection, &of)?;
            let hits = search::order(connection, &of, &id)?;
            let placed = hits.and_then(|hit| hit.ordered_at);
            let contacts: Vec<ContactHit> = search::contacts_of_order(connection, &of, &id)?;
            let sold: Vec<VoucherHit> = search::sold_by(connection, &of, &id)?;
            Ok((sources, placed, contacts, sold))
        })
        .await?;
    let words = Words::of(visit.language);
    let code = printable(story.order_code.as_ref().unwrap_or(&story.order_id));
    let title = fill(words.order_title, &[("code", &code)]);
    let zone = sources.zone(source);
    let shell = Shell::new(site, visit, Area::Orders, &title)
        .with_command(format!("ticketledger ledger explain {} --source {source}", printable(&story.order_id)));
    let (steps, more) = timeline::steps(&trace, &shell, zone);
    let chapters = story.chapters.iter().map(|chapter| (chapter.title, chapter.sentences.as_slice()));
    let page = Page {
        said: german::told(visit.language, &story.introduction, chapters),
        placed: placed.map(|at| shell.when(at, Some(zone))),
        contacts: contacts.iter().map(|hit| (hit.contact_id.to_string(), hit.name())).collect(),
        sums: sums(&shell, &story.balances),
        steps,
        cut: more.then(|| fill(words.timeline_cut, &[("n", &STEPS.to_string())])),
        findings: findings::grid(&shell, words.findings, &findings, false),
        vouchers: (!sold.is_empty()).then(|| vouchers::grid(&shell, words, words.sold_here, &sold)),
        story,
        title,
        words,
        shell,
    };
    reply::shown(visit, &page)
}
