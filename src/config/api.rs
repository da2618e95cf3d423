//! The `api` table of a source.

use std::collections::BTreeMap;

use super::problem::Problems;
use super::read::{Section, Text};
use super::{Api, OrdersApi, source};

pub(super) fn api(
    mut section: Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<Api> {
    let base_url = base_url(&mut section, "https://api.ticketpark.ch", problems);
    // The first of a list is the one that is sent.
    let mut secrets = |key: &'static str, required: bool, problems: &mut Problems| {
        let before = problems.iter().count();
        let mut found = source::secrets(&mut section, key, environment, problems).into_iter();
        let first = found.next();
        if required && first.is_none() && problems.iter().count() == before {
            section.wrong(problems, key, "is missing; Ticketpark's support gives it to you");
        }
        (first, found.collect::<Vec<_>>())
    };
    let (client_key, _) = secrets("client_key", true, problems);
    let (client_secret, earlier_client_secrets) = secrets("client_secret", true, problems);
    let (username, _) = secrets("username", false, problems);
    let (password, _) = secrets("password", false, problems);
    if username.is_some() != password.is_some() {
        let text = "username and password go together; give both, or neither and run `ticketledger login SOURCE`";
        section.wrong(problems, "username", text);
    }
    section.finish(problems);
    Some(Api {
        base_url: base_url?,
        client_key: client_key?,
        client_secret: client_secret?,
        earlier_client_secrets,
        username,
        password,
    })
}

/// The API of bookingkit, which is asked what changed. Without it nothing is asked.
pub(super) fn orders_api(
    mut section: Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<OrdersApi> {
    let base_url = base_url(&mut section, "https://api.bookingkit.de", problems);
    if base_url.as_ref().is_some_and(|url| url.ends_with("/v3")) {
        // Nothing would be found there, the token neither.
        section.wrong(
            problems,
            "base_url",
            "must end before `/v3`, which is added, such as \"https://api.bookingkit.de\"",
        );
    }
    let client_id = section.required("client_id", "bookingkit's support gives it to you", problems);
    let before = problems.iter().count();
    let secrets = source::secrets(&mut section, "client_secret", environment, problems);
    if secrets.is_empty() && problems.iter().count() == before {
        section.wrong(problems, "client_secret", "is missing; bookingkit's support gives it to you");
    }
    section.finish(problems);
    let mut secrets = secrets.into_iter();
    Some(OrdersApi {
        base_url: base_url?,
        client_id: client_id?.value,
        client_secret: secrets.next()?,
        earlier_client_secrets: secrets.collect(),
    })
}

fn base_url(section: &mut Section, usual: &str, problems: &mut Problems) -> Option<String> {
    let text = section.required("base_url", &format!("write \"{usual}\""), problems)?;
    base_url_of(&text, usual, problems)
}

/// `https`, or `http` to this machine alone: a password must not cross a network in the clear.
fn base_url_of(text: &Text, usual: &str, problems: &mut Problems) -> Option<String> {
    let Ok(url) = reqwest::Url::parse(&text.value) else {
        text.wrong(problems, format!("is not a valid URL; write \"{usual}\""));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        text.wrong(problems, "must not contain a login; use the keys username and password");
        return None;
    }
    let loopback = url.host_str().is_some_and(is_loopback);
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        text.wrong(
            problems,
            "must begin with https:// (http:// is allowed for this machine only, such as http://127.0.0.1)",
        );
        return None;
    }
    Some(text.value.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
