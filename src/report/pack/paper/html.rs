//! The pages as one HTML file that needs nothing else: no script, no font, no other address.

use askama::Template;

use super::document::{Block, Page};
use super::locale::Language;
use crate::report::pack::Pack;

#[derive(Template)]
#[template(path = "pack.html", config = "src/report/pack/paper/askama.toml")]
struct Html<'a> {
    language: &'static str,
    title: String,
    kind: &'static str,
    source: &'a str,
    period: &'a str,
    made_by: &'a str,
    footer: String,
    pages: &'a [Page],
    style: &'static str,
    none_word: &'static str,
    ties_word: &'static str,
    contents_word: &'static str,
    page_word: &'static str,
    of_word: &'static str,
}

/// The pages alone, for a page of somebody else.
#[derive(Template)]
#[template(path = "pack.html", block = "body", config = "src/report/pack/paper/askama.toml")]
struct Body<'a> {
    pages: &'a [Page],
    none_word: &'static str,
    ties_word: &'static str,
    contents_word: &'static str,
}

/// Writes the pages without the document around them.
pub(super) fn body(pages: &[Page], language: Language) -> askama::Result<String> {
    let words = language.words();
    Body { pages, none_word: words.none, ties_word: words.ties_to, contents_word: words.contents }.render()
}

/// What a pack of its length is called.
pub(super) fn kind(pack: &Pack, language: Language) -> &'static str {
    let words = language.words();
    match pack.cover.months.len() {
        1 => words.month_pack,
        3 => words.quarter_pack,
        _ => words.year_pack,
    }
}

/// What stands at the foot of every sheet: whose, of when, and when it was made.
pub(super) fn footer(pack: &Pack, zone: chrono_tz::Tz) -> String {
    format!("{} · {} · {}", pack.source, pack.period, pack.made_at.local_minute_named(zone))
}

/// Writes the pages.
///
/// # Errors
/// When the template fails, which a text does not.
pub(super) fn html(pack: &Pack, pages: &[Page], language: Language, zone: chrono_tz::Tz) -> askama::Result<String> {
    let words = language.words();
    let kind = kind(pack, language);
    // The footer stands in a style sheet, where only plain characters are safe.
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | ':' | '·' | '+');
    Html {
        language: language.code(),
        title: format!("{kind} {} {}", pack.source, pack.period),
        kind,
        source: &pack.source,
        period: &pack.period,
        made_by: &pack.made_by,
        footer: footer(pack, zone).chars().filter(is_plain).collect(),
        pages,
        style: include_str!("templates/style.css"),
        none_word: words.none,
        ties_word: words.ties_to,
        contents_word: words.contents,
        page_word: words.page,
        of_word: words.of,
    }
    .render()
}
