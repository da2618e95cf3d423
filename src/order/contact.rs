//! The customer: the CRM side, kept apart from everything the ledger sees.

/// A person or company behind an order. Every field may hold personal data; none reaches a log or the ledger.
///
/// There is no `Debug`: a contact must not be printed by accident.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// How the same customer is found again: `email:ADDRESS`, `person:PID` or `order:ID`.
    pub match_key: String,
    /// Full name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// The company's VAT id.
    pub vat_number: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country as the provider writes it: a name or a code.
    pub country: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// All else that was said about the person, as a JSON object: shipping address, notes, answers to the form.
    pub details: Option<String>,
}

/// Longest mail address by which a customer is found again; the key is indexed, and no real address is longer.
const MAIL_BYTES: usize = 254;

impl Contact {
    /// How a customer is found again: by a mail address that can be one, else by the order.
    pub fn match_key(email: Option<&str>, order_id: &str) -> String {
        match email.map(str::trim) {
            Some(email) if email.contains('@') && email.len() <= MAIL_BYTES => {
                format!("email:{}", email.to_lowercase())
            }
            _ => format!("order:{order_id}"),
        }
    }
}
