//! What a 2xx means: in the file at this path, and readable again after the next start.

mod files;
mod log;
mod making;
mod server;
mod tls;
