//! Closed vocabularies: enums whose words are stored in a text column.
//!
//! A word that is not in the vocabulary is an error wherever it is read. It is never skipped: a line of an unknown kind
//! that is left out of a sum is a wrong balance.

use super::{Error, Result};

/// What is stored as a word.
pub trait Vocabulary: Sized {
    /// Table and column that hold the words.
    const COLUMN: &'static str;

    fn of_word(word: &str) -> Option<Self>;

    /// Reads a stored word; `row` names the row that it stands in.
    ///
    /// # Errors
    /// When the word is not in the vocabulary.
    fn stored(word: &str, row: impl std::fmt::Display) -> Result<Self> {
        Self::of_word(word).ok_or_else(|| unknown(Self::COLUMN, word, row))
    }
}

/// Defines an enum that is stored as text: `vocabulary! { pub enum Color in "things.color" { Red = "red", } }` has
/// `ALL`, `as_str` and `parse`, is a [`Vocabulary`], is written to JSON and to both engines as its word, and is read
/// from both.
#[macro_export]
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident in $column:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $visibility enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All words, in the order of their definition.
            $visibility const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it is stored.
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            $visibility fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }

        impl $crate::db::vocabulary::Vocabulary for $name {
            const COLUMN: &'static str = $column;

            fn of_word(word: &str) -> Option<Self> {
                Self::parse(word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Text, DB>::to_sql(self.as_str(), out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                Ok(Self::parse(&word).ok_or_else(|| $crate::db::vocabulary::unknown_anywhere($column, &word))?)
            }
        }
    };
}

/// A stored word that is not in its vocabulary, in a row that is known.
fn unknown(column: &str, word: &str, row: impl std::fmt::Display) -> Error {
    Error::Inconsistent(format!(
        "`{word}` in {column} of {row} is not a known word; a newer version may have written it"
    ))
}

/// The same where only the value is at hand: the message says how to find the row.
pub fn unknown_anywhere(column: &str, word: &str) -> Error {
    let table = column.split_once('.').map_or(column, |(table, _)| table);
    let quoted = word.replace('\'', "''");
    unknown(column, word, format_args!("the rows of SELECT * FROM {table} WHERE {column} = '{quoted}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    vocabulary! {
        enum Color in "things.color" {
            Red = "red",
            Green = "green",
        }
    }

    #[test]
    fn words_read_back_and_an_unknown_one_says_where_it_stands() {
        assert_eq!(
            Color::ALL.iter().map(|color| Color::parse(color.as_str())).collect::<Vec<_>>(),
            [Some(Color::Red), Some(Color::Green)]
        );
        assert_eq!(serde_json::to_string(&Color::Green).unwrap(), "\"green\"");
        let error = Color::stored("blue", "source museum, thing 7").unwrap_err().to_string();
        assert!(error.contains("`blue` in things.color of source museum, thing 7"), "{error}");
        let error = unknown_anywhere("things.color", "it's").to_string();
        assert!(error.contains("SELECT * FROM things WHERE things.color = 'it''s'"), "{error}");
    }
}
