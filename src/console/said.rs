//! Texts for whoever reads them later: he may have another language than whoever caused them.

use serde::{Deserialize, Serialize};

use crate::report::pack::paper::Language;

/// A text in each language of the console, in the order of [`Language::ALL`]. Boxed, because it travels in errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said(Box<[String; 3]>);

impl Said {
    /// What `say` says in each language.
    pub(super) fn of<T: Into<String>>(say: impl Fn(Language) -> T) -> Self {
        Self(Box::new(Language::ALL.map(|language| say(language).into())))
    }

    pub(super) fn to(&self, language: Language) -> &str {
        let [english, german, swiss] = &*self.0;
        match language {
            Language::En => english,
            Language::De => german,
            Language::DeCh => swiss,
        }
    }
}
