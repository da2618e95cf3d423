//! Vouchers and flex tickets have ids of their own each, so it takes the class to name one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ledger::book::ItemKind;
use crate::vocabulary;

vocabulary! {
    /// What is sold to be used later.
    pub enum StoredValueClass in "vouchers.class" {
        Flex = "flex",
        Voucher = "voucher",
    }
}

impl StoredValueClass {
    /// Whose liability stands on an account of stored value.
    pub fn of_account(account: &str) -> Self {
        if account == "liabilities:flex" { Self::Flex } else { Self::Voucher }
    }

    /// What a line is about that names a voucher or flex ticket.
    pub fn of_line(item_kind: ItemKind, account: &str) -> Self {
        match item_kind {
            ItemKind::Flex | ItemKind::FlexRedemption => Self::Flex,
            _ => Self::of_account(account),
        }
    }
}

/// Names a voucher or flex ticket of a source; written `voucher:ID` or `flex:ID`, and sorted as these texts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StoredValueKey {
    pub class: StoredValueClass,
    pub id: String,
}

impl StoredValueKey {
    pub fn new(class: StoredValueClass, id: &str) -> Self {
        Self { class, id: id.to_owned() }
    }

    pub fn flex(id: &str) -> Self {
        Self::new(StoredValueClass::Flex, id)
    }

    pub fn voucher(id: &str) -> Self {
        Self::new(StoredValueClass::Voucher, id)
    }

    /// As a sentence names it.
    pub fn in_words(&self) -> String {
        match self.class {
            StoredValueClass::Flex => format!("flex ticket {}", self.id),
            StoredValueClass::Voucher => format!("voucher {}", self.id),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (class, id) = text.split_once(':')?;
        Some(Self::new(StoredValueClass::parse(class)?, id))
    }
}

impl fmt::Display for StoredValueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.class, self.id)
    }
}

impl From<StoredValueKey> for String {
    fn from(key: StoredValueKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for StoredValueKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is neither `voucher:ID` nor `flex:ID`"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Snapshots hold these keys, and are hashed.
    #[test]
    fn keys_are_stored_and_sorted_as_text() {
        let texts = ["voucher:a", "flex:b:c", "flex:a", "voucher:B"];
        let keys: BTreeMap<StoredValueKey, i32> =
            texts.iter().map(|text| (StoredValueKey::parse(text).unwrap(), 1)).collect();
        let as_text: BTreeMap<&str, i32> = texts.iter().map(|text| (*text, 1)).collect();
        let json = serde_json::to_string(&keys).unwrap();
        assert_eq!(json, serde_json::to_string(&as_text).unwrap());
        assert_eq!(serde_json::from_str::<BTreeMap<StoredValueKey, i32>>(&json).unwrap(), keys);
        assert!(serde_json::from_str::<BTreeMap<StoredValueKey, i32>>("{\"coupon:a\":1}").is_err());
    }
}
