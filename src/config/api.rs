//! The `api` table of a Ticketpark source.

use std::collections::BTreeMap;

use super::problem::Problems;
use super::read::{Section, Text};
use super::{Api, source};

pub(super) fn api(
    mut section: Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<Api> {
    let base_url = section.required("base_url", "write \"https://api.ticketpark.ch\"", problems);
    let base_url = base_url.and_then(|text| base_url_of(&text, problems));
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

/// `https`, or `http` to this machine alone: a password must not cross a network in the clear.
fn base_url_of(text: &Text, problems: &mut Problems) -> Option<String> {
    let Ok(url) = reqwest::Url::parse(&text.value) else {
        text.wrong(problems, "is not a valid URL; write \"https://api.ticketpark.ch\"");
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
