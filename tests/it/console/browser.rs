//! A browser of a test: it keeps cookies, follows no redirect by itself, and sends forms as a browser does.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use sha2::{Digest as _, Sha256};

use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

/// An answer with its body read.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of the first field of a name in the page, such as a token.
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| {
            panic!("no field {name} in {}", self.body);
        });
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// What stands between tags, with single blanks: what somebody reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for part in self.body.split('<') {
            text.push(' ');
            text += part.split_once('>').map_or(part, |(_, text)| text);
        }
        let plain = [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&quot;", "\"")];
        let text = plain.iter().fold(text, |text, (escape, character)| text.replace(escape, character));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Somebody in front of a browser.
pub(crate) struct Browser {
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    pub(crate) language: &'static str,
}

impl Browser {
    /// Somebody who is not signed in.
    pub(crate) fn new(daemon: &TestDaemon) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let base = format!("http://{}", daemon.daemon.console());
        Self { base, client, cookies: Mutex::default(), language: "en" }
    }

    /// Somebody with a role, signed in without the form of signing in. Each is a user of his own, named after the role.
    pub(crate) fn signed_in(daemon: &TestDaemon, database: &TestDatabase, role: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (name, token) = (format!("{role}-{number}"), format!("token-{number}"));
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        let now = daemon.clock.now().utc().format("%Y-%m-%d %H:%M:%S").to_string();
        let end = daemon.clock.now().plus_milliseconds(8 * 3_600_000).utc().format("%Y-%m-%d %H:%M:%S").to_string();
        database.execute(&format!(
            "INSERT INTO console_users VALUES ('{name}', '{role}', '$argon2id$none', '{now}', '{now}');
             INSERT INTO console_sessions VALUES ('{hash}', '{name}', '{now}', '{now}', '{end}', '127.0.0.1', 'test')"
        ));
        let browser = Self::new(daemon);
        browser.cookies.lock().expect("no panic").insert("__Host-tl".to_owned(), token);
        browser
    }

    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("no panic").clone()
    }

    /// A request with the cookies, to which a test may add headers.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let pairs: Vec<String> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = request.header("accept-language", self.language).header("accept", "text/html");
        if pairs.is_empty() { request } else { request.header(COOKIE, pairs.join("; ")) }
    }

    /// Sends a request and keeps the cookies of its answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Page {
        let answer = request.send().await.expect("an answer");
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a text");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            let mut cookies = self.cookies.lock().expect("no panic");
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, body: answer.text().await.expect("a body") }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, path: &str) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {} {}", page.location(), page.text());
        page
    }

    /// Sends a form as the page of its own origin does.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.request(Method::POST, path).header("origin", &self.base);
        self.send(request.header("sec-fetch-site", "same-origin").form(fields)).await
    }

    /// Sends a form of `page` with its hidden token and key, what it showed, and these fields.
    pub(crate) async fn submit(&self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let (csrf, key) =
            (page.field("csrf"), if page.has("name=\"key\"") { page.field("key") } else { String::new() });
        let mut all = vec![("csrf", csrf.as_str()), ("key", key.as_str())];
        let named = |name: &'static str| page.has(&format!("name=\"{name}\"")).then(|| (name, page.field(name)));
        let shown: Vec<_> = ["shown", "seen", "newest"].into_iter().filter_map(named).collect();
        all.extend(shown.iter().map(|(name, value)| (*name, value.as_str())));
        self.post(path, &[&all, fields].concat()).await
    }
}
