//! What an event of the inbox is about.

use std::fmt;

use crate::db::vocabulary::Vocabulary;

/// What an event is about, written `order:ID`. All events about one entity are worked on together, in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// An order that the webhook carries, by the provider's id.
    Order(String),
    /// An order that is fetched, by the provider's id.
    Booking(String),
    /// A customer that is fetched, by the provider's id.
    Person(String),
    /// A file that a person imported, by what it holds.
    Import(String),
    /// An entry that a person reversed, by its number.
    Entry(String),
    /// Credit of the order with this id that becomes income.
    Credit(String),
}

impl Entity {
    pub fn parse(text: &str) -> Option<Self> {
        let (class, id) = text.split_once(':')?;
        let owned = || id.to_owned();
        match class {
            "order" => Some(Self::Order(owned())),
            "booking" => Some(Self::Booking(owned())),
            "person" => Some(Self::Person(owned())),
            "import" => Some(Self::Import(owned())),
            "entry" => Some(Self::Entry(owned())),
            "retain" => Some(Self::Credit(owned())),
            _ => None,
        }
    }

    /// Both ways in which a provider's webhooks can be about this order.
    pub fn of_order(order_id: &str) -> [Self; 2] {
        [Self::Order(order_id.to_owned()), Self::Booking(order_id.to_owned())]
    }

    /// What stands behind the colon.
    pub fn id(&self) -> &str {
        match self {
            Self::Order(id)
            | Self::Booking(id)
            | Self::Person(id)
            | Self::Import(id)
            | Self::Entry(id)
            | Self::Credit(id) => id,
        }
    }
}

impl Vocabulary for Entity {
    const COLUMN: &'static str = "inbox_events.entity";

    fn of_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order:{id}"),
            Self::Booking(id) => write!(f, "booking:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Import(kind) => write!(f, "import:{kind}"),
            Self::Entry(number) => write!(f, "entry:{number}"),
            Self::Credit(order_id) => write!(f, "retain:{order_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_read_back() {
        for text in ["order:a:b", "booking:1", "person:2", "import:manual", "entry:7", "retain:a"] {
            assert_eq!(Entity::parse(text).map(|entity| entity.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Entity::parse("ticket:1"), None);
        assert_eq!(Entity::parse("order"), None);
    }
}
