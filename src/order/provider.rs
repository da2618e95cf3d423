//! Who says what an order is.

/// The providers we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// bookingkit, Germany: the webhook carries the whole order.
    Bookingkit,
    /// Ticketpark, Switzerland: the webhook is a pointer, the booking is read from the API.
    Ticketpark,
}

impl Provider {
    pub const ALL: [Self; 2] = [Self::Bookingkit, Self::Ticketpark];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == word)
    }

    /// Whether a webhook is only a pointer: the order is read from the provider's API, always as a whole.
    pub fn is_fetched(self) -> bool {
        match self {
            Self::Bookingkit => false,
            Self::Ticketpark => true,
        }
    }

    /// Whether money given back is ever told.
    pub fn tells_refunds(self) -> bool {
        match self {
            Self::Bookingkit => true,
            Self::Ticketpark => false,
        }
    }

    /// The word in the configuration and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bookingkit => "bookingkit",
            Self::Ticketpark => "ticketpark",
        }
    }
}
