//! Statements that SQLite compiles once. Diesel compiles an upsert, an update and whatever holds a literal anew
//! whenever it runs, which costs more than running it.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
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

impl<Q, T, V> Query for Bound<Q, T, V> {
    type SqlType = Untyped;
}

/// A query of Diesel's that is compiled once for each text that it has: once for each length of its lists, of which
/// [`padded`] leaves few.
pub struct Kept<Q>(Q);

/// Has a query compiled once. Its text must not depend on its values.
pub fn kept<Q>(query: Q) -> Kept<Q> {
    Kept(query)
}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C: Connection> RunQueryDsl<C> for Kept<Q> {}

/// A list as it is bound: its last value is repeated up to one of a few lengths. A value that stands twice in an `IN`
/// finds nothing more.
pub fn padded<T: Clone>(values: &[T]) -> Vec<T> {
    let length = match values.len() {
        0..=1 => values.len(),
        2..=8 => 8,
        9..=32 => 32,
        33..=128 => 128,
        more => more.next_multiple_of(512),
    };
    let mut padded = values.to_vec();
    if let Some(last) = values.last() {
        padded.resize(length, last.clone());
    }
    padded
}
