use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const JSON: &str = "{\"test\":\"Caf\u{e9}\"}";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn opened(body: &[u8]) -> String {
    String::from_utf8(open(body).expect("it opens").into_owned()).expect("text")
}

#[test]
fn a_stored_body_tells_by_itself_how_it_is_wrapped() {
    let form = "payload=%7B%22test%22%3A%22Caf%C3%A9%22%7D";
    for body in [JSON.as_bytes().to_vec(), gzip(JSON.as_bytes()), zlib(JSON.as_bytes()), deflate(JSON.as_bytes())] {
        assert_eq!(opened(&body), JSON);
    }
    assert_eq!(opened(form.as_bytes()), JSON);
    assert_eq!(opened(&gzip(form.as_bytes())), JSON);
    // Two fields, or no JSON in it: no webhook that we know of.
    for other in ["payload=%7B%7D&a=1", "payload=text", "data=%7B%7D", "8", "x"] {
        assert_eq!(opened(other.as_bytes()), other);
    }
}

#[test]
fn the_limit_is_that_of_the_unpacked_body() {
    let bomb = vec![b' '; 1_000_000];
    for body in [gzip(&bomb), zlib(&bomb)] {
        assert!(body.len() < 2_000);
        assert_eq!(unpack(Some("gzip"), &body, 999_999), Err(Sealed::TooLarge));
        assert_eq!(unpack(Some("gzip"), &body, 1_000_000).map(|text| text.len()), Ok(1_000_000));
    }
}

#[test]
fn what_cannot_be_unpacked_is_said() {
    let whole = gzip(JSON.as_bytes());
    let cut = &whole[..whole.len() - 6];
    for (said, body) in [
        (Some("br"), JSON.as_bytes()),
        (Some("gzip, gzip"), whole.as_slice()),
        (Some("gzip"), cut),
        (None, cut),
        (Some("deflate"), b"\xff\xfe\xfd".as_slice()),
    ] {
        let refused = unpack(said, body, 1000);
        let Err(Sealed::Unreadable(unreadable)) = refused else { panic!("{said:?}: {refused:?}") };
        assert_eq!(unreadable.reason, ParkReason::UnsupportedEncoding);
    }
    // A proxy unpacked it and left the header.
    assert_eq!(unpack(Some("gzip"), JSON.as_bytes(), 1000).as_deref(), Ok(JSON.as_bytes()));
}

#[test]
fn the_charset_of_a_content_type_is_a_plain_word() {
    assert_eq!(charset("application/json; charset=\"ISO-8859-1\""), Some("ISO-8859-1"));
    assert_eq!(charset("application/json;a=b; Charset = latin1"), Some("latin1"));
    assert_eq!(charset("application/json"), None);
    assert_eq!(charset("application/json; charset=a\u{202e}b"), None);
}
