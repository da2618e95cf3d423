//! How a sweep ended, in words for people. The codes that are stored are for programs.

use super::LastSweep;

/// How a sweep ended: `failed: the provider did not answer`.
pub fn ended_in_words(result: &str, error: Option<&str>) -> String {
    match result {
        "clean" => "found no difference".to_owned(),
        "repaired" => "found differences and stored them".to_owned(),
        "stopped" => "was stopped".to_owned(),
        "over_budget" => "ended early: no more requests are allowed this month".to_owned(),
        "unstable" => "ended early: the provider's list changed too much while it was read".to_owned(),
        _ => match error {
            Some(error) => format!("failed: {}", cause_in_words(error)),
            None => "failed".to_owned(),
        },
    }
}

/// Why a sweep failed.
pub fn cause_in_words(error: &str) -> String {
    let known = match error {
        "provider_down" => "the provider is down",
        "rate_limited" => "the provider limits our requests",
        "client_refused" => "the provider rejected client_id and client_secret",
        "token_refused" => "the provider does not let this client read the orders",
        "token_elsewhere" => "another program uses the token of this client",
        "login_refused" => "the provider rejected the login",
        "token_unreadable" => "the provider's answer to a token request cannot be read",
        "token_unsealed" => "the stored login cannot be opened with the keys of the settings",
        "forbidden" => "the provider refused access",
        "provider_refused" => "the provider refused the request",
        "not_found" => "the provider has no list at the address that was asked for",
        "unexpected_status" => "the provider answered with an unexpected status",
        "garbage_answer" | "unreadable" | "answer_unreadable" => "the provider's answer cannot be read",
        "answer_too_large" => "the provider's answer is too large",
        "wrong_order" => "the provider answered with another order than was asked for",
        "lease_lost" => "another process took the source over",
        "database" | "ledger" | "not_stored" => "the database refused what was to be stored",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

impl LastSweep {
    /// How it ended, in words.
    pub fn ended_in_words(&self) -> String {
        ended_in_words(&self.result, self.error.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_in_what_people_read() {
        let errors = [
            "provider_down",
            "rate_limited",
            "client_refused",
            "token_refused",
            "token_elsewhere",
            "login_refused",
            "garbage_answer",
            "unreadable",
            "not_found",
            "lease_lost",
            "something_new",
        ];
        for error in errors {
            let words = ended_in_words("failed", Some(error));
            assert!(words.starts_with("failed: ") && !words.contains('_') || words.contains("client_id"), "{words}");
        }
        for result in ["clean", "repaired", "stopped", "over_budget", "unstable", "failed"] {
            assert!(!ended_in_words(result, None).contains('_'));
        }
    }
}
