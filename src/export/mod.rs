//! Files for other programs. Every posting goes out exactly once for each target, and a batch can be written again,
//! byte for byte.
//!
//! Belongs here: which entries a batch has (`batch`), reading them (`rows`), the accounts of the accountant's chart
//! (`account_map`), entries as rows of two accounts (`fold`, `mapped`), and a file or folder for each format. Does not:
//! sums for people (`report`). What can change later, the code of an order and the title of an event, is fixed when it
//! is first written.

pub mod account_map;
mod banana;
pub mod batch;
mod beancount;
mod csv;
pub mod datev;
mod error;
mod file;
mod fold;
mod hledger;
mod jsonl;
mod mapped;
mod pairs;
mod parquet;
mod plain;
mod problem;
mod rows;
mod run;
mod settings;
mod text;
mod writer;

pub use self::batch::{Batch, BatchName, Parameters, Target};
pub use self::error::{Difference, Error};
pub use self::file::FileRecord;
pub use self::problem::Problem;
pub use self::run::{Exported, Request, again, export, months_of, sources};
pub use self::settings::parameters;
