//! The pack on paper: its rows in the words and numbers of a reader.

mod accounts;
pub(crate) mod chart;
mod cover;
mod document;
mod html;
mod locale;
mod money;
mod names;
mod pdf;
mod plain;
mod sales;
mod words;
mod writer;

pub use self::locale::Language;
pub use self::pdf::{Converter, NoPdf};

use chrono_tz::Tz;

use self::document::Page;
use self::plain::Frame;
use self::writer::Writer;
use super::Pack;
use crate::hash;

/// Why a pack cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    #[error("cannot write the pack as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write the pack as HTML: {0}")]
    Html(#[from] askama::Error),
    #[error("cannot write the pack as PDF: {0}")]
    Pdf(#[from] std::io::Error),
    #[error("`{0}` is not a valid time zone")]
    TimeZone(String),
}

/// The data behind the paper, as it is kept beside it.
///
/// # Errors
/// When the writer fails, which memory does not.
pub fn json(pack: &Pack) -> Result<String, Unwritten> {
    Ok(serde_json::to_string_pretty(pack)? + "\n")
}

/// One HTML file, which names the hash of its data: so paper can be matched to the file.
///
/// # Errors
/// When a writer fails, which memory does not.
pub fn html(pack: &Pack, language: Language) -> Result<String, Unwritten> {
    let zone = zone(pack)?;
    Ok(html::html(pack, &pages(pack, language, zone)?, language, zone)?)
}

/// The same pages without the document around them: their contents and their sections, as the console shows them.
///
/// # Errors
/// When a writer fails, which memory does not.
pub fn body(pack: &Pack, language: Language) -> Result<String, Unwritten> {
    let zone = zone(pack)?;
    Ok(html::body(&pages(pack, language, zone)?, language)?)
}

/// The same pages as a plain PDF, without another program.
///
/// # Errors
/// When a writer fails, which memory does not.
pub fn plain_pdf(pack: &Pack, language: Language) -> Result<Vec<u8>, Unwritten> {
    let (zone, words) = (zone(pack)?, language.words());
    let frame = Frame {
        title: &format!("{} {}", pack.source, pack.period),
        kind: html::kind(pack, language),
        footer: &html::footer(pack, zone),
        page_word: words.page,
        of_word: words.of,
        ties_word: words.ties_to,
        none_word: words.none,
        language: language.code(),
    };
    Ok(plain::pdf(&pages(pack, language, zone)?, &frame)?)
}

fn zone(pack: &Pack) -> Result<Tz, Unwritten> {
    pack.timezone.parse().map_err(|_| Unwritten::TimeZone(pack.timezone.clone()))
}

fn pages(pack: &Pack, language: Language, zone: Tz) -> Result<Vec<Page>, Unwritten> {
    let data_sha256 = hash::sha256(json(pack)?);
    let write = Writer::new(language, "");
    let by_day = pack.cover.months.len() == 1;
    let mut pages = vec![cover::page(pack, &write, zone, &data_sha256)];
    for section in &pack.currencies {
        pages.extend(money::pages(section, &Writer::new(language, &section.currency), zone, by_day));
    }
    pages.extend([cover::exceptions(pack, &write), cover::exports(pack, &write)]);
    Ok(pages)
}
