//! The style sheet and the script. Their names have the hash of what is in them, so a browser keeps them for ever and
//! still never has an old one.

use std::sync::LazyLock;

use warp::http::header::CACHE_CONTROL;
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use super::reply;
use crate::hash;

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const ICON: &str = include_str!("assets/icon.svg");

static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address(STYLE, "css"));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address(SCRIPT, "js"));

fn address(text: &str, ending: &str) -> String {
    let hash = hash::sha256(text);
    let (short, _) = hash.split_at(16);
    format!("/assets/console.{short}.{ending}")
}

pub(super) fn style_address() -> &'static str {
    &STYLE_ADDRESS
}

pub(super) fn script_address() -> &'static str {
    &SCRIPT_ADDRESS
}

/// The file of an address, if it is one.
pub(super) fn file(path: &str) -> Option<Response> {
    let (content_type, text) = match path {
        _ if path == style_address() => ("text/css; charset=utf-8", STYLE),
        _ if path == script_address() => ("text/javascript; charset=utf-8", SCRIPT),
        "/favicon.ico" | "/assets/icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    };
    let mut response = reply::bytes(StatusCode::OK, content_type, text);
    let kept = if path.ends_with("icon.svg") || path == "/favicon.ico" {
        "max-age=86400"
    } else {
        "public, max-age=31536000, immutable"
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    Some(response)
}
