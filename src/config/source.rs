//! One `[[sources]]` table.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::problem::{Origin, Problems};
use super::read::{Section, Text};
use super::{OauthClient, Source, api, exports, policy, secret, sweep, vat, warning};
use crate::order::Provider;

/// A source, and where its parts were written: for mistakes that show only beside the other sources.
pub(super) struct Placed {
    pub(super) source: Source,
    pub(super) name: Text,
    pub(super) vendor_ids: Vec<Text>,
    pub(super) path_secrets: Vec<(Text, SecretString)>,
    pub(super) client_ids: Vec<Text>,
}

pub(super) fn source(
    mut section: Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<Placed> {
    let name = name(&mut section, problems);
    let provider = provider(&mut section, problems);
    let timezone = timezone(&mut section, problems);
    let country = country(&mut section, problems);
    let vendor_ids = section.texts("vendor_ids", problems);
    let path_secrets = path_secrets(&mut section, environment, problems);
    let clients = oauth_clients(&mut section, environment, problems);
    if path_secrets.is_empty() && clients.is_empty() {
        let text = "no sender could authenticate; give the source path_secrets or oauth_clients that can be read";
        section.wrong(problems, "path_secrets", text);
    }
    let api_section = section.section("api", problems);
    let vat_sections = section.sections("vat_rules", problems);
    let has_api = api_section.is_some();
    fits_provider(&section, provider, &vendor_ids, has_api, !vat_sections.is_empty(), problems);
    let (api, orders_api) = match (provider, api_section) {
        (Some(Provider::Bookingkit), Some(section)) => (None, api::orders_api(section, environment, problems)),
        (_, Some(section)) => (api::api(section, environment, problems), None),
        (_, None) => (None, None),
    };
    let sweep_section = section.section("sweep", problems);
    if provider == Some(Provider::Bookingkit) && sweep_section.is_some() && !has_api {
        section.wrong(problems, "sweep", "has no effect without an api; add [sources.api] or remove it");
    }
    let sweep = sweep::sweep(sweep_section, provider.unwrap_or(Provider::Bookingkit), problems);
    let vat_rules = vat::rules(vat_sections, problems);
    let policies = policy::policies(section.sections("policies", problems), problems);
    let books_from = section.text("books_from", problems).and_then(|text| vat::date(&text, problems));
    let silence_hours = section.optional_number("silence_hours", 0..=24 * 366, problems);
    let exports = exports::exports(section.section("exports", problems), problems);
    section.finish(problems);
    let name = name?;
    let (client_ids, oauth_clients) = clients.into_iter().unzip();
    Some(Placed {
        source: Source {
            name: name.value.clone(),
            // What is wrong has been reported, and then the settings are refused as a whole.
            provider: provider?,
            timezone: timezone?,
            country: country?,
            vendor_ids: vendor_ids.iter().map(|text| text.value.clone()).collect(),
            path_secrets: path_secrets.iter().map(|(_, secret)| secret.clone()).collect(),
            oauth_clients,
            api,
            orders_api,
            sweep,
            vat_rules,
            policies,
            books_from,
            silence_hours,
            exports,
        },
        name,
        vendor_ids,
        path_secrets,
        client_ids,
    })
}

fn name(section: &mut Section, problems: &mut Problems) -> Option<Text> {
    let name = section.required("name", "it is the {source} in the webhook address, such as \"museum\"", problems)?;
    let slug = name.value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !slug || name.value.is_empty() || name.value.starts_with('-') {
        let text = format!("`{}` must consist of a-z, 0-9 and `-`, and begin with a letter or digit", name.value);
        name.wrong(problems, text);
    } else {
        section.rename(format!("sources.{}", name.value));
    }
    Some(name)
}

fn provider(section: &mut Section, problems: &mut Problems) -> Option<Provider> {
    let text = section.required("provider", "write \"bookingkit\" or \"ticketpark\"", problems)?;
    let provider = Provider::parse(&text.value);
    if provider.is_none() {
        text.wrong(problems, format!("`{}` is not known; write \"bookingkit\" or \"ticketpark\"", text.value));
    }
    provider
}

fn timezone(section: &mut Section, problems: &mut Problems) -> Option<chrono_tz::Tz> {
    let hint = "it decides the accounting day; write a name such as \"Europe/Berlin\"";
    let text = section.required("timezone", hint, problems)?;
    let zone = text.value.parse().ok();
    if zone.is_none() {
        text.wrong(
            problems,
            format!("`{}` is not a valid time zone; write a name such as \"Europe/Berlin\"", text.value),
        );
    }
    zone
}

fn country(section: &mut Section, problems: &mut Problems) -> Option<String> {
    let text = section.required("country", "write two letters such as \"DE\" or \"CH\"", problems)?;
    if text.value.len() != 2 || !text.value.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        text.wrong(problems, format!("`{}` is not a country code; write two letters such as \"DE\"", text.value));
    }
    Some(text.value.to_ascii_uppercase())
}

