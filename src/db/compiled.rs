//! Statements that SQLite compiles once. Diesel compiles an upsert, an update and whatever holds a literal anew
//! whenever it runs, which costs more than running it.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};
use diesel::sqlite::Sqlite;

/// An insert of one row with a fixed `ON CONFLICT` clause.
pub struct Upsert<I> {
    insert: I,
    on_conflict: &'static str,
}

impl<I> Upsert<I> {
    /// `on_conflict` begins with a blank.
    pub fn new(insert: I, on_conflict: &'static str) -> Self {
        Self { insert, on_conflict }
    }
}

impl<I: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Upsert<I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.insert.walk_ast(out.reborrow())?;
        out.push_sql(self.on_conflict);
        Ok(())
    }
}

/// A statement with a fixed text, up to its first value.
pub struct Fixed(&'static str);

/// A statement with one value more, and the text behind it.
pub struct Bound<Q, T, V> {
    statement: Q,
    value: V,
    text: &'static str,
    sql_type: PhantomData<T>,
}

/// Begins a statement.
pub fn fixed(text: &'static str) -> Fixed {
    Fixed(text)
}

impl Fixed {
    /// Adds a value, and the text behind it.
    pub fn bind<T, V>(self, value: V, text: &'static str) -> Bound<Self, T, V> {
        Bound { statement: self, value, text, sql_type: PhantomData }
    }
}

impl<Q, T, V> Bound<Q, T, V> {
    /// Adds a value, and the text behind it.
    pub fn bind<U, W>(self, value: W, text: &'static str) -> Bound<Self, U, W> {
        Bound { statement: self, value, text, sql_type: PhantomData }
    }
}

impl QueryFragment<Sqlite> for Fixed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<Q, T, V> QueryFragment<Sqlite> for Bound<Q, T, V>
where
    Q: QueryFragment<Sqlite>,
    Sqlite: HasSqlType<T>,
    V: ToSql<T, Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.statement.walk_ast(out.reborrow())?;
        out.push_bind_param(&self.value)?;
        out.push_sql(self.text);
        Ok(())
    }
}

/// Kept by their texts.
macro_rules! kept {
    ($($name:ident <$($parameter:ident),+>)+) => {
        $(
            impl<$($parameter),+> QueryId for $name<$($parameter),+> {
                type QueryId = ();
                const HAS_STATIC_QUERY_ID: bool = false;
            }
            impl<$($parameter),+> RunQueryDsl<SqliteConnection> for $name<$($parameter),+> {}
        )+
    };
}
kept!(Upsert<I> Bound<Q, T, V>);

impl<Q, T, V> diesel::query_builder::Query for Bound<Q, T, V> {
    type SqlType = Untyped;
}
