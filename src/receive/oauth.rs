//! `POST /oauth/token`: the client-credentials grant of RFC 6749. bookingkit's example posts a form, its PHP code would
//! post multipart; both are accepted, and so are credentials in a Basic header.

use std::borrow::Cow;
use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes};
use futures_util::{Stream, stream};
use serde_json::json;
use warp::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use warp::http::{HeaderMap, StatusCode};

use super::Intake;
use super::answer::{self, Answer};
use super::authenticate::Secrets;
use super::body::{self, Unread};
use super::routes::Request;
use crate::limits;
use crate::provider::wrapped::{self, Sealed};

/// Largest body of a token request, in bytes.
const BODY_BYTES: usize = 16 * 1024;

const AS_JSON: &str = "the body is JSON; send a form instead (Content-Type: application/x-www-form-urlencoded): \
    grant_type=client_credentials&client_id=...&client_secret=...";
const IN_QUERY: &str = "the parameters are in the address, where logs keep them; send them in the body as a form \
    (Content-Type: application/x-www-form-urlencoded): grant_type=client_credentials&client_id=...&client_secret=...";
const ENCODED: &str = "the content encoding cannot be read; send the form plain, as gzip or as deflate";

/// Why a request gets no token: RFC 6749, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    Request(&'static str),
    Client,
    GrantType,
}

impl Denied {
    fn answer(self) -> Answer {
        let (status, code, text) = match self {
            Self::Request(text) => (StatusCode::BAD_REQUEST, "invalid_request", text),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client", "unknown client or wrong secret"),
            Self::GrantType => {
                let text = "grant_type must be client_credentials";
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", text)
            }
        };
        metrics::counter!("ticketledger_token_requests_total", "result" => code).increment(1);
        answer::of_token_endpoint(status, &json!({ "error": code, "error_description": text }))
    }
}

/// Issues a token, or returns why not.
pub(super) async fn issue<B: Buf, E>(
    intake: &Intake,
    request: &Request,
    body: impl Stream<Item = Result<B, E>>,
) -> Answer {
    let headers = &request.headers;
    let body = match body::read(headers, body, BODY_BYTES, intake.timeouts.body).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return answer::closing(Denied::Request("the body is too large").answer()),
        Err(unread) => return unread.answer(BODY_BYTES),
    };
    let admission = intake.admission();
    let granted = match form(headers, body).await {
        Ok(form) => grant(&admission.secrets, headers, &form).map_err(|denied| match denied {
            // What a form lacks may stand where it is not looked for.
            Denied::Request(_) if form.0.is_empty() && request.query.contains("grant_type=") => {
                Denied::Request(IN_QUERY)
            }
            denied => denied,
        }),
        Err(denied) => Err(denied),
    };
    let (source, client_id) = match granted {
        Ok(granted) => granted,
        Err(denied) => return denied.answer(),
    };
    match intake.tokens.issue(source, &client_id).await {
        Ok(token) => {
            metrics::counter!("ticketledger_token_requests_total", "result" => "issued").increment(1);
            let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": limits::TOKEN_SECONDS });
            answer::of_token_endpoint(StatusCode::OK, &body)
        }
        Err(error) => {
            tracing::warn!(source, %error, "cannot issue a token");
            answer::unavailable()
        }
    }
}

/// The source and the client that the request authenticates.
fn grant<'a>(secrets: &'a Secrets, headers: &HeaderMap, form: &Form) -> Result<(&'a str, String), Denied> {
    match form.one("grant_type")? {
        None => return Err(Denied::Request("grant_type is missing")),
        Some("client_credentials") => {}
        Some(_) => return Err(Denied::GrantType),
    }
    let posted = (form.one("client_id")?, form.one("client_secret")?);
    if let Some(value) = headers.get(AUTHORIZATION) {
        // The header decides; the body may name the same client too, but no other.
        for (id, secret) in basic(value.as_bytes()).ok_or(Denied::Client)? {
            if let Some(source) = secrets.source_of_client(&id, &secret) {
                if posted.0.is_some_and(|posted| posted != id) {
                    return Err(Denied::Request("the header and the body name two clients"));
                }
                return Ok((source, id));
            }
        }
        return Err(Denied::Client);
    }
    match posted {
        (Some(id), Some(secret)) => {
            let source = secrets.source_of_client(id, secret).ok_or(Denied::Client)?;
            Ok((source, id.to_owned()))
        }
        // Presenting no credential is a failed authentication too, according to section 5.2.
        _ => Err(Denied::Client),
    }
}

