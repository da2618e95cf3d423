//! How a body is wrapped: compressed, as the one field of a form, or as a list of whole webhooks.
//!
//! A body is stored as it came, so it is opened again whenever it is read. What wraps it is told by its own bytes and
//! not by a header: no JSON text begins like gzip or like a form, and a proxy that unpacks a body often leaves the
//! header behind.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde_json::value::RawValue;

use super::{ParkReason, Unreadable, classify};
use crate::config::Source;
use crate::inbox::Classified;
use crate::limits;

/// What a sender says of its body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'h> {
    /// All values of `Content-Encoding`.
    pub content_encoding: Option<&'h str>,
    /// `Content-Type`.
    pub content_type: Option<&'h str>,
}

/// The webhooks of a list, each with its bytes.
type Parts = Vec<(Classified, Vec<u8>)>;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Unpacked it is larger than the limit.
    TooLarge,
    /// One webhook, to be stored as it came.
    Whole(Classified),
    /// A list of webhooks: each is one of its own, with the bytes that it had in the list.
    Parts(Parts),
}

/// Why a body could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// It is larger than the limit.
    TooLarge,
    /// It is compressed in a way that is not read, or not to its end.
    Unreadable(Unreadable),
}

/// Finds out what a body is about when it arrives. `limit` is for what it is when it is unpacked.
pub fn receive(source: &Source, said: Said<'_>, body: &[u8], limit: usize) -> Received {
    let text = match unpack(said.content_encoding, body, limit) {
        Ok(text) => text,
        Err(Sealed::TooLarge) => return Received::TooLarge,
        Err(Sealed::Unreadable(unreadable)) => return Received::Whole(parked(unreadable)),
    };
    let text = unwrap_form(text);
    match parts(source, &text) {
        Some(Ok(parts)) => Received::Parts(parts),
        Some(Err(unreadable)) => Received::Whole(parked(unreadable)),
        None => Received::Whole(with_charset(classify(source, &text), said.content_type)),
    }
}

/// What a stored body is about: as [`receive`], but it stays one webhook.
pub(super) fn reread(source: &Source, encoding: Option<&str>, content_type: Option<&str>, body: &[u8]) -> Classified {
    let said = Said { content_encoding: encoding, content_type };
    let refused = |reason, detail: &str| parked(Unreadable::new(reason, detail));
    match receive(source, said, body, limits::UNPACKED_BYTES) {
        Received::Whole(class) => class,
        Received::TooLarge => refused(ParkReason::UnsupportedEncoding, "the body is too large when it is unpacked"),
        Received::Parts(_) => {
            refused(ParkReason::InvalidJson, "a list is taken apart when it arrives; have it sent again")
        }
    }
}

fn parked(unreadable: Unreadable) -> Classified {
    let Unreadable { reason, detail } = unreadable;
    Classified::Parked { kind: "unknown".to_owned(), entity: None, reason, detail }
}

/// Says what the content type claims, where the bytes are not UTF-8.
fn with_charset(mut class: Classified, content_type: Option<&str>) -> Classified {
    if let Classified::Parked { reason: ParkReason::BrokenUtf8, detail, .. } = &mut class
        && let Some(charset) = content_type.and_then(charset)
    {
        detail.push_str(&format!("; the content type says charset={charset}"));
    }
    class
}

fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, charset) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let charset = charset.trim().trim_matches('"');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (!charset.is_empty() && charset.len() <= 40 && charset.bytes().all(plain)).then_some(charset)
}

/// Takes off the compression that a sender says, and no other.
///
/// # Errors
/// When the encoding is not read, or the body is not what is said, or larger than `limit`.
pub fn unpack<'b>(said: Option<&str>, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, Sealed> {
    let unsupported = |detail: &str| Err(Sealed::Unreadable(Unreadable::new(ParkReason::UnsupportedEncoding, detail)));
    let codings: Vec<String> = said.map_or_else(Vec::new, |said| {
        let words = said.split(',').map(|word| word.trim().to_ascii_lowercase());
        words.filter(|word| !word.is_empty() && word != "identity").collect()
    });
    let coding = match codings.as_slice() {
        [] => "identity",
        [one] => one.as_str(),
        _ => return unsupported("the body is compressed more than once; send it plain, gzip or deflate"),
    };
    if !matches!(coding, "identity" | "gzip" | "x-gzip" | "deflate") {
        return unsupported("the content encoding is not one of gzip and deflate");
    }
    let text = decompressed(body, limit)?;
    if coding != "identity" && matches!(text, Cow::Borrowed(_)) && std::str::from_utf8(body).is_err() {
        return unsupported("the body is not compressed as its header says, or it is cut off");
    }
    Ok(text)
}

