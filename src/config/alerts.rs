//! The `[alerts]` table: whom to tell when something needs a person.

use super::Alerts;
use super::problem::{Origin, Problems};
use super::read::Section;
use super::tree::Table;

pub(super) fn alerts(root: &mut Section, problems: &mut Problems) -> Alerts {
    let section = root.section("alerts", problems);
    let default = Alerts::default();
    let mut section = section.unwrap_or_else(|| Section::new(Table::new(), "alerts", Origin::File));
    let command = section.texts("command", problems);
    if let Some(program) = command.first()
        && !program.value.starts_with('/')
    {
        program.wrong(problems, "must begin with the full path of the program, such as \"/usr/local/bin/tell-us\"");
    }
    let mail_to = section.texts("mail_to", problems);
    for address in &mail_to {
        // Also keeps whatever could be read as an option or as another header away from the program.
        let plain = address.value.chars().all(|c| c.is_ascii_graphic() && !matches!(c, ',' | ';' | '<' | '>'));
        if !plain || !address.value.contains('@') || address.value.starts_with(['-', '@']) {
            address.wrong(problems, format!("`{}` is not an email address; write \"name@example.com\"", address.value));
        }
    }
    let sendmail = section.text("sendmail", problems);
    if let Some(program) = &sendmail
        && !program.value.starts_with('/')
    {
        program.wrong(problems, format!("must be the full path of the program, such as \"{}\"", default.sendmail));
    }
    let timeout_seconds = section.number("timeout_seconds", 1..=600, 30, problems);
    let backlog_minutes = section.number("backlog_minutes", 1..=7 * 24 * 60, 15, problems);
    section.finish(problems);
    Alerts {
        command: command.into_iter().map(|text| text.value).collect(),
        mail_to: mail_to.into_iter().map(|text| text.value).collect(),
        sendmail: sendmail.map_or(default.sendmail, |text| text.value),
        timeout_seconds: u64::try_from(timeout_seconds).unwrap_or(30),
        backlog_seconds: backlog_minutes.saturating_mul(60),
    }
}