/// Id and secret of a Basic header, both decoded as section 2.3.1 requires and as they are, since most senders skip
/// that.
fn basic(value: &[u8]) -> Option<[(String, String); 2]> {
    let (scheme, encoded) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some([(form_decoded(id), form_decoded(secret)), (id.to_owned(), secret.to_owned())])
}

fn form_decoded(text: &str) -> String {
    // Decodes one value of a form: an ampersand in it would begin another.
    let pair = format!("v={}", text.replace('&', "%26"));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&pair).unwrap_or_default();
    pairs.into_iter().next().map_or_else(|| text.to_owned(), |(_, value)| value)
}

struct Form(Vec<(String, String)>);

impl Form {
    /// A field that may occur once. An empty one counts as absent, as section 3.2 requires.
    fn one(&self, name: &str) -> Result<Option<&str>, Denied> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() { Err(Denied::Request("a parameter is given twice")) } else { Ok(first) }
    }
}

async fn form(headers: &HeaderMap, body: Vec<u8>) -> Result<Form, Denied> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("unknown"));
    let body = match wrapped::unpack(encoding, &body, BODY_BYTES) {
        Ok(Cow::Borrowed(_)) => body,
        Ok(Cow::Owned(unpacked)) => unpacked,
        Err(Sealed::TooLarge) => return Err(Denied::Request("the body is too large")),
        Err(Sealed::Unreadable(_)) => return Err(Denied::Request(ENCODED)),
    };
    if body.trim_ascii_start().starts_with(b"{") {
        return Err(Denied::Request(AS_JSON));
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(content_type) {
        return multipart(boundary, body).await.map_err(|_| Denied::Request("the multipart body cannot be read"));
    }
    let fields = serde_urlencoded::from_bytes(&body).map_err(|_| Denied::Request("the form cannot be read"))?;
    Ok(Form(fields))
}

async fn multipart(boundary: String, body: Vec<u8>) -> multer::Result<Form> {
    let whole = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        fields.push((name, part.text().await?));
    }
    Ok(Form(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic_of(text: &str) -> Option<[(String, String); 2]> {
        basic(format!("Basic {}", STANDARD.encode(text)).as_bytes())
    }

    #[test]
    fn a_basic_header_is_tried_decoded_and_as_it_is() {
        let [decoded, plain] = basic_of("a%26b:c%3Ad+e&f").expect("a header");
        assert_eq!(decoded, ("a&b".to_owned(), "c:d e&f".to_owned()));
        assert_eq!(plain, ("a%26b".to_owned(), "c%3Ad+e&f".to_owned()));
        assert_eq!(basic_of("no colon"), None);
        assert_eq!(basic(b"Bearer abc"), None);
        assert_eq!(basic(b"Basic ###"), None);
    }

    #[tokio::test]
    async fn fields_come_once_and_empty_ones_do_not_count() {
        let read = form(&HeaderMap::new(), b"a=1&b=&c=1&c=2".to_vec()).await;
        let Ok(fields) = read else { panic!("a form") };
        assert_eq!(fields.one("a"), Ok(Some("1")));
        assert_eq!(fields.one("b"), Ok(None));
        assert_eq!(fields.one("d"), Ok(None));
        assert!(matches!(fields.one("c"), Err(Denied::Request(_))));
    }

    #[tokio::test]
    async fn a_multipart_body_is_a_form() {
        let mut headers = HeaderMap::new();
        let value = "multipart/form-data; boundary=----x".parse().expect("a value");
        headers.insert(CONTENT_TYPE, value);
        let part = "------x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\nmuseum\r\n";
        let Ok(fields) = form(&headers, format!("{part}------x--\r\n").into_bytes()).await else { panic!("a form") };
        assert_eq!(fields.one("client_id"), Ok(Some("museum")));
        // Cut off in the middle.
        assert!(form(&headers, part.as_bytes().to_vec()).await.is_err());
    }
}
