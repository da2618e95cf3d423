//! The pack on paper: its rows in the words and numbers of a reader.

mod accounts;
mod cover;
mod document;
mod html;
mod locale;
mod money;
mod names;
mod pdf;
mod sales;
mod svg;
mod words;
mod writer;

pub use self::locale::Language;
pub use self::pdf::{Converter, NoPdf};

use sha2::{Digest as _, Sha256};

use self::writer::Writer;
use super::Pack;

/// Why a pack cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    #[error("cannot write the pack as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write the pack as HTML: {0}")]
    Html(#[from] askama::Error),
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
    let zone = pack.timezone.parse().map_err(|_| Unwritten::TimeZone(pack.timezone.clone()))?;
    let data_sha256 = hex::encode(Sha256::digest(json(pack)?));
    let write = Writer::new(language, "");
    let by_day = pack.cover.months.len() == 1;
    let mut pages = vec![cover::page(pack, &write, zone, &data_sha256)];
    for section in &pack.currencies {
        pages.extend(money::pages(section, &Writer::new(language, &section.currency), zone, by_day));
    }
    pages.extend([cover::exceptions(pack, &write), cover::exports(pack, &write)]);
    Ok(html::html(pack, &pages, language, zone)?)
}