/// The text of a stored body.
///
/// # Errors
/// When it is compressed but cannot be unpacked.
pub(super) fn open(body: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    let text = decompressed(body, limits::UNPACKED_BYTES).map_err(|sealed| match sealed {
        Sealed::Unreadable(unreadable) => unreadable,
        Sealed::TooLarge => {
            Unreadable::new(ParkReason::UnsupportedEncoding, "the body is too large when it is unpacked")
        }
    })?;
    Ok(unwrap_form(text))
}

/// The text of a stored body, for people; the bytes themselves when it cannot be unpacked.
pub fn opened(body: &[u8]) -> Cow<'_, [u8]> {
    decompressed(body, limits::UNPACKED_BYTES).unwrap_or(Cow::Borrowed(body))
}

fn decompressed(body: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, Sealed> {
    let broken = || {
        let detail = "the body begins like gzip and cannot be unpacked to its end";
        Err(Sealed::Unreadable(Unreadable::new(ParkReason::UnsupportedEncoding, detail)))
    };
    match body {
        [0x1f, 0x8b, ..] => inflate(MultiGzDecoder::new(body), limit)?.map_or_else(broken, |text| Ok(Cow::Owned(text))),
        // The two bytes that begin zlib's format are a multiple of 31, and the method is 8.
        [method, flags, ..]
            if method & 0x0f == 8 && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31) =>
        {
            let text = inflate(ZlibDecoder::new(body), limit)?;
            Ok(text.map_or(Cow::Borrowed(body), Cow::Owned))
        }
        // Some senders leave zlib's frame away. There is nothing to tell such a body by but that it becomes JSON.
        _ if std::str::from_utf8(body).is_err() => {
            let mut decoder = DeflateDecoder::new(body);
            let text = inflate(&mut decoder, limit)?.filter(|text| is_json_like(text));
            let whole = usize::try_from(decoder.total_in()).is_ok_and(|read| read == body.len());
            Ok(text.filter(|_| whole).map_or(Cow::Borrowed(body), Cow::Owned))
        }
        _ => Ok(Cow::Borrowed(body)),
    }
}

/// Unpacks to the end; `None` when it is broken.
fn inflate(decoder: impl Read, limit: usize) -> Result<Option<Vec<u8>>, Sealed> {
    let mut text = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    match decoder.take(most).read_to_end(&mut text) {
        Ok(_) if text.len() > limit => Err(Sealed::TooLarge),
        Ok(_) => Ok(Some(text)),
        Err(_) => Ok(None),
    }
}

fn is_json_like(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && std::str::from_utf8(text).is_ok()
}

/// The JSON in a form that has one field, `payload`. Anything else stays as it is.
fn unwrap_form(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !text.starts_with(b"payload=") {
        return text;
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&text).unwrap_or_default();
    match <[(String, String); 1]>::try_from(fields) {
        Ok([(_, json)]) if is_json_like(json.as_bytes()) => Cow::Owned(json.into_bytes()),
        _ => text,
    }
}

/// The webhooks of a list, or why the list cannot be read; `None` when the text is no list of objects.
fn parts(source: &Source, text: &[u8]) -> Option<Result<Parts, Unreadable>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    if !items.iter().any(|item| item.get().starts_with('{')) {
        return None;
    }
    let refused = |detail| Some(Err(Unreadable::new(ParkReason::InvalidJson, detail)));
    if items.len() > limits::LIST_ITEMS {
        let (count, most) = (items.len(), limits::LIST_ITEMS);
        return refused(format!(
            "a list of {count} elements; at most {most} are read from one delivery, so have it sent in parts"
        ));
    }
    let part = |item: &&RawValue| (classify(source, item.get().as_bytes()), item.get().as_bytes().to_vec());
    let parts: Parts = items.iter().map(part).collect();
    // Without any id nobody can say that these are webhooks at all, and then the list is something else.
    if parts.iter().all(|(class, _)| matches!(class, Classified::Parked { entity: None, .. })) {
        return refused(format!("a list of {} elements of which none can be read alone", items.len()));
    }
    Some(Ok(parts))
}

#[cfg(test)]
mod tests;
