//! Sessions and users, for programs.

use serde_json::{Value, json};

use super::super::super::reply::Told;
use super::{AccessPage, SessionLine, TokenLine, UserLine};

impl Told for AccessPage {
    fn told(&self) -> Value {
        let session = |line: &SessionLine| {
            json!({
                "user": line.user, "began_at": line.began.at, "last_seen_at": line.seen.at, "ends_at": line.ends.at,
                "address": line.address, "browser": line.agent,
            })
        };
        let user =
            |line: &UserLine| json!({ "name": line.name, "role": line.role_word, "changed_at": line.changed.at });
        let token = |line: &TokenLine| {
            json!({
                "id": line.id, "user": line.user, "label": line.label, "role": line.role_word,
                "expires_at": line.expires.at, "last_used_at": line.used.as_ref().map(|used| used.at),
            })
        };
        json!({
            "sessions": self.sessions.iter().map(session).collect::<Vec<_>>(),
            "users": self.users.iter().map(user).collect::<Vec<_>>(),
            "tokens": self.tokens.iter().map(token).collect::<Vec<_>>(),
        })
    }
}
