//! Black-box tests: through the public interface, with real sockets and real databases.

mod config;
mod receive;
