//! What the providers document of their webhooks: which fields an object has, and what each of them holds. Readers note
//! what is not among them; whoever shows a body to people who may not see everything shows what is harmless.

use super::{bookingkit, ticketpark};

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Id,
    Amount,
    Count,
    Date,
    /// A state, a type, a currency, a method.
    Word,
    /// What is sold is called so; it is in the books, too.
    Title,
    /// Personal, a code that is worth money or lets people in, or free text.
    Hidden,
    /// An object, or a list of them.
    Parts,
}

/// An object of a webhook.
pub struct Part {
    /// Where it stands, such as `tickets/participants`; empty for the whole.
    pub(super) path: &'static str,
    pub(super) fields: &'static [(Kind, &'static [&'static str])],
}

impl Part {
    pub(super) fn has(&self, name: &str) -> bool {
        self.kind(name).is_some()
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.fields.iter().find(|(_, names)| names.contains(&name)).map(|(kind, _)| *kind)
    }
}

/// Defines objects by name, path and fields, and `PARTS`, which has all of them.
macro_rules! parts {
    ($($(#[$meta:meta])* $name:ident at $path:literal { $($kind:ident: $($field:expr),+;)+ })+) => {
        $(
            $(#[$meta])*
            pub(super) const $name: &$crate::provider::documented::Part = &$crate::provider::documented::Part {
                path: $path,
                fields: &[$(($crate::provider::documented::Kind::$kind, &[$($field),+])),+],
            };
        )+
        /// All of them.
        pub(in crate::provider) const PARTS: &[&$crate::provider::documented::Part] = &[$($name),+];
    };
}
pub(super) use parts;

/// What is documented to stand at a path.
pub fn kind(path: &str) -> Option<Kind> {
    if path.is_empty() {
        return Some(Kind::Parts);
    }
    let (within, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parts = [bookingkit::DOCUMENTED, ticketpark::DOCUMENTED].into_iter().flatten();
    parts.filter(|part| part.path == within).find_map(|part| part.kind(name))
}

/// The path of a field in what stands at a path; `None` if nobody documents it.
pub fn field(path: &str, name: &str) -> Option<String> {
    if name.contains('/') {
        return None;
    }
    let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    kind(&inner).map(|_| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_one_thing_and_what_has_fields_is_said_to() {
        for parts in [bookingkit::DOCUMENTED, ticketpark::DOCUMENTED] {
            for part in parts {
                let names: Vec<&str> = part.fields.iter().flat_map(|(_, names)| names.iter().copied()).collect();
                let mut once = names.clone();
                once.sort_unstable();
                once.dedup();
                assert_eq!(once.len(), names.len(), "{}", part.path);
                // The way to it leads through what is documented.
                assert_eq!(kind(part.path), Some(Kind::Parts), "{}", part.path);
            }
            let mut paths: Vec<&str> = parts.iter().map(|part| part.path).collect();
            paths.sort_unstable();
            paths.dedup();
            assert_eq!(paths.len(), parts.len());
        }
        // What both have holds the same.
        for part in ticketpark::DOCUMENTED {
            for twin in bookingkit::DOCUMENTED.iter().filter(|twin| twin.path == part.path) {
                for name in part.fields.iter().flat_map(|(_, names)| names.iter()) {
                    assert!(twin.kind(name).is_none_or(|kind| Some(kind) == part.kind(name)), "{name}");
                }
            }
        }
        assert_eq!(field("", "tickets").as_deref(), Some("tickets"));
        assert_eq!(field("tickets", "code").and_then(|path| kind(&path)), Some(Kind::Hidden));
        assert_eq!((field("tickets", "zip"), field("", "tickets/code")), (None, None));
    }
}