/// What one provider needs, and what would have no effect with the other.
fn fits_provider(
    section: &Section,
    provider: Option<Provider>,
    vendor_ids: &[Text],
    api: bool,
    vat_rules: bool,
    problems: &mut Problems,
) {
    match provider {
        Some(Provider::Bookingkit) => {
            if vendor_ids.is_empty() {
                let text = "is missing; list the ids of the bookingkit vendors whose orders belong in this book";
                section.wrong(problems, "vendor_ids", text);
            }
            if vat_rules {
                section.wrong(problems, "vat_rules", "have no effect for bookingkit, which sends rates; remove them");
            }
        }
        Some(Provider::Ticketpark) => {
            if !api {
                let text = "is missing; Ticketpark's bookings are read from its API: give base_url, client_key, \
                            client_secret, and if you like username and password";
                section.wrong(problems, "api", text);
            }
            if !vendor_ids.is_empty() {
                section.wrong(problems, "vendor_ids", "have no effect for ticketpark; remove them");
            }
        }
        None => {}
    }
}

fn path_secrets(
    section: &mut Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<(Text, SecretString)> {
    let mut secrets = Vec::new();
    for text in section.texts("path_secrets", problems) {
        let Some(secret) = secret::resolve(&text, environment, problems) else { continue };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !secret.expose_secret().bytes().all(plain) {
            text.wrong(problems, "a path secret is part of a URL; use letters, digits and `-._~` only");
        }
        warning::guessable(&text, &secret, problems);
        secrets.push((text, secret));
    }
    secrets
}

fn oauth_clients(
    section: &mut Section,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<(Text, OauthClient)> {
    let mut clients = Vec::new();
    for mut client in section.sections("oauth_clients", problems) {
        let id = client.required("id", "it is the client_id that the sender uses", problems);
        let texts = client.texts("secret", problems);
        if texts.is_empty() {
            client.wrong(problems, "secret", "is missing; write `file:PATH`, `env:NAME` or `credential:NAME`");
        }
        let mut secrets = Vec::new();
        for text in &texts {
            let Some(secret) = secret::resolve(text, environment, problems) else { continue };
            warning::guessable(text, &secret, problems);
            secrets.push(secret);
        }
        client.finish(problems);
        let Some(id) = id else { continue };
        if id.value.is_empty() {
            id.wrong(problems, "is empty; it is the client_id that the sender uses");
        }
        let value = OauthClient { id: id.value.clone(), secrets };
        clients.push((id, value));
    }
    clients
}

/// A list of secrets, as far as they can be read.
pub(super) fn secrets(
    section: &mut Section,
    key: &'static str,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<SecretString> {
    let texts = section.texts(key, problems);
    texts.iter().filter_map(|text| secret::resolve(text, environment, problems)).collect()
}

/// Where something was written that is wrong only beside something else.
pub(super) fn place_of(origin: &Origin) -> String {
    match origin {
        Origin::Line(line) => format!("line {line}"),
        Origin::Variable(name) => name.clone(),
        Origin::File => "the file".to_owned(),
    }
}
